/* SPDX-License-Identifier: 0BSD */
/* The transform of inputs of winograd_conv_2d_s8.h for Armv7E-M and Armv8-M with DSP instructions. */
#ifndef MOTE_WINOGRAD_INPUT_S8_H
#define MOTE_WINOGRAD_INPUT_S8_H

#if !defined(__ARM_FEATURE_DSP)
#error "This needs DSP instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "winograd_s8.h"

/* Two channels of a column's four rows, in r8 to r11, to word `at` of four rows of six on the stack. */
#define MOTE_WINOGRAD_ASM_ROWS(at)                                                                         \
    "ssub16 r12, r8, r10\n"                                                                                \
    "sadd16 r8, r9, r10\n"                                                                                 \
    "str r12, [sp, #" at "]\n"                                                                             \
    "str r8, [sp, #" at " + 24]\n"                                                                         \
    "ssub16 r12, r10, r9\n"                                                                                \
    "ssub16 r8, r9, r11\n"                                                                                 \
    "str r12, [sp, #" at " + 48]\n"                                                                        \
    "str r8, [sp, #" at " + 72]\n"
/* Four channels of a column at r0, whose other rows lie r1, lr and r3 from there. */
#define MOTE_WINOGRAD_ASM_COLUMN                                                                           \
    "ldr r4, [r0]\n"                                                                                       \
    "ldr r5, [r0, r1]\n"                                                                                   \
    "ldr r6, [r0, lr]\n"                                                                                   \
    "ldr r7, [r0, r3]\n"                                                                                   \
    "sxtb16 r8, r4\n"                                                                                      \
    "sxtb16 r9, r5\n"                                                                                      \
    "sxtb16 r10, r6\n"                                                                                     \
    "sxtb16 r11, r7\n"                                                                                     \
    MOTE_WINOGRAD_ASM_ROWS("mote_winograd_at")                                                             \
    "sxtb16 r8, r4, ror #8\n"                                                                              \
    "sxtb16 r9, r5, ror #8\n"                                                                              \
    "sxtb16 r10, r6, ror #8\n"                                                                             \
    "sxtb16 r11, r7, ror #8\n"                                                                             \
    MOTE_WINOGRAD_ASM_ROWS("mote_winograd_at + 96")                                                        \
    "add r0, r2\n"                                                                                         \
    ".set mote_winograd_at, mote_winograd_at + 4\n"
/* A row of six words at lr to those of four positions of two tiles at r0. */
#define MOTE_WINOGRAD_ASM_TILES                                                                            \
    "ldm lr!, {r4-r9}\n"                                                                                   \
    "ssub16 r1, r4, r6\n"                                                                                  \
    "ssub16 r2, r6, r8\n"                                                                                  \
    "sadd16 r3, r5, r6\n"                                                                                  \
    "sadd16 r4, r7, r8\n"                                                                                  \
    "ssub16 r12, r7, r9\n"                                                                                 \
    "ssub16 r9, r6, r5\n"                                                                                  \
    "ssub16 r10, r8, r7\n"                                                                                 \
    "ssub16 r11, r5, r7\n"                                                                                 \
    "stm r0!, {r1-r4, r9-r12}\n"

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
            "ldrd lr, r3, [sp, #200]\n"
            "ldr r2, [sp, #208]\n"
            "adds r4, r0, #4\n"
            "str r4, [sp, #192]\n"
            ".set mote_winograd_at, 0\n"
            ".rept 6\n"
            MOTE_WINOGRAD_ASM_COLUMN
            ".endr\n"
            "mov lr, sp\n"
            "ldr r0, [sp, #216]\n"
            ".rept 8\n"
            MOTE_WINOGRAD_ASM_TILES
            ".endr\n"
            "ldr r1, [sp, #212]\n"
            "str r0, [sp, #216]\n"
            "subs r1, #1\n"
            "str r1, [sp, #212]\n"
            "bne.w 1b\n"
            "add sp, #220\n"
            "pop {r4-r11, pc}\n");
}

#endif
