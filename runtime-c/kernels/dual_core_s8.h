/* SPDX-License-Identifier: 0BSD */
/*
 * Hot loops of the packed int8 kernels, in C; the folder dsp has them in assembly, to the same bits.
 *
 * A stream has groups of four filters: their four starts (a, a + 256 b, c, c + 256 d), for each pair
 * of inputs two words (filters a and b, c and d) of two 16-bit sums 256 b + a, and four multipliers.
 * Inputs are 16-bit numbers; of every four, the first word has numbers 0 and 2, the second 1 and 3.
 */
#ifndef MOTE_DUAL_CORE_S8_H
#define MOTE_DUAL_CORE_S8_H

#include "mote_math.h"

/** Four accumulators of one of two pixels. */
MOTE_INLINE const int32_t *mote_dual_dot(const int16_t *x, const int32_t *stream, int32_t pairs, int32_t *acc)
{
    uint32_t sums[4];
    for (int32_t f = 0; f < 4; f++) {
        sums[f] = (uint32_t)stream[f];
    }
    stream += 4;
    for (int32_t i = 0; i < 2 * pairs; i += 2) {
        for (int32_t h = 0; h < 2; h++) {
            const int32_t a = x[2 * i + h];
            for (int32_t f = 0; f < 2; f++) {
                const int16_t v = (int16_t)((uint32_t)stream[i + f] >> (16 * h) & 0xFFFFu);
                sums[2 * f] += (uint32_t)(a * (int8_t)(v & 0xFF));
                sums[2 * f + 1] += (uint32_t)(a * v);
            }
        }
    }
    for (int32_t f = 0; f < 4; f += 2) {
        acc[f] = (int32_t)sums[f];
        acc[f + 1] = (int32_t)(sums[f + 1] - sums[f]) >> 8;
    }
    return stream + 2 * pairs;
}

/** Four accumulators stored in profile fast. */
MOTE_INLINE void mote_dual_store(const int32_t *acc, const int32_t *multipliers, int8_t *y,
                                   mote_requantization r)
{
    for (int32_t f = 0; f < 4; f++) {
        y[f] = (int8_t)mote_requantize(acc[f], f, multipliers, NULL, r);
    }
}

/**
 * Defines a function that makes 4 x groups filters of two pixels, whose words alternate in x; `pairs` is
 * even. Whether the loop's loads are split matters to the assembly only.
 */
#define MOTE_DUAL_PAIR(name, split, left_shift, low, high)                                                 \
    static MOTE_NOINLINE void name(const int16_t *x, const int32_t *stream, void *y0, void *y1,            \
                                   int32_t pairs, int32_t groups, int32_t zero_point)                      \
    {                                                                                                      \
        int8_t *to0 = (int8_t *)y0;                                                                        \
        int8_t *to1 = (int8_t *)y1;                                                                        \
        const mote_requantization r = {0, left_shift, 1, zero_point, low, high};                           \
        for (int32_t g = 0; g < groups; g++) {                                                             \
            int32_t acc[8];                                                                                \
            (void)mote_dual_dot(x, stream, pairs, acc);                                                 \
            stream = mote_dual_dot(x + 2, stream, pairs, acc + 4);                                      \
            mote_dual_store(acc, stream, to0 + 4 * g, r);                                                  \
            mote_dual_store(acc + 4, stream, to1 + 4 * g, r);                                              \
            stream += 4;                                                                                   \
        }                                                                                                  \
    }

/** The accumulators of one group of four filters, two pixels. */
#define MOTE_DUAL_PAIR_RAW(name, split)                                                                    \
    static MOTE_NOINLINE void name(const int16_t *x, const int32_t *stream, void *acc0, void *acc1,        \
                                   int32_t pairs, int32_t groups, int32_t zero_point)                      \
    {                                                                                                      \
        (void)groups;                                                                                      \
        (void)zero_point;                                                                                  \
        (void)mote_dual_dot(x, stream, pairs, (int32_t *)acc0);                                         \
        (void)mote_dual_dot(x + 2, stream, pairs, (int32_t *)acc1);                                     \
    }

/** A row of inputs: `stored` of them as they are, then words of two 16-bit numbers. */
typedef struct {
    const int8_t *x;
    int32_t stored;
    const int16_t *words;
    int32_t pairs;
} mote_dual_inputs;

