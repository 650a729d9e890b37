/* SPDX-License-Identifier: 0BSD */
/* Sizes of a convolution over up to three axes in ONNX's order. */
#ifndef MOTE_CONV_3D_H
#define MOTE_CONV_3D_H

#include "window_3d.h"

typedef struct {
    mote_window_3d window;
    int32_t batch, groups;
    int32_t channels, filters; /* of a group */
} mote_conv_3d_shape;

#endif
