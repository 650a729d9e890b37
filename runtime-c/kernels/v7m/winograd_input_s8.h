/* SPDX-License-Identifier: 0BSD */
/*
 * The transform of inputs of winograd_conv_2d_s8.h for Armv7-M. A word is the sum of one number and 2^16
 * times another, so that 32-bit sums and differences serve both; what the lower one borrowed is given
 * back at the end. Inputs are taken with 128 added, which only position (1, 1) sees, four times.
 */
#ifndef MOTE_WINOGRAD_INPUT_S8_H
#define MOTE_WINOGRAD_INPUT_S8_H

#if !defined(__ARM_ARCH_ISA_THUMB) || __ARM_ARCH_ISA_THUMB < 2
#error "This needs Thumb-2 instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "winograd_s8.h"

/* Two channels of a column's four rows, in r8 to r11, to word `at` of four rows of six on the stack. */
#define MOTE_WINOGRAD_ASM_ROWS(at)                                                                         \
    "sub r8, r8, r10\n"                                                                                   \
    "str r8, [sp, #" at "]\n"                                                                             \
    "add r8, r9, r10\n"                                                                                   \
    "str r8, [sp, #" at " + 24]\n"                                                                        \
    "sub r8, r10, r9\n"                                                                                   \
    "str r8, [sp, #" at " + 48]\n"                                                                        \
    "sub r8, r9, r11\n"                                                                                   \
    "str r8, [sp, #" at " + 72]\n"
/* Four channels of a column at r0, whose other rows lie r1, r12 and r3 from there; lr is 0x00FF00FF. */
#define MOTE_WINOGRAD_ASM_COLUMN                                                                           \
    "ldr r4, [r0]\n"                                                                                       \
    "ldr r5, [r0, r1]\n"                                                                                   \
    "ldr r6, [r0, r12]\n"                                                                                  \
    "ldr r7, [r0, r3]\n"                                                                                   \
    "eor r4, r4, #0x80808080\n"                                                                            \
    "eor r5, r5, #0x80808080\n"                                                                            \
    "eor r6, r6, #0x80808080\n"                                                                            \
    "eor r7, r7, #0x80808080\n"                                                                            \
    "and r8, lr, r4\n"                                                                                     \
    "and r9, lr, r5\n"                                                                                     \
    "and r10, lr, r6\n"                                                                                    \
    "and r11, lr, r7\n"                                                                                    \
    MOTE_WINOGRAD_ASM_ROWS("mote_winograd_at")                                                             \
    "and r8, lr, r4, lsr #8\n"                                                                             \
    "and r9, lr, r5, lsr #8\n"                                                                             \
    "and r10, lr, r6, lsr #8\n"                                                                            \
    "and r11, lr, r7, lsr #8\n"                                                                            \
    MOTE_WINOGRAD_ASM_ROWS("mote_winograd_at + 96")                                                        \
    "add r0, r2\n"                                                                                         \
    ".set mote_winograd_at, mote_winograd_at + 4\n"
/* A sum of two numbers to two numbers. */
#define MOTE_WINOGRAD_ASM_HALVES(a)                                                                        \
    "add " a ", " a ", #0x8000\n"                                                                          \
    "eor " a ", " a ", #0x8000\n"
/* A row of six words at lr to those of four positions of two tiles at r0. */
#define MOTE_WINOGRAD_ASM_TILES                                                                            \
    "ldm lr!, {r4-r9}\n"                                                                                   \
    "sub r1, r4, r6\n"                                                                                     \
    "sub r2, r6, r8\n"                                                                                     \
    "add r3, r5, r6\n"                                                                                     \
    "add r4, r7, r8\n"                                                                                     \
    "sub r12, r7, r9\n"                                                                                    \
    "sub r9, r6, r5\n"                                                                                     \
    "sub r10, r8, r7\n"                                                                                    \
    "sub r11, r5, r7\n"                                                                                    \
    ".if mote_winograd_at == 1\n"                                                                          \
    "sub r3, r3, #0x02000200\n"                                                                            \
    "sub r4, r4, #0x02000200\n"                                                                            \
    ".endif\n"                                                                                             \
    MOTE_WINOGRAD_ASM_HALVES("r1")                                                                         \
    MOTE_WINOGRAD_ASM_HALVES("r2")                                                                         \
    MOTE_WINOGRAD_ASM_HALVES("r3")                                                                         \
    MOTE_WINOGRAD_ASM_HALVES("r4")                                                                         \
    MOTE_WINOGRAD_ASM_HALVES("r9")                                                                         \
    MOTE_WINOGRAD_ASM_HALVES("r10")                                                                        \
    MOTE_WINOGRAD_ASM_HALVES("r11")                                                                        \
    MOTE_WINOGRAD_ASM_HALVES("r12")                                                                        \
    "stm r0!, {r1-r4, r9-r12}\n"                                                                           \
    ".set mote_winograd_at, (mote_winograd_at + 1) % 4\n"

/** Transforms two tiles that share two columns. Frame: 48 words, x, three rows, column, quads, v. */
MOTE_NAKED void mote_winograd_input(MOTE_ARGUMENT const mote_winograd_patch *from,
                                    MOTE_ARGUMENT uint32_t *v)
{
    __asm__(".syntax unified\n"
            "push {r4-r11, lr}\n"
            "sub sp, #220\n"
            "ldm r0, {r2-r7}\n"
            "add r8, sp, #192\n"
            "stm r8, {r2-r7}\n"
            "str r1, [sp, #216]\n"
            "1:\n"
            "ldrd r0, r1, [sp, #192]\n"
            "ldrd r12, r3, [sp, #200]\n"
            "ldr r2, [sp, #208]\n"
            "mov lr, #0x00FF00FF\n"
            "adds r4, r0, #4\n"
            "str r4, [sp, #192]\n"
            ".set mote_winograd_at, 0\n"
            ".rept 6\n"
            MOTE_WINOGRAD_ASM_COLUMN
            ".endr\n"
            "mov lr, sp\n"
            "ldr r0, [sp, #216]\n"
            ".set mote_winograd_at, 0\n"
            ".rept 8\n"
            MOTE_WINOGRAD_ASM_TILES
            ".endr\n");
    __asm__("ldr r1, [sp, #212]\n" /* apart, since C99 promises string literals of 4095 characters only */
            "str r0, [sp, #216]\n"
            "subs r1, #1\n"
            "str r1, [sp, #212]\n"
            "bne.w 1b\n"
            "add sp, #220\n"
            "pop {r4-r11, pc}\n");
}

#endif
