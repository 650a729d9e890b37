/* SPDX-License-Identifier: 0BSD */
/* What winograd_conv_2d_s8.h and its hot loops agree on. A word holds two 16-bit numbers. */
#ifndef MOTE_WINOGRAD_S8_H
#define MOTE_WINOGRAD_S8_H

#include "mote_math.h"

/** Transformed inputs v: [pair of channels][16 positions][2 tiles]. */
enum { MOTE_WINOGRAD_WORDS = 32 };

/**
 * Two tiles' inputs: four rows of six pixels of 4 x quads channels; in bytes, where the other rows lie
 * from the first one, and from column to column.
 */
typedef struct {
    const int8_t *x;
    int32_t rows[3];
    int32_t column, quads;
} mote_winograd_patch;

#endif
