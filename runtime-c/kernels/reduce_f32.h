/* SPDX-License-Identifier: 0BSD */
/* Reductions over any axes, float. */
#ifndef MOTE_REDUCE_F32_H
#define MOTE_REDUCE_F32_H

#include <math.h>

#include "mote_math.h"

/** Sizes and steps of the axes that stay and of those that are folded; `count` elements fold into one. */
typedef struct {
    int32_t kept[3], kept_step[3];
    int32_t folded[3], folded_step[3];
    int32_t count;
} mote_reduce_f32_shape;

/** Runs STATEMENT for every element `v` = x[at] that folds into the same result. */
#define MOTE_FOLD(s, STATEMENT)                                                                        \
    do {                                                                                               \
        for (int32_t f0 = 0; f0 < (s).folded[0]; f0++) {                                               \
            for (int32_t f1 = 0; f1 < (s).folded[1]; f1++) {                                           \
                const int32_t row = f0 * (s).folded_step[0] + f1 * (s).folded_step[1];                 \
                for (int32_t f2 = 0; f2 < (s).folded[2]; f2++) {                                       \
                    const float v = x[row + f2 * (s).folded_step[2]];                                  \
                    STATEMENT;                                                                         \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

/** Runs STATEMENT for every result y[i]; its elements start at x + from. */
#define MOTE_KEEP(s, STATEMENT)                                                                        \
    do {                                                                                               \
        int32_t i = 0;                                                                                 \
        for (int32_t k0 = 0; k0 < (s).kept[0]; k0++) {                                                 \
            for (int32_t k1 = 0; k1 < (s).kept[1]; k1++) {                                             \
                for (int32_t k2 = 0; k2 < (s).kept[2]; k2++, i++) {                                    \
                    const int32_t from =                                                               \
                        k0 * (s).kept_step[0] + k1 * (s).kept_step[1] + k2 * (s).kept_step[2];         \
                    STATEMENT;                                                                         \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

MOTE_INLINE float mote_fold_sum_f32(const float *x, mote_reduce_f32_shape s)
{
    float acc = 0.0f;
    MOTE_FOLD(s, acc += v);
    return acc;
}

MOTE_INLINE float mote_fold_max_f32(const float *x, mote_reduce_f32_shape s)
{
    float acc = -INFINITY;
    MOTE_FOLD(s, acc = v > acc ? v : acc);
    return acc;
}

MOTE_INLINE float mote_fold_min_f32(const float *x, mote_reduce_f32_shape s)
{
    float acc = INFINITY;
    MOTE_FOLD(s, acc = v < acc ? v : acc);
    return acc;
}

MOTE_INLINE float mote_fold_prod_f32(const float *x, mote_reduce_f32_shape s)
{
    float acc = 1.0f;
    MOTE_FOLD(s, acc *= v);
    return acc;
}

MOTE_INLINE float mote_fold_l1_f32(const float *x, mote_reduce_f32_shape s)
{
    float acc = 0.0f;
    MOTE_FOLD(s, acc += fabsf(v));
    return acc;
}

MOTE_INLINE float mote_fold_square_f32(const float *x, mote_reduce_f32_shape s)
{
    float acc = 0.0f;
    MOTE_FOLD(s, acc += v * v);
    return acc;
}

MOTE_INLINE void mote_reduce_mean_f32(const float *x, float *y, mote_reduce_f32_shape s)
{
    MOTE_KEEP(s, y[i] = mote_fold_sum_f32(x + from, s) / (float)s.count);
}

MOTE_INLINE void mote_reduce_sum_f32(const float *x, float *y, mote_reduce_f32_shape s)
{
    MOTE_KEEP(s, y[i] = mote_fold_sum_f32(x + from, s));
}

MOTE_INLINE void mote_reduce_max_f32(const float *x, float *y, mote_reduce_f32_shape s)
{
    MOTE_KEEP(s, y[i] = mote_fold_max_f32(x + from, s));
}

MOTE_INLINE void mote_reduce_min_f32(const float *x, float *y, mote_reduce_f32_shape s)
{
    MOTE_KEEP(s, y[i] = mote_fold_min_f32(x + from, s));
}

MOTE_INLINE void mote_reduce_prod_f32(const float *x, float *y, mote_reduce_f32_shape s)
{
    MOTE_KEEP(s, y[i] = mote_fold_prod_f32(x + from, s));
}

MOTE_INLINE void mote_reduce_l1_f32(const float *x, float *y, mote_reduce_f32_shape s)
{
    MOTE_KEEP(s, y[i] = mote_fold_l1_f32(x + from, s));
}

MOTE_INLINE void mote_reduce_l2_f32(const float *x, float *y, mote_reduce_f32_shape s)
{
    MOTE_KEEP(s, y[i] = sqrtf(mote_fold_square_f32(x + from, s)));
}

MOTE_INLINE void mote_reduce_sum_square_f32(const float *x, float *y, mote_reduce_f32_shape s)
{
    MOTE_KEEP(s, y[i] = mote_fold_square_f32(x + from, s));
}

MOTE_INLINE void mote_reduce_log_sum_f32(const float *x, float *y, mote_reduce_f32_shape s)
{
    MOTE_KEEP(s, y[i] = logf(mote_fold_sum_f32(x + from, s)));
}

#endif
