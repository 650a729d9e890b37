/* SPDX-License-Identifier: 0BSD */
/* Padding of elements of 1, 2, 4 or 8 bytes: with one value, or with elements of the input. */
#ifndef MOTE_PAD_H
#define MOTE_PAD_H

#include "copy.h"
#include "window.h"

/** `value`: the low and high 32 bits of the element that stands where the input does not. */
typedef struct {
    mote_copy_shape copy;
    int32_t count; /* elements of y */
    int32_t value, value_high;
} mote_pad_shape;

MOTE_INLINE void mote_pad_8(const void *x, void *y, mote_pad_shape s)
{
    const mote_element_8 value = (mote_element_8)(uint32_t)s.value;
    mote_element_8 *to = (mote_element_8 *)y;
    for (int32_t i = 0; i < s.count; i++) {
        to[i] = value;
    }
    mote_copy_8(x, y, s.copy);
}

MOTE_INLINE void mote_pad_16(const void *x, void *y, mote_pad_shape s)
{
    const mote_element_16 value = (mote_element_16)(uint32_t)s.value;
    mote_element_16 *to = (mote_element_16 *)y;
    for (int32_t i = 0; i < s.count; i++) {
        to[i] = value;
    }
    mote_copy_16(x, y, s.copy);
}

MOTE_INLINE void mote_pad_32(const void *x, void *y, mote_pad_shape s)
{
    const mote_element_32 value = (mote_element_32)s.value;
    mote_element_32 *to = (mote_element_32 *)y;
    for (int32_t i = 0; i < s.count; i++) {
        to[i] = value;
    }
    mote_copy_32(x, y, s.copy);
}

MOTE_INLINE void mote_pad_64(const void *x, void *y, mote_pad_shape s)
{
    const mote_element_64 high = (mote_element_64)(uint32_t)s.value_high << 32;
    const mote_element_64 value = high | (uint32_t)s.value;
    mote_element_64 *to = (mote_element_64 *)y;
    for (int32_t i = 0; i < s.count; i++) {
        to[i] = value;
    }
    mote_copy_64(x, y, s.copy);
}

typedef struct {
    mote_copy_shape copy;
    int32_t count; /* elements of y */
} mote_pad_value_shape;

/** The element that stands where the input does not is at `value`. */
#define MOTE_PAD_VALUE(BITS)                                                                           \
    MOTE_INLINE void mote_pad_value_##BITS(const void *x, const void *value, void *y,                  \
                                           mote_pad_value_shape s)                                     \
    {                                                                                                  \
        const mote_element_##BITS *from = (const mote_element_##BITS *)value;                          \
        mote_element_##BITS *to = (mote_element_##BITS *)y;                                            \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            to[i] = *from;                                                                             \
        }                                                                                              \
        mote_copy_##BITS(x, y, s.copy);                                                                \
    }

MOTE_PAD_VALUE(8)
MOTE_PAD_VALUE(16)
MOTE_PAD_VALUE(32)
MOTE_PAD_VALUE(64)

/**
 * One image between rows and columns of one value. Elements of a row of y: `before` of the value, `kept`
 * of x from `skipped` on, the value again; all of the value in rows that x, `top` rows below, has not.
 */
typedef struct {
    int32_t in_h, x_row, y_row, top, skipped, before, kept;
    int32_t value, value_high;
} mote_pad_rows_shape;

/** Rows of y, of elements of type T. */
#define MOTE_PAD_ROWS(T, element)                                                                      \
    do {                                                                                               \
        const T fill = (element);                                                                      \
        T *to = (T *)y;                                                                                \
        for (int32_t i = rows.out_begin; i < rows.out_end; i++, to += s.y_row) {                       \
            const int32_t row = i - s.top;                                                             \
            const int32_t kept = row >= 0 && row < s.in_h ? s.kept : 0;                                \
            for (int32_t k = 0; k < s.before; k++) {                                                   \
                to[k] = fill;                                                                          \
            }                                                                                          \
            if (kept > 0) {                                                                            \
                memcpy(to + s.before, (const T *)x + mote_row(rows, row, s.x_row) + s.skipped,         \
                       (size_t)kept * sizeof(T));                                                      \
            }                                                                                          \
            for (int32_t k = s.before + kept; k < s.y_row; k++) {                                      \
                to[k] = fill;                                                                          \
            }                                                                                          \
        }                                                                                              \
    } while (0)

