/* SPDX-License-Identifier: 0BSD */
/* ONNX's Resize whose scales, sizes or region of interest are read at run time; y's shape is fixed. */
#ifndef MOTE_RESIZE_AT_H
#define MOTE_RESIZE_AT_H

#include <math.h>

#include "mote_math.h"

enum {
    MOTE_HALF_PIXEL,
    MOTE_HALF_PIXEL_SYMMETRIC,
    MOTE_PYTORCH_HALF_PIXEL,
    MOTE_ALIGN_CORNERS,
    MOTE_ASYMMETRIC,
    MOTE_TF_HALF_PIXEL_FOR_NN,
    MOTE_TF_CROP_AND_RESIZE
};
enum { MOTE_ROUND_PREFER_FLOOR, MOTE_ROUND_PREFER_CEIL, MOTE_FLOOR, MOTE_CEIL, MOTE_SIMPLE };

/**
 * Sizes of x and y along six axes; which of the `given` numbers is an axis's own, or -1. taps: 1, 2
 * or 4 elements of x an axis: the nearest, linear, cubic. policy: 0 stretch, 1 not larger, 2 not smaller.
 */
typedef struct {
    int32_t in[6], out[6], number[6];
    int32_t given, taps, coordinate, nearest, exclude_outside, policy;
    float cubic_a, extrapolation;
} mote_resize_at_shape;

/** An axis: its scale, its length as align_corners has it, its part that is of interest. */
typedef struct {
    float scale, length, start, end;
} mote_resize_axis;

MOTE_INLINE float mote_resize_coordinate(int32_t i, int32_t in, int32_t out, mote_resize_axis a, int32_t how)
{
    const float half = ((float)i + 0.5f) / a.scale - 0.5f;
    const float last = (float)in - 1.0f;
    switch (how) {
    case MOTE_HALF_PIXEL_SYMMETRIC:
        return (float)in / 2.0f * (1.0f - (float)out / (a.scale * (float)in)) + half;
    case MOTE_PYTORCH_HALF_PIXEL:
        return out > 1 ? half : 0.0f;
    case MOTE_ALIGN_CORNERS:
        return out > 1 ? (float)i * last / (a.length - 1.0f) : 0.0f;
    case MOTE_ASYMMETRIC:
        return (float)i / a.scale;
    case MOTE_TF_HALF_PIXEL_FOR_NN:
        return ((float)i + 0.5f) / a.scale;
    case MOTE_TF_CROP_AND_RESIZE:
        return out > 1 ? a.start * last + (float)i * (a.end - a.start) * last / ((float)out - 1.0f)
                       : 0.5f * (a.start + a.end) * last;
    default:
        return half;
    }
}

MOTE_INLINE float mote_resize_nearest_at(float x, float scale, int32_t how)
{
    switch (how) {
    case MOTE_ROUND_PREFER_CEIL:
        return floorf(x + 0.5f);
    case MOTE_FLOOR:
        return floorf(x);
    case MOTE_CEIL:
        return ceilf(x);
    case MOTE_SIMPLE:
        return scale < 1.0f ? ceilf(x) : floorf(x);
    default:
        return ceilf(x - 0.5f);
    }
}

MOTE_INLINE float mote_resize_cubic(float distance, float a)
{
    const float d = fabsf(distance);
    if (d <= 1.0f) {
        return ((a + 2.0f) * d - (a + 3.0f)) * d * d + 1.0f;
    }
    return d < 2.0f ? ((a * d - 5.0f * a) * d + 8.0f * a) * d - 4.0f * a : 0.0f;
}

/** The index nearest to x on an axis; no number is the first. */
MOTE_INLINE int32_t mote_resize_index(float x, int32_t size)
{
    return !(x > 0.0f) ? 0 : (x >= (float)size ? size - 1 : (int32_t)x);
}

/** What the element `at` weighs for x. */
MOTE_INLINE float mote_resize_weight(float at, float x, mote_resize_at_shape s)
{
    if (s.taps == 1) {
        return 1.0f;
    }
    return s.taps == 2 ? 1.0f - fabsf(at - x) : mote_resize_cubic(at - x, s.cubic_a);
}

/**
 * Indices and weights of the elements that place i of an axis takes; the first index is -1 for outside.
 * Elements beyond an edge count for it; or not at all, where others count.
 */
MOTE_INLINE void mote_resize_taps(int32_t i, int32_t axis, mote_resize_axis a, int32_t *index, float *weight,
                                  mote_resize_at_shape s)
{
    const int32_t in = s.in[axis];
    index[0] = i;
    weight[0] = 1.0f;
    if (s.number[axis] < 0) {
        return;
    }
    const float x = mote_resize_coordinate(i, in, s.out[axis], a, s.coordinate);
    const float first = s.taps == 1 ? mote_resize_nearest_at(x, a.scale, s.nearest)
                                    : floorf(x) - (s.taps == 4 ? 1.0f : 0.0f);
    float sum = 0.0f;
    int32_t excludes = 0;
    if (s.coordinate == MOTE_TF_CROP_AND_RESIZE && !(x >= 0.0f && x <= (float)in - 1.0f)) {
        index[0] = -1;
        return;
    }
    for (int32_t k = 0; k < s.taps && s.exclude_outside != 0 && s.taps > 1; k++) {
        const float at = first + (float)k;
        excludes |= at >= 0.0f && at < (float)in && mote_resize_weight(at, x, s) != 0.0f;
    }
    for (int32_t k = 0; k < s.taps; k++) {
        const float at = first + (float)k;
        const int32_t is_outside = at < 0.0f || at >= (float)in;
        index[k] = mote_resize_index(at, in);
        weight[k] = excludes != 0 && is_outside != 0 ? 0.0f : mote_resize_weight(at, x, s);
        sum += weight[k];
    }
    for (int32_t k = 0; k < s.taps; k++) {
        weight[k] /= sum;
    }
}

