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
    const int8_t *x;  /* the input, or row 0 as if it were there */
    const uint16_t *at; /* of its rows, as in mote_rows */
    int32_t shift;
    int8_t *rest;     /* room for a tap's zero points, or for the bytes that two pixels see */
    int32_t rows_inside, columns_inside; /* where kernels may start that see inputs one after the other */
    int32_t run; /* inputs in a row of a kernel */
} mote_dual_view;

MOTE_INLINE int32_t mote_dual_is_inside(mote_dual_pixel p, const mote_dual_view *v)
{
    return (uint32_t)p.row < (uint32_t)v->rows_inside && (uint32_t)p.column < (uint32_t)v->columns_inside;
}

/** A row of the input. */
MOTE_INLINE const int8_t *mote_dual_row_of(const mote_dual_view *v, int32_t row, const mote_window *g)
{
    const mote_rows rows = {0, 0, 0, v->at, v->shift};
    return v->x + mote_row(rows, row, g->x_row);
}

/** The channels that a tap sees in a row, or as many zero points; NULL is a row of padding. */
MOTE_INLINE const int8_t *mote_dual_tap(const int8_t *row, int32_t column, const mote_dual_view *v,
                                        const mote_window *g)
{
    const int32_t inside = row != NULL && (uint32_t)column < (uint32_t)g->in_w;
    return inside ? row + column * g->x_column : v->rest;
}

/** Two pixels that may see padding, tap by tap. */
MOTE_INLINE void mote_dual_border(mote_dual_pixel a, mote_dual_pixel b, int16_t *to, const mote_dual_view *v,
                                  const mote_window *g)
{
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        const int32_t row_a = a.row + ky * g->dilation_h;
        const int32_t row_b = b.row + ky * g->dilation_h;
        const int8_t *xa = (uint32_t)row_a < (uint32_t)g->in_h ? mote_dual_row_of(v, row_a, g) : NULL;
        const int8_t *xb = (uint32_t)row_b < (uint32_t)g->in_h ? mote_dual_row_of(v, row_b, g) : NULL;
        for (int32_t kx = 0; kx < g->kernel_w; kx++) {
            const int32_t across = kx * g->dilation_w;
            mote_dual_expand_pair(mote_dual_tap(xa, a.column + across, v, g),
                                  mote_dual_tap(xb, b.column + across, v, g), to, g->in_c, 1, 0);
            to += 2 * g->in_c;
        }
    }
}

/** Two pixels that see no padding, row by row. */
MOTE_INLINE void mote_dual_inside(mote_dual_pixel a, mote_dual_pixel b, int16_t *to, const mote_dual_view *v,
                                  const mote_window *g)
{
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        const int8_t *xa = mote_dual_row_of(v, a.row + ky * g->dilation_h, g);
        const int8_t *xb = mote_dual_row_of(v, b.row + ky * g->dilation_h, g);
        mote_dual_expand_pair(xa + a.column * g->x_column, xb + b.column * g->x_column, to, v->run, 1, 0);
        to += 2 * v->run;
    }
}

/** What a pixel sees, byte by byte; `run` inputs follow each other, `step` bytes apart. */
static MOTE_NOINLINE void mote_dual_copy(mote_dual_pixel p, int8_t *to, const mote_dual_view *v,
                                         const mote_dual_conv_2d_s8_shape *s)
{
    const mote_window *g = &s->window;
    const mote_range ry = mote_kernel_range(p.row, g->kernel_h, g->dilation_h, g->in_h);
    const mote_range rx = mote_kernel_range(p.column, g->kernel_w, g->dilation_w, g->in_w);
    const int32_t across = g->dilation_w * g->x_column;
    const int32_t step = g->in_c == 1 ? across : g->x_channel;
    const int32_t count = (rx.end - rx.begin) * g->in_c;
    const int32_t run = across == g->in_c * step ? count : g->in_c;
    const int8_t *x = v->x + p.column * g->x_column + rx.begin * across;
    memset(to, s->x_zero_point, (size_t)(2 * s->pairs));
    if (count == 0) {
        return;
    }
    to += (ry.begin * g->kernel_w + rx.begin) * g->in_c;
    const mote_rows rows = {0, 0, 0, v->at, v->shift};
    const int32_t down = g->dilation_h;
    const int32_t end = p.row + ry.end * down;
    const int32_t to_step = g->kernel_w * g->in_c;
    for (int32_t row = p.row + ry.begin * down; row < end; row += down) {
        const int8_t *from = x + mote_row(rows, row, g->x_row);
        if (run == count) {
            mote_dual_copy_run(from, to, count, step);
        } else {
            for (int32_t i = 0; i < count; i += run) {
                mote_dual_copy_run(from, to + i, run, step);
                from += across;
            }
        }
        to += to_step;
    }
}

/** What two pixels see, padding or rows that lie anywhere. */
static MOTE_NOINLINE void mote_dual_patch_any(mote_dual_pixel a, mote_dual_pixel b, int16_t *to,
                                              const int32_t *offsets, const mote_dual_view *v,
                                              const mote_dual_conv_2d_s8_shape *s)
{
    const mote_window *g = &s->window;
    if (offsets != NULL) {
        mote_dual_copy(a, v->rest, v, s);
        mote_dual_copy(b, v->rest + 2 * s->pairs, v, s);
        mote_dual_expand_pair(v->rest, v->rest + 2 * s->pairs, to, 2 * s->pairs, 1, 0);
    } else if (mote_dual_is_inside(a, v) && mote_dual_is_inside(b, v)) {
        mote_dual_inside(a, b, to, v, g);
    } else {
        memset(v->rest, s->x_zero_point, (size_t)g->in_c);
        mote_dual_border(a, b, to, v, g);
    }
}

