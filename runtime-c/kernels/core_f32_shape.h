/* SPDX-License-Identifier: 0BSD */
/* What the float kernels and their hot loops agree on, whatever the loops are written in. */
#ifndef MOTE_CORE_F32_SHAPE_H
#define MOTE_CORE_F32_SHAPE_H

#include "mote_math.h"

/** What a core clamps its results to. */
#define MOTE_CORE_F32_ANY 0   /* nothing */
#define MOTE_CORE_F32_RELU 1  /* [0, infinity] */
#define MOTE_CORE_F32_CLAMP 2 /* [0, max] */

typedef struct {
    uint32_t fours;   /* products of one result, in fours */
    uint32_t groups;  /* of four filters */
    uint32_t y_bytes; /* from one pixel's results to the next's */
    float max;
} mote_core_f32_x4;

typedef void (*mote_core_f32_x4_function)(const float *x, const float *weights, float *y,
                                          const mote_core_f32_x4 *c);

MOTE_INLINE float mote_core_f32_finish(float acc, float max, int32_t clamp)
{
    if (clamp != MOTE_CORE_F32_ANY && acc < 0.0f) {
        return 0.0f;
    }
    return clamp == MOTE_CORE_F32_CLAMP && acc > max ? max : acc;
}

typedef struct {
    uint32_t fours;  /* products of one result, in fours */
    uint32_t groups; /* of eight filters */
    float max;
} mote_core_f32_vector;

typedef void (*mote_core_f32_vector_function)(const float *x, const float *weights, float *y,
                                              const mote_core_f32_vector *c);

#endif
