/* SPDX-License-Identifier: 0BSD */
/* Rows of an image copied with a channel for each filter, NHWC, and results copied back. */
#ifndef MOTE_WIDENED_H
#define MOTE_WIDENED_H

#include "window.h"

typedef struct {
    mote_window window;             /* the layer's own */
    int32_t multiplier;
    int32_t channels;               /* of the copies: out_c and what fills up */
    int32_t band;                   /* rows of the output made at once */
    int32_t direct;                 /* results need no copy */
    int32_t in_offset, out_offset;  /* of the copies in scratch memory, in bytes */
} mote_widening;

/** The rows of the output from oy on that are made at once. */
MOTE_INLINE mote_rows mote_widened_band(int32_t oy, mote_rows rows, mote_widening s)
{
    const mote_window g = s.window;
    const int32_t iy = oy * g.stride_h - g.pad_h;
    mote_rows band = {oy, oy + s.band, iy < 0 ? 0 : iy, NULL, 0};
    if (band.out_end > rows.out_end) {
        band.out_end = rows.out_end;
    }
    if (band.in_begin >= g.in_h) {
        band.in_begin = g.in_h - 1;
    }
    return band;
}

/** Where the rows of the input end that a band reads. */
MOTE_INLINE int32_t mote_widened_end(mote_rows band, mote_window g)
{
    const int32_t last = (band.out_end - 1) * g.stride_h - g.pad_h + (g.kernel_h - 1) * g.dilation_h;
    return last < g.in_h ? last + 1 : g.in_h;
}

/** Defines the copies of a band for one type; `rows` say where the input's lie; y at its first result. */
#define MOTE_WIDENED_COPIES(suffix, type) \
    MOTE_INLINE void mote_widen_##suffix(const type *x, type *to, mote_rows rows, mote_rows band, \
                                         mote_widening s) \
    { \
        const mote_window g = s.window; \
        const int32_t end = mote_widened_end(band, g); \
        for (int32_t row = band.in_begin; row < end; row++) { \
            const type *const first = x + mote_row(rows, row, g.x_row); \
            for (int32_t column = 0; column < g.in_w; column++) { \
                const type *from = first + column * g.x_column; \
                for (int32_t c = 0; c < g.in_c; c++) { \
                    for (int32_t i = 0; i < s.multiplier; i++) { \
                        *to++ = from[c * g.x_channel]; \
                    } \
                } \
                for (int32_t c = g.out_c; c < s.channels; c++) { \
                    *to++ = 0; \
                } \
            } \
        } \
    } \
    MOTE_INLINE void mote_narrow_##suffix(const type *from, type *y, mote_rows band, mote_widening s) \
    { \
        const mote_window g = s.window; \
        for (int32_t row = 0; row < band.out_end - band.out_begin; row++) { \
            for (int32_t column = 0; column < g.out_w; column++) { \
                type *to = y + row * g.y_row + column * g.y_column; \
                for (int32_t o = 0; o < g.out_c; o++) { \
                    to[o * g.y_channel] = from[o]; \
                } \
                from += s.channels; \
            } \
        } \
    }

MOTE_WIDENED_COPIES(s8, int8_t)
MOTE_WIDENED_COPIES(f32, float)

#endif
