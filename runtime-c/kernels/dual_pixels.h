/* SPDX-License-Identifier: 0BSD */
/* The pixels of an output, one after the other, that the packed int8 kernels make two at a time. */
#ifndef MOTE_DUAL_PIXELS_H
#define MOTE_DUAL_PIXELS_H

#include "window.h"

/** A pixel of the output, and where its kernel starts in the input. */
typedef struct {
    int8_t *y;
    int32_t row, column;
    int32_t left; /* pixels from here to the end of the row */
} mote_dual_pixel;

MOTE_INLINE mote_dual_pixel mote_dual_first(int8_t *y, mote_rows rows, const mote_window *g)
{
    mote_dual_pixel p;
    p.y = y;
    p.row = rows.out_begin * g->stride_h - g->pad_h;
    p.column = -g->pad_w;
    p.left = g->out_w;
    return p;
}

/** Moves on to the next pixel. */
MOTE_INLINE void mote_dual_next(mote_dual_pixel *p, const mote_window *g)
{
    p->y += g->y_column;
    p->column += g->stride_w;
    if (--p->left == 0) {
        p->y += g->y_row - g->out_w * g->y_column;
        p->row += g->stride_h;
        p->column = -g->pad_w;
        p->left = g->out_w;
    }
}

#endif
