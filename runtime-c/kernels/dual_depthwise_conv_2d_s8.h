/* SPDX-License-Identifier: 0BSD */
/*
 * Depthwise convolution, int8, multiplier 1, channels innermost: pointers to the taps of two output
 * pixels (padding is a row of zero points), then a core makes all channels, four at once.
 */
#ifndef MOTE_DUAL_DEPTHWISE_CONV_2D_S8_H
#define MOTE_DUAL_DEPTHWISE_CONV_2D_S8_H

#include "dual_core_s8.h"
#include "dual_pixels.h"

#include <string.h>

#define MOTE_DUAL_TAPS_MAX 25

typedef struct {
    mote_window window;
    int32_t x_zero_point;
    int32_t raw; /* the core gives accumulators, a group of four channels a call */
    mote_requantization requantization;
} mote_dual_depthwise_conv_2d_s8_shape;

typedef void mote_dual_channels(const int8_t *const *from, const int32_t *stream, void *y0, void *y1,
                                  int32_t groups, int32_t zero_point);

/** Pointers to the taps of two pixels in turn. */
static MOTE_NOINLINE void mote_dual_pointers(const int8_t *x, const int8_t *padding, const int8_t **from,
                                             const mote_dual_pixel *a, const mote_dual_pixel *b,
                                             const mote_rows *rows, const mote_window *g)
{
    const int32_t across = g->dilation_w * g->x_column;
    const int32_t start_a = a->column * g->x_column;
    const int32_t start_b = b->column * g->x_column;
    uint32_t row_a = (uint32_t)a->row;
    uint32_t row_b = (uint32_t)b->row;
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        const uint32_t width_a = row_a < (uint32_t)g->in_h ? (uint32_t)g->in_w : 0;
        const uint32_t width_b = row_b < (uint32_t)g->in_h ? (uint32_t)g->in_w : 0;
        const int8_t *tap_a = width_a > 0 ? x + mote_row(*rows, (int32_t)row_a, g->x_row) + start_a : padding;
        const int8_t *tap_b = width_b > 0 ? x + mote_row(*rows, (int32_t)row_b, g->x_row) + start_b : padding;
        uint32_t column_a = (uint32_t)a->column;
        uint32_t column_b = (uint32_t)b->column;
        for (int32_t kx = 0; kx < g->kernel_w; kx++) {
            *from++ = column_a < width_a ? tap_a : padding;
            *from++ = column_b < width_b ? tap_b : padding;
            tap_a += across;
            tap_b += across;
            column_a += (uint32_t)g->dilation_w;
            column_b += (uint32_t)g->dilation_w;
        }
        row_a += (uint32_t)g->dilation_h;
        row_b += (uint32_t)g->dilation_h;
    }
}

/** Two pixels in profile tflite, or where a shifted accumulator needs 64 bits: a group a call. */
static MOTE_NOINLINE void mote_dual_channels_rescaled(mote_dual_channels core, const int8_t **from,
                                                      const int32_t *stream, const int8_t *exponents,
                                                      int8_t *y0, int8_t *y1,
                                                      const mote_dual_depthwise_conv_2d_s8_shape *s)
{
    const int32_t taps = s->window.kernel_h * s->window.kernel_w;
    int32_t made[8];
    for (int32_t c = 0; c < s->window.out_c; c += 4) {
        const int32_t *multipliers = stream + 4 + 2 * taps;
        const int8_t *e = exponents == NULL ? NULL : exponents + c;
        core(from, stream, made, made + 4, 1, 0);
        for (int32_t i = 0; i < 4; i++) {
            y0[c + i] = (int8_t)mote_requantize(made[i], i, multipliers, e, s->requantization);
            y1[c + i] = (int8_t)mote_requantize(made[4 + i], i, multipliers, e, s->requantization);
        }
        for (int32_t t = 0; t < 2 * taps; t++) {
            from[t] += 4;
        }
        stream = multipliers + 4;
    }
}

/** All pairs of pixels of an image; `raw` as in the struct. */
MOTE_INLINE void mote_dual_channels_image(mote_dual_channels core, const int8_t *x, int8_t *y, void *scratch,
                                          const int32_t *stream, const int8_t *exponents, mote_rows rows,
                                          const mote_dual_depthwise_conv_2d_s8_shape *s, int32_t raw)
{
    const mote_window *g = &s->window;
    const int8_t *from[2 * MOTE_DUAL_TAPS_MAX];
    int8_t *padding = (int8_t *)scratch;
    mote_dual_pixel next = mote_dual_first(y, rows, g);
    memset(padding, s->x_zero_point, (size_t)g->in_c);
    for (int32_t left = (rows.out_end - rows.out_begin) * g->out_w; left > 0; left -= 2) {
        const mote_dual_pixel a = next;
        mote_dual_pixel b = next;
        mote_dual_next(&next, g);
        if (left > 1) {
            b = next;
            mote_dual_next(&next, g);
        }
        mote_dual_pointers(x, padding, from, &a, &b, &rows, g);
        if (raw != 0) {
            mote_dual_channels_rescaled(core, from, stream, exponents, a.y, b.y, s);
        } else {
            core(from, stream, a.y, b.y, g->out_c / 4, s->requantization.zero_point);
        }
    }
}

static MOTE_NOINLINE void mote_dual_channels_direct(mote_dual_channels core, const int8_t *x, int8_t *y,
                                                    void *scratch, const int32_t *stream, mote_rows rows,
                                                    const mote_dual_depthwise_conv_2d_s8_shape *s)
{
    mote_dual_channels_image(core, x, y, scratch, stream, NULL, rows, s, 0);
}

static MOTE_NOINLINE void mote_dual_channels_raw(mote_dual_channels core, const int8_t *x, int8_t *y,
                                                 void *scratch, const int32_t *stream,
                                                 const int8_t *exponents, mote_rows rows,
                                                 const mote_dual_depthwise_conv_2d_s8_shape *s)
{
    mote_dual_channels_image(core, x, y, scratch, stream, exponents, rows, s, 1);
}

/** stream: as dual_core_s8.h says; exponents: [out_c], or NULL in profile fast. */
MOTE_INLINE void mote_dual_depthwise_conv_2d_s8(mote_dual_channels core, const int8_t *x, int8_t *y,
                                                  void *scratch, const int32_t *stream,
                                                  const int8_t *exponents, mote_rows rows,
                                                  const mote_dual_depthwise_conv_2d_s8_shape *s)
{
    for (int32_t n = 0; n < s->window.batch; n++) {
        const int8_t *from = x + n * s->window.x_batch;
        int8_t *to = y + n * s->window.y_batch;
        if (s->raw == 0) {
            mote_dual_channels_direct(core, from, to, scratch, stream, rows, s);
        } else {
            mote_dual_channels_raw(core, from, to, scratch, stream, exponents, rows, s);
        }
    }
}

#endif
