/* SPDX-License-Identifier: 0BSD */
/* 3x3 convolutions from the input's own rows, 4 pixels at a time; at borders from a padded copy. */
#ifndef MOTE_CONV_ROWS_S8_H
#define MOTE_CONV_ROWS_S8_H

#include "conv_packed_s8.h"
#include "rows_s8.h"

/** x0, x1 and x2 are the kernel's rows. */
typedef void mote_rows_core(const int8_t *x0, int8_t *y, const int32_t *stream, const int8_t *x1,
                            const int8_t *x2, int32_t blocks);

/** The row of the output whose kernel starts at row iy of the input. */
MOTE_INLINE void mote_conv_rows_row(mote_rows_core *core, const int8_t *x, int8_t *y, int8_t *patch,
                                    const int32_t *stream, int32_t iy, mote_rows rows,
                                    mote_conv_packed_s8_shape s)
{
    const mote_window g = s.window;
    const mote_range inside = mote_conv_inside(g, 4);
    const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
    const int32_t is_inside = ry.begin == 0 && ry.end == g.kernel_h;
    int32_t block = 0;
    s.window.kernel_w = 3 * g.stride_w + 3;
    const int32_t pitch = s.window.kernel_w * g.in_c;
    while (block * 4 < g.out_w) {
        const int32_t ox = block * 4 + 4 <= g.out_w ? block * 4 : g.out_w - 4;
        const int32_t ix = ox * g.stride_w - g.pad_w;
        if (is_inside && block == inside.begin && inside.end > block) {
            const int8_t *from = x + ix * g.x_column;
            core(from + mote_row(rows, iy, g.x_row), y + ox * g.y_column, stream,
                 from + mote_row(rows, iy + g.dilation_h, g.x_row),
                 from + mote_row(rows, iy + 2 * g.dilation_h, g.x_row), inside.end - block);
            block = inside.end;
        } else {
            mote_conv_patch(x, patch, iy, ix, ry, rows, NULL, s);
            core(patch, y + ox * g.y_column, stream, patch + pitch, patch + 2 * pitch, 1);
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
            mote_conv_rows_row(core, x + n * g.x_batch,
                               y + n * g.y_batch + (oy - rows.out_begin) * g.y_row, (int8_t *)scratch,
                               stream, oy * g.stride_h - g.pad_h, rows, s);
        }
    }
}

#endif
