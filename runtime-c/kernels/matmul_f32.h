/* SPDX-License-Identifier: 0BSD */
/* Product of two float matrices, or of batches of them with broadcasting. */
#ifndef MOTE_MATMUL_F32_H
#define MOTE_MATMUL_F32_H

#include "broadcast.h"

typedef struct {
    mote_broadcast batch; /* steps in elements from one matrix to the next */
    int32_t rows, inner, columns;
} mote_matmul_f32_shape;

/** a: [rows][inner]; b: [inner][columns]; y: [rows][columns]. */
MOTE_INLINE void mote_matmul_f32_one(const float *a, const float *b, float *y, mote_matmul_f32_shape s)
{
    for (int32_t r = 0; r < s.rows; r++) {
        for (int32_t c = 0; c < s.columns; c++) {
            float acc = 0.0f;
            for (int32_t k = 0; k < s.inner; k++) {
                acc += a[r * s.inner + k] * b[k * s.columns + c];
            }
            y[r * s.columns + c] = acc;
        }
    }
}

MOTE_INLINE void mote_matmul_f32(const float *a, const float *b, float *y, mote_matmul_f32_shape s)
{
    MOTE_BROADCAST(s.batch, mote_matmul_f32_one(a + ia, b + ib, y + i * s.rows * s.columns, s));
}

#endif
