/* SPDX-License-Identifier: 0BSD */
/* 2-D convolutions as products of packed matrices: two pixels and four filters at a time. */
#ifndef MOTE_CONV_PACKED_S8_H
#define MOTE_CONV_PACKED_S8_H

#include "packed_s8.h"

typedef void mote_packed_pairs(const int8_t *x, int8_t *y, const int32_t *stream, int32_t pairs);

typedef struct {
    mote_window window;
    int32_t x_zero_point;
    int32_t patch_bytes; /* of one pixel; a multiple of 16 */
    int32_t gathers;     /* whether a patch is no run of bytes for each row of the kernel */
} mote_conv_packed_s8_shape;

/** A run of pixels; one pixel alone (where out_w is 1) is a pair with steps of 0. */
MOTE_INLINE void mote_conv_packed_run(mote_packed_pairs *core, const int8_t *x, int8_t *y, int32_t count,
                                      int32_t x_step, int32_t y_step, const int32_t *stream)
{
    if (count == 1) {
        core(x, y, stream, 1);
        return;
    }
    core(x, y, stream, count / 2);
    if (count % 2 != 0) {
        core(x + (count - 2) * x_step, y + (count - 2) * y_step, stream, 1);
    }
}

/** Kernels of one pixel without padding: x itself is the matrix. */
MOTE_INLINE void mote_conv_1x1_packed_s8(mote_packed_pairs *core, const int8_t *x, int8_t *y,
                                         const int32_t *stream, mote_rows rows,
                                         mote_conv_packed_s8_shape s)
{
    const mote_window g = s.window;
    const int32_t step = g.stride_w * g.x_column;
    const int32_t height = rows.out_end - rows.out_begin;
    const int32_t is_dense = rows.at == NULL && g.out_w == g.in_w && g.y_row == g.out_w * g.y_column;
    for (int32_t n = 0; n < g.batch; n++) {
        const int8_t *image = x + n * g.x_batch;
        int8_t *to = y + n * g.y_batch;
        if (g.stride_h == 1 && g.stride_w == 1 && is_dense != 0 && g.out_w > 1) {
            const int8_t *from = image + mote_row(rows, rows.out_begin, g.x_row);
            mote_conv_packed_run(core, from, to, height * g.out_w, step, g.y_column, stream);
            continue;
        }
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            mote_conv_packed_run(core, image + mote_row(rows, oy * g.stride_h, g.x_row), to, g.out_w, step,
                                 g.y_column, stream);
            to += g.y_row;
        }
    }
}

/** Columns [0, kernel_w) of one row of the kernel, at least one of them inside the input. */
MOTE_INLINE void mote_conv_patch_row(const int8_t *x, int8_t *to, mote_range columns,
                                     mote_conv_packed_s8_shape s)
{
    const mote_window g = s.window;
    const int32_t width = (columns.end - columns.begin) * g.in_c;
    mote_fill_s8(to, s.x_zero_point, columns.begin * g.in_c);
    to += columns.begin * g.in_c;
    if (s.gathers == 0) {
        mote_copy_s8(to, x + columns.begin * g.x_column, width);
    } else {
        for (int32_t kx = columns.begin; kx < columns.end; kx++) {
            for (int32_t c = 0; c < g.in_c; c++) {
                to[(kx - columns.begin) * g.in_c + c] = x[kx * g.dilation_w * g.x_column + c * g.x_channel];
            }
        }
    }
    mote_fill_s8(to + width, s.x_zero_point, (g.kernel_w - columns.end) * g.in_c);
}

