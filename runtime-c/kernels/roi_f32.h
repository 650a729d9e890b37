/* SPDX-License-Identifier: 0BSD */
/* Regions of images, each as an image of one size; float. */
#ifndef MOTE_ROI_F32_H
#define MOTE_ROI_F32_H

#include <math.h>

#include "mote_math.h"

typedef struct {
    int32_t images, channels, height, width;
    int32_t regions, rows, columns;
    int32_t sampling, samples_max; /* samples of a bin along an axis; 0: as many as it has pixels */
    int32_t half_pixel, maximum;
    float scale;
} mote_roi_shape;

/** A region along one axis: where it begins, the length of a bin and the samples in it. */
typedef struct {
    float from, bin;
    int32_t samples;
} mote_roi_axis;

MOTE_INLINE mote_roi_axis mote_roi_bins(float start, float end, int32_t bins, mote_roi_shape s)
{
    mote_roi_axis a;
    const float offset = s.half_pixel != 0 ? 0.5f : 0.0f;
    float length;
    a.from = start * s.scale - offset;
    length = end * s.scale - offset - a.from;
    a.bin = (s.half_pixel == 0 && !(length > 1.0f) ? 1.0f : length) / (float)bins;
    if (s.sampling > 0) {
        a.samples = s.sampling;
    } else if (a.bin > 0.0f) {
        a.samples = a.bin < (float)s.samples_max ? (int32_t)ceilf(a.bin) : s.samples_max;
    } else {
        a.samples = 0;
    }
    return a;
}

/** Neighbours of a place on an axis and the weight of the upper one; a low of -1 is outside. */
typedef struct {
    int32_t low, high;
    float weight;
} mote_roi_neighbours;

MOTE_INLINE mote_roi_neighbours mote_roi_place(mote_roi_axis a, int32_t bin, int32_t sample, int32_t size)
{
    mote_roi_neighbours n = {-1, -1, 0.0f};
    const float at = a.from + (float)bin * a.bin + ((float)sample + 0.5f) * a.bin / (float)a.samples;
    if (at >= -1.0f && at <= (float)size) {
        const float inside = at > 0.0f ? at : 0.0f;
        n.low = (int32_t)inside < size - 1 ? (int32_t)inside : size - 1;
        n.high = n.low < size - 1 ? n.low + 1 : n.low;
        n.weight = n.high > n.low ? inside - (float)n.low : 0.0f;
    }
    return n;
}

/** One bin of a plane: the mean of the samples, or the largest weighed neighbour of any. */
MOTE_INLINE float mote_roi_bin(const float *x, mote_roi_axis v, mote_roi_axis h, int32_t row, int32_t column,
                               mote_roi_shape s)
{
    float sum = 0.0f, largest = -INFINITY;
    const int32_t count = v.samples * h.samples;
    for (int32_t i = 0; i < count; i++) {
        const mote_roi_neighbours a = mote_roi_place(v, row, i / h.samples, s.height);
        const mote_roi_neighbours b = mote_roi_place(h, column, i % h.samples, s.width);
        float corners[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        if (a.low >= 0 && b.low >= 0) {
            corners[0] = (1.0f - a.weight) * (1.0f - b.weight) * x[a.low * s.width + b.low];
            corners[1] = (1.0f - a.weight) * b.weight * x[a.low * s.width + b.high];
            corners[2] = a.weight * (1.0f - b.weight) * x[a.high * s.width + b.low];
            corners[3] = a.weight * b.weight * x[a.high * s.width + b.high];
        }
        for (int32_t k = 0; k < 4; k++) {
            sum += corners[k];
            largest = corners[k] > largest ? corners[k] : largest;
        }
    }
    if (s.maximum != 0) {
        return count > 0 ? largest : 0.0f;
    }
    return sum / (float)(count > 0 ? count : 1);
}

/**
 * x: [image][channel][height][width]; rois: [region][left, top, right, bottom]; images: [region], those
 * outside are the nearest; y: [region][channel][row][column].
 */
MOTE_INLINE void mote_roi_align_f32(const float *x, const float *rois, const int64_t *images, float *y,
                                    mote_roi_shape s)
{
    for (int32_t n = 0; n < s.regions; n++) {
        const float *roi = rois + n * 4;
        const mote_roi_axis h = mote_roi_bins(roi[0], roi[2], s.columns, s);
        const mote_roi_axis v = mote_roi_bins(roi[1], roi[3], s.rows, s);
        const int64_t last = s.images - 1;
        const int32_t image = images[n] < 0 ? 0 : (int32_t)(images[n] > last ? last : images[n]);
        for (int32_t c = 0; c < s.channels; c++) {
            const float *from = x + (image * s.channels + c) * s.height * s.width;
            for (int32_t i = 0; i < s.rows * s.columns; i++) {
                const int32_t row = i / s.columns, column = i % s.columns;
                *y++ = mote_roi_bin(from, v, h, row, column, s);
            }
        }
    }
}

/** [begin, end) of a bin. */
typedef struct {
    int32_t begin, end;
} mote_roi_range;

/** A coordinate as a pixel; NaN is 0. */
MOTE_INLINE int32_t mote_roi_pixel(float v)
{
    return v != v ? 0 : (int32_t)mote_clamp_f32(roundf(v), -32768.0f, 32767.0f);
}

MOTE_INLINE mote_roi_range mote_roi_pixels(float start, float end, int32_t bin, int32_t bins, int32_t size,
                                           float scale)
{
    mote_roi_range r;
    const int32_t first = mote_roi_pixel(start * scale), last = mote_roi_pixel(end * scale);
    const float length = (float)(last - first + 1 > 1 ? last - first + 1 : 1) / (float)bins;
    r.begin = mote_clamp((int32_t)floorf((float)bin * length) + first, 0, size);
    r.end = mote_clamp((int32_t)ceilf((float)(bin + 1) * length) + first, 0, size);
    return r;
}

/** rois: [region][image, left, top, right, bottom]; else as mote_roi_align_f32. Empty bins are 0. */
MOTE_INLINE void mote_max_roi_pool_f32(const float *x, const float *rois, float *y, mote_roi_shape s)
{
    const int32_t each = s.channels * s.rows * s.columns;
    for (int32_t i = 0; i < s.regions * each; i++) {
        const float *roi = rois + i / each * 5;
        const int32_t row = i / s.columns % s.rows, column = i % s.columns;
        const mote_roi_range v = mote_roi_pixels(roi[2], roi[4], row, s.rows, s.height, s.scale);
        const mote_roi_range h = mote_roi_pixels(roi[1], roi[3], column, s.columns, s.width, s.scale);
        const float last = (float)(s.images - 1);
        const int32_t image = roi[0] > 0.0f ? (int32_t)(roi[0] > last ? last : roi[0]) : 0;
        const int32_t channel = i / s.columns / s.rows % s.channels;
        const float *from = x + (image * s.channels + channel) * s.height * s.width;
        float largest = -INFINITY;
        for (int32_t a = v.begin; a < v.end; a++) {
            for (int32_t b = h.begin; b < h.end; b++) {
                largest = from[a * s.width + b] > largest ? from[a * s.width + b] : largest;
            }
        }
        y[i] = largest > -INFINITY ? largest : 0.0f;
    }
}

#endif
