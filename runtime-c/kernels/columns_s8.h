/* SPDX-License-Identifier: 0BSD */
/*
 * Depthwise products over columns, in portable C; kernels/mve has the same for Helium.
 *
 * Columns hold 16 channels of up to 4 rows, 4 bytes a channel. A stream holds, for every 16 channels,
 * 16 weights of each (4 columns of 4 rows, 0 where the kernel has none), then 16 biases, left shifts
 * (where `left`), multipliers and negated right shifts (where `tflite`).
 */
#ifndef MOTE_COLUMNS_S8_H
#define MOTE_COLUMNS_S8_H

#include "window.h"

typedef struct {
    int32_t zero, low, high, left, tflite;
} mote_columns_scales;

/** Defines `name`: acc[channel][pixels] of some channels; `step` and `spread` are in bytes. */
#define MOTE_COLUMNS_S8(name, pixels, step, spread) \
    static void name(const int8_t *columns, const int32_t *weights, int32_t *acc, int32_t channels) \
    { \
        for (int32_t c = 0; c < channels; c++) { \
            for (int32_t p = 0; p < (pixels); p++) { \
                int32_t sum = 0; \
                for (int32_t i = 0; i < 16; i++) { \
                    const uint32_t word = (uint32_t)weights[c * 4 + i / 4]; \
                    sum += columns[c * 4 + p * (step) + i / 4 * (spread) + i % 4] * \
                           (int8_t)(uint8_t)(word >> (i % 4 * 8)); \
                } \
                acc[c * (pixels) + p] = sum; \
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

MOTE_INLINE void mote_columns_fill(int8_t *to, int32_t value, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        to[i] = (int8_t)value;
    }
}

/** Accumulators of up to 16 channels to stored integers. */
MOTE_INLINE void mote_columns_finish(const int32_t *acc, int8_t *y, int32_t y_step, int32_t pixels,
                                     const int32_t *scales, int32_t channels, mote_columns_scales s)
{
    for (int32_t c = 0; c < channels; c++) {
        const int32_t *own = scales + 16 + c;
        const int32_t left = s.left != 0 ? *own : 0;
        own += s.left != 0 ? 16 : 0;
        for (int32_t p = 0; p < pixels; p++) {
            const int32_t sum =
                (int32_t)(((uint32_t)acc[c * pixels + p] + (uint32_t)scales[c]) << left);
            const int32_t q = s.tflite == 0 ? mote_rescale_fast(sum, own[0], 0)
                                            : mote_rescale_tflite(sum, own[0], own[16]);
            y[p * y_step + c] = (int8_t)mote_clamp(q + s.zero, s.low, s.high);
        }
    }
}

#endif
