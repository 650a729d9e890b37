/* SPDX-License-Identifier: 0BSD */
/* Reductions over any axes: the loops, and axes that are known at run time only. */
#ifndef MOTE_REDUCE_H
#define MOTE_REDUCE_H

#include "mote_math.h"

/** Sizes and steps of the axes that stay and of those that are folded; `count` elements fold into one. */
typedef struct {
    int32_t kept[3], kept_step[3];
    int32_t folded[3], folded_step[3];
    int32_t count;
} mote_reduce_shape;

/** Runs STATEMENT for every element `v` = x[at], a TYPE, that folds into the same result. */
#define MOTE_FOLD(TYPE, s, STATEMENT)                                                                  \
    do {                                                                                               \
        for (int32_t f0 = 0; f0 < (s).folded[0]; f0++) {                                               \
            for (int32_t f1 = 0; f1 < (s).folded[1]; f1++) {                                           \
                const int32_t row = f0 * (s).folded_step[0] + f1 * (s).folded_step[1];                 \
                for (int32_t f2 = 0; f2 < (s).folded[2]; f2++) {                                       \
                    const TYPE v = x[row + f2 * (s).folded_step[2]];                                   \
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

/** x has `rank` axes of these sizes, y so many results; axes[`axes`] say which are folded. */
typedef struct {
    int32_t rank, axes, results;
    int32_t size[6];
} mote_reduce_axes_shape;

/** Whether `axis` is among the axes, of which negative ones count from the end. */
MOTE_INLINE int32_t mote_is_folded(const int64_t *axes, int32_t axis, mote_reduce_axes_shape s)
{
    for (int32_t i = 0; i < s.axes; i++) {
        if ((axes[i] < 0 ? axes[i] + s.rank : axes[i]) == axis) {
            return 1;
        }
    }
    return 0;
}

/** Puts an axis before those that were added; a neighbour of the same kind takes it in. */
MOTE_INLINE void mote_add_axis(int32_t *sizes, int32_t *steps, int32_t *at, int32_t size, int32_t step,
                               int32_t joins)
{
    if (joins != 0) {
        sizes[*at] *= size;
        return;
    }
    *at -= *at > 0 ? 1 : 0;
    sizes[*at] = size;
    steps[*at] = step;
}

/** The loops over axes of run time; none where their results would not be as many as y's. */
MOTE_INLINE mote_reduce_shape mote_reduced_by(const int64_t *axes, mote_reduce_axes_shape s)
{
    mote_reduce_shape r = {{1, 1, 1}, {0, 0, 0}, {1, 1, 1}, {0, 0, 0}, 1};
    int32_t kept = 3;
    int32_t folded = 3;
    int32_t last = -1;
    int32_t step = 1;
    int32_t results = 1;
    for (int32_t axis = s.rank - 1; axis >= 0; axis--) {
        const int32_t size = s.size[axis];
        const int32_t folds = mote_is_folded(axes, axis, s);
        if (folds != 0) {
            mote_add_axis(r.folded, r.folded_step, &folded, size, step, last == 1);
            r.count *= size;
        } else {
            mote_add_axis(r.kept, r.kept_step, &kept, size, step, last == 0);
            results *= size;
        }
        last = folds;
        step *= size;
    }
    r.kept[0] = results == s.results ? r.kept[0] : 0;
    return r;
}

/**
 * mote_NAME: y[i] = EXPRESSION of the elements x + from on; mote_NAME_axes: the same over axes that are
 * read at run time, with zeros where these do not give as many results as y has.
 */
#define MOTE_REDUCTION(NAME, TYPE, EXPRESSION)                                                         \
    MOTE_INLINE void mote_##NAME(const TYPE *x, TYPE *y, mote_reduce_shape s)                          \
    {                                                                                                  \
        MOTE_KEEP(s, y[i] = (TYPE)(EXPRESSION));                                                       \
    }                                                                                                  \
    MOTE_INLINE void mote_##NAME##_axes(const TYPE *x, const int64_t *axes, TYPE *y,                   \
                                        mote_reduce_axes_shape s)                                      \
    {                                                                                                  \
        for (int32_t i = 0; i < s.results; i++) {                                                      \
            y[i] = 0;                                                                                  \
        }                                                                                              \
        mote_##NAME(x, y, mote_reduced_by(axes, s));                                                   \
    }

#endif
