/* SPDX-License-Identifier: 0BSD */
/* Joins tensors along an axis, whatever their elements are. */
#ifndef MOTE_CONCAT_H
#define MOTE_CONCAT_H

#include <string.h>

#include "mote_math.h"

/** Every operand is `outer` pieces of some bytes; y_bytes is what all operands have in one piece. */
typedef struct {
    int32_t outer, y_bytes;
    int32_t bytes[8];
} mote_concat_shape;

/** Operand `at`, whose pieces begin `offset` bytes into those of y. */
MOTE_INLINE void mote_concat_part(const void *x, void *y, int32_t at, int32_t offset, mote_concat_shape s)
{
    const uint8_t *from = (const uint8_t *)x;
    uint8_t *to = (uint8_t *)y + offset;
    for (int32_t o = 0; o < s.outer; o++) {
        memcpy(to + o * s.y_bytes, from + o * s.bytes[at], (size_t)s.bytes[at]);
    }
}

MOTE_INLINE int32_t mote_concat_offset(int32_t at, mote_concat_shape s)
{
    int32_t offset = 0;
    for (int32_t i = 0; i < at; i++) {
        offset += s.bytes[i];
    }
    return offset;
}

MOTE_INLINE void mote_concat_1(const void *a, void *y, mote_concat_shape s)
{
    mote_concat_part(a, y, 0, mote_concat_offset(0, s), s);
}

MOTE_INLINE void mote_concat_2(const void *a, const void *b, void *y, mote_concat_shape s)
{
    mote_concat_1(a, y, s);
    mote_concat_part(b, y, 1, mote_concat_offset(1, s), s);
}

MOTE_INLINE void mote_concat_3(const void *a, const void *b, const void *c, void *y, mote_concat_shape s)
{
    mote_concat_2(a, b, y, s);
    mote_concat_part(c, y, 2, mote_concat_offset(2, s), s);
}

MOTE_INLINE void mote_concat_4(const void *a, const void *b, const void *c, const void *d,
                               void *y, mote_concat_shape s)
{
    mote_concat_3(a, b, c, y, s);
    mote_concat_part(d, y, 3, mote_concat_offset(3, s), s);
}

MOTE_INLINE void mote_concat_5(const void *a, const void *b, const void *c, const void *d,
                               const void *e, void *y,
                               mote_concat_shape s)
{
    mote_concat_4(a, b, c, d, y, s);
    mote_concat_part(e, y, 4, mote_concat_offset(4, s), s);
}

MOTE_INLINE void mote_concat_6(const void *a, const void *b, const void *c, const void *d,
                               const void *e, const void *f, void *y,
                               mote_concat_shape s)
{
    mote_concat_5(a, b, c, d, e, y, s);
    mote_concat_part(f, y, 5, mote_concat_offset(5, s), s);
}

MOTE_INLINE void mote_concat_7(const void *a, const void *b, const void *c, const void *d,
                               const void *e, const void *f, const void *g, void *y,
                               mote_concat_shape s)
{
    mote_concat_6(a, b, c, d, e, f, y, s);
    mote_concat_part(g, y, 6, mote_concat_offset(6, s), s);
}

MOTE_INLINE void mote_concat_8(const void *a, const void *b, const void *c, const void *d,
                               const void *e, const void *f, const void *g, const void *h, void *y,
                               mote_concat_shape s)
{
    mote_concat_7(a, b, c, d, e, f, g, y, s);
    mote_concat_part(h, y, 7, mote_concat_offset(7, s), s);
}

#endif