/** Blocks of `pixels` pixels side by side, all of whose columns lie inside the input. */
MOTE_INLINE mote_range mote_conv_inside(mote_window g, int32_t pixels)
{
    const int32_t step = pixels * g.stride_w;
    const int32_t span = (pixels - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
    const int32_t room = g.in_w + g.pad_w - span;
    mote_range r;
    r.begin = (g.pad_w + step - 1) / step;
    r.end = room < 0 ? 0 : room / step + 1;
    if (r.end > g.out_w / pixels) {
        r.end = g.out_w / pixels;
    }
    return r;
}

/** What the kernel sees from row iy and column ix on; `ry`: its rows that meet the input. */
MOTE_INLINE void mote_conv_patch(const int8_t *x, int8_t *to, int32_t iy, int32_t ix, mote_range ry,
                                 mote_rows rows, const uint16_t *offsets, mote_conv_packed_s8_shape s)
{
    const mote_window g = s.window;
    const int32_t bytes = g.kernel_w * g.in_c;
    const mote_range columns = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
    const int32_t is_inside = columns.begin == 0 && columns.end == g.kernel_w;
    x += ix * g.x_column;
    if (s.gathers != 0 && is_inside && rows.at == NULL && ry.begin == 0 && ry.end == g.kernel_h) {
        mote_gather_s8(to, x + mote_row(rows, iy, g.x_row), offsets, s.patch_bytes);
        return;
    }
    for (int32_t ky = 0; ky < g.kernel_h; ky++) {
        if (ky < ry.begin || ky >= ry.end) {
            mote_fill_s8(to, s.x_zero_point, bytes);
        } else {
            const int8_t *row = x + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
            if (s.gathers == 0 && is_inside) {
                mote_copy_s8(to, row, bytes);
            } else if (is_inside && bytes > 8) {
                mote_gather_s8(to, row, offsets, bytes);
            } else {
                mote_conv_patch_row(row, to, columns, s);
            }
        }
        to += bytes;
    }
}

/** Whether the kernel's rows from row iy on are all inside the input and a constant step apart. */
MOTE_INLINE int32_t mote_conv_is_even(int32_t iy, mote_range ry, mote_rows rows, mote_window g)
{
    int32_t is_even = ry.begin == 0 && ry.end == g.kernel_h;
    for (int32_t ky = 1; rows.at != NULL && is_even != 0 && ky < g.kernel_h; ky++) {
        const int32_t apart = ky * g.dilation_h;
        is_even = mote_row(rows, iy + apart, g.x_row) == mote_row(rows, iy, g.x_row) + apart * g.x_row;
    }
    return is_even;
}

/** Patches of the pixel at column ix, and of the next one unless the row has but one. */
MOTE_INLINE void mote_conv_patch_pair(const int8_t *x, int8_t *to, int32_t iy, int32_t ix, mote_range ry,
                                      mote_rows rows, const uint16_t *offsets,
                                      mote_conv_packed_s8_shape s)
{
    mote_conv_patch(x, to, iy, ix, ry, rows, offsets, s);
    if (s.window.out_w > 1) {
        mote_conv_patch(x, to + s.patch_bytes, iy, ix + s.window.stride_w, ry, rows, offsets, s);
    }
}

/** Any kernel: patches of two pixels in the scratch memory. offsets: of a patch's bytes, if it gathers. */
MOTE_INLINE void mote_conv_patches_s8(mote_packed_pairs *core, const int8_t *x, int8_t *y, void *scratch,
                                      const int32_t *stream, const uint16_t *offsets, mote_rows rows,
                                      mote_conv_packed_s8_shape s)
{
    const mote_window g = s.window;
    const mote_range inside = mote_conv_inside(g, 2);
    int8_t *patches = (int8_t *)scratch;
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            const int32_t iy = oy * g.stride_h - g.pad_h;
            const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
            const int32_t gathers = s.gathers != 0 && mote_conv_is_even(iy, ry, rows, g) != 0;
            const int8_t *from = x + n * g.x_batch;
            int8_t *to = y + n * g.y_batch + (oy - rows.out_begin) * g.y_row;
            for (int32_t i = 0; i < g.out_w; i += 2) {
                const int32_t ox = i + 2 <= g.out_w || i == 0 ? i : i - 1;
                const int32_t ix = ox * g.stride_w - g.pad_w;
                if (gathers != 0 && i >= 2 * inside.begin && i < 2 * inside.end) {
                    mote_gather_pair_s8(patches, from + mote_row(rows, iy, g.x_row) + ix * g.x_column,
                                        g.stride_w * g.x_column, offsets, s.patch_bytes);
                } else {
                    mote_conv_patch_pair(from, patches, iy, ix, ry, rows, offsets, s);
                }
                core(patches, to + ox * g.y_column, stream, 1);
            }
        }
    }
}

#endif
