/* SPDX-License-Identifier: 0BSD */
/*
 * 2-D convolution of one group, int8: what two output pixels see is laid out as 16-bit numbers, then
 * a core makes all their filters. Padding is the zero point, whose share the starts take away. Layers
 * share the functions here and differ in their structs.
 */
#ifndef MOTE_DUAL_CONV_2D_S8_H
#define MOTE_DUAL_CONV_2D_S8_H

#include "dual_expand_s8.h"
#include "dual_pixels.h"

#include <string.h>

typedef struct {
    mote_window window;
    int32_t pairs; /* words of one pixel's inputs */
    int32_t x_zero_point;
    int32_t raw; /* the core gives accumulators, a group of four filters a call */
    mote_requantization requantization;
} mote_dual_conv_2d_s8_shape;

typedef void mote_dual_pair(const int16_t *x, const int32_t *stream, void *y0, void *y1, int32_t pairs,
                              int32_t groups, int32_t zero_point);

MOTE_DUAL_EXPAND(mote_dual_expand_pair)
MOTE_DUAL_GATHER(mote_dual_gather_pair)
MOTE_DUAL_COPY(mote_dual_copy_run)

/** What all pixels of a call share. */
typedef struct {
    const int8_t *x;  /* row 0, as if it were there */
    int8_t *rest;     /* room for a tap's zero points, or for the bytes that two pixels see */
    int32_t rows_inside, columns_inside; /* where kernels may start that see inputs one after the other */
    int32_t run; /* inputs in a row of a kernel */
} mote_dual_view;

MOTE_INLINE int32_t mote_dual_is_inside(mote_dual_pixel p, const mote_dual_view *v)
{
    return (uint32_t)p.row < (uint32_t)v->rows_inside && (uint32_t)p.column < (uint32_t)v->columns_inside;
}

/** The channels that a tap sees, or as many zero points. */
MOTE_INLINE const int8_t *mote_dual_tap(mote_dual_pixel p, int32_t ky, int32_t kx, const mote_dual_view *v,
                                        const mote_window *g)
{
    const int32_t row = p.row + ky * g->dilation_h;
    const int32_t column = p.column + kx * g->dilation_w;
    const int32_t inside = (uint32_t)row < (uint32_t)g->in_h && (uint32_t)column < (uint32_t)g->in_w;
    return inside ? v->x + row * g->x_row + column * g->x_column : v->rest;
}

/** Two pixels that may see padding, tap by tap. */
static MOTE_NOINLINE void mote_dual_border(mote_dual_pixel a, mote_dual_pixel b, int16_t *to,
                                           const mote_dual_view *v, const mote_dual_conv_2d_s8_shape *s)
{
    const mote_window *g = &s->window;
    memset(v->rest, s->x_zero_point, (size_t)g->in_c);
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        for (int32_t kx = 0; kx < g->kernel_w; kx++) {
            mote_dual_expand_pair(mote_dual_tap(a, ky, kx, v, g), mote_dual_tap(b, ky, kx, v, g), to, g->in_c,
                                  1, 0);
            to += 2 * g->in_c;
        }
    }
}

/** What a pixel sees, byte by byte. */
static MOTE_NOINLINE void mote_dual_copy(mote_dual_pixel p, int8_t *to, const mote_dual_view *v,
                                         const mote_dual_conv_2d_s8_shape *s)
{
    const mote_window *g = &s->window;
    const mote_range ry = mote_kernel_range(p.row, g->kernel_h, g->dilation_h, g->in_h);
    const mote_range rx = mote_kernel_range(p.column, g->kernel_w, g->dilation_w, g->in_w);
    const int32_t across = g->dilation_w * g->x_column;
    const int8_t *from = v->x + (p.row + ry.begin * g->dilation_h) * g->x_row +
                         (p.column + rx.begin * g->dilation_w) * g->x_column;
    memset(to, s->x_zero_point, (size_t)(2 * s->pairs));
    if (rx.begin == rx.end) {
        return;
    }
    to += (ry.begin * g->kernel_w + rx.begin) * g->in_c;
    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
        if (g->in_c == 1) {
            mote_dual_copy_run(from, to, rx.end - rx.begin, across);
        } else {
            for (int32_t kx = 0; kx < rx.end - rx.begin; kx++) {
                mote_dual_copy_run(from + kx * across, to + kx * g->in_c, g->in_c, g->x_channel);
            }
        }
        from += g->dilation_h * g->x_row;
        to += g->kernel_w * g->in_c;
    }
}

