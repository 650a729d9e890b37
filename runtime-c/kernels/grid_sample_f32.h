/* SPDX-License-Identifier: 0BSD */
/* Elements of images and volumes at places that a grid gives, and grids of affine maps; float. */
#ifndef MOTE_GRID_SAMPLE_F32_H
#define MOTE_GRID_SAMPLE_F32_H

#include <math.h>

#include "window_3d.h"

/** Modes: 0 nearest, 1 linear, 2 cubic. Paddings: 0 zeros, 1 border, 2 reflection. */
typedef struct {
    int32_t batch, channels, axes, positions;
    int32_t in[3];
    int32_t mode, padding, aligns_corners;
} mote_grid_sample_shape;

/** What a coordinate reads along an axis; an index of -1 is outside. */
typedef struct {
    int32_t count;
    int32_t at[4];
    float weight[4];
} mote_grid_taps;

/** Folded at both ends until it is inside. */
MOTE_INLINE float mote_reflect(float x, float low, float high)
{
    const float span = high - low;
    float rest;
    if (!(span > 0.0f) || !(x > -INFINITY && x < INFINITY)) {
        return low;
    }
    if (x >= low && x <= high) {
        return x;
    }
    rest = fmodf(x < low ? low - x : x - high, 2.0f * span);
    rest = rest > span ? 2.0f * span - rest : rest;
    return x < low ? low + rest : high - rest;
}

/** NaN is low. */
MOTE_INLINE float mote_bound_f32(float x, float low, float high)
{
    return !(x > low) ? low : (x > high ? high : x);
}

MOTE_INLINE int32_t mote_grid_index(int32_t i, int32_t size, float low, float high, int32_t padding)
{
    if (padding == 0) {
        return i < 0 || i >= size ? -1 : i;
    }
    return mote_clamp(padding == 1 ? i : (int32_t)mote_reflect((float)i, low, high), 0, size - 1);
}

/** Where a place lies after padding; one that is outside is as near to the axis as indices need. */
MOTE_INLINE float mote_grid_place(float x, int32_t size, float low, float high, mote_grid_sample_shape s)
{
    if (s.padding == 0 || (s.padding == 1 && s.mode == 2)) {
        return mote_bound_f32(x, -3.0f, (float)size + 2.0f);
    }
    if (x >= low && x <= high) {
        return x;
    }
    return s.padding == 1 ? mote_bound_f32(x, 0.0f, (float)(size - 1)) : mote_reflect(x, low, high);
}

/** Keys' cubic, a = -0.75: weights of neighbours less and more than 1 away. */
MOTE_INLINE float mote_cubic_near(float x)
{
    return (1.25f * x - 2.25f) * x * x + 1.0f;
}

MOTE_INLINE float mote_cubic_far(float x)
{
    return ((-0.75f * x + 3.75f) * x - 6.0f) * x + 3.0f;
}

MOTE_INLINE mote_grid_taps mote_grid_axis(float n, int32_t size, mote_grid_sample_shape s)
{
    mote_grid_taps t = {1, {0, 0, 0, 0}, {1.0f, 0.0f, 0.0f, 0.0f}};
    const float low = s.aligns_corners != 0 ? 0.0f : -0.5f;
    const float high = (float)(size - 1) - low;
    const float given = s.aligns_corners != 0 ? (n + 1.0f) / 2.0f * (float)(size - 1)
                                              : ((n + 1.0f) * (float)size - 1.0f) / 2.0f;
    const float x = mote_grid_place(s.mode == 0 ? rintf(given) : given, size, low, high, s);
    const float begin = floorf(x), d = x - begin;
    int32_t first = (int32_t)begin;
    if (s.mode == 0) {
        first = (int32_t)x;
    } else if (s.mode == 1) {
        t.count = 2;
        t.weight[0] = 1.0f - d;
        t.weight[1] = d;
    } else {
        t.count = 4;
        first -= 1;
        t.weight[0] = mote_cubic_far(d + 1.0f);
        t.weight[1] = mote_cubic_near(d);
        t.weight[2] = mote_cubic_near(1.0f - d);
        t.weight[3] = mote_cubic_far(2.0f - d);
    }
    for (int32_t k = 0; k < t.count; k++) {
        t.at[k] = mote_grid_index(first + k, size, low, high, s.padding);
    }
    return t;
}

