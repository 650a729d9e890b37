/* SPDX-License-Identifier: 0BSD */
/*
 * The sums of a block of four pixels (see pairs.h) for Armv7-M: four instructions for four products.
 * r8 to r11 are the sums of pixels 0 to 3, of the high ones 2^8 times unless exact. Stack: out, step, words,
 * weights, filters, filters left, filters left of the eight, bytes of words, the addend's high half.
 */
#ifndef MOTE_PAIRS_CORE_H
#define MOTE_PAIRS_CORE_H

#if !defined(__ARM_ARCH_ISA_THUMB) || __ARM_ARCH_ISA_THUMB < 2
#error "This needs Thumb-2 instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "pairs.h"

#define MOTE_PAIRS_CORE(name, size, unroll, low, high, raw, depthwise, exact)                                \
    static __attribute__((naked, noinline, used)) void name(__attribute__((unused)) const mote_pairs *work)  \
    {                                                                                                        \
        __asm__(                                                                                             \
            ".syntax unified\n"                                                                              \
            "push {r4-r11, lr}\n"                                                                            \
            "sub sp, #36\n"                                                                                  \
            "ldm r0, {r1-r8}\n" /* out, step, words, end, weights, filters, count, addend */                 \
            "mov lr, r4\n"                                                                                   \
            "asrs r8, r8, #16\n"                                                                             \
            "str r1, [sp, #0]\n"                                                                             \
            "str r2, [sp, #4]\n"                                                                             \
            "str r3, [sp, #8]\n"                                                                             \
            "subs r4, r3\n"                                                                                  \
            "str r4, [sp, #28]\n"                                                                            \
            "str r5, [sp, #12]\n"                                                                            \
            "str r6, [sp, #16]\n"                                                                            \
            "str r7, [sp, #20]\n"                                                                            \
            "movs r1, #8\n"                                                                                  \
            "str r1, [sp, #24]\n"                                                                            \
            "str r8, [sp, #32]\n"                                                                            \
            "1:\n" /* a filter */                                                                            \
            "movs r8, #0\n"                                                                                  \
            "movs r10, #0\n"                                                                                 \
            ".if " #exact "\n"                                                                               \
            "movs r9, #0\n"                                                                                  \
            "movs r11, #0\n"                                                                                 \
            ".else\n" /* the high sums round up */                                                           \
            "movs r9, #255\n"                                                                                \
            "movs r11, #255\n"                                                                               \
            ".endif\n"                                                                                       \
            "ldr r1, [sp, #12]\n"                                                                            \
            "ldr r0, [sp, #8]\n"                                                                             \
            "2:\n" /* a turn of the loop over groups */                                                      \
            ".rept " #unroll "\n"                                                                            \
            ".if " #size " & 1\n"                                                                            \
            "ldm r0!, {r4, r5}\n"                                                                            \
            "ldrsb r6, [r1], #8\n"                                                                           \
            "muls r4, r6, r4\n"                                                                              \
            "muls r5, r6, r5\n"                                                                              \
            ".else\n"                                                                                        \
            "ldm r0!, {r2, r3, r4, r5}\n"                                                                    \
            "ldrsb r6, [r1], #8\n"                                                                           \
            "ldrsb r7, [r1], #8\n"                                                                           \
            "muls r4, r7, r4\n"                                                                              \
            "muls r5, r7, r5\n"                                                                              \
            "mla r4, r2, r6, r4\n"                                                                           \
            "mla r5, r3, r6, r5\n"                                                                           \
            ".endif\n"                                                                                       \
            ".rept (" #size " - 1) / 2\n"                                                                    \
            "ldm r0!, {r2, r3, r7, r12}\n"                                                                   \
            "ldrsb r6, [r1], #8\n"                                                                           \
            "mla r4, r2, r6, r4\n"                                                                           \
            "mla r5, r3, r6, r5\n"                                                                           \
            "ldrsb r6, [r1], #8\n"                                                                           \
            "mla r4, r7, r6, r4\n"                                                                           \
            "mla r5, r12, r6, r5\n"                                                                          \
            ".endr\n"                                                                                        \
            "sxth r2, r4\n"                                                                                  \
            "add r8, r2\n"                                                                                   \
            ".if " #exact "\n"                                                                               \
            "subs r4, r2\n"                                                                                  \
            "add r9, r9, r4, asr #16\n"                                                                      \
            ".else\n"                                                                                        \
            "add r9, r9, r4, asr #8\n"                                                                       \
            ".endif\n"                                                                                       \
            "sxth r2, r5\n"                                                                                  \
            "add r10, r2\n"                                                                                  \
            ".if " #exact "\n"                                                                               \
            "subs r5, r2\n"                                                                                  \
            "add r11, r11, r5, asr #16\n"                                                                    \
            ".else\n"                                                                                        \
            "add r11, r11, r5, asr #8\n"                                                                     \
            ".endif\n"                                                                                       \
            ".endr\n"                                                                                        \
            "cmp r0, lr\n"                                                                                   \
            "bne.w 2b\n"                                                                                     \
            "ldr r7, [sp, #16]\n"                                                                            \
            "ldr r1, [r7], #4\n" /* bias */                                                                  \
            "ldr r6, [r7], #4\n" /* multiplier */                                                            \
            "bic r6, r6, #0x80000000\n"                                                                      \
            "b 5f\n"                                                                                         \
            "4:\n" /* a correction */                                                                        \
            "uxth r2, r3\n"                                                                                  \
            "asrs r3, r3, #16\n"                                                                             \
            "ldr r0, [sp, #8]\n"                                                                             \
            "add r0, r2\n"                                                                                   \
            "ldrd r4, r5, [r0]\n"                                                                            \
            "muls r4, r3, r4\n"                                                                              \
            "muls r5, r3, r5\n"                                                                              \
            "sxth r2, r4\n"                                                                                  \
            "add r8, r2\n"                                                                                   \
            ".if " #exact "\n"                                                                               \
            "subs r4, r2\n"                                                                                  \
            "add r9, r9, r4, asr #16\n"                                                                      \
            ".else\n"                                                                                        \
            "add r9, r9, r4, asr #8\n"                                                                       \
            ".endif\n"                                                                                       \
            "sxth r2, r5\n"                                                                                  \
            "add r10, r2\n"                                                                                  \
            ".if " #exact "\n"                                                                               \
            "subs r5, r2\n"                                                                                  \
            "add r11, r11, r5, asr #16\n"                                                                    \
            ".else\n"                                                                                        \
            "add r11, r11, r5, asr #8\n"                                                                     \
            ".endif\n"                                                                                       \
            "5:\n"                                                                                           \
            "ldr r3, [r7], #4\n"                                                                             \
            "cmp r3, #0\n"                                                                                   \
            "bne 4b\n"                                                                                       \
            "str r7, [sp, #16]\n"                                                                            \
            "ldr r0, [sp, #0]\n"                                                                             \
            ".if " #exact " == 0\n" /* the high sums are (256 * sum of high halves + carries) */             \
            "sub r9, r9, r8, asr #8\n"                                                                       \
            "add r9, r1, r9, asr #8\n"                                                                       \
            "sub r11, r11, r10, asr #8\n"                                                                    \
            "add r11, r1, r11, asr #8\n"                                                                     \
            ".else\n"                                                                                        \
            "add r9, r1\n"                                                                                   \
            "add r11, r1\n"                                                                                  \
            ".endif\n"                                                                                       \
            "add r8, r1\n"                                                                                   \
            "add r10, r1\n"                                                                                  \
            ".if " #raw "\n"                                                                                 \
            "strd r8, r9, [r0], #8\n"                                                                        \
            "strd r10, r11, [r0], #8\n"                                                                      \
            ".else\n"                                                                                        \
            "ldr r4, [sp, #32]\n"                                                                            \
            "ldr r5, [sp, #4]\n"                                                                             \
            ".if " #high " - (" #low ") == 255\n"                                                            \
            "subs r4, #128\n"                                                                                \
            ".endif\n"                                                                                       \
            ".irp sum, r8, r9, r10, r11\n" /* round(sum * multiplier / 2^32) */                              \
            "mov r3, #0x80000000\n"                                                                          \
            "mov r2, r4\n"                                                                                   \
            "smlal r3, r2, \\sum, r6\n"                                                                      \
            ".if " #high " - (" #low ") == 255\n"                                                            \
            "ssat r2, #8, r2\n"                                                                              \
            ".else\n"                                                                                        \
            "cmp r2, #" #high " - (" #low ")\n"                                                              \
            "bls 6f\n"                                                                                       \
            "mvn r2, r2, asr #31\n"                                                                          \
            "and r2, r2, #" #high " - (" #low ")\n"                                                          \
            "6:\n"                                                                                           \
            ".if " #low " != 0\n"                                                                            \
            "add r2, r2, #" #low "\n"                                                                        \
            ".endif\n"                                                                                       \
            ".endif\n"                                                                                       \
            ".ifc \\sum, r8\n"                                                                               \
            "strb r2, [r0]\n"                                                                                \
            ".endif\n"                                                                                       \
            ".ifc \\sum, r9\n"                                                                               \
            "strb r2, [r0, r5]\n"                                                                            \
            ".endif\n"                                                                                       \
            ".ifc \\sum, r10\n"                                                                              \
            "strb r2, [r0, r5, lsl #1]\n"                                                                    \
            "add r5, r5, r5, lsl #1\n"                                                                       \
            ".endif\n"                                                                                       \
            ".ifc \\sum, r11\n"                                                                              \
            "strb r2, [r0, r5]\n"                                                                            \
            ".endif\n"                                                                                       \
            ".endr\n"                                                                                        \
            "adds r0, #1\n"                                                                                  \
            ".endif\n"                                                                                       \
            "str r0, [sp, #0]\n"                                                                             \
            "ldr r1, [sp, #12]\n" /* the next filter's weights */                                            \
            "adds r1, #1\n"                                                                                  \
            ".if " #depthwise "\n"                                                                           \
            "ldr r4, [sp, #28]\n"                                                                            \
            "ldr r2, [sp, #8]\n"                                                                             \
            "add r2, r4\n"                                                                                   \
            "str r2, [sp, #8]\n"                                                                             \
            "add lr, r4\n"                                                                                   \
            ".else\n"                                                                                        \
            "ldr r2, [sp, #24]\n"                                                                            \
            "subs r2, #1\n"                                                                                  \
            "bne 7f\n"                                                                                       \
            "ldr r4, [sp, #28]\n"                                                                            \
            "add r1, r4\n"                                                                                   \
            "subs r1, #8\n"                                                                                  \
            "movs r2, #8\n"                                                                                  \
            "7:\n"                                                                                           \
            "str r2, [sp, #24]\n"                                                                            \
            ".endif\n"                                                                                       \
            "str r1, [sp, #12]\n"                                                                            \
            "ldr r2, [sp, #20]\n"                                                                            \
            "subs r2, #1\n"                                                                                  \
            "str r2, [sp, #20]\n"                                                                            \
            "bne.w 1b\n"                                                                                     \
            "add sp, #36\n"                                                                                  \
            "pop {r4-r11, pc}\n");                                                                           \
    }

#endif
