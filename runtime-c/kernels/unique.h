/* SPDX-License-Identifier: 0BSD */
/* The different slices of a tensor along an axis; zeros behind them. */
#ifndef MOTE_UNIQUE_H
#define MOTE_UNIQUE_H

#include "mote_math.h"

/** x: [outer][size][inner]; y: [outer][most][inner]. Sorted, or in the order in which they come. */
typedef struct {
    int32_t outer, size, inner;
    int32_t most;
    int32_t sorted;
} mote_unique_shape;

/**
 * Of each different slice: where it comes first (`first`, [most]), and how often it comes (`counts`, [most]);
 * of each slice of x: which one it is (`inverse`, [size]). list: [size].
 */
#define MOTE_UNIQUE(SUFFIX, TYPE)                                                                      \
    /** Below 0 where slice a comes before b, 0 where they are equal. */                               \
    MOTE_INLINE int mote_unique_order_##SUFFIX(const TYPE *x, int32_t a, int32_t b,                    \
                                               mote_unique_shape s)                                    \
    {                                                                                                  \
        for (int32_t o = 0; o < s.outer; o++) {                                                        \
            for (int32_t i = 0; i < s.inner; i++) {                                                    \
                const TYPE u = x[(o * s.size + a) * s.inner + i];                                      \
                const TYPE v = x[(o * s.size + b) * s.inner + i];                                      \
                if (u < v) {                                                                           \
                    return -1;                                                                         \
                }                                                                                      \
                if (v < u) {                                                                           \
                    return 1;                                                                          \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
        return 0;                                                                                      \
    }                                                                                                  \
    /** The place of slice k in the list, or the one that it should have: n, or where sorted, less. */ \
    MOTE_INLINE int32_t mote_unique_place_##SUFFIX(const TYPE *x, const int32_t *list, int32_t n,      \
                                                   int32_t k, mote_unique_shape s)                     \
    {                                                                                                  \
        int32_t place = 0;                                                                             \
        for (; place < n; place++) {                                                                   \
            const int order = mote_unique_order_##SUFFIX(x, k, list[place], s);                        \
            if (order == 0 || (s.sorted != 0 && order < 0)) {                                          \
                break;                                                                                 \
            }                                                                                          \
        }                                                                                              \
        return place;                                                                                  \
    }                                                                                                  \
    /** Lists where the different slices come first, and returns how many there are. */                \
    MOTE_INLINE int32_t mote_unique_list_##SUFFIX(const TYPE *x, int32_t *list, mote_unique_shape s)   \
    {                                                                                                  \
        int32_t n = 0;                                                                                 \
        for (int32_t k = 0; k < s.size; k++) {                                                         \
            const int32_t place = mote_unique_place_##SUFFIX(x, list, n, k, s);                        \
            if (place < n && mote_unique_order_##SUFFIX(x, k, list[place], s) == 0) {                  \
                continue;                                                                              \
            }                                                                                          \
            for (int32_t i = n++; i > place; i--) {                                                    \
                list[i] = list[i - 1];                                                                 \
            }                                                                                          \
            list[place] = k;                                                                           \
        }                                                                                              \
        return n;                                                                                      \
    }                                                                                                  \
    MOTE_INLINE void mote_unique_##SUFFIX(const TYPE *x, TYPE *y, int64_t *first, int64_t *inverse,    \
                                          int64_t *counts, void *scratch, mote_unique_shape s)         \
    {                                                                                                  \
        int32_t *list = (int32_t *)scratch;                                                            \
        const int32_t n = mote_unique_list_##SUFFIX(x, list, s);                                       \
        for (int32_t u = 0; u < s.most; u++) {                                                         \
            first[u] = u < n ? list[u] : 0;                                                            \
            counts[u] = 0;                                                                             \
            for (int32_t o = 0; o < s.outer; o++) {                                                    \
                for (int32_t i = 0; i < s.inner; i++) {                                                \
                    y[(o * s.most + u) * s.inner + i] =                                                \
                        (TYPE)(u < n ? x[(o * s.size + list[u]) * s.inner + i] : 0);                   \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
        for (int32_t k = 0; k < s.size; k++) {                                                         \
            const int32_t place = mote_unique_place_##SUFFIX(x, list, n, k, s);                        \
            inverse[k] = place;                                                                        \
            if (place < s.most) {                                                                      \
                counts[place]++;                                                                       \
            }                                                                                          \
        }                                                                                              \
    }

MOTE_UNIQUE(f32, float)
MOTE_UNIQUE(f64, double)
MOTE_UNIQUE(i8, int8_t)
MOTE_UNIQUE(s16, int16_t)
MOTE_UNIQUE(s32, int32_t)
MOTE_UNIQUE(s64, int64_t)
MOTE_UNIQUE(u8, uint8_t)
MOTE_UNIQUE(u16, uint16_t)
MOTE_UNIQUE(u32, uint32_t)
MOTE_UNIQUE(u64, uint64_t)

#endif