/** The weighed sum of one plane's elements. */
MOTE_INLINE float mote_grid_sum(const float *x, const mote_grid_taps taps[3], const int32_t in[3])
{
    float acc = 0.0f;
    for (int32_t k0 = 0; k0 < taps[0].count; k0++) {
        for (int32_t k1 = 0; k1 < taps[1].count; k1++) {
            const float outer = taps[0].weight[k0] * taps[1].weight[k1];
            const int32_t row = taps[0].at[k0] * in[1] + taps[1].at[k1];
            for (int32_t k2 = 0; k2 < taps[2].count; k2++) {
                if (taps[0].at[k0] >= 0 && taps[1].at[k1] >= 0 && taps[2].at[k2] >= 0) {
                    acc += outer * taps[2].weight[k2] * x[row * in[2] + taps[2].at[k2]];
                }
            }
        }
    }
    return acc;
}

/** x: [batch][channel][in]; grid: [batch][position][axis], last axis first; y: [batch][channel][position]. */
MOTE_INLINE void mote_grid_sample_f32(const float *x, const float *grid, float *y, mote_grid_sample_shape s)
{
    const mote_grid_taps one = {1, {0, 0, 0, 0}, {1.0f, 0.0f, 0.0f, 0.0f}};
    const int32_t in = mote_volume(s.in);
    for (int32_t i = 0; i < s.batch * s.positions; i++) {
        const float *place = grid + i * s.axes;
        mote_grid_taps taps[3];
        for (int32_t axis = 0; axis < 3; axis++) {
            taps[axis] = axis < 3 - s.axes ? one : mote_grid_axis(place[2 - axis], s.in[axis], s);
        }
        for (int32_t c = 0; c < s.channels; c++) {
            const int32_t plane = i / s.positions * s.channels + c;
            y[plane * s.positions + i % s.positions] = mote_grid_sum(x + plane * in, taps, s.in);
        }
    }
}

typedef struct {
    int32_t batch, axes;
    int32_t size[3]; /* missing axes have one position */
    int32_t aligns_corners;
} mote_affine_grid_shape;

/** The coordinate in [-1, 1] of a position on an axis. */
MOTE_INLINE float mote_grid_coordinate(int32_t i, int32_t size, int32_t aligns_corners)
{
    if (aligns_corners == 0) {
        return (float)(2 * i + 1) / (float)size - 1.0f;
    }
    return size > 1 ? (float)(2 * i) / (float)(size - 1) - 1.0f : 0.0f;
}

/** theta: [batch][axis][axes + 1]; y: [batch][position][axis], the last axis first. */
MOTE_INLINE void mote_affine_grid_f32(const float *theta, float *y, mote_affine_grid_shape s)
{
    const int32_t positions = mote_volume(s.size);
    for (int32_t i = 0; i < s.batch * positions; i++) {
        const int32_t p = i % positions;
        const float place[3] = {
            mote_grid_coordinate(p % s.size[2], s.size[2], s.aligns_corners),
            mote_grid_coordinate(p / s.size[2] % s.size[1], s.size[1], s.aligns_corners),
            mote_grid_coordinate(p / s.size[2] / s.size[1], s.size[0], s.aligns_corners),
        };
        for (int32_t axis = 0; axis < s.axes; axis++) {
            const float *row = theta + (i / positions * s.axes + axis) * (s.axes + 1);
            float acc = row[s.axes];
            for (int32_t k = 0; k < s.axes; k++) {
                acc += row[k] * place[k];
            }
            y[i * s.axes + axis] = acc;
        }
    }
}

#endif