/** Sums of one row. */
MOTE_INLINE const int32_t *mote_dual_row_dot(const mote_dual_inputs *from, const int32_t *stream,
                                             int32_t *acc)
{
    uint32_t sums[4];
    const int32_t *weights = stream + 4;
    for (int32_t f = 0; f < 4; f++) {
        sums[f] = (uint32_t)stream[f];
    }
    for (int32_t i = 0; i < from->stored / 2 + from->pairs; i++) {
        for (int32_t h = 0; h < 2; h++) {
            const int32_t k = i / 2 * 4 + i % 2 + 2 * h;
            const int32_t x = k < from->stored ? from->x[k] : from->words[2 * i + h - from->stored];
            for (int32_t f = 0; f < 2; f++) {
                const int16_t v = (int16_t)((uint32_t)weights[2 * i + f] >> (16 * h) & 0xFFFFu);
                sums[2 * f] += (uint32_t)(x * (int8_t)(v & 0xFF));
                sums[2 * f + 1] += (uint32_t)(x * v);
            }
        }
    }
    for (int32_t f = 0; f < 4; f += 2) {
        acc[f] = (int32_t)sums[f];
        acc[f + 1] = (int32_t)(sums[f + 1] - sums[f]) >> 8;
    }
    return weights + from->stored + 2 * from->pairs;
}

/**
 * Defines a function that makes 4 x groups filters of one row of inputs; in a turn of the loops, 8 x
 * eights of those that are stored and 4 x fours of the others.
 */
#define MOTE_DUAL_ROW(name, eights, fours, left_shift, low, high)                                          \
    static MOTE_NOINLINE void name(const mote_dual_inputs *from, const int32_t *stream, void *y,           \
                                   int32_t groups, int32_t zero_point)                                     \
    {                                                                                                      \
        int8_t *to = (int8_t *)y;                                                                          \
        const mote_requantization r = {0, left_shift, 1, zero_point, low, high};                           \
        for (int32_t g = 0; g < groups; g++) {                                                             \
            int32_t acc[4];                                                                                \
            stream = mote_dual_row_dot(from, stream, acc);                                                 \
            mote_dual_store(acc, stream, to + 4 * g, r);                                                   \
            stream += 4;                                                                                   \
        }                                                                                                  \
    }

/** The accumulators of one group of four filters, one row. */
#define MOTE_DUAL_ROW_RAW(name, eights, fours)                                                             \
    static MOTE_NOINLINE void name(const mote_dual_inputs *from, const int32_t *stream, void *acc,         \
                                   int32_t groups, int32_t zero_point)                                     \
    {                                                                                                      \
        (void)groups;                                                                                      \
        (void)zero_point;                                                                                  \
        (void)mote_dual_row_dot(from, stream, (int32_t *)acc);                                             \
    }

/** Four accumulators of a depthwise convolution: starts, two words a tap, multipliers. */
MOTE_INLINE const int32_t *mote_dual_taps(const int8_t *const *from, const int32_t *stream,
                                            int32_t taps, int32_t *acc)
{
    for (int32_t c = 0; c < 4; c++) {
        acc[c] = stream[c];
    }
    stream += 4;
    for (int32_t t = 0; t < taps; t++) {
        for (int32_t c = 0; c < 4; c++) {
            const uint32_t word = (uint32_t)stream[2 * t + (c & 1)];
            acc[c] += from[2 * t][c] * (int16_t)(word >> (c & 2) * 8 & 0xFFFFu);
        }
    }
    return stream + 2 * taps;
}

/** Defines a function that makes 4 x groups channels of two pixels, given pointers to their taps. */
#define MOTE_DUAL_TAPS(name, taps, left_shift, low, high)                                                  \
    static MOTE_NOINLINE void name(const int8_t *const *from, const int32_t *stream, void *y0,             \
                                   void *y1, int32_t groups, int32_t zero_point)                           \
    {                                                                                                      \
        int8_t *to0 = (int8_t *)y0;                                                                        \
        int8_t *to1 = (int8_t *)y1;                                                                        \
        const mote_requantization r = {0, left_shift, 1, zero_point, low, high};                           \
        const int8_t *at[2 * taps];                                                                        \
        for (int32_t g = 0; g < groups; g++) {                                                             \
            int32_t acc[8];                                                                                \
            for (int32_t t = 0; t < 2 * taps; t++) {                                                       \
                at[t] = from[t] + 4 * g;                                                                   \
            }                                                                                              \
            (void)mote_dual_taps(at, stream, taps, acc);                                                   \
            stream = mote_dual_taps(at + 1, stream, taps, acc + 4);                                        \
            mote_dual_store(acc, stream, to0 + 4 * g, r);                                                  \
            mote_dual_store(acc + 4, stream, to1 + 4 * g, r);                                              \
            stream += 4;                                                                                   \
        }                                                                                                  \
    }

