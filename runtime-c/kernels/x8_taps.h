/* SPDX-License-Identifier: 0BSD */
/* The sums of eight channels of a depthwise convolution at one pixel. */
#ifndef MOTE_X8_TAPS_H
#define MOTE_X8_TAPS_H

#include "window.h"

/** What a core works on. In the order of the assembly. */
typedef struct {
    intptr_t base; /* address that the offsets are from */
    const int32_t *offsets;
    const int32_t *end;
    const int8_t *weights;  /* [taps][8] */
    const int32_t *filters; /* bias [8], multiplier [8] */
    int32_t *sums;          /* [8] */
    int8_t *out;            /* [8], unless the core is a raw one */
    int32_t addend;         /* (zero point - lower bound) * 2^16 + 2^15 */
} mote_x8_taps;

typedef void (*mote_x8_taps_core)(const mote_x8_taps *);

#endif
