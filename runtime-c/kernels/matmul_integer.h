/* SPDX-License-Identifier: 0BSD */
/* Product of two matrices of bytes less their zero points, or of batches of them. */
#ifndef MOTE_MATMUL_INTEGER_H
#define MOTE_MATMUL_INTEGER_H

#include "broadcast.h"

typedef struct {
    mote_broadcast batch; /* steps in elements from one matrix to the next */
    int32_t rows, inner, columns;
    int32_t a_zero_row, a_zero_matrix, b_zero_column, b_zero_matrix; /* steps of the zero points */
} mote_matmul_integer_shape;

/** a: [rows][inner]; b: [inner][columns]; y: [rows][columns], which wraps. */
#define MOTE_MATMUL_INTEGER(SUFFIX, A, B)                                                              \
    MOTE_INLINE void mote_matmul_integer_one_##SUFFIX(const A *a, const B *b, const A *a_zero,         \
                                                      const B *b_zero, int32_t *y,                     \
                                                      mote_matmul_integer_shape s)                     \
    {                                                                                                  \
        for (int32_t r = 0; r < s.rows; r++) {                                                         \
            const int32_t row_zero = a_zero[r * s.a_zero_row];                                         \
            for (int32_t c = 0; c < s.columns; c++) {                                                  \
                const int32_t column_zero = b_zero[c * s.b_zero_column];                               \
                uint32_t acc = 0;                                                                      \
                for (int32_t k = 0; k < s.inner; k++) {                                                \
                    acc += (uint32_t)((a[r * s.inner + k] - row_zero) *                                \
                                      (b[k * s.columns + c] - column_zero));                           \
                }                                                                                      \
                y[r * s.columns + c] = (int32_t)acc;                                                   \
            }                                                                                          \
        }                                                                                              \
    }                                                                                                  \
    MOTE_INLINE void mote_matmul_integer_##SUFFIX(const A *a, const B *b, const A *a_zero,             \
                                                  const B *b_zero, int32_t *y,                         \
                                                  mote_matmul_integer_shape s)                         \
    {                                                                                                  \
        MOTE_BROADCAST(s.batch, mote_matmul_integer_one_##SUFFIX(                                      \
                                    a + ia, b + ib, a_zero + ia / (s.rows * s.inner) * s.a_zero_matrix,\
                                    b_zero + ib / (s.inner * s.columns) * s.b_zero_matrix,             \
                                    y + i * s.rows * s.columns, s));                                   \
    }

MOTE_MATMUL_INTEGER(s8_s8, int8_t, int8_t)
MOTE_MATMUL_INTEGER(s8_u8, int8_t, uint8_t)
MOTE_MATMUL_INTEGER(u8_s8, uint8_t, int8_t)
MOTE_MATMUL_INTEGER(u8_u8, uint8_t, uint8_t)

#endif
