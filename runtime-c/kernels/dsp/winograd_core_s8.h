/* SPDX-License-Identifier: 0BSD */
/* The products of winograd_conv_2d_s8.h for Armv7E-M and Armv8-M with DSP instructions. */
#ifndef MOTE_WINOGRAD_CORE_S8_H
#define MOTE_WINOGRAD_CORE_S8_H

#if !defined(__ARM_FEATURE_DSP)
#error "This needs DSP instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "winograd_s8.h"

/** The stored number of an accumulator in profile fast, which does not leave 32 bits when shifted. */
MOTE_INLINE int8_t mote_winograd_rescale(int32_t acc, int32_t multiplier, mote_requantization r)
{
    const int32_t shifted = (int32_t)((uint32_t)acc << r.left_shift);
    int32_t y;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(y) : "r"(shifted), "r"(multiplier), "r"(r.zero_point));
    if (r.min == -128 && r.max == 127) {
        __asm__("ssat %0, #8, %1" : "=r"(y) : "r"(y));
        return (int8_t)y;
    }
    return (int8_t)mote_clamp(y, r.min, r.max);
}

/* Products with two channels of two tiles in r2 and r3: the first (smuad) or further ones (smlad). */
#define MOTE_WINOGRAD_ASM_PAIR(r4, r5, r6, r7, r8, r9, r10, r11, multiply)                                 \
    "ldrd r2, r3, [r0], #128\n"                                                                            \
    "ldrd r12, lr, [r1], #8\n"                                                                             \
    multiply " r4, r12, r2" r4 "\n"                                                                        \
    multiply " r8, r12, r3" r8 "\n"                                                                        \
    multiply " r5, lr, r2" r5 "\n"                                                                         \
    multiply " r9, lr, r3" r9 "\n"                                                                         \
    "ldrd r12, lr, [r1], #8\n"                                                                             \
    multiply " r6, r12, r2" r6 "\n"                                                                        \
    multiply " r10, r12, r3" r10 "\n"                                                                      \
    multiply " r7, lr, r2" r7 "\n"                                                                         \
    multiply " r11, lr, r3" r11 "\n"
#define MOTE_WINOGRAD_ASM_FIRST MOTE_WINOGRAD_ASM_PAIR("", "", "", "", "", "", "", "", "smuad")
#define MOTE_WINOGRAD_ASM_NEXT                                                                             \
    MOTE_WINOGRAD_ASM_PAIR(", r4", ", r5", ", r6", ", r7", ", r8", ", r9", ", r10", ", r11", "smlad")

/**
 * Defines a function that makes the products of two tiles and four filters, m: [16 positions][2 tiles]
 * [4 filters], of weights u: [16 positions][pair of channels][4 filters]; sums wrap round.
 * Frame: m, its end, turns left.
 */
#define MOTE_WINOGRAD_TILES(name, unroll, turns)                                                           \
    MOTE_NAKED void name(MOTE_ARGUMENT const uint32_t *v,                                                  \
                         MOTE_ARGUMENT const int32_t *u,                                                   \
                         MOTE_ARGUMENT int32_t *m)                                                         \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r11, lr}\n"                                                                      \
                "sub sp, #12\n"                                                                            \
                "add r3, r2, #512\n"                                                                       \
                "strd r2, r3, [sp]\n"                                                                      \
                "1:\n"                                                                                     \
                ".if " #turns " > 1\n"                                                                     \
                "movs r2, #" #turns "\n"                                                                   \
                "str r2, [sp, #8]\n"                                                                       \
                MOTE_WINOGRAD_ASM_FIRST                                                                    \
                "b.w 3f\n"                                                                                 \
                "2:\n"                                                                                     \
                MOTE_WINOGRAD_ASM_NEXT                                                                     \
                "3:\n"                                                                                     \
                ".rept " #unroll " - 1\n"                                                                  \
                MOTE_WINOGRAD_ASM_NEXT                                                                     \
                ".endr\n"                                                                                  \
                "ldr r2, [sp, #8]\n"                                                                       \
                "subs r2, #1\n"                                                                            \
                "str r2, [sp, #8]\n"                                                                       \
                "bne.w 2b\n"                                                                               \
                ".else\n"                                                                                  \
                MOTE_WINOGRAD_ASM_FIRST                                                                    \
                ".rept " #unroll " - 1\n"                                                                  \
                MOTE_WINOGRAD_ASM_NEXT                                                                     \
                ".endr\n"                                                                                  \
                ".endif\n"                                                                                 \
                "ldrd r2, r3, [sp]\n"                                                                      \
                "movw r12, #(128 * " #unroll " * " #turns " - 8)\n"                                        \
                "sub r0, r0, r12\n"                                                                        \
                "stm r2!, {r4-r11}\n"                                                                      \
                "str r2, [sp]\n"                                                                           \
                "cmp r2, r3\n"                                                                             \
                "bne.w 1b\n"                                                                               \
                "add sp, #12\n"                                                                            \
                "pop {r4-r11, pc}\n");                                                                     \
    }

#endif
