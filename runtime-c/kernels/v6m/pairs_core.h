/* SPDX-License-Identifier: 0BSD */
/*
 * The sums of a block of four pixels (see pairs.h) for Armv6-M: six instructions for four products.
 * r8 to r11 are the sums of pixels 0 to 3, of the high ones 2^8 times unless exact; the address of the
 * words is the index of the weights, too. Stack: out, step, words, weights - words - 8, filters, filters
 * left, filters left of the eight, bytes of words.
 */
#ifndef MOTE_PAIRS_CORE_H
#define MOTE_PAIRS_CORE_H

#if !defined(__ARM_ARCH_ISA_THUMB)
#error "This needs Thumb instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "pairs.h"

#define MOTE_PAIRS_CORE(name, size, unroll, low, high, raw, depthwise, exact)                                \
    static __attribute__((naked, noinline, used)) void name(__attribute__((unused)) const mote_pairs *work)  \
    {                                                                                                        \
        __asm__(                                                                                             \
            ".syntax unified\n"                                                                              \
            "push {r4-r7, lr}\n"                                                                             \
            "mov r4, r8\n"                                                                                   \
            "mov r5, r9\n"                                                                                   \
            "mov r6, r10\n"                                                                                  \
            "mov r7, r11\n"                                                                                  \
            "push {r4-r7}\n"                                                                                 \
            "sub sp, #36\n"                                                                                  \
            "ldm r0!, {r1-r7}\n" /* out, step, words, end, weights, filters, count */                        \
            "ldr r0, [r0]\n" /* addend */                                                                    \
            "mov r12, r4\n"                                                                                  \
            "mov lr, r0\n"                                                                                   \
            "str r1, [sp, #0]\n"                                                                             \
            "str r2, [sp, #4]\n"                                                                             \
            "str r3, [sp, #8]\n"                                                                             \
            "subs r4, r3\n"                                                                                  \
            "str r4, [sp, #28]\n"                                                                            \
            "subs r5, r3\n"                                                                                  \
            "subs r5, #8\n"                                                                                  \
            "str r5, [sp, #12]\n"                                                                            \
            "str r6, [sp, #16]\n"                                                                            \
            "str r7, [sp, #20]\n"                                                                            \
            "movs r1, #8\n"                                                                                  \
            "str r1, [sp, #24]\n"                                                                            \
            "1:\n" /* a filter */                                                                            \
            "movs r2, #0\n"                                                                                  \
            "mov r8, r2\n"                                                                                   \
            "mov r9, r2\n"                                                                                   \
            "mov r10, r2\n"                                                                                  \
            "mov r11, r2\n"                                                                                  \
            "ldr r1, [sp, #12]\n"                                                                            \
            "ldr r0, [sp, #8]\n"                                                                             \
            "2:\n" /* a turn of the loop over groups */                                                      \
            ".rept " #unroll "\n"                                                                            \
            "ldm r0!, {r4, r5}\n"                                                                            \
            "ldrsb r6, [r1, r0]\n"                                                                           \
            "muls r4, r6, r4\n"                                                                              \
            "muls r5, r6, r5\n"                                                                              \
            ".rept " #size " - 1\n"                                                                          \
            "ldm r0!, {r2, r3}\n"                                                                            \
            "ldrsb r6, [r1, r0]\n"                                                                           \
            "muls r2, r6, r2\n"                                                                              \
            "muls r3, r6, r3\n"                                                                              \
            "adds r4, r2\n"                                                                                  \
            "adds r5, r3\n"                                                                                  \
            ".endr\n"                                                                                        \
            "sxth r2, r4\n"                                                                                  \
            "add r8, r2\n"                                                                                   \
            ".if " #exact "\n"                                                                               \
            "subs r4, r2\n"                                                                                  \
            "asrs r4, #16\n"                                                                                 \
            ".else\n"                                                                                        \
            "asrs r4, #8\n"                                                                                  \
            ".endif\n"                                                                                       \
            "add r9, r4\n"                                                                                   \
            "sxth r2, r5\n"                                                                                  \
            "add r10, r2\n"                                                                                  \
            ".if " #exact "\n"                                                                               \
            "subs r5, r2\n"                                                                                  \
            "asrs r5, #16\n"                                                                                 \
            ".else\n"                                                                                        \
            "asrs r5, #8\n"                                                                                  \
            ".endif\n"                                                                                       \
            "add r11, r5\n"                                                                                  \
            ".endr\n"                                                                                        \
            "cmp r0, r12\n"                                                                                  \
            "beq 3f\n"                                                                                       \
            "b 2b\n"                                                                                         \
            "3:\n"                                                                                           \
            "ldr r7, [sp, #16]\n"                                                                            \
            "ldm r7!, {r1, r6}\n" /* bias, multiplier */                                                     \
            "b 5f\n"                                                                                         \
            "4:\n" /* a correction */                                                                        \
            "asrs r4, r3, #16\n"                                                                             \
            "uxth r3, r3\n"                                                                                  \
            "ldr r0, [sp, #8]\n"                                                                             \
            "adds r3, r0\n"                                                                                  \
            "ldm r3!, {r0, r5}\n"                                                                            \
            "muls r5, r4, r5\n"                                                                              \
            "muls r4, r0, r4\n"                                                                              \
            "sxth r2, r4\n"                                                                                  \
            "add r8, r2\n"                                                                                   \
            ".if " #exact "\n"                                                                               \
            "subs r4, r2\n"                                                                                  \
            "asrs r4, #16\n"                                                                                 \
            ".else\n"                                                                                        \
            "asrs r4, #8\n"                                                                                  \
            ".endif\n"                                                                                       \
            "add r9, r4\n"                                                                                   \
            "sxth r2, r5\n"                                                                                  \
            "add r10, r2\n"                                                                                  \
            ".if " #exact "\n"                                                                               \
            "subs r5, r2\n"                                                                                  \
            "asrs r5, #16\n"                                                                                 \
            ".else\n"                                                                                        \
            "asrs r5, #8\n"                                                                                  \
            ".endif\n"                                                                                       \
            "add r11, r5\n"                                                                                  \
            "5:\n"                                                                                           \
            "ldm r7!, {r3}\n"                                                                                \
            "cmp r3, #0\n"                                                                                   \
            "bne 4b\n"                                                                                       \
            "str r7, [sp, #16]\n"                                                                            \
            "ldr r0, [sp, #0]\n"                                                                             \
            ".if " #exact " == 0\n" /* the high sums are (256 * sum of high halves + carries) */             \
            "movs r3, #255\n"                                                                                \
            "mov r4, r8\n"                                                                                   \
            "asrs r4, #8\n"                                                                                  \
            "mov r2, r9\n"                                                                                   \
            "subs r2, r4\n"                                                                                  \
            "adds r2, r3\n"                                                                                  \
            "asrs r2, #8\n"                                                                                  \
            "mov r9, r2\n"                                                                                   \
            "mov r4, r10\n"                                                                                  \
            "asrs r4, #8\n"                                                                                  \
            "mov r2, r11\n"                                                                                  \
            "subs r2, r4\n"                                                                                  \
            "adds r2, r3\n"                                                                                  \
            "asrs r2, #8\n"                                                                                  \
            "mov r11, r2\n"                                                                                  \
            ".endif\n"                                                                                       \
            ".if " #raw "\n"                                                                                 \
            "mov r2, r8\n"                                                                                   \
            "mov r3, r9\n"                                                                                   \
            "mov r4, r10\n"                                                                                  \
            "mov r5, r11\n"                                                                                  \
            "adds r2, r1\n"                                                                                  \
            "adds r3, r1\n"                                                                                  \
            "adds r4, r1\n"                                                                                  \
            "adds r5, r1\n"                                                                                  \
            "stm r0!, {r2-r5}\n"                                                                             \
            ".else\n"                                                                                        \
            "ldr r5, [sp, #4]\n"                                                                             \
            "lsls r3, r6, #1\n"                                                                              \
            "bcs 7f\n"                                                                                       \
            "mov r4, lr\n"                                                                                   \
            "lsls r4, r4, #4\n"                                                                              \
            "lsrs r7, r6, #12\n"                                                                             \
            "lsls r6, r6, #20\n"                                                                             \
            "lsrs r6, r6, #20\n"                                                                             \
            ".irp sum, r8, r9, r10, r11\n" /* two parts of the multiplier */                                 \
            "mov r2, \\sum\n"                                                                                \
            "adds r2, r1\n"                                                                                  \
            "movs r3, r2\n"                                                                                  \
            "muls r3, r6, r3\n"                                                                              \
            "asrs r3, r3, #12\n"                                                                             \
            "muls r2, r7, r2\n"                                                                              \
            "adds r2, r3\n"                                                                                  \
            "adds r2, r4\n"                                                                                  \
            "asrs r2, r2, #20\n"                                                                             \
            "cmp r2, #" #high " - (" #low ")\n"                                                              \
            "bls 6f\n"                                                                                       \
            "asrs r2, r2, #31\n"                                                                             \
            "mvns r2, r2\n"                                                                                  \
            "movs r3, #" #high " - (" #low ")\n"                                                             \
            "ands r2, r3\n"                                                                                  \
            "6:\n"                                                                                           \
            ".if " #low " > 0\n"                                                                             \
            "adds r2, #" #low "\n"                                                                           \
            ".else\n"                                                                                        \
            "subs r2, #-(" #low ")\n"                                                                        \
            ".endif\n"                                                                                       \
            "strb r2, [r0]\n"                                                                                \
            ".ifnc \\sum, r11\n"                                                                             \
            "adds r0, r5\n"                                                                                  \
            ".endif\n"                                                                                       \
            ".endr\n"                                                                                        \
            "b 8f\n"                                                                                         \
            "7:\n" /* by three parts of the multiplier */                                                    \
            "uxtb r5, r6\n"                                                                                  \
            "lsls r7, r6, #1\n"                                                                              \
            "lsrs r7, r7, #17\n"                                                                             \
            "lsls r6, r6, #16\n"                                                                             \
            "lsrs r6, r6, #24\n"                                                                             \
            ".irp sum, r8, r9, r10, r11\n"                                                                   \
            "mov r2, \\sum\n"                                                                                \
            "adds r2, r1\n"                                                                                  \
            "movs r3, r2\n"                                                                                  \
            "muls r3, r5, r3\n"                                                                              \
            "asrs r3, r3, #8\n"                                                                              \
            "movs r4, r2\n"                                                                                  \
            "muls r4, r6, r4\n"                                                                              \
            "adds r3, r4\n"                                                                                  \
            "asrs r3, r3, #8\n"                                                                              \
            "muls r2, r7, r2\n"                                                                              \
            "adds r2, r3\n"                                                                                  \
            "add r2, lr\n"                                                                                   \
            "asrs r2, r2, #16\n"                                                                             \
            "cmp r2, #" #high " - (" #low ")\n"                                                              \
            "bls 6f\n"                                                                                       \
            "asrs r2, r2, #31\n"                                                                             \
            "mvns r2, r2\n"                                                                                  \
            "movs r4, #" #high " - (" #low ")\n"                                                             \
            "ands r2, r4\n"                                                                                  \
            "6:\n"                                                                                           \
            ".if " #low " > 0\n"                                                                             \
            "adds r2, #" #low "\n"                                                                           \
            ".else\n"                                                                                        \
            "subs r2, #-(" #low ")\n"                                                                        \
            ".endif\n"                                                                                       \
            "strb r2, [r0]\n"                                                                                \
            ".ifnc \\sum, r11\n"                                                                             \
            "ldr r4, [sp, #4]\n"                                                                             \
            "adds r0, r4\n"                                                                                  \
            ".endif\n"                                                                                       \
            ".endr\n"                                                                                        \
            "8:\n"                                                                                           \
            "ldr r0, [sp, #0]\n"                                                                             \
            "adds r0, #1\n"                                                                                  \
            ".endif\n"                                                                                       \
            "str r0, [sp, #0]\n"                                                                             \
            "ldr r1, [sp, #12]\n" /* the next filter's weights */                                            \
            "ldr r4, [sp, #28]\n"                                                                            \
            ".if " #depthwise "\n"                                                                           \
            "ldr r2, [sp, #8]\n"                                                                             \
            "adds r2, r4\n"                                                                                  \
            "str r2, [sp, #8]\n"                                                                             \
            "add r12, r4\n"                                                                                  \
            "subs r1, r4\n"                                                                                  \
            "adds r1, #1\n"                                                                                  \
            ".else\n"                                                                                        \
            "adds r1, #1\n"                                                                                  \
            "ldr r2, [sp, #24]\n"                                                                            \
            "subs r2, #1\n"                                                                                  \
            "bne 7f\n"                                                                                       \
            "adds r1, r4\n"                                                                                  \
            "subs r1, #8\n"                                                                                  \
            "movs r2, #8\n"                                                                                  \
            "7:\n"                                                                                           \
            "str r2, [sp, #24]\n"                                                                            \
            ".endif\n"                                                                                       \
            "str r1, [sp, #12]\n"                                                                            \
            "ldr r2, [sp, #20]\n"                                                                            \
            "subs r2, #1\n"                                                                                  \
            "str r2, [sp, #20]\n"                                                                            \
            "beq 8f\n"                                                                                       \
            "b 1b\n"                                                                                         \
            "8:\n"                                                                                           \
            "add sp, #36\n"                                                                                  \
            "pop {r4-r7}\n"                                                                                  \
            "mov r8, r4\n"                                                                                   \
            "mov r9, r5\n"                                                                                   \
            "mov r10, r6\n"                                                                                  \
            "mov r11, r7\n"                                                                                  \
            "pop {r4-r7, pc}\n"                                                                              \
            ".align 2\n");                                                                                   \
    }

#endif