/** The accumulators of one group of four channels, two pixels. */
#define MOTE_DUAL_TAPS_RAW(name, taps)                                                                     \
    static MOTE_NOINLINE void name(const int8_t *const *from, const int32_t *stream, void *acc0,           \
                                   void *acc1, int32_t groups, int32_t zero_point)                         \
    {                                                                                                      \
        (void)groups;                                                                                      \
        (void)zero_point;                                                                                  \
        (void)mote_dual_taps(from, stream, taps, (int32_t *)acc0);                                         \
        (void)mote_dual_taps(from + 1, stream, taps, (int32_t *)acc1);                                     \
    }

/** How a core makes a line of outputs of some channels. */
typedef struct {
    int32_t pairs;        /* of output pixels */
    int32_t odd;          /* 1 where one more pixel follows */
    int32_t channel_step; /* bytes of the input from one channel's rows to the next's */
    int32_t filter_step;  /* bytes of the output */
    int32_t pixel_step;   /* bytes of the output */
    int32_t zero_point;
    int32_t channels;
    int32_t first; /* which of the three rows of x is the window's first; the others follow in a ring */
} mote_dual_line;

/** One accumulator: three rows of x against words (w0, w1), (w1, w2) of every row, and a start. */
MOTE_INLINE int32_t mote_dual_nine(const int16_t *x, int32_t pitch, int32_t first, const int32_t *stream)
{
    int32_t acc = stream[6];
    for (int32_t r = 0; r < 3; r++) {
        const int16_t *row = x + 2 * pitch * ((first + r) % 3);
        acc += row[0] * (int16_t)((uint32_t)stream[2 * r] & 0xFFFFu);
        acc += row[1] * (int16_t)((uint32_t)stream[2 * r] >> 16);
        acc += row[2] * (int16_t)((uint32_t)stream[2 * r + 1] >> 16);
    }
    return acc;
}

#define MOTE_DUAL_LINE_LOOP(stride, pitch, store)                                                          \
    for (int32_t c = 0; c < line->channels; c++) {                                                         \
        for (int32_t i = 0; i < 2 * line->pairs + line->odd; i++) {                                        \
            const int32_t acc = mote_dual_nine(x + i * stride, pitch, line->first, stream);                \
            int8_t *to = (int8_t *)y + i * line->pixel_step;                                               \
            store;                                                                                         \
        }                                                                                                  \
        x += line->channel_step / 2;                                                                       \
        y = (int8_t *)y + line->filter_step;                                                               \
        stream += 8;                                                                                       \
    }

/** Defines a function that makes a line of a 3x3 depthwise convolution; `pitch` words to a row. */
#define MOTE_DUAL_LINE(name, stride, pitch, left_shift, low, high)                                         \
    static MOTE_NOINLINE void name(const int16_t *x, const int32_t *stream, void *y,                       \
                                   const mote_dual_line *line)                                             \
    {                                                                                                      \
        const mote_requantization r = {0, left_shift, 0, line->zero_point, low, high};                     \
        MOTE_DUAL_LINE_LOOP(stride, pitch, *to = (int8_t)mote_requantize(acc, 0, stream + 7, NULL, r))     \
    }

/** The line's accumulators. */
#define MOTE_DUAL_LINE_RAW(name, stride, pitch)                                                            \
    static MOTE_NOINLINE void name(const int16_t *x, const int32_t *stream, void *y,                       \
                                   const mote_dual_line *line)                                             \
    {                                                                                                      \
        MOTE_DUAL_LINE_LOOP(stride, pitch, *(int32_t *)(void *)to = acc)                                   \
    }

#endif
