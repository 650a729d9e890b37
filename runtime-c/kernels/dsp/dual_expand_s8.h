/* SPDX-License-Identifier: 0BSD */
/*
 * How inputs of the packed int8 kernels are laid out as 16-bit numbers,
 * for Armv7E-M and Armv8-M with DSP instructions.
 */
#ifndef MOTE_DUAL_EXPAND_S8_H
#define MOTE_DUAL_EXPAND_S8_H

#if !defined(__ARM_FEATURE_DSP)
#error "This needs DSP instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "dual_core_s8.h"

#include <string.h>

/** Four bytes to two words of two 16-bit numbers: 0 and 2, then 1 and 3, `step` halfwords after. */
MOTE_INLINE void mote_dual_expand(const int8_t *x, int16_t *to, int32_t step)
{
    uint32_t bytes;
    uint32_t even;
    uint32_t odd;
    memcpy(&bytes, x, sizeof bytes);
    __asm__("sxtb16 %0, %1" : "=r"(even) : "r"(bytes));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(bytes));
    memcpy(to, &even, sizeof even);
    memcpy(to + step, &odd, sizeof odd);
}

/**
 * Defines a function that lays out two columns a word: four channels of `count` pairs of columns, with
 * `across` bytes from column to column, and `step` bytes from channel to channel where they go.
 */
#define MOTE_DUAL_SPREAD(name)                                                                             \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *x, MOTE_ARGUMENT int32_t across,                      \
                         MOTE_ARGUMENT int16_t *to, MOTE_ARGUMENT int32_t step,                            \
                         MOTE_ARGUMENT int32_t count)                                                      \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r11, lr}\n"                                                                      \
                "ldr lr, [sp, #36]\n"                                                                      \
                "add r12, r3, r3, lsl #1\n"                                                                \
                "cmp lr, #0\n"                                                                             \
                "beq.w 2f\n"                                                                               \
                "1:\n"                                                                                     \
                "ldr r4, [r0]\n"                                                                           \
                "ldr r5, [r0, r1]\n"                                                                       \
                "add r0, r0, r1, lsl #1\n"                                                                 \
                "sxtb16 r6, r4\n"                                                                          \
                "sxtb16 r7, r5\n"                                                                          \
                "sxtb16 r4, r4, ror #8\n"                                                                  \
                "sxtb16 r5, r5, ror #8\n"                                                                  \
                "pkhbt r8, r6, r7, lsl #16\n"                                                              \
                "pkhbt r9, r4, r5, lsl #16\n"                                                              \
                "pkhtb r10, r7, r6, asr #16\n"                                                             \
                "pkhtb r11, r5, r4, asr #16\n"                                                             \
                "str r9, [r2, r3]\n"                                                                       \
                "str r10, [r2, r3, lsl #1]\n"                                                              \
                "str r11, [r2, r12]\n"                                                                     \
                "str r8, [r2], #4\n"                                                                       \
                "subs lr, #1\n"                                                                            \
                "bne.w 1b\n"                                                                               \
                "2:\n"                                                                                     \
                "pop {r4-r11, pc}\n");                                                                     \
    }

#define MOTE_DUAL_ASM_LOAD(c, d)                                                                           \
    "ldr " c ", [r0], #4\n"                                                                                \
    "ldr " d ", [r1], #4\n"
/* Four inputs of two pixels, in c and d, to words a to d. */
#define MOTE_DUAL_ASM_EXTEND(a, b, c, d)                                                                   \
    "sxtb16 " a ", " c "\n"                                                                                \
    "sxtb16 " b ", " d "\n"                                                                                \
    "sxtb16 " c ", " c ", ror #8\n"                                                                        \
    "sxtb16 " d ", " d ", ror #8\n"
/* Eight inputs of two pixels. */
#define MOTE_DUAL_ASM_EIGHT                                                                                \
    MOTE_DUAL_ASM_LOAD("r6", "r7")                                                                         \
    MOTE_DUAL_ASM_LOAD("r10", "r11")                                                                       \
    MOTE_DUAL_ASM_EXTEND("r4", "r5", "r6", "r7")                                                           \
    MOTE_DUAL_ASM_EXTEND("r8", "r9", "r10", "r11")                                                         \
    "stm r2!, {r4-r11}\n"

/**
 * Defines a function that lays out inputs of two pixels for MOTE_DUAL_PAIR: `rows` times `count` of them,
 * a multiple of 4, the rows `step` bytes apart.
 */
