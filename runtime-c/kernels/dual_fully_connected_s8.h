/* SPDX-License-Identifier: 0BSD */
/*
 * Fully connected layer, int8: some inputs of a row are taken as they are stored, the others are laid out
 * as 16-bit numbers, which takes fewer instructions; then a core makes all filters.
 */
#ifndef MOTE_DUAL_FULLY_CONNECTED_S8_H
#define MOTE_DUAL_FULLY_CONNECTED_S8_H

#include "dual_expand_s8.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t stored; /* inputs taken as they are */
    int32_t pairs;  /* words of a row's other inputs */
    int32_t raw;    /* the core gives accumulators, a group of four filters a call */
    mote_requantization requantization;
} mote_dual_fully_connected_s8_shape;

typedef void mote_dual_row(const mote_dual_inputs *from, const int32_t *stream, void *y, int32_t groups,
                           int32_t zero_point);

MOTE_DUAL_WORDS(mote_dual_words)

/** Lays out what is not taken as it is stored; `scratch` may lie over just that, or before it. */
MOTE_INLINE mote_dual_inputs mote_dual_row_inputs(const int8_t *x, void *scratch,
                                                  mote_dual_fully_connected_s8_shape s)
{
    const mote_dual_inputs from = {x, s.stored, (const int16_t *)scratch, s.pairs};
    const int32_t count = s.in_features - s.stored;
    const int32_t whole = count / 4 * 4;
    int16_t *to = (int16_t *)scratch;
    int8_t last[3];
    x += s.stored;
    for (int32_t i = whole; i < count; i++) {
        last[i - whole] = x[i];
    }
    for (int32_t i = whole; i < count; i++) {
        to[whole + (i & 1) * 2 + (i >> 1 & 1)] = last[i - whole];
    }
    mote_dual_words(x, to, whole);
    return from;
}

/** The filters from `first`, a group a call, in a way that serves every rescale and number. */
MOTE_INLINE void mote_dual_row_rest(mote_dual_row core, const mote_dual_inputs *from, const int32_t *stream,
                                    const int8_t *exponents, int8_t *y, int32_t first,
                                    mote_dual_fully_connected_s8_shape s)
{
    const int32_t words = 8 + s.stored + 2 * s.pairs;
    int32_t made[4];
    for (int32_t f = first; f < s.out_features; f += 4) {
        const int32_t *group = stream + f / 4 * words;
        const int32_t count = s.out_features - f < 4 ? s.out_features - f : 4;
        const int8_t *e = exponents == NULL ? NULL : exponents + f;
        core(from, group, made, 1, s.requantization.zero_point);
        for (int32_t i = 0; i < count; i++) {
            const int32_t *m = group + words - 4;
            y[f + i] = s.raw != 0 ? (int8_t)mote_requantize(made[i], i, m, e, s.requantization)
                                  : ((int8_t *)made)[i];
        }
    }
}

/**
 * x: [rows][in]; stream: as dual_core_s8.h says; exponents: [out], or NULL; y: [rows][out]. Where inputs
 * are taken as they are stored, rows of x begin at multiples of 4 bytes.
 */
MOTE_INLINE void mote_dual_fully_connected_s8(mote_dual_row core, const int8_t *x, int8_t *y, void *scratch,
                                              const int32_t *stream, const int8_t *exponents,
                                              mote_dual_fully_connected_s8_shape s)
{
    const int32_t direct = s.raw != 0 ? 0 : s.out_features / 4;
    for (int32_t r = 0; r < s.rows; r++) {
        const mote_dual_inputs from = mote_dual_row_inputs(x + r * s.in_features, scratch, s);
        if (direct > 0) {
            core(&from, stream, y + r * s.out_features, direct, s.requantization.zero_point);
        }
        mote_dual_row_rest(core, &from, stream, exponents, y + r * s.out_features, 4 * direct, s);
    }
}

/* With structs where so many inputs in a hundred, or as few more as the loops allow, are laid out. */
#define mote_dual_fully_connected_s8_80 mote_dual_fully_connected_s8
#define mote_dual_fully_connected_s8_60 mote_dual_fully_connected_s8
#define mote_dual_fully_connected_s8_40 mote_dual_fully_connected_s8
#define mote_dual_fully_connected_s8_20 mote_dual_fully_connected_s8
#define mote_dual_fully_connected_s8_0 mote_dual_fully_connected_s8

/** The accumulators as they are, for ONNX's MatMulInteger; the core is a raw one. */
MOTE_INLINE void mote_dual_fully_connected_s8_s32(mote_dual_row core, const int8_t *x, int32_t *y,
                                                  void *scratch, const int32_t *stream,
                                                  mote_dual_fully_connected_s8_shape s)
{
    int32_t made[4] = {0, 0, 0, 0};
    for (int32_t r = 0; r < s.rows; r++) {
        const mote_dual_inputs from = mote_dual_row_inputs(x + r * s.in_features, scratch, s);
        for (int32_t f = 0; f < s.out_features; f++) {
            if (f % 4 == 0) {
                core(&from, stream + f / 4 * (8 + s.stored + 2 * s.pairs), made, 1, 0);
            }
            y[r * s.out_features + f] = made[f % 4];
        }
    }
}

#endif
