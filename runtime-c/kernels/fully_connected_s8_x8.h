/* SPDX-License-Identifier: 0BSD */
/*
 * Fully connected layer, int8, eight filters at a time. Inputs and weights are stored 128 higher, so
 * that they are unsigned and loads take an offset; the bias makes up for the weights' share.
 */
#ifndef MOTE_FULLY_CONNECTED_S8_X8_H
#define MOTE_FULLY_CONNECTED_S8_X8_H

#include "x8_core.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t padded_features; /* to a multiple of eight */
    mote_requantization requantization;
} mote_fully_connected_s8_x8_shape;

/** The inputs, 128 higher, then zeros; returns the sum. */
MOTE_INLINE uint32_t mote_fully_connected_s8_x8_raise(const int8_t *x, uint8_t *to,
                                                      mote_fully_connected_s8_x8_shape s)
{
    uint32_t sum = 0;
    for (int32_t i = 0; i < s.in_features; i++) {
        const uint32_t raised = ((uint32_t)x[i] + 128u) & 0xffu;
        to[i] = (uint8_t)raised;
        sum += raised;
    }
    for (int32_t i = s.in_features; i < s.padded_features; i++) {
        to[i] = 0;
    }
    return sum;
}

/** weights: [filters / 8][padded features][8]; bias: [filters]. Scratch: sums [8], inputs. */
MOTE_INLINE void mote_fully_connected_s8_x8(mote_x8_core core, const int8_t *x, int8_t *y, void *scratch,
                                            const uint8_t *weights, const int32_t *bias,
                                            const int32_t *multipliers, const int8_t *exponents,
                                            mote_fully_connected_s8_x8_shape s)
{
    int32_t *sums = scratch;
    uint8_t *raised = (uint8_t *)scratch + 32;
    for (int32_t r = 0; r < s.rows; r++) {
        const uint32_t less = mote_fully_connected_s8_x8_raise(x + r * s.in_features, raised, s) << 7;
        int8_t *to = y + r * s.out_features;
        for (int32_t f = 0; f < s.out_features; f += 8) {
            const int32_t count = s.out_features - f < 8 ? s.out_features - f : 8;
            core(raised, raised + s.padded_features, weights + f * s.padded_features, sums);
            for (int32_t i = 0; i < count; i++) {
                const int32_t acc = (int32_t)((uint32_t)sums[i] + (uint32_t)bias[f + i] - less);
                to[f + i] = (int8_t)mote_requantize(acc, f + i, multipliers, exponents, s.requantization);
            }
        }
    }
}

/** The accumulators as they are, for ONNX's MatMulInteger. */
MOTE_INLINE void mote_fully_connected_s8_s32_x8(mote_x8_core core, const int8_t *x, int32_t *y, void *scratch,
                                                const uint8_t *weights, const int32_t *bias,
                                                mote_fully_connected_s8_x8_shape s)
{
    int32_t *sums = scratch;
    uint8_t *raised = (uint8_t *)scratch + 32;
    for (int32_t r = 0; r < s.rows; r++) {
        const uint32_t less = mote_fully_connected_s8_x8_raise(x + r * s.in_features, raised, s) << 7;
        int32_t *to = y + r * s.out_features;
        for (int32_t f = 0; f < s.out_features; f += 8) {
            const int32_t count = s.out_features - f < 8 ? s.out_features - f : 8;
            core(raised, raised + s.padded_features, weights + f * s.padded_features, sums);
            for (int32_t i = 0; i < count; i++) {
                to[f + i] = (int32_t)((uint32_t)sums[i] + (uint32_t)bias[f + i] - less);
            }
        }
    }
}

#endif
