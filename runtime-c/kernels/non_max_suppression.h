/* SPDX-License-Identifier: 0BSD */
/* Picks boxes by their scores, but none that overlaps a picked one of its class too much. */
#ifndef MOTE_NON_MAX_SUPPRESSION_H
#define MOTE_NON_MAX_SUPPRESSION_H

#include <string.h>

#include "mote_math.h"

/**
 * boxes: [batch][boxes][4], two corners as y1, x1, y2, x2, or x, y of the centre, width, height;
 * scores: [batch][classes][boxes]; y: [most][3], batch, class and box of each pick; zeros behind them.
 */
typedef struct {
    int32_t batch, classes, boxes, most;
    int32_t centred;
} mote_non_max_suppression_shape;

/** From where to where a box lies along an axis. */
typedef struct {
    float low, high;
} mote_box_side;

/** A box along x (axis 0) or y (axis 1). */
MOTE_INLINE mote_box_side mote_box_along(const float *box, int32_t axis, int32_t centred)
{
    const float a = centred != 0 ? box[axis] - box[axis + 2] / 2.0f : box[1 - axis];
    const float b = centred != 0 ? box[axis] + box[axis + 2] / 2.0f : box[3 - axis];
    mote_box_side side;
    side.low = centred == 0 && b < a ? b : a;
    side.high = centred == 0 && b < a ? a : b;
    return side;
}

/** Whether the intersection of two boxes is more than `limit` of their union. */
MOTE_INLINE int mote_boxes_overlap(const float *a, const float *b, float limit, int32_t centred)
{
    float own = 1.0f, other = 1.0f, both = 1.0f;
    for (int32_t axis = 0; axis < 2; axis++) {
        const mote_box_side s = mote_box_along(a, axis, centred);
        const mote_box_side t = mote_box_along(b, axis, centred);
        const float low = s.low > t.low ? s.low : t.low;
        const float high = s.high < t.high ? s.high : t.high;
        if (high <= low) {
            return 0;
        }
        own *= s.high - s.low;
        other *= t.high - t.low;
        both *= high - low;
    }
    return own > 0.0f && other > 0.0f && both / (own + other - both) > limit;
}

/** The box of the highest score that is not gone, or -1. */
MOTE_INLINE int32_t mote_best_box(const float *scores, const uint8_t *gone, int32_t boxes)
{
    int32_t best = -1;
    for (int32_t i = 0; i < boxes; i++) {
        if (gone[i] == 0 && (best < 0 || scores[i] > scores[best])) {
            best = i;
        }
    }
    return best;
}

/** gone: [boxes]; at most `limit` picks go to y. Returns how many there are. */
MOTE_INLINE int32_t mote_pick_boxes(const float *boxes, const float *scores, float overlap, uint8_t *gone,
                                    int64_t limit, int64_t *y, mote_non_max_suppression_shape s)
{
    int32_t found = 0;
    while (found < limit) {
        const int32_t best = mote_best_box(scores, gone, s.boxes);
        if (best < 0) {
            break;
        }
        for (int32_t i = 0; i < s.boxes; i++) {
            if (i == best || (gone[i] == 0 && mote_boxes_overlap(boxes + best * 4, boxes + i * 4, overlap,
                                                                 s.centred) != 0)) {
                gone[i] = 1;
            }
        }
        y[found * 3 + 2] = best;
        found++;
    }
    return found;
}

/** most_each: picks of a class; scores below `least` or equal to it do not count. */
MOTE_INLINE void mote_non_max_suppression(const float *boxes, const float *scores, const int64_t *most_each,
                                          const float *overlap, const float *least, int64_t *y,
                                          void *scratch, mote_non_max_suppression_shape s)
{
    uint8_t *gone = (uint8_t *)scratch;
    int32_t found = 0;
    for (int32_t b = 0; b < s.batch; b++) {
        for (int32_t c = 0; c < s.classes; c++) {
            const float *own = scores + (b * s.classes + c) * s.boxes;
            const int64_t limit = *most_each < s.most - found ? *most_each : s.most - found;
            int32_t end;
            for (int32_t i = 0; i < s.boxes; i++) {
                gone[i] = (uint8_t)!(own[i] > *least);
            }
            end = found + mote_pick_boxes(boxes + b * s.boxes * 4, own, *overlap, gone, limit,
                                          y + found * 3, s);
            for (; found < end; found++) {
                y[found * 3] = b;
                y[found * 3 + 1] = c;
            }
        }
    }
    memset(y + found * 3, 0, (size_t)(s.most - found) * 3u * sizeof *y);
}

#endif
