/* SPDX-License-Identifier: 0BSD */
/* The products of winograd_conv_2d_s8.h for Armv7-M. */
#ifndef MOTE_WINOGRAD_CORE_S8_H
#define MOTE_WINOGRAD_CORE_S8_H

#if !defined(__ARM_ARCH_ISA_THUMB) || __ARM_ARCH_ISA_THUMB < 2
#error "This needs Thumb-2 instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "winograd_s8.h"

/** The stored number of an accumulator in profile fast, which does not leave 32 bits when shifted. */
MOTE_INLINE int8_t mote_winograd_rescale(int32_t acc, int32_t multiplier, mote_requantization r)
{
    return (int8_t)mote_requantize(acc, 0, &multiplier, NULL, r);
}

/* One channel of two tiles in r2 and r3 by a filter in r12: the first products, or further ones. */
#define MOTE_WINOGRAD_ASM_FILTER(a, b, first)                                                              \
    ".if " #first "\n"                                                                                     \
    "mul " a ", r12, r2\n"                                                                                 \
    "mul " b ", r12, r3\n"                                                                                 \
    ".else\n"                                                                                              \
    "mla " a ", r12, r2, " a "\n"                                                                          \
    "mla " b ", r12, r3, " b "\n"                                                                          \
    ".endif\n"
/* Two channels of two tiles by four filters. */
#define MOTE_WINOGRAD_ASM_PAIR(first)                                                                      \
    "ldrsh r2, [r0, #2]\n"                                                                                 \
    "ldrsh r3, [r0, #6]\n"                                                                                 \
    "ldrsh r12, [r1, #2]\n"                                                                                \
    MOTE_WINOGRAD_ASM_FILTER("r4", "r8", first)                                                            \
    "ldrsh r12, [r1, #6]\n"                                                                                \
    MOTE_WINOGRAD_ASM_FILTER("r5", "r9", first)                                                            \
    "ldrsh r12, [r1, #10]\n"                                                                               \
    MOTE_WINOGRAD_ASM_FILTER("r6", "r10", first)                                                           \
    "ldrsh r12, [r1, #14]\n"                                                                               \
    MOTE_WINOGRAD_ASM_FILTER("r7", "r11", first)                                                           \
    "ldrsh r3, [r0, #4]\n"                                                                                 \
    "ldrsh r2, [r0], #128\n"                                                                               \
    "ldrsh r12, [r1, #4]\n"                                                                                \
    MOTE_WINOGRAD_ASM_FILTER("r5", "r9", 0)                                                                \
    "ldrsh r12, [r1, #8]\n"                                                                                \
    MOTE_WINOGRAD_ASM_FILTER("r6", "r10", 0)                                                               \
    "ldrsh r12, [r1, #12]\n"                                                                               \
    MOTE_WINOGRAD_ASM_FILTER("r7", "r11", 0)                                                               \
    "ldrsh r12, [r1], #16\n"                                                                               \
    MOTE_WINOGRAD_ASM_FILTER("r4", "r8", 0)

/**
 * Defines a function that makes the products of two tiles and four filters, m: [16 positions][2 tiles]
 * [4 filters], of weights u: [16 positions][pair of channels][4 filters]; sums wrap round. Two pairs stand
 * in the loop. Frame: m, its end.
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
                "movw lr, #(128 * " #unroll " * " #turns ")\n"                                             \
                "add lr, r0\n"                                                                             \
                MOTE_WINOGRAD_ASM_PAIR(1)                                                                  \
                "b.w 3f\n"                                                                                 \
                "2:\n"                                                                                     \
                MOTE_WINOGRAD_ASM_PAIR(0)                                                                  \
                "3:\n"                                                                                     \
                MOTE_WINOGRAD_ASM_PAIR(0)                                                                  \
                "cmp r0, lr\n"                                                                             \
                "bne.w 2b\n"                                                                               \
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
