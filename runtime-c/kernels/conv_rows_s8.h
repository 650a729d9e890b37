/* SPDX-License-Identifier: 0BSD */
/* 3x3 convolutions from the input's own rows, 4 pixels at a time; at borders from a padded copy. */
#ifndef MOTE_CONV_ROWS_S8_H
#define MOTE_CONV_ROWS_S8_H

#include "conv_packed_s8.h"
#include "rows_s8.h"

typedef void mote_rows_core(const int8_t *x, int8_t *y, const int32_t *stream, int32_t pitch, int32_t blocks);

/** One row of the output; `ry`: the rows of the kernel that meet the input, at whose first x is. */
MOTE_INLINE void mote_conv_rows_row(mote_rows_core *core, const int8_t *x, int8_t *y, int8_t *patch,
                                    const int32_t *stream, mote_range ry, mote_conv_packed_s8_shape s)
{
    const mote_window g = s.window;
    const mote_range inside = mote_conv_inside(g, 4);
    const int32_t is_inside = ry.begin == 0 && ry.end == g.kernel_h;
    int32_t block = 0;
    s.window.kernel_w = 3 * g.stride_w + 3;
    while (block * 4 < g.out_w) {
        const int32_t ox = block * 4 + 4 <= g.out_w ? block * 4 : g.out_w - 4;
        const int32_t ix = ox * g.stride_w - g.pad_w;
        if (is_inside && block == inside.begin && inside.end > block) {
            core(x + ix * g.x_column, y + ox * g.y_column, stream, g.dilation_h * g.x_row,
                 inside.end - block);
            block = inside.end;
        } else {
            mote_conv_patch(x, patch, ix, ry, NULL, s);
            core(patch, y + ox * g.y_column, stream, s.window.kernel_w * g.in_c, 1);
            block++;
        }
    }
}

MOTE_INLINE void mote_conv_rows_s8(mote_rows_core *core, const int8_t *x, int8_t *y, void *scratch,
                                   const int32_t *stream, mote_rows rows, mote_conv_packed_s8_shape s)
{
    const mote_window g = s.window;
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            const int32_t iy = oy * g.stride_h - g.pad_h;
            const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
            mote_conv_rows_row(core, x + n * g.x_batch + (iy - rows.in_begin) * g.x_row,
                               y + n * g.y_batch + (oy - rows.out_begin) * g.y_row, (int8_t *)scratch,
                               stream, ry, s);
        }
    }
}

#endif
