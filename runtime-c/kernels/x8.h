/* SPDX-License-Identifier: 0BSD */
/* The sums of eight filters of a fully connected layer (see fully_connected_s8_x8.h). */
#ifndef MOTE_X8_H
#define MOTE_X8_H

#include "mote_math.h"

/** sums[i] = sum of x[k] * weights[8 * k + i]; x has a multiple of eight elements. */
typedef void (*mote_x8_core)(const uint8_t *x, const uint8_t *end, const uint8_t *weights, int32_t *sums);

#endif
