/* SPDX-License-Identifier: 0BSD */
/* Product of two float matrices that are both computed: four rows by four columns at a time. */
#ifndef MOTE_MATMUL_F32_X4_H
#define MOTE_MATMUL_F32_X4_H

#include "broadcast.h"
#include "core_f32.h"

typedef struct {
    mote_broadcast batch; /* steps in elements from one matrix to the next */
    int32_t rows, inner, columns;
    int32_t products; /* inner, rounded up to fours */
    int32_t groups;   /* of four columns */
} mote_matmul_f32_x4_shape;

/** b: [inner][columns] as the core takes weights, without biases; zeros where there is none. */
MOTE_INLINE void mote_matmul_f32_x4_pack(const float *b, float *packed, mote_matmul_f32_x4_shape s)
{
    for (int32_t g = 0; g < s.groups; g++) {
        const int32_t first = 4 * g;
        const int32_t count = s.columns - first < 4 ? s.columns - first : 4;
        for (int32_t f = 0; f < 4; f++) {
            *packed++ = 0.0f;
        }
        for (int32_t k = 0; k < s.products; k++) {
            for (int32_t f = 0; f < 4; f++) {
                *packed++ = k < s.inner && f < count ? b[k * s.columns + first + f] : 0.0f;
            }
        }
    }
}

/** block: [products][4], of which the places behind inner are 0; packed: b. */
MOTE_INLINE void mote_matmul_f32_x4_rows(mote_core_f32_x4_function core, const float *a, float *y,
                                         float *block, const float *packed, float *results,
                                         mote_matmul_f32_x4_shape s)
{
    mote_core_f32_x4 c;
    c.fours = (uint32_t)s.products / 4u;
    c.groups = (uint32_t)s.groups;
    c.max = 0.0f;
    for (int32_t r = 0; r < s.rows; r += 4, a += 4 * s.inner, y += 4 * s.columns) {
        const int32_t count = s.rows - r < 4 ? s.rows - r : 4;
        const int32_t is_direct = count == 4 && s.columns % 4 == 0;
        for (int32_t p = 0; p < count; p++) {
            for (int32_t k = 0; k < s.inner; k++) {
                block[4 * k + p] = a[p * s.inner + k];
            }
        }
        c.y_bytes = (uint32_t)(is_direct != 0 ? s.columns : 4 * s.groups) * 4u;
        core(block, packed, is_direct != 0 ? y : results, &c);
        for (int32_t p = 0; is_direct == 0 && p < count; p++) {
            for (int32_t o = 0; o < s.columns; o++) {
                y[p * s.columns + o] = results[p * 4 * s.groups + o];
            }
        }
    }
}

/** scratch: float [products][4], [groups][4 products + 4] and [4][4 groups]. */
MOTE_INLINE void mote_matmul_f32_x4(mote_core_f32_x4_function core, const float *a, const float *b,
                                    float *y, void *scratch, mote_matmul_f32_x4_shape s)
{
    float *block = (float *)scratch;
    float *packed = block + 4 * s.products;
    float *results = packed + s.groups * (4 * s.products + 4);
    for (int32_t i = 0; i < 4 * s.products; i++) {
        block[i] = 0.0f;
    }
    MOTE_BROADCAST(s.batch, {
        mote_matmul_f32_x4_pack(b + ib, packed, s);
        mote_matmul_f32_x4_rows(core, a + ia, y + i * s.rows * s.columns, block, packed, results, s);
    });
}

#endif
