/* SPDX-License-Identifier: 0BSD */
/* The sums of eight channels of a depthwise convolution at one pixel, in C. */
#ifndef MOTE_X8_TAPS_CORE_H
#define MOTE_X8_TAPS_CORE_H

#include "x8_taps.h"

MOTE_INLINE void mote_x8_taps_run(const mote_x8_taps *work, int32_t low, int32_t high, int32_t raw)
{
    for (int32_t i = 0; i < 8; i++) {
        const int8_t *weights = work->weights + i;
        int32_t sum = work->filters[i];
        for (const int32_t *offset = work->offsets; offset < work->end; offset++) {
            sum += *(const int8_t *)(work->base + *offset + i) * *weights;
            weights += 8;
        }
        work->sums[i] = sum;
        if (raw == 0) {
            const int32_t multiplier = work->filters[8 + i] & INT32_MAX;
            const int64_t product = (int64_t)sum * multiplier + (int64_t)work->addend * 65536;
            work->out[i] = (int8_t)(mote_clamp((int32_t)(product >> 32), 0, high - low) + low);
        }
    }
}

#define MOTE_X8_TAPS_CORE(name, taps, low, high, raw)                                                        \
    static MOTE_NOINLINE void name(const mote_x8_taps *work)                                                 \
    {                                                                                                        \
        mote_x8_taps_run(work, low, high, raw);                                                              \
    }

#endif