/** What y[i] is, by the indices and weights of its place on each axis. */
MOTE_INLINE float mote_resize_element(const float *x, const int32_t *const *index, const float *const *weight,
                                      mote_resize_at_shape s)
{
    int32_t count = 1, tap[6];
    float acc = 0.0f;
    for (int32_t axis = 0; axis < 6; axis++) {
        count *= s.number[axis] < 0 ? 1 : s.taps;
        if (index[axis][0] < 0) {
            return s.extrapolation;
        }
    }
    for (int32_t k = 0; k < count; k++) {
        int32_t rest = k, ix = 0;
        float w = 1.0f;
        for (int32_t axis = 5; axis >= 0; axis--) {
            const int32_t taps = s.number[axis] < 0 ? 1 : s.taps;
            tap[axis] = rest % taps;
            rest /= taps;
        }
        for (int32_t axis = 0; axis < 6; axis++) {
            ix = ix * s.in[axis] + index[axis][tap[axis]];
            w *= weight[axis][tap[axis]];
        }
        acc += w * x[ix];
    }
    return acc;
}

/** `scratch`: 4 indices and 4 weights for each place on each axis of y. */
MOTE_INLINE void mote_resize_by_axes(const float *x, float *y, void *scratch, const mote_resize_axis *axes,
                                     mote_resize_at_shape s)
{
    const int32_t *index[6];
    const float *weight[6];
    int32_t place[6] = {0, 0, 0, 0, 0, 0}, count = 1, places = 0;
    for (int32_t axis = 0; axis < 6; axis++) {
        places += s.out[axis];
        count *= s.out[axis];
    }
    int32_t *indices = (int32_t *)scratch;
    float *weights = (float *)(void *)(indices + 4 * places);
    for (int32_t axis = 0, at = 0; axis < 6; axis++) {
        index[axis] = indices + 4 * at;
        weight[axis] = weights + 4 * at;
        for (int32_t i = 0; i < s.out[axis]; i++, at++) {
            mote_resize_taps(i, axis, axes[axis], indices + 4 * at, weights + 4 * at, s);
        }
    }
    for (int32_t i = 0; i < count; i++) {
        const int32_t *own_index[6];
        const float *own_weight[6];
        for (int32_t axis = 0; axis < 6; axis++) {
            own_index[axis] = index[axis] + 4 * place[axis];
            own_weight[axis] = weight[axis] + 4 * place[axis];
        }
        y[i] = mote_resize_element(x, own_index, own_weight, s);
        for (int32_t axis = 5; axis >= 0 && ++place[axis] == s.out[axis]; axis--) {
            place[axis] = 0;
        }
    }
}

/** roi: the starts of the axes that have numbers, then their ends. */
MOTE_INLINE void mote_resize_scales_at_f32(const float *x, const float *roi, const float *scales, float *y,
                                           void *scratch, mote_resize_at_shape s)
{
    mote_resize_axis axes[6];
    for (int32_t axis = 0; axis < 6; axis++) {
        const int32_t k = s.number[axis];
        axes[axis].scale = k < 0 || !(scales[k] > 0.0f && scales[k] < 3e38f) ? 1.0f : scales[k];
        axes[axis].length = (float)s.in[axis] * axes[axis].scale;
        axes[axis].start = k < 0 ? 0.0f : roi[k];
        axes[axis].end = k < 0 ? 1.0f : roi[s.given + k];
    }
    mote_resize_by_axes(x, y, scratch, axes, s);
}

MOTE_INLINE void mote_resize_sizes_at_f32(const float *x, const float *roi, const int64_t *sizes, float *y,
                                          void *scratch, mote_resize_at_shape s)
{
    mote_resize_axis axes[6];
    float common = 0.0f;
    for (int32_t axis = 0; axis < 6; axis++) {
        const int32_t k = s.number[axis];
        const float ratio = k < 0 ? 1.0f : (float)sizes[k] / (float)s.in[axis];
        const int32_t is_first = common == 0.0f;
        axes[axis].scale = ratio > 0.0f ? ratio : 1.0f;
        axes[axis].length = (float)s.out[axis];
        axes[axis].start = k < 0 ? 0.0f : roi[k];
        axes[axis].end = k < 0 ? 1.0f : roi[s.given + k];
        if (k >= 0 && (is_first != 0 || (s.policy == 1 ? ratio < common : ratio > common))) {
            common = axes[axis].scale;
        }
    }
    for (int32_t axis = 0; axis < 6 && s.policy != 0; axis++) {
        axes[axis].scale = s.number[axis] < 0 ? 1.0f : common;
    }
    mote_resize_by_axes(x, y, scratch, axes, s);
}

#endif
