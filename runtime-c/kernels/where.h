/* SPDX-License-Identifier: 0BSD */
/* Choice between two operands element by element, with broadcasting. */
#ifndef MOTE_WHERE_H
#define MOTE_WHERE_H

#include "copy.h"

/** Sizes of the result, and steps of the condition and both operands; a step of 0 repeats. */
typedef struct {
    int32_t size[4];
    int32_t condition[4], a[4], b[4];
} mote_where_shape;

/** Runs STATEMENT for every element: `i` of the result, ic, ia and ib of the operands. */
#define MOTE_WHERE(s, STATEMENT)                                                                       \
    do {                                                                                               \
        int32_t i = 0;                                                                                 \
        for (int32_t i0 = 0; i0 < (s).size[0]; i0++) {                                                 \
            for (int32_t i1 = 0; i1 < (s).size[1]; i1++) {                                             \
                for (int32_t i2 = 0; i2 < (s).size[2]; i2++) {                                         \
                    const int32_t c_row =                                                              \
                        i0 * (s).condition[0] + i1 * (s).condition[1] + i2 * (s).condition[2];         \
                    const int32_t a_row = i0 * (s).a[0] + i1 * (s).a[1] + i2 * (s).a[2];               \
                    const int32_t b_row = i0 * (s).b[0] + i1 * (s).b[1] + i2 * (s).b[2];               \
                    for (int32_t i3 = 0; i3 < (s).size[3]; i3++, i++) {                                \
                        const int32_t ic = c_row + i3 * (s).condition[3];                              \
                        const int32_t ia = a_row + i3 * (s).a[3];                                      \
                        const int32_t ib = b_row + i3 * (s).b[3];                                      \
                        STATEMENT;                                                                     \
                    }                                                                                  \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

/** y may be a or b. */
MOTE_INLINE void mote_where_8(const uint8_t *condition, const void *a, const void *b, void *y,
                              mote_where_shape s)
{
    const mote_element_8 *from_a = (const mote_element_8 *)a;
    const mote_element_8 *from_b = (const mote_element_8 *)b;
    MOTE_WHERE(s, ((mote_element_8 *)y)[i] = condition[ic] != 0 ? from_a[ia] : from_b[ib]);
}

/** y may be a or b. */
MOTE_INLINE void mote_where_16(const uint8_t *condition, const void *a, const void *b, void *y,
                               mote_where_shape s)
{
    const mote_element_16 *from_a = (const mote_element_16 *)a;
    const mote_element_16 *from_b = (const mote_element_16 *)b;
    MOTE_WHERE(s, ((mote_element_16 *)y)[i] = condition[ic] != 0 ? from_a[ia] : from_b[ib]);
}

/** y may be a or b. */
MOTE_INLINE void mote_where_32(const uint8_t *condition, const void *a, const void *b, void *y,
                               mote_where_shape s)
{
    const mote_element_32 *from_a = (const mote_element_32 *)a;
    const mote_element_32 *from_b = (const mote_element_32 *)b;
    MOTE_WHERE(s, ((mote_element_32 *)y)[i] = condition[ic] != 0 ? from_a[ia] : from_b[ib]);
}

/** y may be a or b. */
MOTE_INLINE void mote_where_64(const uint8_t *condition, const void *a, const void *b, void *y,
                               mote_where_shape s)
{
    const mote_element_64 *from_a = (const mote_element_64 *)a;
    const mote_element_64 *from_b = (const mote_element_64 *)b;
    MOTE_WHERE(s, ((mote_element_64 *)y)[i] = condition[ic] != 0 ? from_a[ia] : from_b[ib]);
}

#endif
