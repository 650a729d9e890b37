/* SPDX-License-Identifier: 0BSD */
/* Sequences whose first elements are in reverse order, as many as is said of each. */
#ifndef MOTE_REVERSE_SEQUENCE_H
#define MOTE_REVERSE_SEQUENCE_H

#include <string.h>

#include "mote_math.h"

/** x and y: [batch][time][bytes], or [time][batch][bytes], which is time_first. */
typedef struct {
    int32_t batch, time, bytes;
    int32_t time_first;
} mote_reverse_sequence_shape;

/** lengths: [batch]; those below 0 or above `time` are the nearest that is possible. */
MOTE_INLINE void mote_reverse_sequence(const void *x, const int64_t *lengths, void *y,
                                       mote_reverse_sequence_shape s)
{
    const int32_t batch_step = s.time_first != 0 ? s.bytes : s.time * s.bytes;
    const int32_t time_step = s.time_first != 0 ? s.batch * s.bytes : s.bytes;
    for (int32_t b = 0; b < s.batch; b++) {
        const uint8_t *from = (const uint8_t *)x + b * batch_step;
        uint8_t *to = (uint8_t *)y + b * batch_step;
        const int64_t given = lengths[b];
        const int32_t length = given < 0 ? 0 : (given > s.time ? s.time : (int32_t)given);
        for (int32_t t = 0; t < s.time; t++) {
            const int32_t at = t < length ? length - 1 - t : t;
            memcpy(to + t * time_step, from + at * time_step, (size_t)s.bytes);
        }
    }
}

#endif
