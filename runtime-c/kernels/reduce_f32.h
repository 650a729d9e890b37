/* SPDX-License-Identifier: 0BSD */
/* Reductions over any axes, float. */
#ifndef MOTE_REDUCE_F32_H
#define MOTE_REDUCE_F32_H

#include <math.h>

#include "reduce.h"

#define MOTE_FOLD_F32(NAME, START, STATEMENT)                                                          \
    MOTE_INLINE float mote_fold_##NAME##_f32(const float *x, mote_reduce_shape s)                      \
    {                                                                                                  \
        float acc = (START);                                                                           \
        MOTE_FOLD(float, s, STATEMENT);                                                                \
        return acc;                                                                                    \
    }

MOTE_FOLD_F32(sum, 0.0f, acc += v)
MOTE_FOLD_F32(max, -INFINITY, acc = v > acc ? v : acc)
MOTE_FOLD_F32(min, INFINITY, acc = v < acc ? v : acc)
MOTE_FOLD_F32(prod, 1.0f, acc *= v)
MOTE_FOLD_F32(l1, 0.0f, acc += fabsf(v))
MOTE_FOLD_F32(square, 0.0f, acc += v * v)

/** log of the sum of e^v; relative to the largest v, so that no e^v overflows. */
MOTE_INLINE float mote_fold_log_sum_exp_f32(const float *x, mote_reduce_shape s)
{
    const float largest = mote_fold_max_f32(x, s);
    float acc = 0.0f;
    if (isinf(largest)) {
        return largest;
    }
    MOTE_FOLD(float, s, acc += expf(v - largest));
    return largest + logf(acc);
}

MOTE_REDUCTION(reduce_mean_f32, float, mote_fold_sum_f32(x + from, s) / (float)s.count)
MOTE_REDUCTION(reduce_sum_f32, float, mote_fold_sum_f32(x + from, s))
MOTE_REDUCTION(reduce_max_f32, float, mote_fold_max_f32(x + from, s))
MOTE_REDUCTION(reduce_min_f32, float, mote_fold_min_f32(x + from, s))
MOTE_REDUCTION(reduce_prod_f32, float, mote_fold_prod_f32(x + from, s))
MOTE_REDUCTION(reduce_l1_f32, float, mote_fold_l1_f32(x + from, s))
MOTE_REDUCTION(reduce_l2_f32, float, sqrtf(mote_fold_square_f32(x + from, s)))
MOTE_REDUCTION(reduce_sum_square_f32, float, mote_fold_square_f32(x + from, s))
MOTE_REDUCTION(reduce_log_sum_f32, float, logf(mote_fold_sum_f32(x + from, s)))
MOTE_REDUCTION(reduce_log_sum_exp_f32, float, mote_fold_log_sum_exp_f32(x + from, s))

#endif
