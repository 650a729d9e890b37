/* SPDX-License-Identifier: 0BSD */
/* Discrete Fourier transforms along an axis, float. */
#ifndef MOTE_DFT_F32_H
#define MOTE_DFT_F32_H

#include "fft_f32.h"

/**
 * x: [outer][size][inner][parts]; y: [outer][results][inner][result_parts]; parts: 1 for real numbers, 2
 * for complex ones. half: of a spectrum half is made, or given if `inverse`.
 */
typedef struct {
    int32_t outer, size, inner, parts;
    int32_t length, results, result_parts;
    int32_t inverse, half;
} mote_dft_f32_shape;

/** A signal of s.length numbers, cut or filled with zeros; from half a spectrum the whole one. */
MOTE_INLINE void mote_dft_signal(const float *x, float *to, mote_dft_f32_shape s)
{
    const int32_t is_half = s.inverse != 0 && s.half != 0;
    const int32_t known = is_half ? s.length / 2 + 1 : s.length;
    const int32_t step = s.inner * s.parts;
    for (int32_t n = 0; n < known; n++) {
        to[2 * n] = n < s.size ? x[n * step] : 0.0f;
        to[2 * n + 1] = n < s.size && s.parts == 2 ? x[n * step + 1] : 0.0f;
    }
    if (is_half) {
        to[1] = 0.0f;
        if (s.length % 2 == 0) {
            to[s.length + 1] = 0.0f;
        }
        for (int32_t n = known; n < s.length; n++) {
            to[2 * n] = to[2 * (s.length - n)];
            to[2 * n + 1] = -to[2 * (s.length - n) + 1];
        }
    }
}

/** scratch: two signals of s.length numbers. */
MOTE_INLINE void mote_dft_f32(const float *x, float *y, void *scratch, const float *powers,
                              mote_dft_f32_shape s)
{
    float *a = (float *)scratch;
    const float scale = s.inverse != 0 ? 1.0f / (float)s.length : 1.0f;
    const int32_t step = s.inner * s.result_parts;
    for (int32_t o = 0; o < s.outer; o++) {
        for (int32_t i = 0; i < s.inner; i++) {
            float *to = y + o * s.results * step + i * s.result_parts;
            const float *result;
            mote_dft_signal(x + (o * s.size * s.inner + i) * s.parts, a, s);
            result = mote_fft(a, a + 2 * s.length, powers, s.length, s.inverse != 0 ? 1.0f : -1.0f);
            for (int32_t k = 0; k < s.results; k++) {
                for (int32_t part = 0; part < s.result_parts; part++) {
                    to[k * step + part] = result[2 * k + part] * scale;
                }
            }
        }
    }
}

/** Sizes of x without its parts; `results` numbers in y; a length and an axis where they are constant. */
typedef struct {
    int32_t rank, size[5];
    int32_t parts, results, result_parts;
    int32_t length, axis; /* length 0: as the axis has it */
    int32_t length_max;
    int32_t inverse, half;
} mote_dft_computed_f32_shape;

/** The transform along an axis and of a length of run time; length 0 where that cannot be. */
MOTE_INLINE mote_dft_f32_shape mote_dft_computed(const int64_t *length, const int64_t *axis,
                                                 mote_dft_computed_f32_shape s)
{
    const int64_t given = axis != NULL ? axis[0] : s.axis;
    const int64_t at = given < 0 ? given + s.rank + 1 : given;
    const int32_t is_half = s.inverse != 0 && s.half != 0;
    mote_dft_f32_shape t = {1, 1, 1, s.parts, 0, 0, s.result_parts, s.inverse, s.half};
    int64_t own;
    if (at < 0 || at >= s.rank) {
        return t;
    }
    for (int32_t i = 0; i < s.rank; i++) {
        t.outer *= i < at ? s.size[i] : 1;
        t.inner *= i > at ? s.size[i] : 1;
    }
    t.size = s.size[at];
    own = length != NULL ? length[0] : (s.length > 0 ? s.length : (is_half ? 2 * (t.size - 1) : t.size));
    if (own < 1 || own > s.length_max) {
        return t;
    }
    t.results = s.half != 0 && s.inverse == 0 ? (int32_t)own / 2 + 1 : (int32_t)own;
    t.length = t.outer * t.results * t.inner == s.results ? (int32_t)own : 0;
    return t;
}

/** length, axis: NULL where they are constant. scratch: three signals of s.length_max numbers. */
MOTE_INLINE void mote_dft_computed_f32(const float *x, const int64_t *length, const int64_t *axis, float *y,
                                       void *scratch, mote_dft_computed_f32_shape s)
{
    const mote_dft_f32_shape t = mote_dft_computed(length, axis, s);
    float *powers = (float *)scratch + 4 * s.length_max;
    if (t.length == 0) {
        for (int32_t i = 0; i < s.results * s.result_parts; i++) {
            y[i] = 0.0f;
        }
        return;
    }
    mote_fft_powers(powers, t.length);
    mote_dft_f32(x, y, scratch, powers, t);
}

#endif
