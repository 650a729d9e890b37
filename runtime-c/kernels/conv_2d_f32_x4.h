/* SPDX-License-Identifier: 0BSD */
/*
 * 2-D convolution, float32: four pixels at a time are gathered side by side and go through all
 * filters in groups of four. Any kernel, stride, dilation and layout; one group.
 */
#ifndef MOTE_CONV_2D_F32_X4_H
#define MOTE_CONV_2D_F32_X4_H

#include "core_f32.h"
#include "window.h"

typedef struct {
    mote_window window;
    int32_t products;       /* of one result, rounded up to fours */
    int32_t filter_groups;  /* of four */
    int32_t direct;         /* whether whole blocks of results are written to y itself */
    float max;
} mote_conv_2d_f32_x4_shape;

/** One pixel's inputs into every fourth place of the block; 0 outside the input. */
MOTE_INLINE void mote_conv_2d_f32_x4_gather(const float *x, float *block, int32_t oy, int32_t ox,
                                            mote_rows rows, mote_window g)
{
    const int32_t iy = oy * g.stride_h - g.pad_h;
    const int32_t ix = ox * g.stride_w - g.pad_w;
    for (int32_t ky = 0; ky < g.kernel_h; ky++) {
        const int32_t row = iy + ky * g.dilation_h;
        for (int32_t kx = 0; kx < g.kernel_w; kx++) {
            const int32_t column = ix + kx * g.dilation_w;
            if (row >= 0 && row < g.in_h && column >= 0 && column < g.in_w) {
                const float *from = x + mote_row(rows, row, g.x_row) + column * g.x_column;
                for (int32_t c = 0; c < g.in_c; c++, block += 4) {
                    *block = from[c * g.x_channel];
                }
            } else {
                for (int32_t c = 0; c < g.in_c; c++, block += 4) {
                    *block = 0.0f;
                }
            }
        }
    }
}

/** Results of up to four pixels, from scratch memory to where they belong. */
MOTE_INLINE void mote_conv_2d_f32_x4_scatter(const float *from, float *y, int32_t first, int32_t count,
                                             mote_rows rows, mote_conv_2d_f32_x4_shape s)
{
    const mote_window g = s.window;
    for (int32_t p = 0; p < count; p++) {
        const int32_t oy = (first + p) / g.out_w;
        const int32_t ox = (first + p) % g.out_w;
        float *to = y + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
        for (int32_t o = 0; o < g.out_c; o++) {
            to[o * g.y_channel] = from[p * 4 * s.filter_groups + o];
        }
    }
}

/**
 * scratch: float [products][4], and unless every block is direct [4][filter_groups * 4];
 * weights: as the core takes them.
 */
MOTE_INLINE void mote_conv_2d_f32_x4(mote_core_f32_x4_function core, const float *x, float *y,
                                     void *scratch, const float *weights, mote_rows rows,
                                     mote_conv_2d_f32_x4_shape s)
{
    const mote_window g = s.window;
    float *const block = (float *)scratch;
    float *const results = block + s.products * 4;
    const int32_t taps = g.kernel_h * g.kernel_w * g.in_c;
    const int32_t end = rows.out_end * g.out_w;
    mote_core_f32_x4 c;
    c.fours = (uint32_t)s.products / 4u;
    c.groups = (uint32_t)s.filter_groups;
    c.max = s.max;
    for (int32_t i = taps * 4; i < s.products * 4; i++) {
        block[i] = 0.0f;
    }
    for (int32_t n = 0; n < g.batch; n++) {
        const float *image = x + n * g.x_batch;
        float *out = y + n * g.y_batch;
        for (int32_t t = rows.out_begin * g.out_w; t < end; t += 4) {
            const int32_t count = end - t < 4 ? end - t : 4;
            for (int32_t p = 0; p < count; p++) {
                mote_conv_2d_f32_x4_gather(image, block + p, (t + p) / g.out_w, (t + p) % g.out_w, rows, g);
            }
            if (s.direct != 0 && count == 4) {
                c.y_bytes = (uint32_t)g.y_column * 4u;
                core(block, weights, out + (t - rows.out_begin * g.out_w) * g.y_column, &c);
            } else {
                c.y_bytes = (uint32_t)s.filter_groups * 16u;
                core(block, weights, results, &c);
                mote_conv_2d_f32_x4_scatter(results, out, t, count, rows, s);
            }
        }
    }
}

#endif
