/* SPDX-License-Identifier: 0BSD */
/*
 * Depthwise convolution of eight channels or more, int8, eight channels at a time: the last eight may
 * reach back over those before. Addresses are integers, since the padding is reached by offset, too.
 */
#ifndef MOTE_DEPTHWISE_CONV_2D_S8_X8_H
#define MOTE_DEPTHWISE_CONV_2D_S8_X8_H

#include "x8_taps_core.h"

typedef struct {
    mote_window window;
    int32_t x_zero_point;
    int32_t raw; /* the core leaves the rescale to C */
    mote_requantization requantization;
} mote_depthwise_conv_2d_s8_x8_shape;

typedef struct mote_depthwise_conv_2d_s8_x8_call mote_depthwise_conv_2d_s8_x8_call;
struct mote_depthwise_conv_2d_s8_x8_call {
    mote_x8_taps_core core;
    /** Rescales eight sums; NULL unless the core is a raw one. */
    void (*finish)(const int32_t *sums, int8_t *y, int32_t first,
                   const mote_depthwise_conv_2d_s8_x8_call *call,
                   const mote_depthwise_conv_2d_s8_x8_shape *s);
    const int8_t *x;
    int8_t *y;
    int32_t *scratch;
    const int8_t *weights;
    const int32_t *filters;
    const int32_t *multipliers;
    const int8_t *exponents;
    mote_rows rows;
};

static MOTE_NOINLINE void mote_depthwise_conv_2d_s8_x8_finish(const int32_t *sums, int8_t *y, int32_t first,
                                                              const mote_depthwise_conv_2d_s8_x8_call *call,
                                                              const mote_depthwise_conv_2d_s8_x8_shape *s)
{
    for (int32_t i = 0; i < 8; i++) {
        y[i * s->window.y_channel] = (int8_t)mote_requantize(sums[i], first + i, call->multipliers,
                                                             call->exponents, s->requantization);
    }
}

/** Offsets of the taps in a row. */
MOTE_INLINE int32_t *mote_depthwise_conv_2d_s8_x8_row(int32_t *offsets, int32_t row, const mote_window *g)
{
    for (int32_t kx = 0; kx < g->kernel_w; kx++) {
        *offsets++ = row + kx * g->dilation_w * g->x_column;
    }
    return offsets;
}

/** Offsets of the taps from the first one, where all are inside. */
MOTE_INLINE void mote_depthwise_conv_2d_s8_x8_inner(int32_t *offsets, const mote_window *g)
{
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        offsets = mote_depthwise_conv_2d_s8_x8_row(offsets, ky * g->dilation_h * g->x_row, g);
    }
}

/** Offsets of the taps from row iy on, found by a table, from the kernel's column in the input. */
MOTE_INLINE void mote_depthwise_conv_2d_s8_x8_table(int32_t *offsets, int32_t iy, const mote_rows *rows,
                                                    const mote_window *g)
{
    const mote_range ry = mote_kernel_range(iy, g->kernel_h, g->dilation_h, g->in_h);
    offsets += ry.begin * g->kernel_w;
    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
        const int32_t row = mote_row(*rows, iy + ky * g->dilation_h, g->x_row);
        offsets = mote_depthwise_conv_2d_s8_x8_row(offsets, row, g);
    }
}

/** The same for a pixel at the border: taps in the padding are at `pad`. */
static MOTE_NOINLINE void mote_depthwise_conv_2d_s8_x8_border(int32_t *offsets, const int32_t *inner,
                                                              int32_t pad, int32_t iy, int32_t ix,
                                                              const mote_window *g)
{
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        const int32_t row = iy + ky * g->dilation_h;
        for (int32_t kx = 0; kx < g->kernel_w; kx++) {
            const int32_t column = ix + kx * g->dilation_w;
            const int32_t is_inside =
                (uint32_t)row < (uint32_t)g->in_h && (uint32_t)column < (uint32_t)g->in_w ? 1 : 0;
            *offsets++ = is_inside != 0 ? *inner : pad;
            inner++;
        }
    }
}

