/* SPDX-License-Identifier: 0BSD */
/*
 * Checks of a program built with MOTE_CHECK_ARENA: what lies in the arena is overwritten with a pattern
 * where its life ends, and must still be the pattern where the next one begins.
 */
#ifndef MOTE_CHECK_ARENA_H
#define MOTE_CHECK_ARENA_H

#include "mote.h"

#define MOTE_ARENA_PATTERN 0xA5u

/** Bytes of an arena that come into use with a step, or are no longer used from a step on. */
typedef struct {
    uint32_t step, arena, offset, bytes;
} mote_arena_piece;

/** A table ends with a step of UINT32_MAX. */
typedef struct {
    const mote_arena_piece *opened, *closed;
    uint32_t step;
    mote_status status;
} mote_arena_check;

/** Ends the step before and begins the next one. */
MOTE_INLINE void mote_arena_step(mote_arena_check *check, unsigned char *const *arenas)
{
    for (; check->closed->step == check->step; check->closed++) {
        unsigned char *const arena = arenas[check->closed->arena];
        for (uint32_t i = 0; i < check->closed->bytes; i++) {
            arena[check->closed->offset + i] = MOTE_ARENA_PATTERN;
        }
    }
    for (; check->opened->step == check->step; check->opened++) {
        const unsigned char *const arena = arenas[check->opened->arena];
        for (uint32_t i = 0; i < check->opened->bytes; i++) {
            if (arena[check->opened->offset + i] != MOTE_ARENA_PATTERN) {
                check->status = MOTE_ERROR_ARENA_OVERWRITTEN;
            }
        }
    }
    check->step++;
}

#endif
