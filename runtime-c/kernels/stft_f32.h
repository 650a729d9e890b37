/* SPDX-License-Identifier: 0BSD */
/* Short-time Fourier transforms, float: of frames of a signal, each by a window. */
#ifndef MOTE_STFT_F32_H
#define MOTE_STFT_F32_H

#include "fft_f32.h"

/** signal: [batch][size][parts]; y: [batch][frames][bins][2]; frames of `length` are `step` apart. */
typedef struct {
    int32_t batch, size, parts;
    int32_t step, length;
    int32_t frames, bins;
} mote_stft_f32_shape;

/** window: [length] or NULL; scratch: two frames. Frames that would end behind the signal are zeros. */
MOTE_INLINE void mote_stft_f32(const float *signal, const float *window, float *y, void *scratch,
                               const float *powers, mote_stft_f32_shape s)
{
    float *a = (float *)scratch;
    for (int32_t b = 0; b < s.batch; b++, signal += s.size * s.parts) {
        for (int32_t f = 0; f < s.frames; f++, y += 2 * s.bins) {
            const int64_t begin = (int64_t)f * s.step;
            const int32_t is_inside = begin + s.length <= s.size;
            const float *result = a;
            for (int32_t n = 0; is_inside && n < s.length; n++) {
                const float *x = signal + ((int32_t)begin + n) * s.parts;
                const float factor = window != NULL ? window[n] : 1.0f;
                a[2 * n] = x[0] * factor;
                a[2 * n + 1] = s.parts == 2 ? x[1] * factor : 0.0f;
            }
            if (is_inside) {
                result = mote_fft(a, a + 2 * s.length, powers, s.length, -1.0f);
            }
            for (int32_t k = 0; k < 2 * s.bins; k++) {
                y[k] = is_inside ? result[k] : 0.0f;
            }
        }
    }
}

/**
 * A step and a length of run time, or NULL where s has them; a length that would make other bins leaves
 * zeros. scratch: three frames of s.length numbers, the longest.
 */
MOTE_INLINE void mote_stft_computed_f32(const float *signal, const int64_t *step, const float *window,
                                        const int64_t *length, float *y, void *scratch,
                                        mote_stft_f32_shape s)
{
    float *powers = (float *)scratch + 4 * s.length;
    const int32_t is_half = s.bins != s.length;
    mote_stft_f32_shape t = s;
    int64_t own = length != NULL ? length[0] : s.length;
    if (own < 1 || own > s.length || (is_half ? own / 2 + 1 : own) != s.bins) {
        t.size = 0;
        own = 1;
    }
    t.length = (int32_t)own;
    if (step != NULL) {
        t.step = step[0] < 1 ? 1 : (step[0] > s.size ? s.size : (int32_t)step[0]);
    }
    mote_fft_powers(powers, t.length);
    mote_stft_f32(signal, window, y, scratch, powers, t);
}

#endif