/** All channels of one pixel. */
MOTE_INLINE void mote_depthwise_conv_2d_s8_x8_pixel(const mote_depthwise_conv_2d_s8_x8_call *call,
                                                    mote_x8_taps *work, int8_t *y,
                                                    const mote_depthwise_conv_2d_s8_x8_shape *s)
{
    const mote_window *g = &s->window;
    const intptr_t base = work->base;
    const int32_t taps = (int32_t)(work->end - work->offsets);
    work->weights = call->weights;
    work->filters = call->filters;
    for (int32_t f = 0; f < g->out_c; f += 8) {
        const int32_t first = f + 8 > g->out_c ? g->out_c - 8 : f;
        int8_t *to = y + first * g->y_channel;
        work->base = base + first;
        work->out = to;
        call->core(work);
        if (s->raw != 0) {
            call->finish(work->sums, to, first, call, s);
        }
        work->weights += 8 * taps;
        work->filters += 16;
    }
    work->base = base;
}

/** Scratch: sums [8], offsets [taps] inside, offsets [taps] at the border, a row of padding [in_c]. */
static MOTE_NOINLINE void mote_depthwise_conv_2d_s8_x8_run(const mote_depthwise_conv_2d_s8_x8_call *call,
                                                           const mote_depthwise_conv_2d_s8_x8_shape *s)
{
    const mote_window *g = &s->window;
    const int32_t taps = g->kernel_h * g->kernel_w;
    const int32_t bottom = g->in_h - (g->kernel_h - 1) * g->dilation_h;
    const int32_t right = g->in_w - (g->kernel_w - 1) * g->dilation_w;
    int32_t *inner = call->scratch + 8;
    int32_t *border = inner + taps;
    int8_t *pad = (int8_t *)(border + taps);
    mote_x8_taps work = {0, NULL, NULL, NULL, NULL, call->scratch, NULL, 0};
    work.addend = (s->requantization.zero_point - s->requantization.min) * 65536 + 32768;
    mote_depthwise_conv_2d_s8_x8_inner(inner, g);
    for (int32_t c = 0; c < g->in_c; c++) {
        pad[c] = (int8_t)s->x_zero_point;
    }
    for (int32_t n = 0; n < g->batch; n++) {
        const intptr_t x = (intptr_t)(call->x + n * g->x_batch);
        for (int32_t oy = call->rows.out_begin; oy < call->rows.out_end; oy++) {
            const int32_t iy = oy * g->stride_h - g->pad_h;
            int8_t *y = call->y + (n * g->y_batch + (oy - call->rows.out_begin) * g->y_row);
            int32_t ix = 0 - g->pad_w;
            work.base = x + ix * g->x_column;
            if (call->rows.at != NULL) {
                mote_depthwise_conv_2d_s8_x8_table(inner, iy, &call->rows, g);
            } else {
                work.base += (iy - call->rows.in_begin) * g->x_row;
            }
            for (int32_t ox = 0; ox < g->out_w; ox++) {
                work.offsets = inner;
                if (iy < 0 || ix < 0 || iy >= bottom || ix >= right) {
                    work.offsets = border;
                    mote_depthwise_conv_2d_s8_x8_border(border, inner, (int32_t)((intptr_t)pad - work.base),
                                                        iy, ix, g);
                }
                work.end = work.offsets + taps;
                mote_depthwise_conv_2d_s8_x8_pixel(call, &work, y, s);
                ix += g->stride_w;
                work.base += g->stride_w * g->x_column;
                y += g->y_column;
            }
        }
    }
}

/** weights: [eights][taps][8]; filters: [eights][bias [8], multiplier [8]]. */
MOTE_INLINE void mote_depthwise_conv_2d_s8_x8(mote_x8_taps_core core, const int8_t *x, int8_t *y,
                                              void *scratch, const int8_t *weights, const int32_t *filters,
                                              const int32_t *multipliers, const int8_t *exponents,
                                              mote_rows rows, mote_depthwise_conv_2d_s8_x8_shape s)
{
    const mote_depthwise_conv_2d_s8_x8_call call = {
        core, s.raw != 0 ? mote_depthwise_conv_2d_s8_x8_finish : NULL, x, y, scratch, weights, filters,
        multipliers, exponents, rows};
    mote_depthwise_conv_2d_s8_x8_run(&call, &s);
}

#endif
