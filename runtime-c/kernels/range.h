/* SPDX-License-Identifier: 0BSD */
/* Numbers from a start, each a delta beyond the last, up to but without a limit; zeros after them. */
#ifndef MOTE_RANGE_H
#define MOTE_RANGE_H

#include <math.h>

#include "mote_math.h"

typedef struct {
    int32_t count; /* elements of y */
} mote_range_shape;

/** How many integers there are, at most `most`; none without a delta. */
MOTE_INLINE int32_t mote_range_integers(int64_t start, int64_t limit, int64_t delta, int32_t most)
{
    const int up = delta > 0;
    const uint64_t first = (uint64_t)start, last = (uint64_t)limit;
    const uint64_t step = up ? (uint64_t)delta : 0u - (uint64_t)delta;
    const uint64_t span = up ? last - first : first - last;
    uint64_t count;
    if (delta == 0 || (up ? limit <= start : limit >= start)) {
        return 0;
    }
    count = (span - 1u) / step + 1u;
    return count < (uint64_t)most ? (int32_t)count : most;
}

MOTE_INLINE int32_t mote_range_floats(double span, double delta, int32_t most)
{
    const double count = ceil(span / delta);
    return count > 0.0 ? (count < most ? (int32_t)count : most) : 0;
}

#define MOTE_RANGE(SUFFIX, TYPE, WIDE, COUNT)                                                          \
    MOTE_INLINE void mote_range_##SUFFIX(const TYPE *start, const TYPE *limit, const TYPE *delta,      \
                                         TYPE *y, mote_range_shape s)                                  \
    {                                                                                                  \
        const int32_t count = COUNT;                                                                   \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            y[i] = i < count ? (TYPE)((WIDE)*start + (WIDE)i * (WIDE)*delta) : (TYPE)0;                \
        }                                                                                              \
    }

MOTE_RANGE(f32, float, float, mote_range_floats(*limit - *start, *delta, s.count))
MOTE_RANGE(f64, double, double, mote_range_floats(*limit - *start, *delta, s.count))
MOTE_RANGE(s16, int16_t, uint32_t, mote_range_integers(*start, *limit, *delta, s.count))
MOTE_RANGE(s32, int32_t, uint32_t, mote_range_integers(*start, *limit, *delta, s.count))
MOTE_RANGE(s64, int64_t, uint64_t, mote_range_integers(*start, *limit, *delta, s.count))

#endif
