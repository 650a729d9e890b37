/* SPDX-License-Identifier: 0BSD */
/* Fully connected layer, int8: a row of inputs as 16-bit numbers, then a core makes all filters. */
#ifndef MOTE_DUAL_FULLY_CONNECTED_S8_H
#define MOTE_DUAL_FULLY_CONNECTED_S8_H

#include "dual_expand_s8.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t pairs; /* words of a row's inputs */
    int32_t raw;   /* the core gives accumulators, a group of four filters a call */
    mote_requantization requantization;
} mote_dual_fully_connected_s8_shape;

typedef void mote_dual_row(const int16_t *x, const int32_t *stream, void *y, int32_t pairs, int32_t groups,
                             int32_t zero_point);

MOTE_INLINE void mote_dual_row_inputs(const int8_t *x, int16_t *to, int32_t count)
{
    const int32_t whole = count / 4 * 4;
    for (int32_t i = 0; i < whole; i += 4) {
        mote_dual_expand(x + i, to + i, 2);
    }
    for (int32_t i = whole; i < count; i++) {
        to[whole + (i & 1) * 2 + (i >> 1 & 1)] = x[i];
    }
}

/** The filters from `first`, a group a call, in a way that serves every rescale and number. */
MOTE_INLINE void mote_dual_row_rest(mote_dual_row core, const int16_t *x, const int32_t *stream,
                                      const int8_t *exponents, int32_t *made, int8_t *y, int32_t first,
                                      mote_dual_fully_connected_s8_shape s)
{
    const int32_t words = 8 + 2 * s.pairs;
    for (int32_t f = first; f < s.out_features; f += 4) {
        const int32_t *group = stream + f / 4 * words;
        const int32_t count = s.out_features - f < 4 ? s.out_features - f : 4;
        const int8_t *e = exponents == NULL ? NULL : exponents + f;
        core(x, group, made, s.pairs, 1, s.requantization.zero_point);
        for (int32_t i = 0; i < count; i++) {
            const int32_t *m = group + words - 4;
            y[f + i] = s.raw != 0 ? (int8_t)mote_requantize(made[i], i, m, e, s.requantization)
                                  : ((int8_t *)made)[i];
        }
    }
}

/** x: [rows][in]; stream: as dual_core_s8.h says; exponents: [out], or NULL; y: [rows][out]. */
MOTE_INLINE void mote_dual_fully_connected_s8(mote_dual_row core, const int8_t *x, int8_t *y,
                                                void *scratch, const int32_t *stream,
                                                const int8_t *exponents,
                                                mote_dual_fully_connected_s8_shape s)
{
    int16_t *row = (int16_t *)scratch;
    int32_t *made = (int32_t *)scratch + s.pairs;
    const int32_t direct = s.raw != 0 ? 0 : s.out_features / 4;
    for (int32_t r = 0; r < s.rows; r++) {
        mote_dual_row_inputs(x + r * s.in_features, row, s.in_features);
        if (direct > 0) {
            core(row, stream, y + r * s.out_features, s.pairs, direct, s.requantization.zero_point);
        }
        mote_dual_row_rest(core, row, stream, exponents, made, y + r * s.out_features, 4 * direct, s);
    }
}

/** The accumulators as they are, for ONNX's MatMulInteger; the core is a raw one. */
MOTE_INLINE void mote_dual_fully_connected_s8_s32(mote_dual_row core, const int8_t *x, int32_t *y,
                                                  void *scratch, const int32_t *stream,
                                                  mote_dual_fully_connected_s8_shape s)
{
    int16_t *row = (int16_t *)scratch;
    int32_t *made = (int32_t *)scratch + s.pairs;
    for (int32_t r = 0; r < s.rows; r++) {
        mote_dual_row_inputs(x + r * s.in_features, row, s.in_features);
        for (int32_t f = 0; f < s.out_features; f++) {
            if (f % 4 == 0) {
                core(row, stream + f / 4 * (8 + 2 * s.pairs), made, s.pairs, 1, 0);
            }
            y[r * s.out_features + f] = made[f % 4];
        }
    }
}

#endif
