/* SPDX-License-Identifier: 0BSD */
/*
 * The sums of eight channels of a depthwise convolution at one pixel for Armv6-M, in r8 to r12, lr, r6 and
 * r7. Stack: base, end of the offsets, sums, multipliers, the rest of the argument.
 */
#ifndef MOTE_X8_TAPS_CORE_H
#define MOTE_X8_TAPS_CORE_H

#if !defined(__ARM_ARCH_ISA_THUMB)
#error "This needs Thumb instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "x8_taps.h"

#define MOTE_X8_TAPS_CORE(name, taps, low, high, raw)                                                        \
    static __attribute__((naked, noinline, used)) void name(                                                 \
        __attribute__((unused)) const mote_x8_taps *work)                                                    \
    {                                                                                                        \
        __asm__(                                                                                             \
            ".syntax unified\n"                                                                              \
            "push {r4-r7, lr}\n"                                                                             \
            "mov r4, r8\n"                                                                                   \
            "mov r5, r9\n"                                                                                   \
            "mov r6, r10\n"                                                                                  \
            "mov r7, r11\n"                                                                                  \
            "push {r4-r7}\n"                                                                                 \
            "sub sp, #20\n"                                                                                  \
            "ldm r0!, {r1-r6}\n" /* base, offsets, end, weights, filters, sums */                            \
            "str r1, [sp, #0]\n"                                                                             \
            "str r3, [sp, #4]\n"                                                                             \
            "str r6, [sp, #8]\n"                                                                             \
            "str r0, [sp, #16]\n"                                                                            \
            "mov r0, r2\n"                                                                                   \
            "mov r1, r4\n"                                                                                   \
            "ldm r5!, {r2, r3, r4, r6}\n"                                                                    \
            "mov r8, r2\n"                                                                                   \
            "mov r9, r3\n"                                                                                   \
            "mov r10, r4\n"                                                                                  \
            "mov r11, r6\n"                                                                                  \
            "ldm r5!, {r2, r3, r6, r7}\n"                                                                    \
            "mov r12, r2\n"                                                                                  \
            "mov lr, r3\n"                                                                                   \
            "str r5, [sp, #12]\n"                                                                            \
            "1:\n" /* a tap */                                                                               \
            "ldm r0!, {r2}\n"                                                                                \
            "ldr r3, [sp, #0]\n"                                                                             \
            "adds r2, r3\n"                                                                                  \
            "movs r3, #0\n"                                                                                  \
            "ldrsb r4, [r2, r3]\n"                                                                           \
            "ldrsb r5, [r1, r3]\n"                                                                           \
            "muls r4, r5, r4\n"                                                                              \
            "add r8, r4\n"                                                                                   \
            "movs r3, #1\n"                                                                                  \
            "ldrsb r4, [r2, r3]\n"                                                                           \
            "ldrsb r5, [r1, r3]\n"                                                                           \
            "muls r4, r5, r4\n"                                                                              \
            "add r9, r4\n"                                                                                   \
            "movs r3, #2\n"                                                                                  \
            "ldrsb r4, [r2, r3]\n"                                                                           \
            "ldrsb r5, [r1, r3]\n"                                                                           \
            "muls r4, r5, r4\n"                                                                              \
            "add r10, r4\n"                                                                                  \
            "movs r3, #3\n"                                                                                  \
            "ldrsb r4, [r2, r3]\n"                                                                           \
            "ldrsb r5, [r1, r3]\n"                                                                           \
            "muls r4, r5, r4\n"                                                                              \
            "add r11, r4\n"                                                                                  \
            "movs r3, #4\n"                                                                                  \
            "ldrsb r4, [r2, r3]\n"                                                                           \
            "ldrsb r5, [r1, r3]\n"                                                                           \
            "muls r4, r5, r4\n"                                                                              \
            "add r12, r4\n"                                                                                  \
            "movs r3, #5\n"                                                                                  \
            "ldrsb r4, [r2, r3]\n"                                                                           \
            "ldrsb r5, [r1, r3]\n"                                                                           \
            "muls r4, r5, r4\n"                                                                              \
            "add lr, r4\n"                                                                                   \
            "movs r3, #6\n"                                                                                  \
            "ldrsb r4, [r2, r3]\n"                                                                           \
            "ldrsb r5, [r1, r3]\n"                                                                           \
            "muls r4, r5, r4\n"                                                                              \
            "adds r6, r4\n"                                                                                  \
            "movs r3, #7\n"                                                                                  \
            "ldrsb r4, [r2, r3]\n"                                                                           \
            "ldrsb r5, [r1, r3]\n"                                                                           \
            "muls r4, r5, r4\n"                                                                              \
            "adds r7, r4\n"                                                                                  \
            "adds r1, #8\n"                                                                                  \
            "ldr r3, [sp, #4]\n"                                                                             \
            "cmp r0, r3\n"                                                                                   \
            "bne 1b\n"                                                                                       \
            "ldr r1, [sp, #8]\n"                                                                             \
            "mov r2, r8\n"                                                                                   \
            "mov r3, r9\n"                                                                                   \
            "mov r4, r10\n"                                                                                  \
            "mov r5, r11\n"                                                                                  \
            "stm r1!, {r2-r5}\n"                                                                             \
            "mov r4, r12\n"                                                                                  \
            "mov r5, lr\n"                                                                                   \
            "stm r1!, {r4-r7}\n"                                                                             \
            ".if " #raw " == 0\n"                                                                            \
            "subs r1, #32\n"                                                                                 \
            "ldr r3, [sp, #16]\n"                                                                            \
            "ldm r3!, {r0, r2}\n" /* out, addend */                                                          \
            "mov lr, r2\n"                                                                                   \
            "movs r3, #8\n"                                                                                  \
            "adds r3, r0\n"                                                                                  \
            "mov r8, r3\n"                                                                                   \
            "ldr r5, [sp, #12]\n"                                                                            \
            "2:\n" /* round(sum * multiplier / 2^32) */                                                      \
            "ldm r1!, {r2}\n"                                                                                \
            "ldm r5!, {r6}\n"                                                                                \
            "asrs r7, r6, #16\n"                                                                             \
            "uxth r6, r6\n"                                                                                  \
            "asrs r3, r2, #16\n"                                                                             \
            "uxth r2, r2\n"                                                                                  \
            "movs r4, r6\n"                                                                                  \
            "muls r4, r2, r4\n"                                                                              \
            "lsrs r4, #16\n"                                                                                 \
            "muls r2, r7, r2\n"                                                                              \
            "adds r2, r4\n"                                                                                  \
            "muls r6, r3, r6\n"                                                                              \
            "adds r2, r6\n"                                                                                  \
            "add r2, lr\n"                                                                                   \
            "asrs r2, #16\n"                                                                                 \
            "muls r3, r7, r3\n"                                                                              \
            "adds r2, r3\n"                                                                                  \
            "cmp r2, #" #high " - (" #low ")\n"                                                              \
            "bls 3f\n"                                                                                       \
            "asrs r2, #31\n"                                                                                 \
            "mvns r2, r2\n"                                                                                  \
            "movs r4, #" #high " - (" #low ")\n"                                                             \
            "ands r2, r4\n"                                                                                  \
            "3:\n"                                                                                           \
            ".if " #low " > 0\n"                                                                             \
            "adds r2, #" #low "\n"                                                                           \
            ".else\n"                                                                                        \
            "subs r2, #-(" #low ")\n"                                                                        \
            ".endif\n"                                                                                       \
            "strb r2, [r0]\n"                                                                                \
            "adds r0, #1\n"                                                                                  \
            "cmp r0, r8\n"                                                                                   \
            "bne 2b\n"                                                                                       \
            ".endif\n"                                                                                       \
            "add sp, #20\n"                                                                                  \
            "pop {r4-r7}\n"                                                                                  \
            "mov r8, r4\n"                                                                                   \
            "mov r9, r5\n"                                                                                   \
            "mov r10, r6\n"                                                                                  \
            "mov r11, r7\n"                                                                                  \
            "pop {r4-r7, pc}\n"                                                                              \
            ".align 2\n");                                                                                   \
    }

#endif
