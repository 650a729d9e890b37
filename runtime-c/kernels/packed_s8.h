/* SPDX-License-Identifier: 0BSD */
/*
 * Products of packed int8 matrices, in portable C; kernels/mve has the same in Helium assembly.
 *
 * A stream holds the filters by groups (of 4 for pairs of pixels, of 8 for single rows): for every 16
 * bytes of x, 16 weights of each filter; then the group's biases, left shifts (where `left`),
 * multipliers and negated right shifts (where `tflite`). Filters that fill up a group are zero.
 */
#ifndef MOTE_PACKED_S8_H
#define MOTE_PACKED_S8_H

#include "window.h"

typedef struct {
    int32_t group;
    int32_t full, tail; /* vectors of 16 bytes, and bytes behind them */
    int32_t filters, zero, low, high, left, tflite;
} mote_packed_s8_shape;

/** Where 8 filters that are in the order 0, 2, 4, 6, 1, 3, 5, 7 have filter f. */
MOTE_INLINE int32_t mote_packed_s8_place(int32_t f)
{
    return f % 2 * 4 + f % 8 / 2;
}

/** A filter's accumulator over one vector of x: `count` of 16 products. */
MOTE_INLINE int32_t mote_packed_s8_dot(const int8_t *x, const int32_t *stream, int32_t count)
{
    int32_t acc = 0;
    for (int32_t i = 0; i < count; i++) {
        const uint32_t word = (uint32_t)stream[i / 4];
        acc += x[i] * (int8_t)(uint8_t)(word >> (i % 4 * 8));
    }
    return acc;
}

/** Filter f of the group whose stream this is, rescaled and clamped. */
MOTE_INLINE int8_t mote_packed_s8_filter(const int8_t *x, const int32_t *stream, int32_t f,
                                         mote_packed_s8_shape s)
{
    const int32_t vectors = s.full + (s.tail > 0 ? 1 : 0);
    const int32_t *scales = stream + vectors * s.group * 4 + f;
    uint32_t acc = (uint32_t)*scales;
    int32_t y;
    scales += s.group;
    for (int32_t k = 0; k < vectors; k++) {
        const int32_t count = k < s.full ? 16 : s.tail;
        acc += (uint32_t)mote_packed_s8_dot(x + k * 16, stream + (k * s.group + f) * 4, count);
    }
    if (s.left != 0) {
        acc <<= *scales;
        scales += s.group;
    }
    y = s.tflite == 0 ? mote_rescale_fast((int32_t)acc, scales[0], 0)
                      : mote_rescale_tflite((int32_t)acc, scales[0], scales[s.group]);
    return (int8_t)mote_clamp(y + s.zero, s.low, s.high);
}

/** All filters of one row of x. */
MOTE_INLINE void mote_packed_s8_row(const int8_t *x, int8_t *y, const int32_t *stream,
                                    mote_packed_s8_shape s)
{
    const int32_t vectors = s.full + (s.tail > 0 ? 1 : 0);
    const int32_t words = s.group * (vectors * 4 + 2 + (s.left != 0 ? 1 : 0) + s.tflite);
    for (int32_t f = 0; f < s.filters; f++) {
        y[f] = mote_packed_s8_filter(x, stream + f / s.group * words, f % s.group, s);
    }
}

/** Defines `name`: all filters of pairs of pixels; x_step and y_step lead to the next pixel. */
#define MOTE_PACKED_S8_PAIRS(name, full, tail, x_step, y_step, filters, zero, low, high, left, tflite) \
    static void name(const int8_t *x, int8_t *y, const int32_t *stream, int32_t pairs) \
    { \
        for (int32_t i = 0; i < 2 * pairs; i++) { \
            mote_packed_s8_row( \
                x + i * (x_step), y + i * (y_step), stream, \
                (mote_packed_s8_shape){4, full, tail, filters, zero, low, high, left, tflite}); \
        } \
    }

/** Defines `name`: all filters of one row. */
#define MOTE_PACKED_S8_ROW(name, full, tail, filters, zero, low, high, left, tflite) \
    static void name(const int8_t *x, int8_t *y, const int32_t *stream) \
    { \
        mote_packed_s8_row( \
            x, y, stream, (mote_packed_s8_shape){8, full, tail, filters, zero, low, high, left, tflite}); \
    }

/** count bytes. */
MOTE_INLINE void mote_copy_s8(int8_t *to, const int8_t *from, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

MOTE_INLINE void mote_fill_s8(int8_t *to, int32_t value, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        to[i] = (int8_t)value;
    }
}

/** Bytes at offsets. */
MOTE_INLINE void mote_gather_s8(int8_t *to, const int8_t *from, const uint16_t *offsets, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        to[i] = from[offsets[i]];
    }
}

/** Bytes at offsets of two places, `step` apart, to two runs; count is a multiple of 8. */
MOTE_INLINE void mote_gather_pair_s8(int8_t *to, const int8_t *from, int32_t step, const uint16_t *offsets,
                                     int32_t count)
{
    mote_gather_s8(to, from, offsets, count);
    mote_gather_s8(to + count, from + step, offsets, count);
}

#endif