/** What two pixels see; without offsets channels are innermost and a multiple of four. */
MOTE_INLINE void mote_dual_patch(mote_dual_pixel a, mote_dual_pixel b, int16_t *to, const int32_t *offsets,
                                 const mote_dual_view *v, const mote_dual_conv_2d_s8_shape *s)
{
    const mote_window *g = &s->window;
    if (mote_dual_is_inside(a, v) && mote_dual_is_inside(b, v)) {
        const int8_t *x0 = v->x + a.row * g->x_row + a.column * g->x_column;
        const int8_t *x1 = v->x + b.row * g->x_row + b.column * g->x_column;
        if (offsets != NULL) {
            mote_dual_gather_pair(x0, x1, to, offsets, 2 * s->pairs);
        } else {
            mote_dual_expand_pair(x0, x1, to, v->run, g->kernel_h, g->dilation_h * g->x_row);
        }
    } else if (offsets != NULL) {
        mote_dual_copy(a, v->rest, v, s);
        mote_dual_copy(b, v->rest + 2 * s->pairs, v, s);
        mote_dual_expand_pair(v->rest, v->rest + 2 * s->pairs, to, 2 * s->pairs, 1, 0);
    } else {
        mote_dual_border(a, b, to, v, s);
    }
}

/** Two pixels in profile tflite, or where a shifted accumulator needs 64 bits. */
MOTE_INLINE void mote_dual_rescaled(mote_dual_pair core, const int16_t *patch, const int32_t *stream,
                                      const int8_t *exponents, int32_t *acc, int8_t *y0, int8_t *y1,
                                      const mote_dual_conv_2d_s8_shape *s)
{
    for (int32_t f = 0; f < s->window.out_c; f += 4) {
        const int32_t *multipliers = stream + 4 + 2 * s->pairs;
        const int32_t count = s->window.out_c - f < 4 ? s->window.out_c - f : 4;
        core(patch, stream, acc, acc + 4, s->pairs, 1, 0);
        for (int32_t i = 0; i < count; i++) {
            const int8_t *e = exponents == NULL ? NULL : exponents + f;
            y0[f + i] = (int8_t)mote_requantize(acc[i], i, multipliers, e, s->requantization);
            y1[f + i] = (int8_t)mote_requantize(acc[4 + i], i, multipliers, e, s->requantization);
        }
        stream = multipliers + 4;
    }
}

/** Two pixels of any rescale, number of filters and layout; they may go by way of `made`. */
static MOTE_NOINLINE void mote_dual_pixels(mote_dual_pair core, const int16_t *patch, const int32_t *stream,
                                           const int8_t *exponents, int32_t *made, int8_t *y0, int8_t *y1,
                                           const mote_dual_conv_2d_s8_shape *s)
{
    const int32_t filters = s->window.out_c;
    const int32_t groups = (filters + 3) / 4;
    const int32_t direct = s->window.y_channel == 1 && (s->raw != 0 || filters % 4 == 0);
    int8_t *rows = (int8_t *)(made + (s->raw != 0 ? 8 : 0));
    int8_t *to0 = direct ? y0 : rows;
    int8_t *to1 = direct ? y1 : rows + 4 * groups;
    if (s->raw != 0) {
        mote_dual_rescaled(core, patch, stream, exponents, made, to0, to1, s);
    } else {
        core(patch, stream, to0, to1, s->pairs, groups, s->requantization.zero_point);
    }
    if (!direct) {
        for (int32_t f = 0; f < filters; f++) {
            y0[f * s->window.y_channel] = to0[f];
            y1[f * s->window.y_channel] = to1[f];
        }
    }
}

MOTE_INLINE mote_dual_view mote_dual_view_of(const int8_t *x, int8_t *rest, const int32_t *offsets,
                                             mote_rows rows, const mote_window *g)
{
    const int32_t dense = g->kernel_w == 1 || (g->x_column == g->in_c && g->dilation_w == 1);
    const int32_t rows_inside = g->in_h - (g->kernel_h - 1) * g->dilation_h;
    const int32_t columns_inside = g->in_w - (g->kernel_w - 1) * g->dilation_w;
    mote_dual_view v;
    v.x = x - rows.in_begin * g->x_row;
    v.rest = rest;
    v.run = g->kernel_w * g->in_c;
    v.rows_inside = rows_inside > 0 ? rows_inside : 0;
    v.columns_inside = columns_inside > 0 && (dense || offsets != NULL) ? columns_inside : 0;
    return v;
}