MOTE_INLINE void mote_pad_rows_8(const void *x, void *y, mote_rows rows, mote_pad_rows_shape s)
{
    MOTE_PAD_ROWS(mote_element_8, (mote_element_8)(uint32_t)s.value);
}

MOTE_INLINE void mote_pad_rows_16(const void *x, void *y, mote_rows rows, mote_pad_rows_shape s)
{
    MOTE_PAD_ROWS(mote_element_16, (mote_element_16)(uint32_t)s.value);
}

MOTE_INLINE void mote_pad_rows_32(const void *x, void *y, mote_rows rows, mote_pad_rows_shape s)
{
    MOTE_PAD_ROWS(mote_element_32, (mote_element_32)s.value);
}

MOTE_INLINE void mote_pad_rows_64(const void *x, void *y, mote_rows rows, mote_pad_rows_shape s)
{
    MOTE_PAD_ROWS(mote_element_64, (mote_element_64)(uint32_t)s.value_high << 32 | (uint32_t)s.value);
}

/** Sizes of y. */
typedef struct {
    int32_t size[4];
} mote_take_shape;

/** Runs STATEMENT for every y[i] and the x[from] whose index along each axis a table holds. */
#define MOTE_TAKE(s, STATEMENT)                                                                        \
    do {                                                                                               \
        const int32_t *offsets_1 = offsets + (s).size[0];                                              \
        const int32_t *offsets_2 = offsets_1 + (s).size[1];                                            \
        const int32_t *offsets_3 = offsets_2 + (s).size[2];                                            \
        int32_t i = 0;                                                                                 \
        for (int32_t i0 = 0; i0 < (s).size[0]; i0++) {                                                 \
            for (int32_t i1 = 0; i1 < (s).size[1]; i1++) {                                             \
                for (int32_t i2 = 0; i2 < (s).size[2]; i2++) {                                         \
                    const int32_t row = offsets[i0] + offsets_1[i1] + offsets_2[i2];                   \
                    for (int32_t i3 = 0; i3 < (s).size[3]; i3++, i++) {                                \
                        const int32_t from = row + offsets_3[i3];                                      \
                        STATEMENT;                                                                     \
                    }                                                                                  \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

/** offsets: for each axis of y, the steps into x of its indices, one table after the other. */
MOTE_INLINE void mote_take_8(const void *x, void *y, const int32_t *offsets, mote_take_shape s)
{
    MOTE_TAKE(s, ((mote_element_8 *)y)[i] = ((const mote_element_8 *)x)[from]);
}

/** offsets: for each axis of y, the steps into x of its indices, one table after the other. */
MOTE_INLINE void mote_take_16(const void *x, void *y, const int32_t *offsets, mote_take_shape s)
{
    MOTE_TAKE(s, ((mote_element_16 *)y)[i] = ((const mote_element_16 *)x)[from]);
}

/** offsets: for each axis of y, the steps into x of its indices, one table after the other. */
MOTE_INLINE void mote_take_32(const void *x, void *y, const int32_t *offsets, mote_take_shape s)
{
    MOTE_TAKE(s, ((mote_element_32 *)y)[i] = ((const mote_element_32 *)x)[from]);
}

/** offsets: for each axis of y, the steps into x of its indices, one table after the other. */
MOTE_INLINE void mote_take_64(const void *x, void *y, const int32_t *offsets, mote_take_shape s)
{
    MOTE_TAKE(s, ((mote_element_64 *)y)[i] = ((const mote_element_64 *)x)[from]);
}

#endif
