/* SPDX-License-Identifier: 0BSD */
/*
 * 3x3 convolution of stride 1, float32, by Winograd's F(2x2, 3x3) (Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks", 2016): 16 products for what takes 36, four tiles at a time.
 */
#ifndef MOTE_WINOGRAD_CONV_2D_F32_H
#define MOTE_WINOGRAD_CONV_2D_F32_H

#include "core_f32.h"
#include "window.h"

typedef struct {
    mote_window window;
    int32_t products; /* channels, rounded up to fours */
    float min, max;
} mote_winograd_conv_2d_f32_shape;

/** A tile's 4x4 inputs of one channel from row iy on, 0 outside the ranges. */
MOTE_INLINE void mote_winograd_f32_load(const float *x, float *d, int32_t iy, mote_rows rows, mote_range ry,
                                        mote_range rx, mote_window g)
{
    if (ry.end - ry.begin == 4 && rx.end - rx.begin == 4) {
        for (int32_t i = 0; i < 16; i++) {
            d[i] = x[mote_row(rows, iy + i / 4, g.x_row) + i % 4 * g.x_column];
        }
        return;
    }
    for (int32_t i = 0; i < 16; i++) {
        d[i] = 0.0f;
    }
    for (int32_t r = ry.begin; r < ry.end; r++) {
        for (int32_t k = rx.begin; k < rx.end; k++) {
            d[4 * r + k] = x[mote_row(rows, iy + r, g.x_row) + k * g.x_column];
        }
    }
}

/** Transforms one channel of a tile; `step` from one position to the next. */
MOTE_INLINE void mote_winograd_f32_input(const float *d, float *v, int32_t step)
{
    float t[16];
    for (int32_t k = 0; k < 4; k++) {
        t[k] = d[k] - d[8 + k];
        t[4 + k] = d[4 + k] + d[8 + k];
        t[8 + k] = d[8 + k] - d[4 + k];
        t[12 + k] = d[4 + k] - d[12 + k];
    }
    for (int32_t r = 0; r < 16; r += 4) {
        v[r * step] = t[r] - t[r + 2];
        v[(r + 1) * step] = t[r + 1] + t[r + 2];
        v[(r + 2) * step] = t[r + 2] - t[r + 1];
        v[(r + 3) * step] = t[r + 1] - t[r + 3];
    }
}

/** Where a tile's outputs go; a step is 0 where the second row or column lies outside. */
typedef struct {
    float *y;
    int32_t row, column;
} mote_winograd_f32_place;

/** One filter's outputs in a tile; those that count are stored last. */
MOTE_INLINE void mote_winograd_f32_output(const float *m, int32_t step, mote_winograd_f32_place to,
                                          mote_winograd_conv_2d_f32_shape s)
{
    float top[4];
    float bottom[4];
    for (int32_t k = 0; k < 4; k++) {
        const float b = m[(4 + k) * step];
        const float c = m[(8 + k) * step];
        top[k] = m[k * step] + (b + c);
        bottom[k] = (b - c) - m[(12 + k) * step];
    }
    to.y[to.row + to.column] = mote_clamp_f32(bottom[1] - bottom[2] - bottom[3], s.min, s.max);
    to.y[to.row] = mote_clamp_f32(bottom[0] + bottom[1] + bottom[2], s.min, s.max);
    to.y[to.column] = mote_clamp_f32(top[1] - top[2] - top[3], s.min, s.max);
    to.y[0] = mote_clamp_f32(top[0] + top[1] + top[2], s.min, s.max);
}

/** Tile number `at`: its first output, rows counted from the first that is made. */
typedef struct {
    int32_t y, x;
} mote_winograd_f32_tile;

MOTE_INLINE mote_winograd_f32_tile mote_winograd_f32_at(int32_t at, mote_window g)
{
    const int32_t across = (g.out_w + 1) / 2;
    const mote_winograd_f32_tile tile = {at / across * 2, at % across * 2};
    return tile;
}

