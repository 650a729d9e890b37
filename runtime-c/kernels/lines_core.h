/* SPDX-License-Identifier: 0BSD */
/* Lines of a depthwise 3x3 convolution (see lines.h), in C. */
#ifndef MOTE_LINES_CORE_H
#define MOTE_LINES_CORE_H

#include "lines.h"

/** Leaves 23 bits for the first half's sum; multiplications are of 64 bits. */
#define MOTE_LINES_SPACING 8388608

static MOTE_NOINLINE void mote_lines_expand(const mote_lines_rows *work)
{
    const int32_t pitch = work->pitch / 4;
    int32_t *words = work->words;
    for (const int32_t *c = work->columns; c < work->end; c += 2) {
        for (int32_t i = 0; i * work->row < work->size; i++) {
            const int32_t first = c[0] < 0 ? work->pad : work->x[c[0] + i * work->row];
            const int32_t second = c[1] < 0 ? work->pad : work->x[c[1] + i * work->row];
            words[i * pitch] = first + second * MOTE_LINES_SPACING;
        }
        words++;
    }
}

MOTE_INLINE void mote_lines_put(const mote_lines *work, char *to, int32_t acc, int32_t low, int32_t high,
                                int32_t raw)
{
    const int32_t multiplier = work->filter[1] & INT32_MAX;
    const int32_t y = (int32_t)(((int64_t)acc * multiplier + (int64_t)work->addend * 65536) >> 32);
    if (raw != 0) {
        *(int32_t *)(void *)to = acc;
    } else {
        *(int8_t *)to = (int8_t)(mote_clamp(y, 0, high - low) + low);
    }
}

MOTE_INLINE void mote_lines_run(const mote_lines *work, int32_t stride, int32_t low, int32_t high,
                                int32_t raw)
{
    const int32_t pitch = work->pitch / 4;
    const int32_t *words = work->words;
    char *line = (char *)work->out;
    for (int32_t i = 0; i < work->lines; i++) {
        char *to = line;
        for (int32_t pair = 0; pair < work->width / (4 * stride); pair++) {
            int64_t sum = 0;
            for (int32_t tap = 0; tap < 9; tap++) {
                sum += (int64_t)words[tap / 3 * pitch + tap % 3] * work->weights[tap];
            }
            const int32_t half = MOTE_LINES_SPACING / 2;
            const int32_t first = (int32_t)((sum & (MOTE_LINES_SPACING - 1)) ^ half) - half;
            const int32_t second = (int32_t)((sum - first) / MOTE_LINES_SPACING);
            mote_lines_put(work, to, work->filter[0] + first, low, high, raw);
            mote_lines_put(work, to + work->out_half, work->filter[0] + second, low, high, raw);
            words += stride;
            to += work->out_step;
        }
        words += work->next / 4;
        line += work->out_line;
    }
}

#define MOTE_LINES_CORE(name, stride, low, high, raw)                                                        \
    static MOTE_NOINLINE void name(const mote_lines *work)                                                   \
    {                                                                                                        \
        mote_lines_run(work, stride, low, high, raw);                                                        \
    }

#endif
