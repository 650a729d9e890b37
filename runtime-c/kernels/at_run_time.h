/* SPDX-License-Identifier: 0BSD */
/* Slices and pads whose starts, steps and widths are read at run time; the result's shape is fixed. */
#ifndef MOTE_AT_RUN_TIME_H
#define MOTE_AT_RUN_TIME_H

#include "copy.h"

/** Sizes of x and y along six axes, the first of them 1 where `rank` is less; `given` axes are named. */
typedef struct {
    int32_t in[6], out[6];
    int32_t rank, given, mode;
} mote_at_run_time_shape;

/** Place in six axes of an axis as ONNX counts it; -1 if there is none. */
MOTE_INLINE int32_t mote_axis_at(int64_t axis, int32_t rank)
{
    const int64_t from = axis < 0 ? axis + rank : axis;
    return from < 0 || from >= rank ? -1 : (int32_t)from + 6 - rank;
}

/** Along each axis element i of y is element begin + i·step of x, which lies within it. */
typedef struct {
    int64_t begin[6], step[6];
} mote_slice_view;

MOTE_INLINE mote_slice_view mote_slice_view_at(const int64_t *starts, const int64_t *axes,
                                               const int64_t *steps, mote_at_run_time_shape s)
{
    mote_slice_view view;
    for (int32_t i = 0; i < 6; i++) {
        view.begin[i] = 0;
        view.step[i] = 1;
    }
    for (int32_t k = 0; k < s.given; k++) {
        const int32_t axis = mote_axis_at(axes[k], s.rank);
        if (axis >= 0) {
            const int64_t size = s.in[axis], begin = starts[k] < 0 ? starts[k] + size : starts[k];
            const int64_t last = steps[k] < 0 ? size - 1 : size;
            view.begin[axis] = begin < 0 ? 0 : (begin > last ? last : begin);
            view.step[axis] = steps[k];
        }
    }
    return view;
}

/** The element of x for place i of y on an axis; one outside is the nearest. */
MOTE_INLINE int32_t mote_slice_index(mote_slice_view view, int32_t axis, int32_t i, int32_t size)
{
    const int64_t step = view.step[axis] > size ? size : (view.step[axis] < -size ? -size : view.step[axis]);
    const int64_t at = view.begin[axis] + i * step;
    return (int32_t)(at < 0 ? 0 : (at >= size ? size - 1 : at));
}

/** The element of x for place i on an axis that x fills from `begin` on; -1 for the pad value. */
MOTE_INLINE int32_t mote_pad_index(int64_t begin, int32_t i, int32_t size, int32_t mode)
{
    const int64_t far = (int64_t)1 << 40;
    const int64_t at = i - (begin < -far ? -far : (begin > far ? far : begin));
    const int64_t period = mode == 3 ? size : (size > 1 ? 2 * ((int64_t)size - 1) : 1);
    if (at >= 0 && at < size) {
        return (int32_t)at;
    }
    if (mode == 0) {
        return -1;
    }
    if (mode == 1) {
        return at < 0 ? 0 : size - 1;
    }
    const int64_t in = (at % period + period) % period;
    return (int32_t)(in < size ? in : period - in);
}

/** Runs STATEMENT for every y[i]: its element of x is ix, or -1, by INDEX(axis, place on it). */
#define MOTE_PLACES(s, INDEX, STATEMENT)                                                               \
    do {                                                                                               \
        int32_t place[6] = {0, 0, 0, 0, 0, 0}, count = 1;                                              \
        for (int32_t axis = 0; axis < 6; axis++) {                                                     \
            count *= (s).out[axis];                                                                    \
        }                                                                                              \
        for (int32_t i = 0; i < count; i++) {                                                          \
            int32_t ix = 0;                                                                            \
            for (int32_t axis = 0; axis < 6; axis++) {                                                 \
                const int32_t k = (INDEX);                                                             \
                ix = ix < 0 || k < 0 ? -1 : ix * (s).in[axis] + k;                                     \
            }                                                                                          \
            STATEMENT;                                                                                 \
            for (int32_t axis = 5; axis >= 0 && ++place[axis] == (s).out[axis]; axis--) {              \
                place[axis] = 0;                                                                       \
            }                                                                                          \
        }                                                                                              \
    } while (0)

#define MOTE_AT_RUN_TIME(BITS)                                                                         \
    MOTE_INLINE void mote_slice_at_##BITS(const void *x, const int64_t *starts, const int64_t *axes,   \
                                          const int64_t *steps, void *y, mote_at_run_time_shape s)     \
    {                                                                                                  \
        const mote_element_##BITS *from = (const mote_element_##BITS *)x;                              \
        mote_element_##BITS *to = (mote_element_##BITS *)y;                                            \
        const mote_slice_view view = mote_slice_view_at(starts, axes, steps, s);                       \
        MOTE_PLACES(s, mote_slice_index(view, axis, place[axis], s.in[axis]), to[i] = from[ix]);       \
    }                                                                                                  \
    /** pads: before each given axis, then behind each. */                                             \
    MOTE_INLINE void mote_pad_at_##BITS(const void *x, const int64_t *pads, const void *value,         \
                                        const int64_t *axes, void *y, mote_at_run_time_shape s)        \
    {                                                                                                  \
        const mote_element_##BITS *from = (const mote_element_##BITS *)x;                              \
        const mote_element_##BITS fill = *(const mote_element_##BITS *)value;                          \
        mote_element_##BITS *to = (mote_element_##BITS *)y;                                            \
        int64_t begin[6] = {0, 0, 0, 0, 0, 0};                                                         \
        for (int32_t k = 0; k < s.given; k++) {                                                        \
            const int32_t axis = mote_axis_at(axes[k], s.rank);                                        \
            if (axis >= 0) {                                                                           \
                begin[axis] = pads[k];                                                                 \
            }                                                                                          \
        }                                                                                              \
        MOTE_PLACES(s, mote_pad_index(begin[axis], place[axis], s.in[axis], s.mode),                   \
                    to[i] = ix < 0 ? fill : from[ix]);                                                 \
    }

MOTE_AT_RUN_TIME(8)
MOTE_AT_RUN_TIME(16)
MOTE_AT_RUN_TIME(32)
MOTE_AT_RUN_TIME(64)

#endif
