/* SPDX-License-Identifier: 0BSD */
/*
 * 3x3 convolutions of int8 from rows, in portable C; kernels/mve has the same in Helium assembly.
 *
 * A stream holds the filters by groups of 8, in the order 0, 2, 4, 6, 1, 3, 5, 7. For each two of
 * them: for every 16 channels, row and column of the kernel, 16 weights of each; then the group's
 * biases, left shifts (where `left`), multipliers and negated right shifts (where `tflite`). Filters
 * that fill up a group are zero.
 */
#ifndef MOTE_ROWS_S8_H
#define MOTE_ROWS_S8_H

#include "packed_s8.h"

typedef struct {
    int32_t channels, filters, zero, low, high, left, tflite;
} mote_rows_s8_shape;

/** The sum of one pixel; x: the kernel's rows; `weights` are those of the filter's first 16 channels. */
MOTE_INLINE int32_t mote_rows_s8_sum(const int8_t *const *x, int32_t at, const int32_t *weights,
                                     int32_t channels)
{
    int32_t acc = 0;
    for (int32_t c = 0; c < channels; c += 16) {
        for (int32_t tap = 0; tap < 9; tap++) {
            acc += mote_packed_s8_dot(x[tap / 3] + at + tap % 3 * channels + c, weights, 16);
            weights += 8;
        }
    }
    return acc;
}

/** One filter of the pixel whose kernel is at byte `at` of its rows. */
MOTE_INLINE int8_t mote_rows_s8_one(const int8_t *const *x, int32_t at, const int32_t *stream, int32_t f,
                                    mote_rows_s8_shape s)
{
    const int32_t words = s.channels * 9 / 4; /* of a filter's weights */
    const int32_t place = mote_packed_s8_place(f);
    const int32_t *group = stream + f / 8 * 8 * (words + 2 + s.left + s.tflite);
    const int32_t *weights = group + place / 2 * 2 * words + place % 2 * 4;
    const int32_t *scales = group + 8 * words + place;
    const int32_t bias = *scales;
    const uint32_t sum = (uint32_t)mote_rows_s8_sum(x, at, weights, s.channels) + (uint32_t)bias;
    const int32_t acc = (int32_t)(sum << (s.left != 0 ? scales[8] : 0));
    const int32_t *own = scales + (s.left != 0 ? 16 : 8);
    const int32_t y = s.tflite == 0 ? mote_rescale_fast(acc, own[0], 0)
                                    : mote_rescale_tflite(acc, own[0], own[8]);
    return (int8_t)mote_clamp(y + s.zero, s.low, s.high);
}

/** Defines `name`: all filters of blocks of 4 pixels; x0, x1, x2: the kernel's rows. */
#define MOTE_ROWS_S8(name, channels, stride, y_column, filters, zero, low, high, left, tflite) \
    static void name(const int8_t *x0, int8_t *y, const int32_t *stream, const int8_t *x1, \
                     const int8_t *x2, int32_t blocks) \
    { \
        const int8_t *const x[3] = {x0, x1, x2}; \
        for (int32_t i = 0; i < 4 * blocks; i++) { \
            for (int32_t f = 0; f < (filters); f++) { \
                y[i * (y_column) + f] = mote_rows_s8_one( \
                    x, i * (stride) * (channels), stream, f, \
                    (mote_rows_s8_shape){channels, filters, zero, low, high, left, tflite}); \
            } \
        } \
    }

#endif
