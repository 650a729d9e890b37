/* SPDX-License-Identifier: 0BSD */
/* Determinants by elimination with the largest pivot of each column, float. */
#ifndef MOTE_DET_F32_H
#define MOTE_DET_F32_H

#include <math.h>
#include <string.h>

#include "mote_math.h"

typedef struct {
    int32_t count, size;
} mote_det_shape;

/** m: [size][size], which is overwritten. */
MOTE_INLINE float mote_det_f32_one(float *m, int32_t size)
{
    float result = 1.0f;
    for (int32_t k = 0; k < size; k++) {
        int32_t pivot = k;
        for (int32_t r = k + 1; r < size; r++) {
            pivot = fabsf(m[r * size + k]) > fabsf(m[pivot * size + k]) ? r : pivot;
        }
        if (m[pivot * size + k] == 0.0f) {
            return 0.0f;
        }
        for (int32_t c = k; c < size && pivot != k; c++) {
            const float above = m[k * size + c];
            m[k * size + c] = m[pivot * size + c];
            m[pivot * size + c] = above;
        }
        result *= pivot == k ? m[k * size + k] : -m[k * size + k];
        for (int32_t r = k + 1; r < size; r++) {
            const float factor = m[r * size + k] / m[k * size + k];
            for (int32_t c = k; c < size; c++) {
                m[r * size + c] -= factor * m[k * size + c];
            }
        }
    }
    return result;
}

/** x: [count][size][size]; y: [count]; scratch: [size][size]. */
MOTE_INLINE void mote_det_f32(const float *x, float *y, void *scratch, mote_det_shape s)
{
    float *m = (float *)scratch;
    for (int32_t i = 0; i < s.count; i++) {
        memcpy(m, x + i * s.size * s.size, (size_t)(s.size * s.size) * sizeof *m);
        y[i] = mote_det_f32_one(m, s.size);
    }
}

#endif
