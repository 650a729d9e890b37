/* SPDX-License-Identifier: 0BSD */
/*
 * Fourier transforms of any length, float: Stockham's passes over two buffers, with the odd factors of the
 * length and then radices 4 and 2. A number is two floats, its real and its imaginary part.
 */
#ifndef MOTE_FFT_F32_H
#define MOTE_FFT_F32_H

#include <math.h>

#include "mote_math.h"

/**
 * Powers: [length][2], cosine and sine of 2 pi k / length, from angles of up to pi / 4: those of whole
 * quarters are exact.
 */
MOTE_INLINE void mote_fft_powers(float *powers, int32_t length)
{
    for (int32_t k = 0; k < length; k++) {
        const int32_t half = 2 * k > length ? 2 * (length - k) : 2 * k;
        const int32_t quarter = 2 * half > length ? length - half : half;
        const int32_t eighth = 4 * quarter > length ? length - 2 * quarter : 2 * quarter;
        const float angle = 1.57079633f * (float)eighth / (float)length;
        const float c = 4 * quarter > length ? sinf(angle) : cosf(angle);
        const float s = 4 * quarter > length ? cosf(angle) : sinf(angle);
        powers[2 * k] = 2 * half > length ? -c : c;
        powers[2 * k + 1] = 2 * k > length ? -s : s;
    }
}

/** y = (re, im) by power k, whose sine has the transform's sign. */
MOTE_INLINE void mote_fft_store(float *y, float re, float im, const float *powers, int32_t k, float sign)
{
    const float c = powers[2 * k];
    const float s = sign * powers[2 * k + 1];
    y[0] = re * c - im * s;
    y[1] = re * s + im * c;
}

/** Four numbers of x that are `from` apart to four of y that are `to` apart, by the powers of k. */
MOTE_INLINE void mote_fft_four(const float *x, int32_t from, float *y, int32_t to, const float *powers,
                               int32_t k, float sign)
{
    const float *b = x + from;
    const float *c = b + from;
    const float *d = c + from;
    const float sum_re = x[0] + c[0], sum_im = x[1] + c[1];
    const float rest_re = x[0] - c[0], rest_im = x[1] - c[1];
    const float other_re = b[0] + d[0], other_im = b[1] + d[1];
    const float turned_re = sign * (d[1] - b[1]), turned_im = sign * (b[0] - d[0]);
    y[0] = sum_re + other_re;
    y[1] = sum_im + other_im;
    mote_fft_store(y + to, rest_re + turned_re, rest_im + turned_im, powers, k, sign);
    mote_fft_store(y + 2 * to, sum_re - other_re, sum_im - other_im, powers, 2 * k, sign);
    mote_fft_store(y + 3 * to, rest_re - turned_re, rest_im - turned_im, powers, 3 * k, sign);
}

/** `radix` numbers, each result by the definition. */
MOTE_INLINE void mote_fft_any(const float *x, int32_t from, float *y, int32_t to, const float *powers,
                              int32_t k, float sign, int32_t radix, int32_t length)
{
    for (int32_t j = 0; j < radix; j++, y += to) {
        const int32_t step = j * (length / radix);
        int32_t power = j * k % length;
        float re = 0.0f;
        float im = 0.0f;
        for (int32_t i = 0; i < radix; i++) {
            float term[2];
            mote_fft_store(term, x[i * from], x[i * from + 1], powers, power, sign);
            re += term[0];
            im += term[1];
            power += step;
            power -= power >= length ? length : 0;
        }
        y[0] = re;
        y[1] = im;
    }
}

/** Odd factors first: what has no imaginary part for certain, then has none, since no power meets it. */
MOTE_INLINE int32_t mote_fft_radix(int32_t n)
{
    int32_t odd = n;
    while (odd % 2 == 0) {
        odd /= 2;
    }
    for (int32_t r = 3; r * r <= odd; r += 2) {
        if (odd % r == 0) {
            return r;
        }
    }
    return odd > 1 ? odd : (n % 4 == 0 ? 4 : 2);
}

/** The transform of a, with sign -1 or 1 (inverse, not divided by the length); b: room for as many. */
MOTE_INLINE float *mote_fft(float *a, float *b, const float *powers, int32_t length, float sign)
{
    int32_t stride = 1;
    for (int32_t n = length; n > 1;) {
        const int32_t radix = mote_fft_radix(n);
        const int32_t from = 2 * (length / radix);
        float *swap = a;
        n /= radix;
        for (int32_t p = 0; p < n; p++) {
            const float *x = a + 2 * stride * p;
            float *y = b + 2 * stride * radix * p;
            for (int32_t q = 0; q < stride; q++, x += 2, y += 2) {
                if (radix == 4) {
                    mote_fft_four(x, from, y, 2 * stride, powers, p * stride, sign);
                } else {
                    mote_fft_any(x, from, y, 2 * stride, powers, p * stride, sign, radix, length);
                }
            }
        }
        stride *= radix;
        a = b;
        b = swap;
    }
    return a;
}

#endif
