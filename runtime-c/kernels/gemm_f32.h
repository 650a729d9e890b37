/* SPDX-License-Identifier: 0BSD */
/* alpha * A * B + beta * C of matrices as they lie, float. */
#ifndef MOTE_GEMM_F32_H
#define MOTE_GEMM_F32_H

#include "mote_math.h"

/** Steps in elements along rows and columns; those of c may be 0. */
typedef struct {
    int32_t rows, inner, columns;
    int32_t a_row, a_inner, b_inner, b_column, c_row, c_column;
    float alpha, beta;
} mote_gemm_f32_shape;

/** y: [rows][columns]. */
MOTE_INLINE void mote_gemm_f32(const float *a, const float *b, const float *c, float *y,
                               mote_gemm_f32_shape s)
{
    for (int32_t i = 0; i < s.rows; i++) {
        for (int32_t j = 0; j < s.columns; j++) {
            float acc = 0.0f;
            for (int32_t k = 0; k < s.inner; k++) {
                acc += a[i * s.a_row + k * s.a_inner] * b[k * s.b_inner + j * s.b_column];
            }
            y[i * s.columns + j] = s.alpha * acc + s.beta * c[i * s.c_row + j * s.c_column];
        }
    }
}

#endif
