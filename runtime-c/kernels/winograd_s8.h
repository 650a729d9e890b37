/* SPDX-License-Identifier: 0BSD */
/* What winograd_conv_2d_s8.h and its hot loops agree on. A word holds two 16-bit numbers. */
#ifndef MOTE_WINOGRAD_S8_H
#define MOTE_WINOGRAD_S8_H

#include "mote_math.h"

/** A function all in assembly. */
#if defined(__clang__)
#define MOTE_WINOGRAD_NAKED static __attribute__((naked, noinline, used))
#elif defined(__GNUC__)
#define MOTE_WINOGRAD_NAKED static __attribute__((naked, noipa, used))
#endif

/** Before a loop that is not to be written out. */
#if defined(__GNUC__) && !defined(__clang__)
#define MOTE_WINOGRAD_LOOP _Pragma("GCC unroll 1")
#else
#define MOTE_WINOGRAD_LOOP
#endif

/** Transformed inputs v: [pair of channels][16 positions][2 tiles]. */
enum { MOTE_WINOGRAD_WORDS = 32 };

/** Two tiles' inputs: four rows of six pixels of 4 x quads channels; steps in bytes. */
typedef struct {
    const int8_t *x;
    int32_t row, column, quads;
} mote_winograd_patch;

#endif
