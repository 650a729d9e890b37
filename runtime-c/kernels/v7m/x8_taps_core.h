/* SPDX-License-Identifier: 0BSD */
/*
 * The sums of eight channels of a depthwise convolution at one pixel for Armv7-M, in r4 to r11. Stack: end
 * of the offsets, sums, multipliers, the rest of the argument, from the second word.
 */
#ifndef MOTE_X8_TAPS_CORE_H
#define MOTE_X8_TAPS_CORE_H

#if !defined(__ARM_ARCH_ISA_THUMB) || __ARM_ARCH_ISA_THUMB < 2
#error "This needs Thumb-2 instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "x8_taps.h"

#define MOTE_X8_TAPS_CORE(name, taps, low, high, raw)                                                        \
    static __attribute__((naked, noinline, used)) void name(                                                 \
        __attribute__((unused)) const mote_x8_taps *work)                                                    \
    {                                                                                                        \
        __asm__(                                                                                             \
            ".syntax unified\n"                                                                              \
            "push {r4-r11, lr}\n"                                                                            \
            "sub sp, #20\n"                                                                                  \
            "ldm r0!, {r1-r6}\n" /* base, offsets, end, weights, filters, sums */                            \
            "mov lr, r1\n"                                                                                   \
            "mov r1, r4\n"                                                                                   \
            "str r3, [sp, #4]\n"                                                                             \
            "str r6, [sp, #8]\n"                                                                             \
            "str r0, [sp, #16]\n"                                                                            \
            "mov r0, r2\n"                                                                                   \
            "mov r3, r5\n"                                                                                   \
            "ldm r3!, {r4-r11}\n"                                                                            \
            "str r3, [sp, #12]\n"                                                                            \
            ".if " #taps " <= 9\n"                                                                           \
            ".set mote_taps, " #taps "\n"                                                                    \
            ".else\n"                                                                                        \
            ".set mote_taps, 1\n"                                                                            \
            ".endif\n"                                                                                       \
            "1:\n" /* taps */                                                                                \
            ".rept mote_taps\n"                                                                              \
            "ldr r2, [r0], #4\n"                                                                             \
            "add r2, lr\n"                                                                                   \
            "ldrsb r3, [r2, #0]\n"                                                                           \
            "ldrsb r12, [r1], #1\n"                                                                          \
            "mla r4, r3, r12, r4\n"                                                                          \
            "ldrsb r3, [r2, #1]\n"                                                                           \
            "ldrsb r12, [r1], #1\n"                                                                          \
            "mla r5, r3, r12, r5\n"                                                                          \
            "ldrsb r3, [r2, #2]\n"                                                                           \
            "ldrsb r12, [r1], #1\n"                                                                          \
            "mla r6, r3, r12, r6\n"                                                                          \
            "ldrsb r3, [r2, #3]\n"                                                                           \
            "ldrsb r12, [r1], #1\n"                                                                          \
            "mla r7, r3, r12, r7\n"                                                                          \
            "ldrsb r3, [r2, #4]\n"                                                                           \
            "ldrsb r12, [r1], #1\n"                                                                          \
            "mla r8, r3, r12, r8\n"                                                                          \
            "ldrsb r3, [r2, #5]\n"                                                                           \
            "ldrsb r12, [r1], #1\n"                                                                          \
            "mla r9, r3, r12, r9\n"                                                                          \
            "ldrsb r3, [r2, #6]\n"                                                                           \
            "ldrsb r12, [r1], #1\n"                                                                          \
            "mla r10, r3, r12, r10\n"                                                                        \
            "ldrsb r3, [r2, #7]\n"                                                                           \
            "ldrsb r12, [r1], #1\n"                                                                          \
            "mla r11, r3, r12, r11\n"                                                                        \
            ".endr\n"                                                                                        \
            ".if " #taps " > 9\n"                                                                            \
            "ldr r3, [sp, #4]\n"                                                                             \
            "cmp r0, r3\n"                                                                                   \
            "bne.w 1b\n"                                                                                     \
            ".endif\n"                                                                                       \
            "ldr r1, [sp, #8]\n"                                                                             \
            "stm r1, {r4-r11}\n"                                                                             \
            ".if " #raw " == 0\n"                                                                            \
            "ldr r3, [sp, #16]\n"                                                                            \
            "ldm r3, {r0, r4}\n" /* out, addend */                                                           \
            "ldr r5, [sp, #12]\n"                                                                            \
            "asrs r4, r4, #16\n"                                                                             \
            ".if " #high " - (" #low ") == 255\n"                                                            \
            "subs r4, #128\n"                                                                                \
            ".endif\n"                                                                                       \
            "add r3, r0, #8\n"                                                                               \
            "mov r9, #0x80000000\n"                                                                          \
            "2:\n" /* round(sum * multiplier / 2^32) */                                                      \
            "ldr r6, [r1], #4\n"                                                                             \
            "ldr r7, [r5], #4\n"                                                                             \
            "mov r8, r9\n"                                                                                   \
            "mov r2, r4\n"                                                                                   \
            "smlal r8, r2, r6, r7\n"                                                                         \
            ".if " #high " - (" #low ") == 255\n"                                                            \
            "ssat r2, #8, r2\n"                                                                              \
            ".else\n"                                                                                        \
            "cmp r2, #" #high " - (" #low ")\n"                                                              \
            "bls 3f\n"                                                                                       \
            "mvn r2, r2, asr #31\n"                                                                          \
            "and r2, r2, #" #high " - (" #low ")\n"                                                          \
            "3:\n"                                                                                           \
            ".if " #low " != 0\n"                                                                            \
            "add r2, r2, #" #low "\n"                                                                        \
            ".endif\n"                                                                                       \
            ".endif\n"                                                                                       \
            "strb r2, [r0], #1\n"                                                                            \
            "cmp r0, r3\n"                                                                                   \
            "bne 2b\n"                                                                                       \
            ".endif\n"                                                                                       \
            "add sp, #20\n"                                                                                  \
            "pop {r4-r11, pc}\n");                                                                           \
    }

#endif
