/* SPDX-License-Identifier: 0BSD */
/* Windows over up to three axes in ONNX's order, channels outermost; missing axes have one element. */
#ifndef MOTE_WINDOW_3D_H
#define MOTE_WINDOW_3D_H

#include "window.h"

typedef struct {
    int32_t in[3], out[3], kernel[3], stride[3], dilation[3], pad[3];
} mote_window_3d;

MOTE_INLINE int32_t mote_volume(const int32_t size[3])
{
    return size[0] * size[1] * size[2];
}

MOTE_INLINE mote_range mote_range_3d(mote_window_3d w, int32_t axis, int32_t start)
{
    return mote_kernel_range(start, w.kernel[axis], w.dilation[axis], w.in[axis]);
}

/** Runs STATEMENT for output `o`, whose window begins at (b0, b1, b2) and has the taps r0, r1, r2 inside. */
#define MOTE_OUTPUTS_3D(w, STATEMENT)                                                                  \
    do {                                                                                               \
        int32_t o = 0;                                                                                 \
        for (int32_t o0 = 0; o0 < (w).out[0]; o0++) {                                                  \
            const int32_t b0 = o0 * (w).stride[0] - (w).pad[0];                                        \
            const mote_range r0 = mote_range_3d(w, 0, b0);                                             \
            for (int32_t o1 = 0; o1 < (w).out[1]; o1++) {                                              \
                const int32_t b1 = o1 * (w).stride[1] - (w).pad[1];                                    \
                const mote_range r1 = mote_range_3d(w, 1, b1);                                         \
                for (int32_t o2 = 0; o2 < (w).out[2]; o2++, o++) {                                     \
                    const int32_t b2 = o2 * (w).stride[2] - (w).pad[2];                                \
                    const mote_range r2 = mote_range_3d(w, 2, b2);                                     \
                    STATEMENT;                                                                         \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

/** Runs STATEMENT for every tap `k` of an output's window that meets an input, `i`. */
#define MOTE_TAPS_3D(w, STATEMENT)                                                                     \
    do {                                                                                               \
        for (int32_t k0 = r0.begin; k0 < r0.end; k0++) {                                               \
            for (int32_t k1 = r1.begin; k1 < r1.end; k1++) {                                           \
                const int32_t row = (b0 + k0 * (w).dilation[0]) * (w).in[1] + b1 + k1 * (w).dilation[1];\
                for (int32_t k2 = r2.begin; k2 < r2.end; k2++) {                                       \
                    const int32_t k = (k0 * (w).kernel[1] + k1) * (w).kernel[2] + k2;                  \
                    const int32_t i = row * (w).in[2] + b2 + k2 * (w).dilation[2];                     \
                    STATEMENT;                                                                         \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

/** Which input meets tap `k` of an output along an axis of a transposed window; -1 if none. */
MOTE_INLINE int32_t mote_transposed_input(mote_window_3d w, int32_t axis, int32_t output, int32_t k)
{
    const int32_t at = output + w.pad[axis] - k * w.dilation[axis];
    const int32_t input = at / w.stride[axis];
    return at < 0 || input * w.stride[axis] != at || input >= w.in[axis] ? -1 : input;
}

#endif
