/* SPDX-License-Identifier: 0BSD */
/*
 * Depthwise products over columns, in portable C; kernels/mve has the same for Helium.
 *
 * Columns hold 16 channels of up to 4 rows, 4 bytes a channel. A stream holds, for every 16 channels,
 * 16 weights of each (4 columns of 4 rows, 0 where the kernel has none), then for every 8 of them
 * biases, left shifts (where `left`), multipliers and negated right shifts (where `tflite`), each in
 * the order 0, 2, 4, 6, 1, 3, 5, 7.
 */
#ifndef MOTE_COLUMNS_S8_H
#define MOTE_COLUMNS_S8_H

#include "packed_s8.h"

typedef struct {
    int32_t zero, low, high, left, tflite;
} mote_columns_scales;

/** One channel of one pixel: 4 columns of 4 rows, `spread` bytes apart. */
MOTE_INLINE int32_t mote_columns_sum(const int8_t *columns, const int32_t *weights, int32_t spread)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < 4; i++) {
        sum += mote_packed_s8_dot(columns + i * spread, weights + i, 4);
    }
    return sum;
}

/** Rescaled; `own` is the channel's first parameter. */
MOTE_INLINE int8_t mote_columns_finish(int32_t sum, const int32_t *own, mote_columns_scales s)
{
    uint32_t acc = (uint32_t)sum + (uint32_t)own[0];
    int32_t y;
    own += 8;
    if (s.left != 0) {
        acc <<= own[0];
        own += 8;
    }
    y = s.tflite == 0 ? mote_rescale_fast((int32_t)acc, own[0], 0)
                      : mote_rescale_tflite((int32_t)acc, own[0], own[8]);
    return (int8_t)mote_clamp(y + s.zero, s.low, s.high);
}

/** Defines `name`: some pixels of `count` channels; `step` and `spread` are in bytes. */
#define MOTE_COLUMNS_S8(name, pixels, step, spread, channels, y_column, zero, low, high, left, tflite) \
    static void name(const int8_t *columns, const int32_t *stream, int32_t *acc, int8_t *y, int32_t count) \
    { \
        const mote_columns_scales scales = {zero, low, high, left, tflite}; \
        (void)acc; \
        for (int32_t c = 0; c < count; c++) { \
            const int32_t *eight = stream + 64 + c / 8 * 8 * (2 + (left) + (tflite)); \
            const int32_t *own = eight + mote_packed_s8_place(c); \
            for (int32_t p = 0; p < (pixels); p++) { \
                y[p * (y_column) + c] = mote_columns_finish( \
                    mote_columns_sum(columns + c * 4 + p * (step), stream + c * 4, spread), own, scales); \
            } \
        } \
    }

/** `count` columns of up to 16 channels; rows[r] moves by steps[r] from one to the next. */
MOTE_INLINE void mote_columns_build(int8_t *to, const int8_t *const *rows, const int32_t *steps,
                                    int32_t height, int32_t count, int32_t channels)
{
    for (int32_t i = 0; i < count; i++) {
        for (int32_t c = 0; c < channels; c++) {
            for (int32_t r = 0; r < height; r++) {
                to[i * 64 + c * 4 + r] = rows[r][i * steps[r] + c];
            }
        }
    }
}

#endif
