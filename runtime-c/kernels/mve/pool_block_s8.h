/* SPDX-License-Identifier: 0BSD */
/* A window of a pool over up to 16 channels side by side, int8, on Helium. */
#ifndef MOTE_POOL_BLOCK_S8_H
#define MOTE_POOL_BLOCK_S8_H

#if !defined(__ARM_FEATURE_MVE)
#error "This needs Helium instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include <arm_mve.h>

#include "pool_taps.h"

/** Channels of a block, at most. */
#define MOTE_POOL_BLOCK 16

/** The sums of up to 256 elements for each of some channels; `sums` has room for a block. */
MOTE_INLINE void mote_pool_sums(const int8_t *x, int16_t *sums, mote_pool_taps t, int32_t channels)
{
    const mve_pred16_t first = vctp16q((uint32_t)channels);
    const mve_pred16_t second = vctp16q(channels > 8 ? (uint32_t)(channels - 8) : 0);
    int16x8_t low = vdupq_n_s16(0);
    int16x8_t high = vdupq_n_s16(0);
    for (int32_t i = 0; i < t.rows; i++) {
        const int8_t *at = x + mote_pool_row(t, i);
        for (int32_t j = 0; j < t.columns; j++) {
            low = vaddq_s16(low, vldrbq_z_s16(at, first));
            high = vaddq_s16(high, vldrbq_z_s16(at + 8, second));
            at += t.across;
        }
    }
    vst1q_s16(sums, low);
    vst1q_s16(sums + 8, high);
}

/** The largest element for each of some channels, clamped. */
MOTE_INLINE void mote_pool_largest(const int8_t *x, int8_t *y, mote_pool_taps t, int32_t channels,
                                   int32_t low, int32_t high)
{
    const mve_pred16_t all = vctp8q((uint32_t)channels);
    int8x16_t largest = vdupq_n_s8((int8_t)low);
    for (int32_t i = 0; i < t.rows; i++) {
        const int8_t *at = x + mote_pool_row(t, i);
        for (int32_t j = 0; j < t.columns; j++) {
            largest = vmaxq_s8(largest, vldrbq_z_s8(at, all));
            at += t.across;
        }
    }
    vstrbq_p_s8(y, vminq_s8(largest, vdupq_n_s8((int8_t)high)), all);
}

#endif
