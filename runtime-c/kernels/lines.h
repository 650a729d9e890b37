/* SPDX-License-Identifier: 0BSD */
/*
 * Depthwise 3x3 convolution that multiplies two pixels at once: a word holds a pixel of a line's first half
 * and one of its second half, MOTE_LINES_SPACING times. All lines of a channel are one call of the core.
 */
#ifndef MOTE_LINES_H
#define MOTE_LINES_H

#include "window.h"

/** What a core works on: lines of one channel's output. In the order of the assembly. */
typedef struct {
    const int32_t *words; /* of the first line's first row */
    void *out;            /* int8 results, or int32 sums where the core is a raw one */
    int32_t out_step;     /* bytes from pixel to pixel */
    int32_t out_half;     /* bytes from the first half's pixels to the second half's */
    int32_t out_line;     /* bytes from line to line */
    int32_t lines;
    const int8_t *weights; /* [9], then a bit for each row whose |weights| sum up to 256 or more */
    const int32_t *filter; /* bias, multiplier */
    int32_t addend;        /* (zero point - lower bound) * 2^16 + 2^15 */
    int32_t next;          /* bytes from the end of a line's words to the next line's */
    int32_t pitch;         /* bytes from row to row of words */
    int32_t width;         /* bytes of words from the first turn of a line to past the last one */
} mote_lines;

/** Rows of one channel to expand, all within the image. In the order of the assembly. */
typedef struct {
    const int8_t *x;
    int32_t *words;
    const int32_t *columns; /* for each word the offsets of its two pixels from x, negative in the padding */
    const int32_t *end;
    int32_t row;   /* bytes from row to row of x */
    int32_t pitch; /* bytes from row to row of words */
    int32_t size;  /* rows * row */
    int32_t pad;
} mote_lines_rows;

typedef void (*mote_lines_core)(const mote_lines *);

#endif