#define MOTE_DUAL_EXPAND(name)                                                                             \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *x0, MOTE_ARGUMENT const int8_t *x1,                   \
                         MOTE_ARGUMENT int16_t *to, MOTE_ARGUMENT int32_t count,                           \
                         MOTE_ARGUMENT int32_t rows, MOTE_ARGUMENT int32_t step)                           \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r11, lr}\n"                                                                      \
                "ldr r12, [sp, #40]\n"                                                                     \
                "subs r12, r12, r3\n"                                                                      \
                "1:\n"                                                                                     \
                "tst r3, #4\n"                                                                             \
                "beq.w 2f\n"                                                                               \
                MOTE_DUAL_ASM_LOAD("r6", "r7")                                                             \
                MOTE_DUAL_ASM_EXTEND("r4", "r5", "r6", "r7")                                               \
                "stm r2!, {r4-r7}\n"                                                                       \
                "2:\n"                                                                                     \
                "tst r3, #8\n"                                                                             \
                "beq.w 3f\n"                                                                               \
                MOTE_DUAL_ASM_EIGHT                                                                        \
                "3:\n"                                                                                     \
                "bics lr, r3, #15\n"                                                                       \
                "beq.w 5f\n"                                                                               \
                "4:\n"                                                                                     \
                MOTE_DUAL_ASM_EIGHT                                                                        \
                MOTE_DUAL_ASM_EIGHT                                                                        \
                "subs lr, lr, #16\n"                                                                       \
                "bne.w 4b\n"                                                                               \
                "5:\n"                                                                                     \
                "ldr lr, [sp, #36]\n"                                                                      \
                "add r0, r0, r12\n"                                                                        \
                "add r1, r1, r12\n"                                                                        \
                "subs lr, lr, #1\n"                                                                        \
                "str lr, [sp, #36]\n"                                                                      \
                "bne.w 1b\n"                                                                               \
                "pop {r4-r11, pc}\n");                                                                     \
    }

/** The same for inputs at `count` offsets, a multiple of 4, from x0 and from x1. */
#define MOTE_DUAL_GATHER(name)                                                                             \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *x0, MOTE_ARGUMENT const int8_t *x1,                   \
                         MOTE_ARGUMENT int16_t *to, MOTE_ARGUMENT const int32_t *offsets,                  \
                         MOTE_ARGUMENT int32_t count)                                                      \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r11, lr}\n"                                                                      \
                "ldr lr, [sp, #36]\n"                                                                      \
                "1:\n"                                                                                     \
                "ldm r3!, {r4-r7}\n"                                                                       \
                "ldrsb r8, [r0, r4]\n"                                                                     \
                "ldrsb r4, [r1, r4]\n"                                                                     \
                "ldrsb r9, [r0, r6]\n"                                                                     \
                "ldrsb r6, [r1, r6]\n"                                                                     \
                "ldrsb r10, [r0, r5]\n"                                                                    \
                "ldrsb r5, [r1, r5]\n"                                                                     \
                "ldrsb r11, [r0, r7]\n"                                                                    \
                "ldrsb r7, [r1, r7]\n"                                                                     \
                "pkhbt r8, r8, r9, lsl #16\n"                                                              \
                "pkhbt r9, r4, r6, lsl #16\n"                                                              \
                "pkhbt r10, r10, r11, lsl #16\n"                                                           \
                "pkhbt r11, r5, r7, lsl #16\n"                                                             \
                "stm r2!, {r8-r11}\n"                                                                      \
                "subs lr, lr, #4\n"                                                                        \
                "bne.w 1b\n"                                                                               \
                "pop {r4-r11, pc}\n");                                                                     \
    }

/** Defines a function that copies `count` bytes, more than none, that lie `step` bytes apart. */
#define MOTE_DUAL_COPY(name)                                                                               \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *x, MOTE_ARGUMENT int8_t *to,                          \
                         MOTE_ARGUMENT int32_t count, MOTE_ARGUMENT int32_t step)                          \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "1:\n"                                                                                     \
                "ldrb r12, [r0]\n"                                                                         \
                "add r0, r0, r3\n"                                                                         \
                "subs r2, r2, #1\n"                                                                        \
                "strb r12, [r1], #1\n"                                                                     \
                "bne.w 1b\n"                                                                               \
                "bx lr\n");                                                                                \
    }

#endif
