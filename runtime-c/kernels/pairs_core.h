/* SPDX-License-Identifier: 0BSD */
/* The sums of a block of four pixels (see pairs.h), in C. */
#ifndef MOTE_PAIRS_CORE_H
#define MOTE_PAIRS_CORE_H

#include "pairs.h"

/** Sums of the low and of the high halves of products. */
typedef struct {
    int32_t low, high;
} mote_pairs_sums;

/** Adds the halves of a word. */
MOTE_INLINE mote_pairs_sums mote_pairs_part(mote_pairs_sums sums, uint32_t word)
{
    const int32_t low = (int32_t)((word & 0xffffu) ^ 0x8000u) - 0x8000;
    const int32_t high = (int32_t)(((word - (uint32_t)low) >> 16) ^ 0x8000u) - 0x8000;
    sums.low += low;
    sums.high += high;
    return sums;
}

/** One filter and one word of each tap: groups of `size` products, then the corrections. */
MOTE_INLINE mote_pairs_sums mote_pairs_dot(const uint32_t *words, const uint32_t *end, const int8_t *weights,
                                           const int32_t *corrections, int32_t size)
{
    const uint32_t *at = words;
    mote_pairs_sums sums = {0, 0};
    while (at < end) {
        uint32_t group = 0;
        for (int32_t i = 0; i < size; i++) {
            const uint32_t weight = (uint32_t)*weights;
            group += *at * weight;
            at += 2;
            weights += 8;
        }
        sums = mote_pairs_part(sums, group);
    }
    while (*corrections != 0) {
        const uint32_t correction = (uint32_t)*corrections;
        sums = mote_pairs_part(sums, words[(correction & 0xffffu) / 4u] * (uint32_t)(*corrections >> 16));
        corrections++;
    }
    return sums;
}

MOTE_INLINE void mote_pairs_filter(const mote_pairs *work, const uint32_t *words, const uint32_t *end,
                                   const int8_t *weights, const int32_t *filter, int32_t index, int32_t size,
                                   int32_t low, int32_t high, int32_t raw)
{
    const mote_pairs_sums a = mote_pairs_dot(words, end, weights, filter + 2, size);
    const mote_pairs_sums b = mote_pairs_dot(words + 1, end + 1, weights, filter + 2, size);
    const int32_t sums[4] = {a.low, a.high, b.low, b.high};
    for (int32_t i = 0; i < 4; i++) {
        const int32_t acc = sums[i] + filter[0];
        const int64_t product = (int64_t)acc * (filter[1] & INT32_MAX);
        const int32_t y = (int32_t)((product + (int64_t)work->addend * 65536) >> 32);
        if (raw != 0) {
            ((int32_t *)work->out)[index * 4 + i] = acc;
        } else {
            ((int8_t *)work->out)[index + i * work->step] = (int8_t)(mote_clamp(y, 0, high - low) + low);
        }
    }
}

/**
 * Every filter. `size` products a group, `unroll` groups a turn of the loop, results within [low, high]
 * or raw sums; `depthwise` filters have words of their own. `exact` serves the assembly.
 */
MOTE_INLINE void mote_pairs_run(const mote_pairs *work, int32_t size, int32_t low, int32_t high, int32_t raw,
                                int32_t depthwise)
{
    const uint32_t *words = work->words;
    const uint32_t *end = work->end;
    const int32_t *filter = work->filters;
    const int32_t taps = (int32_t)(end - words) / 2;
    for (int32_t f = 0; f < work->count; f++) {
        const int8_t *weights = work->weights + f / 8 * 8 * taps + f % 8;
        mote_pairs_filter(work, words, end, weights, filter, f, size, low, high, raw);
        filter += 2;
        while (*filter != 0) {
            filter++;
        }
        filter++;
        if (depthwise != 0) {
            words += 2 * taps;
            end += 2 * taps;
        }
    }
}

#define MOTE_PAIRS_CORE(name, size, unroll, low, high, raw, depthwise, exact)                                \
    static MOTE_NOINLINE void name(const mote_pairs *work)                                                   \
    {                                                                                                        \
        mote_pairs_run(work, size, low, high, raw, depthwise);                                               \
    }

#endif