/** What two pixels see; without offsets channels are innermost and a multiple of four. */
MOTE_INLINE void mote_dual_patch(mote_dual_pixel a, mote_dual_pixel b, int16_t *to, const int32_t *offsets,
                                 const mote_dual_view *v, const mote_dual_conv_2d_s8_shape *s)
{
    const mote_window *g = &s->window;
    if (v->at == NULL && mote_dual_is_inside(a, v) && mote_dual_is_inside(b, v)) {
        const int8_t *x0 = v->x + a.row * g->x_row + a.column * g->x_column;
        const int8_t *x1 = v->x + b.row * g->x_row + b.column * g->x_column;
        if (offsets != NULL) {
            mote_dual_gather_pair(x0, x1, to, offsets, 2 * s->pairs);
        } else {
            mote_dual_expand_pair(x0, x1, to, v->run, g->kernel_h, g->dilation_h * g->x_row);
        }
    } else {
        mote_dual_patch_any(a, b, to, offsets, v, s);
    }
}

/** Two pixels of any rescale, number of filters and layout, a group of four filters a call. */
static MOTE_NOINLINE void mote_dual_pixels(mote_dual_pair core, const int16_t *patch, const int32_t *stream,
                                           const int8_t *exponents, int8_t *y0, int8_t *y1,
                                           const mote_dual_conv_2d_s8_shape *s)
{
    const int32_t step = s->window.y_channel;
    int32_t made[8];
    for (int32_t f = 0; f < s->window.out_c; f += 4) {
        const int32_t *multipliers = stream + 4 + 2 * s->pairs;
        const int32_t count = s->window.out_c - f < 4 ? s->window.out_c - f : 4;
        const int8_t *e = exponents == NULL ? NULL : exponents + f;
        core(patch, stream, made, made + 4, s->pairs, 1, s->requantization.zero_point);
        for (int32_t i = 0; i < count; i++) {
            if (s->raw != 0) {
                *y0 = (int8_t)mote_requantize(made[i], i, multipliers, e, s->requantization);
                *y1 = (int8_t)mote_requantize(made[4 + i], i, multipliers, e, s->requantization);
            } else {
                *y0 = ((int8_t *)made)[i];
                *y1 = ((int8_t *)(made + 4))[i];
            }
            y0 += step;
            y1 += step;
        }
        stream = multipliers + 4;
    }
}

MOTE_INLINE mote_dual_view mote_dual_view_of(const int8_t *x, int8_t *rest, const int32_t *offsets,
                                             mote_rows rows, const mote_window *g)
{
    const int32_t dense = g->kernel_w == 1 || (g->x_column == g->in_c && g->dilation_w == 1);
    const int32_t rows_inside = g->in_h - (g->kernel_h - 1) * g->dilation_h;
    const int32_t columns_inside = g->in_w - (g->kernel_w - 1) * g->dilation_w;
    mote_dual_view v;
    v.x = rows.at == NULL ? x - rows.in_begin * g->x_row : x;
    v.at = rows.at;
    v.shift = rows.shift;
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
    const mote_dual_view v = mote_dual_view_of(x, (int8_t *)(patch + 4 * s->pairs), offsets, rows, g);
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
            mote_dual_pixels(core, patch, stream, exponents, a.y, b.y, s);
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

/** Pixels of a 1x1 convolution, one after the other in the output and in each row of the input. */
typedef struct {
    int32_t width, x_step, y_step, channels, groups, zero_point;
} mote_dual_pointwise;

static MOTE_NOINLINE void mote_dual_pointwise_pixels(mote_dual_pair core, const int8_t *x, int8_t *y,
                                                     int16_t *patch, const int32_t *stream,
                                                     const mote_rows *rows, const mote_dual_pointwise *s)
{
    const int32_t height = rows->out_end - rows->out_begin;
    const int32_t width = rows->at == NULL ? height * s->width : s->width;
    const int32_t end = rows->at == NULL ? rows->out_begin + 1 : rows->out_end;
    const int8_t *next = x + mote_row(*rows, rows->out_begin, s->width * s->x_step);
    int32_t left = width;
    for (int32_t row = rows->out_begin + 1; row <= end; row++) {
        const int8_t *a = next + (width - left) * s->x_step;
        next = row < end ? x + mote_row(*rows, row, 0) : NULL;
        for (; left > 0; left -= 2) {
            const int8_t *b = a + s->x_step;
            if (left == 1) {
                b = next != NULL ? next : a;
            }
            mote_dual_expand_pair(a, b, patch, s->channels, 1, 0);
            core(patch, stream, y, a == b ? y : y + s->y_step, s->channels / 2, s->groups, s->zero_point);
            a += 2 * s->x_step;
            y += 2 * s->y_step;
        }
        left += width;
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
 * inputs from its first one, or NULL where channels are innermost and a multiple of four. What two
 * pixels see is read before any of their outputs is written.
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
            const mote_dual_pointwise p = {g.out_w,
                                           g.x_column,
                                           g.y_column,
                                           g.in_c,
                                           g.out_c / 4,
                                           s->requantization.zero_point};
            mote_dual_pointwise_pixels(core, from, to, (int16_t *)scratch, stream, &rows, &p);
        } else if (direct) {
            mote_dual_image_direct(core, from, to, scratch, stream, offsets, rows, s);
        } else {
            mote_dual_image_any(core, from, to, scratch, stream, exponents, offsets, rows, s);
        }
    }
}

#endif
