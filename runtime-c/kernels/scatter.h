/* SPDX-License-Identifier: 0BSD */
/* Copies of a tensor in which updates take the place of elements, or are combined with them. */
#ifndef MOTE_SCATTER_H
#define MOTE_SCATTER_H

#include "copy.h"
#include "index.h"

/** reduction: 1 add, 2 mul, 3 max, 4 min. */
typedef struct {
    int32_t count; /* elements of x and y */
    int32_t reduction;
    mote_indexed indexed; /* of y by the indices, which have the updates' shape */
} mote_scatter_elements_shape;

/** indices: [tuples][depth]; updates: [tuples][slice]; tuples step in elements. */
typedef struct {
    int32_t count; /* elements of x and y */
    int32_t reduction;
    int32_t rows, slice;
    mote_tuples tuples;
} mote_scatter_nd_shape;

/** Runs STATEMENT for every update `i`, which is for element `at`. */
#define MOTE_SCATTER_ND(s, indices, STATEMENT)                                                         \
    do {                                                                                               \
        int32_t i = 0;                                                                                 \
        for (int32_t row = 0; row < (s).rows; row++) {                                                 \
            int32_t at = mote_tuple_at(indices, row, (s).tuples);                                      \
            for (int32_t k = 0; k < (s).slice; k++, i++, at++) {                                       \
                STATEMENT;                                                                             \
            }                                                                                          \
        }                                                                                              \
    } while (0)

/** y may be x. */
MOTE_INLINE void mote_scatter_base(const void *x, void *y, size_t bytes)
{
    if (y != x) {
        memcpy(y, x, bytes);
    }
}

/** Of updates for one element the last one stays. */
#define MOTE_SCATTER(BITS)                                                                             \
    MOTE_INLINE void mote_scatter_elements_##BITS(const void *x, const void *indices,                  \
                                                  const void *updates, void *y,                        \
                                                  mote_scatter_elements_shape s)                       \
    {                                                                                                  \
        const mote_element_##BITS *from = (const mote_element_##BITS *)updates;                        \
        mote_element_##BITS *to = (mote_element_##BITS *)y;                                            \
        mote_scatter_base(x, y, (size_t)s.count * sizeof *to);                                         \
        MOTE_INDEXED(s.indexed, indices, to[at] = from[i]);                                            \
    }                                                                                                  \
    MOTE_INLINE void mote_scatter_nd_##BITS(const void *x, const void *indices, const void *updates,   \
                                            void *y, mote_scatter_nd_shape s)                          \
    {                                                                                                  \
        const mote_element_##BITS *from = (const mote_element_##BITS *)updates;                        \
        mote_element_##BITS *to = (mote_element_##BITS *)y;                                            \
        mote_scatter_base(x, y, (size_t)s.count * sizeof *to);                                         \
        MOTE_SCATTER_ND(s, indices, to[at] = from[i]);                                                 \
    }

MOTE_SCATTER(8)
MOTE_SCATTER(16)
MOTE_SCATTER(32)
MOTE_SCATTER(64)

/** Sums and products of integers wrap: they are those of unsigned words, WIDE. */
#define MOTE_SCATTER_REDUCE(SUFFIX, TYPE, WIDE)                                                        \
    MOTE_INLINE TYPE mote_scattered_##SUFFIX(TYPE a, TYPE b, int32_t reduction)                        \
    {                                                                                                  \
        switch (reduction) {                                                                           \
        case 1:                                                                                        \
            return (TYPE)((WIDE)a + (WIDE)b);                                                          \
        case 2:                                                                                        \
            return (TYPE)((WIDE)a * (WIDE)b);                                                          \
        case 3:                                                                                        \
            return b > a ? b : a;                                                                      \
        default:                                                                                       \
            return b < a ? b : a;                                                                      \
        }                                                                                              \
    }                                                                                                  \
    MOTE_INLINE void mote_scatter_elements_##SUFFIX(const TYPE *x, const void *indices,                \
                                                    const TYPE *updates, TYPE *y,                      \
                                                    mote_scatter_elements_shape s)                     \
    {                                                                                                  \
        mote_scatter_base(x, y, (size_t)s.count * sizeof *y);                                          \
        MOTE_INDEXED(s.indexed, indices,                                                               \
                     y[at] = mote_scattered_##SUFFIX(y[at], updates[i], s.reduction));                 \
    }                                                                                                  \
    MOTE_INLINE void mote_scatter_nd_##SUFFIX(const TYPE *x, const void *indices, const TYPE *updates, \
                                              TYPE *y, mote_scatter_nd_shape s)                        \
    {                                                                                                  \
        mote_scatter_base(x, y, (size_t)s.count * sizeof *y);                                          \
        MOTE_SCATTER_ND(s, indices,                                                                    \
                        y[at] = mote_scattered_##SUFFIX(y[at], updates[i], s.reduction));              \
    }

MOTE_SCATTER_REDUCE(f32, float, float)
MOTE_SCATTER_REDUCE(f64, double, double)
MOTE_SCATTER_REDUCE(i8, int8_t, uint32_t)
MOTE_SCATTER_REDUCE(s16, int16_t, uint32_t)
MOTE_SCATTER_REDUCE(s32, int32_t, uint32_t)
MOTE_SCATTER_REDUCE(s64, int64_t, uint64_t)
MOTE_SCATTER_REDUCE(u8, uint8_t, uint32_t)
MOTE_SCATTER_REDUCE(u16, uint16_t, uint32_t)
MOTE_SCATTER_REDUCE(u32, uint32_t, uint32_t)
MOTE_SCATTER_REDUCE(u64, uint64_t, uint64_t)

#endif