/** All pairs of pixels; `direct` where the core may store them. */
MOTE_INLINE void mote_dual_image(mote_dual_pair core, const int8_t *x, int8_t *y, void *scratch,
                                 const int32_t *stream, const int8_t *exponents, const int32_t *offsets,
                                 mote_rows rows, const mote_dual_conv_2d_s8_shape *s, int32_t direct)
{
    const mote_window *g = &s->window;
    int16_t *patch = (int16_t *)scratch;
    int32_t *made = (int32_t *)scratch + 2 * s->pairs;
    const mote_dual_view v = mote_dual_view_of(x, (int8_t *)made, offsets, rows, g);
    mote_dual_pixel next = mote_dual_first(y, rows, g);
    for (int32_t left = (rows.out_end - rows.out_begin) * g->out_w; left > 0; left -= 2) {
        const mote_dual_pixel a = next;
        mote_dual_pixel b = next;
        mote_dual_next(&next, g);
        if (left > 1) {
            b = next;
            mote_dual_next(&next, g);
        }
        mote_dual_patch(a, b, patch, offsets, &v, s);
        if (direct) {
            core(patch, stream, a.y, b.y, s->pairs, g->out_c / 4,
                 s->requantization.zero_point);
        } else {
            mote_dual_pixels(core, patch, stream, exponents, made, a.y, b.y, s);
        }
    }
}

static MOTE_NOINLINE void mote_dual_image_direct(mote_dual_pair core, const int8_t *x, int8_t *y,
                                                 void *scratch, const int32_t *stream,
                                                 const int32_t *offsets, mote_rows rows,
                                                 const mote_dual_conv_2d_s8_shape *s)
{
    mote_dual_image(core, x, y, scratch, stream, NULL, offsets, rows, s, 1);
}

static MOTE_NOINLINE void mote_dual_image_any(mote_dual_pair core, const int8_t *x, int8_t *y, void *scratch,
                                              const int32_t *stream, const int8_t *exponents,
                                              const int32_t *offsets, mote_rows rows,
                                              const mote_dual_conv_2d_s8_shape *s)
{
    mote_dual_image(core, x, y, scratch, stream, exponents, offsets, rows, s, 0);
}

/** Pixels of a 1x1 convolution, one after the other in input and output. */
typedef struct {
    int32_t count, x_step, y_step, channels, groups, zero_point;
} mote_dual_pointwise;

static MOTE_NOINLINE void mote_dual_pointwise_pixels(mote_dual_pair core, const int8_t *x, int8_t *y,
                                                     int16_t *patch, const int32_t *stream,
                                                     const mote_dual_pointwise *s)
{
    for (int32_t i = 0; i < s->count; i += 2) {
        const int32_t both = i + 1 < s->count;
        mote_dual_expand_pair(x, both ? x + s->x_step : x, patch, s->channels, 1, 0);
        core(patch, stream, y, both ? y + s->y_step : y, s->channels / 2, s->groups, s->zero_point);
        x += 2 * s->x_step;
        y += 2 * s->y_step;
    }
}

MOTE_INLINE int32_t mote_dual_is_pointwise(mote_window g)
{
    return g.kernel_h == 1 && g.kernel_w == 1 && g.stride_h == 1 && g.stride_w == 1 && g.in_h == g.out_h &&
           g.in_w == g.out_w && g.pad_h == 0 && g.pad_w == 0 && g.x_row == g.in_w * g.x_column &&
           g.y_row == g.in_w * g.y_column;
}

/**
 * stream: as dual_core_s8.h says; exponents: [out_c], or NULL in profile fast; offsets: of a pixel's
 * inputs from its first one, or NULL where channels are innermost and a multiple of four.
 */
MOTE_INLINE void mote_dual_conv_2d_s8(mote_dual_pair core, const int8_t *x, int8_t *y, void *scratch,
                                        const int32_t *stream, const int8_t *exponents,
                                        const int32_t *offsets, mote_rows rows,
                                        const mote_dual_conv_2d_s8_shape *s)
{
    const mote_window g = s->window;
    const int32_t direct = s->raw == 0 && g.out_c % 4 == 0 && g.y_channel == 1;
    const int32_t pointwise = g.in_c % 4 == 0 && g.x_channel == 1 && mote_dual_is_pointwise(g);
    for (int32_t n = 0; n < g.batch; n++) {
        const int8_t *from = x + n * g.x_batch;
        int8_t *to = y + n * g.y_batch;
        if (direct && pointwise) {
            mote_dual_pointwise p;
            p.count = (rows.out_end - rows.out_begin) * g.out_w;
            p.x_step = g.x_column;
            p.y_step = g.y_column;
            p.channels = g.in_c;
            p.groups = g.out_c / 4;
            p.zero_point = s->requantization.zero_point;
            from += (rows.out_begin - rows.in_begin) * g.x_row;
            mote_dual_pointwise_pixels(core, from, to, (int16_t *)scratch, stream, &p);
        } else if (direct) {
            mote_dual_image_direct(core, from, to, scratch, stream, offsets, rows, s);
        } else {
            mote_dual_image_any(core, from, to, scratch, stream, exponents, offsets, rows, s);
        }
    }
}

#endif