/** All channels of a tile, at every fourth place of v. */
MOTE_INLINE void mote_winograd_f32_gather(const float *x, float *v, mote_winograd_f32_tile tile,
                                          mote_rows rows, mote_winograd_conv_2d_f32_shape s)
{
    const mote_window g = s.window;
    const int32_t end = rows.out_end - g.pad_h + 2;
    const int32_t iy = rows.out_begin + tile.y - g.pad_h;
    const int32_t ix = tile.x - g.pad_w;
    const mote_range ry = mote_kernel_range(iy, 4, 1, end < g.in_h ? end : g.in_h);
    const mote_range rx = mote_kernel_range(ix, 4, 1, g.in_w);
    for (int32_t i = 0; i < g.in_c; i++) {
        float d[16];
        mote_winograd_f32_load(x + ix * g.x_column + i * g.x_channel, d, iy, rows, ry, rx, g);
        mote_winograd_f32_input(d, v + 4 * i, 4 * s.products);
    }
}

/** Up to four filters of a tile, from y on; m: [16][4 tiles][4]. */
MOTE_INLINE void mote_winograd_f32_scatter(const float *m, float *y, int32_t filters,
                                           mote_winograd_f32_tile tile, mote_rows rows,
                                           mote_winograd_conv_2d_f32_shape s)
{
    const mote_window g = s.window;
    const int32_t row = rows.out_begin + tile.y + 1 < rows.out_end ? g.y_row : 0;
    const int32_t column = tile.x + 1 < g.out_w ? g.y_column : 0;
    for (int32_t o = 0; o < filters; o++) {
        float *to = y + tile.y * g.y_row + tile.x * g.y_column + o * g.y_channel;
        const mote_winograd_f32_place place = {to, row, column};
        mote_winograd_f32_output(m + o, 16, place, s);
    }
}

/** All filters of up to four tiles, by fours, which go through m. */
MOTE_INLINE void mote_winograd_f32_products(mote_core_f32_x4_function core, const float *v, float *m,
                                            float *y, const float *weights, int32_t first, int32_t count,
                                            mote_rows rows, mote_winograd_conv_2d_f32_shape s)
{
    const mote_core_f32_x4 c = {.fours = (uint32_t)s.products / 4u, .groups = 1u, .y_bytes = 16u};
    for (int32_t o = 0; o < s.window.out_c; o += 4) {
        const int32_t left = s.window.out_c - o;
        for (int32_t p = 0; p < 16; p++) {
            core(v + 4 * p * s.products, weights, m + 16 * p, &c);
            weights += 4 * (s.products + 1);
        }
        for (int32_t t = 0; t < count; t++) {
            const mote_winograd_f32_tile tile = mote_winograd_f32_at(first + t, s.window);
            mote_winograd_f32_scatter(m + 4 * t, y + o * s.window.y_channel, left < 4 ? left : 4, tile, rows,
                                      s);
        }
    }
}

/**
 * scratch: float [16][products][4] and [16][4][4]; weights: of every four filters those of each of 16
 * positions as the core takes them, with the bias at position 5, from which it gets to every output.
 */
MOTE_INLINE void mote_winograd_conv_2d_f32(mote_core_f32_x4_function core, const float *x, float *y,
                                           void *scratch, const float *weights, mote_rows rows,
                                           mote_winograd_conv_2d_f32_shape s)
{
    const mote_window g = s.window;
    const int32_t tiles = (rows.out_end - rows.out_begin + 1) / 2 * ((g.out_w + 1) / 2);
    float *const v = (float *)scratch;
    for (int32_t p = 0; p < 16; p++) {
        for (int32_t i = 4 * g.in_c; i < 4 * s.products; i++) {
            v[4 * p * s.products + i] = 0.0f;
        }
    }
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t first = 0; first < tiles; first += 4) {
            const int32_t count = tiles - first < 4 ? tiles - first : 4;
            for (int32_t t = 0; t < count; t++) {
                const mote_winograd_f32_tile tile = mote_winograd_f32_at(first + t, g);
                mote_winograd_f32_gather(x + n * g.x_batch, v + t, tile, rows, s);
            }
            mote_winograd_f32_products(core, v, v + 64 * s.products, y + n * g.y_batch, weights, first, count,
                                       rows, s);
        }
    }
}

#endif
