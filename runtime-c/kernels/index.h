/* SPDX-License-Identifier: 0BSD */
/* Indices that are known at run time only, of 32 or 64 bits, and what they pick along an axis. */
#ifndef MOTE_INDEX_H
#define MOTE_INDEX_H

#include "mote_math.h"

/** Negative indices count from the end; those outside are the nearest inside. */
MOTE_INLINE int32_t mote_nearest_index(int64_t index, int32_t size)
{
    const int64_t at = index < 0 ? index + size : index;
    return at < 0 ? 0 : (at >= size ? size - 1 : (int32_t)at);
}

/** Number i of a list of int32 (4 bytes) or int64 (8). */
MOTE_INLINE int64_t mote_index_at(const void *list, int32_t i, int32_t bytes)
{
    return bytes == 8 ? ((const int64_t *)list)[i] : (int64_t)((const int32_t *)list)[i];
}

/**
 * A tensor of indices along one axis of another: its sizes, and the other's steps along its axes, 0 along
 * the one; length and step of that axis; bytes of an index.
 */
typedef struct {
    int32_t size[6], step[6];
    int32_t axis_size, axis_step;
    int32_t index_bytes;
} mote_indexed;

/** Runs STATEMENT for every index `i`, which picks element `at` of the other tensor. */
#define MOTE_INDEXED(s, indices, STATEMENT)                                                            \
    do {                                                                                               \
        int32_t i = 0;                                                                                 \
        for (int32_t i0 = 0; i0 < (s).size[0]; i0++) {                                                 \
            for (int32_t i1 = 0; i1 < (s).size[1]; i1++) {                                             \
                for (int32_t i2 = 0; i2 < (s).size[2]; i2++) {                                         \
                    for (int32_t i3 = 0; i3 < (s).size[3]; i3++) {                                     \
                        for (int32_t i4 = 0; i4 < (s).size[4]; i4++) {                                 \
                            const int32_t row = i0 * (s).step[0] + i1 * (s).step[1] +                  \
                                                i2 * (s).step[2] + i3 * (s).step[3] +                  \
                                                i4 * (s).step[4];                                      \
                            for (int32_t i5 = 0; i5 < (s).size[5]; i5++, i++) {                        \
                                const int64_t index = mote_index_at(indices, i, (s).index_bytes);      \
                                const int32_t at =                                                     \
                                    row + i5 * (s).step[5] +                                           \
                                    mote_nearest_index(index, (s).axis_size) * (s).axis_step;          \
                                STATEMENT;                                                             \
                            }                                                                          \
                        }                                                                              \
                    }                                                                                  \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

/** Tuples of `depth` indices into the first axes of a tensor: lengths and steps of these axes. */
typedef struct {
    int32_t depth;
    int32_t size[8], step[8];
    int32_t index_bytes;
} mote_tuples;

/** Where tuple `i` points to. */
MOTE_INLINE int32_t mote_tuple_at(const void *indices, int32_t i, mote_tuples s)
{
    int32_t at = 0;
    for (int32_t k = 0; k < s.depth; k++) {
        const int64_t index = mote_index_at(indices, i * s.depth + k, s.index_bytes);
        at += mote_nearest_index(index, s.size[k]) * s.step[k];
    }
    return at;
}

#endif
