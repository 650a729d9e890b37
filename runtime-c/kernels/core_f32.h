/* SPDX-License-Identifier: 0BSD */
/*
 * Hot loops of the float kernels, portable: the twin of fpu/core_f32.h, with the same prototypes,
 * weights and order of sums.
 */
#ifndef MOTE_CORE_F32_H
#define MOTE_CORE_F32_H

#include "core_f32_shape.h"

/**
 * Four pixels by groups of four filters. x: [products][4 pixels]; weights: a group's four biases,
 * then [products][4 filters]; y: four results of each group, at each of four pixels.
 */
MOTE_INLINE void mote_core_f32_x4_run(const float *x, const float *weights, float *y,
                                      const mote_core_f32_x4 *c, int32_t clamp)
{
    for (uint32_t g = 0; g < c->groups; g++) {
        const float *bias = weights + (size_t)g * (16u * c->fours + 4u);
        for (uint32_t p = 0; p < 4u; p++) {
            for (uint32_t f = 0; f < 4u; f++) {
                float acc = bias[f];
                for (uint32_t k = 0; k < 4u * c->fours; k++) {
                    acc += x[4u * k + p] * bias[4u + 4u * k + f];
                }
                y[p * (c->y_bytes / sizeof *y) + 4u * g + f] = mote_core_f32_finish(acc, c->max, clamp);
            }
        }
    }
}

#define MOTE_CORE_F32_X4(name, clamp)                                                              \
    static MOTE_NOINLINE void name(const float *x, const float *weights, float *y,                 \
                                   const mote_core_f32_x4 *c)                                      \
    {                                                                                              \
        mote_core_f32_x4_run(x, weights, y, c, clamp);                                             \
    }

/** One row by groups of eight filters. x: [products]; weights: eight biases, then [products][8]. */
MOTE_INLINE void mote_core_f32_vector_run(const float *x, const float *weights, float *y,
                                          const mote_core_f32_vector *c, int32_t clamp)
{
    for (uint32_t g = 0; g < c->groups; g++) {
        const float *bias = weights + (size_t)g * (32u * c->fours + 8u);
        for (uint32_t f = 0; f < 8u; f++) {
            float acc = bias[f];
            for (uint32_t k = 0; k < 4u * c->fours; k++) {
                acc += x[k] * bias[8u + 8u * k + f];
            }
            y[8u * g + f] = mote_core_f32_finish(acc, c->max, clamp);
        }
    }
}

#define MOTE_CORE_F32_VECTOR(name, clamp)                                                          \
    static MOTE_NOINLINE void name(const float *x, const float *weights, float *y,                 \
                                   const mote_core_f32_vector *c)                                  \
    {                                                                                              \
        mote_core_f32_vector_run(x, weights, y, c, clamp);                                         \
    }

#endif
