/* SPDX-License-Identifier: 0BSD */
/* Copies of elements of 1, 2, 4 or 8 bytes, whatever they mean, from and to any strided places. */
#ifndef MOTE_COPY_H
#define MOTE_COPY_H

#include <string.h>

#include "mote_math.h"

/* Elements that are only moved are read as integers of their size, which other types may alias. */
#if defined(__GNUC__) || defined(__clang__)
#define MOTE_MAY_ALIAS __attribute__((may_alias))
#else
#define MOTE_MAY_ALIAS
#endif
typedef uint8_t mote_element_8;
typedef uint16_t MOTE_MAY_ALIAS mote_element_16;
typedef uint32_t MOTE_MAY_ALIAS mote_element_32;
typedef uint64_t MOTE_MAY_ALIAS mote_element_64;

/** Sizes, steps in elements and first elements; steps of x may be 0 or negative. */
typedef struct {
    int32_t size[6];
    int32_t x[6], y[6];
    int32_t x_start, y_start;
} mote_copy_shape;

/** Runs STATEMENT for every row of s.size[5] elements from x[ix] to y[iy]. */
#define MOTE_COPY_ROWS(s, STATEMENT)                                                                   \
    do {                                                                                               \
        for (int32_t i0 = 0; i0 < (s).size[0]; i0++) {                                                 \
            for (int32_t i1 = 0; i1 < (s).size[1]; i1++) {                                             \
                for (int32_t i2 = 0; i2 < (s).size[2]; i2++) {                                         \
                    for (int32_t i3 = 0; i3 < (s).size[3]; i3++) {                                     \
                        for (int32_t i4 = 0; i4 < (s).size[4]; i4++) {                                 \
                            const int32_t ix = (s).x_start + i0 * (s).x[0] + i1 * (s).x[1] +           \
                                               i2 * (s).x[2] + i3 * (s).x[3] + i4 * (s).x[4];          \
                            const int32_t iy = (s).y_start + i0 * (s).y[0] + i1 * (s).y[1] +           \
                                               i2 * (s).y[2] + i3 * (s).y[3] + i4 * (s).y[4];          \
                            STATEMENT;                                                                 \
                        }                                                                              \
                    }                                                                                  \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

MOTE_INLINE void mote_copy_row_8(const mote_element_8 *x, mote_element_8 *y, mote_copy_shape s)
{
    if (s.x[5] == 1 && s.y[5] == 1) {
        memcpy(y, x, (size_t)s.size[5] * sizeof *y);
    } else {
        for (int32_t i = 0; i < s.size[5]; i++) {
            y[i * s.y[5]] = x[i * s.x[5]];
        }
    }
}

/** y must not be x. */
MOTE_INLINE void mote_copy_8(const void *x, void *y, mote_copy_shape s)
{
    const mote_element_8 *from = (const mote_element_8 *)x;
    mote_element_8 *to = (mote_element_8 *)y;
    MOTE_COPY_ROWS(s, mote_copy_row_8(from + ix, to + iy, s));
}

MOTE_INLINE void mote_copy_row_16(const mote_element_16 *x, mote_element_16 *y, mote_copy_shape s)
{
    if (s.x[5] == 1 && s.y[5] == 1) {
        memcpy(y, x, (size_t)s.size[5] * sizeof *y);
    } else {
        for (int32_t i = 0; i < s.size[5]; i++) {
            y[i * s.y[5]] = x[i * s.x[5]];
        }
    }
}

/** y must not be x. */
MOTE_INLINE void mote_copy_16(const void *x, void *y, mote_copy_shape s)
{
    const mote_element_16 *from = (const mote_element_16 *)x;
    mote_element_16 *to = (mote_element_16 *)y;
    MOTE_COPY_ROWS(s, mote_copy_row_16(from + ix, to + iy, s));
}

MOTE_INLINE void mote_copy_row_32(const mote_element_32 *x, mote_element_32 *y, mote_copy_shape s)
{
    if (s.x[5] == 1 && s.y[5] == 1) {
        memcpy(y, x, (size_t)s.size[5] * sizeof *y);
    } else {
        for (int32_t i = 0; i < s.size[5]; i++) {
            y[i * s.y[5]] = x[i * s.x[5]];
        }
    }
}

/** y must not be x. */
MOTE_INLINE void mote_copy_32(const void *x, void *y, mote_copy_shape s)
{
    const mote_element_32 *from = (const mote_element_32 *)x;
    mote_element_32 *to = (mote_element_32 *)y;
    MOTE_COPY_ROWS(s, mote_copy_row_32(from + ix, to + iy, s));
}

MOTE_INLINE void mote_copy_row_64(const mote_element_64 *x, mote_element_64 *y, mote_copy_shape s)
{
    if (s.x[5] == 1 && s.y[5] == 1) {
        memcpy(y, x, (size_t)s.size[5] * sizeof *y);
    } else {
        for (int32_t i = 0; i < s.size[5]; i++) {
            y[i * s.y[5]] = x[i * s.x[5]];
        }
    }
}

/** y must not be x. */
MOTE_INLINE void mote_copy_64(const void *x, void *y, mote_copy_shape s)
{
    const mote_element_64 *from = (const mote_element_64 *)x;
    mote_element_64 *to = (mote_element_64 *)y;
    MOTE_COPY_ROWS(s, mote_copy_row_64(from + ix, to + iy, s));
}

#endif
