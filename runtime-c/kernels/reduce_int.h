/* SPDX-License-Identifier: 0BSD */
/* Reductions of plain integers over any axes. Sums and products wrap; a mean is truncated. */
#ifndef MOTE_REDUCE_INT_H
#define MOTE_REDUCE_INT_H

#include "reduce.h"

/** Folds into an ACC, from START on. */
#define MOTE_FOLD_INT(NAME, TYPE, ACC, START, STATEMENT)                                               \
    MOTE_INLINE TYPE mote_fold_##NAME(const TYPE *x, mote_reduce_shape s)                              \
    {                                                                                                  \
        ACC acc = (START);                                                                             \
        MOTE_FOLD(TYPE, s, STATEMENT);                                                                 \
        return (TYPE)acc;                                                                              \
    }

/** Of any integers: LOW and HIGH are the least and the most that TYPE has. */
#define MOTE_REDUCE_ORDER(SUFFIX, TYPE, LOW, HIGH)                                                     \
    MOTE_FOLD_INT(max_##SUFFIX, TYPE, TYPE, LOW, acc = v > acc ? v : acc)                              \
    MOTE_FOLD_INT(min_##SUFFIX, TYPE, TYPE, HIGH, acc = v < acc ? v : acc)                             \
    MOTE_REDUCTION(reduce_max_##SUFFIX, TYPE, mote_fold_max_##SUFFIX(x + from, s))                     \
    MOTE_REDUCTION(reduce_min_##SUFFIX, TYPE, mote_fold_min_##SUFFIX(x + from, s))

/** Of integers of 32 and 64 bits; WIDE is TYPE without a sign, in which sums wrap. */
#define MOTE_REDUCE_SUMS(SUFFIX, TYPE, WIDE, ABSOLUTE)                                                 \
    MOTE_FOLD_INT(sum_##SUFFIX, TYPE, WIDE, 0, acc += (WIDE)v)                                         \
    MOTE_FOLD_INT(prod_##SUFFIX, TYPE, WIDE, 1, acc *= (WIDE)v)                                        \
    MOTE_FOLD_INT(l1_##SUFFIX, TYPE, WIDE, 0, acc += (ABSOLUTE))                                       \
    MOTE_FOLD_INT(square_##SUFFIX, TYPE, WIDE, 0, acc += (WIDE)v * (WIDE)v)                            \
    MOTE_REDUCTION(reduce_sum_##SUFFIX, TYPE, mote_fold_sum_##SUFFIX(x + from, s))                     \
    MOTE_REDUCTION(reduce_mean_##SUFFIX, TYPE,                                                         \
                   s.count == 0 ? 0 : mote_fold_sum_##SUFFIX(x + from, s) / (TYPE)s.count)             \
    MOTE_REDUCTION(reduce_prod_##SUFFIX, TYPE, mote_fold_prod_##SUFFIX(x + from, s))                   \
    MOTE_REDUCTION(reduce_l1_##SUFFIX, TYPE, mote_fold_l1_##SUFFIX(x + from, s))                       \
    MOTE_REDUCTION(reduce_sum_square_##SUFFIX, TYPE, mote_fold_square_##SUFFIX(x + from, s))

/* int8 that is not quantised is i8; a bool is a u8. */
MOTE_REDUCE_ORDER(i8, int8_t, INT8_MIN, INT8_MAX)
MOTE_REDUCE_ORDER(u8, uint8_t, 0, UINT8_MAX)
MOTE_REDUCE_ORDER(s32, int32_t, INT32_MIN, INT32_MAX)
MOTE_REDUCE_ORDER(u32, uint32_t, 0, UINT32_MAX)
MOTE_REDUCE_ORDER(s64, int64_t, INT64_MIN, INT64_MAX)
MOTE_REDUCE_ORDER(u64, uint64_t, 0, UINT64_MAX)
MOTE_REDUCE_SUMS(s32, int32_t, uint32_t, v < 0 ? 0u - (uint32_t)v : (uint32_t)v)
MOTE_REDUCE_SUMS(u32, uint32_t, uint32_t, v)
MOTE_REDUCE_SUMS(s64, int64_t, uint64_t, v < 0 ? 0u - (uint64_t)v : (uint64_t)v)
MOTE_REDUCE_SUMS(u64, uint64_t, uint64_t, v)

#endif
