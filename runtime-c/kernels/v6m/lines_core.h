/* SPDX-License-Identifier: 0BSD */
/*
 * Lines of a depthwise 3x3 convolution (see lines.h) for Armv6-M, three pairs of pixels a turn. r8 to r12 and
 * lr are the pairs' sums, of the high halves 2^8 times. Stack: weights [9] (the third of a row twice, plus
 * one where the row is taken apart before it), start of the sums and of the high ones, the multiplier's low,
 * middle and high bits, addend, half, step, out, words, end of the line's words, lines left, the line's out,
 * from line to line, next, bias, row step, width.
 */
#ifndef MOTE_LINES_CORE_H
#define MOTE_LINES_CORE_H

#if !defined(__ARM_ARCH_ISA_THUMB)
#error "This needs Thumb instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "lines.h"

/** A row's sums take the 16 bits of a half. */
#define MOTE_LINES_SPACING 65536

/** The words of rows, column by column. */
static __attribute__((naked, noinline, used)) void mote_lines_expand(
    __attribute__((unused)) const mote_lines_rows *work)
{
    __asm__(
        ".syntax unified\n"
        "push {r4-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "push {r4-r7}\n"
        "ldm r0!, {r1-r7}\n" /* x, words, columns, end, row, pitch, size; index -size to 0 */
        "ldr r0, [r0]\n" /* pad */
        "adds r1, r7\n"
        "mov r8, r1\n"
        "rsbs r7, r7, #0\n"
        "mov r9, r4\n"
        "mov r10, r7\n"
        "mov r11, r2\n"
        "mov r12, r0\n"
        "mov lr, r3\n"
        "mov r7, r6\n"
        "mov r6, r5\n"
        "1:\n" /* a column */
        "mov r3, lr\n"
        "ldm r3!, {r0, r1}\n"
        "mov lr, r3\n"
        "mov r5, r11\n"
        "mov r4, r10\n"
        "cmp r0, #0\n"
        "blt 4f\n"
        "cmp r1, #0\n"
        "blt 5f\n"
        "add r0, r8\n"
        "add r1, r8\n"
        "2:\n"
        "ldrsb r2, [r0, r4]\n"
        "ldrsb r3, [r1, r4]\n"
        "lsls r3, r3, #16\n"
        "adds r2, r3\n"
        "str r2, [r5]\n"
        "adds r5, r7\n"
        "adds r4, r6\n"
        "bne 2b\n"
        "3:\n"
        "movs r0, #4\n"
        "add r11, r0\n"
        "cmp lr, r9\n"
        "bne 1b\n"
        "pop {r4-r7}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "mov r11, r7\n"
        "pop {r4-r7, pc}\n"
        "4:\n" /* the first half is padding */
        "movs r3, #16\n"
        "movs r0, r1\n"
        "mov r1, r12\n"
        "bpl 6f\n"
        "movs r3, #32\n" /* and the second */
        "movs r0, #0\n"
        "lsls r2, r1, #16\n"
        "adds r1, r2\n"
        "b 6f\n"
        "5:\n" /* the second half is padding */
        "movs r3, #0\n"
        "mov r1, r12\n"
        "lsls r1, r1, #16\n"
        "6:\n"
        "add r0, r8\n"
        "7:\n"
        "ldrsb r2, [r0, r4]\n"
        "lsls r2, r3\n"
        "adds r2, r1\n"
        "str r2, [r5]\n"
        "adds r5, r7\n"
        "adds r4, r6\n"
        "bne 7b\n"
        "b 3b\n"
        ".align 2\n");
}

#define MOTE_LINES_CORE(name, stride, low, high, raw)                                                        \
    static __attribute__((naked, noinline, used)) void name(__attribute__((unused)) const mote_lines *work)  \
    {                                                                                                        \
        __asm__(                                                                                             \
            ".syntax unified\n"                                                                              \
            "push {r4-r7, lr}\n"                                                                             \
            "mov r4, r8\n"                                                                                   \
            "mov r5, r9\n"                                                                                   \
            "mov r6, r10\n"                                                                                  \
            "mov r7, r11\n"                                                                                  \
            "push {r4-r7}\n"                                                                                 \
            "sub sp, #108\n"                                                                                 \
            "ldm r0!, {r1-r7}\n" /* words, out, step, half, line, lines, weights */                          \
            "str r1, [sp, #72]\n"                                                                            \
            "str r2, [sp, #68]\n"                                                                            \
            "str r2, [sp, #84]\n"                                                                            \
            "str r3, [sp, #64]\n"                                                                            \
            "str r4, [sp, #60]\n"                                                                            \
            "str r5, [sp, #88]\n"                                                                            \
            "str r6, [sp, #80]\n"                                                                            \
            "ldm r0!, {r1, r2, r3, r4, r5}\n" /* filter, addend, next, pitch, width */                       \
            "str r3, [sp, #92]\n"                                                                            \
            ".if " #stride " == 1\n"                                                                         \
            "subs r4, #12\n"                                                                                 \
            ".endif\n"                                                                                       \
            "str r4, [sp, #100]\n"                                                                           \
            "str r5, [sp, #104]\n"                                                                           \
            "movs r3, #9\n"                                                                                  \
            "ldrsb r0, [r7, r3]\n"                                                                           \
            ".irp tap, 0, 1, 2, 3, 4, 5, 6, 7, 8\n"                                                          \
            "movs r3, #\\tap\n"                                                                              \
            "ldrsb r4, [r7, r3]\n"                                                                           \
            ".if \\tap % 3 == 2\n"                                                                           \
            "lsrs r0, r0, #1\n"                                                                              \
            "adcs r4, r4\n"                                                                                  \
            ".endif\n"                                                                                       \
            "str r4, [sp, #4 * \\tap]\n"                                                                     \
            ".endr\n"                                                                                        \
            "ldm r1!, {r4, r5}\n" /* bias, multiplier */                                                     \
            ".if " #raw "\n"                                                                                 \
            "str r4, [sp, #96]\n"                                                                            \
            "movs r4, #0\n"                                                                                  \
            ".endif\n"                                                                                       \
            "str r4, [sp, #36]\n"                                                                            \
            "asrs r3, r4, #8\n"                                                                              \
            "lsls r4, r4, #8\n"                                                                              \
            "adds r4, r3\n"                                                                                  \
            "adds r4, #255\n"                                                                                \
            "str r4, [sp, #40]\n"                                                                            \
            ".if " #raw " == 0\n"                                                                            \
            "str r2, [sp, #56]\n"                                                                            \
            "lsls r3, r5, #1\n"                                                                              \
            "bcs 1f\n"                                                                                       \
            "lsls r2, r2, #4\n"                                                                              \
            "str r2, [sp, #56]\n"                                                                            \
            "lsls r3, r5, #20\n"                                                                             \
            "lsrs r3, r3, #20\n"                                                                             \
            "str r3, [sp, #44]\n"                                                                            \
            "lsrs r5, r5, #12\n"                                                                             \
            "str r5, [sp, #52]\n"                                                                            \
            "movs r3, #0\n"                                                                                  \
            "mvns r3, r3\n"                                                                                  \
            "str r3, [sp, #48]\n"                                                                            \
            "b 2f\n"                                                                                         \
            "1:\n" /* three parts of the multiplier */                                                       \
            "uxtb r3, r5\n"                                                                                  \
            "str r3, [sp, #44]\n"                                                                            \
            "uxth r3, r5\n"                                                                                  \
            "lsrs r3, r3, #8\n"                                                                              \
            "str r3, [sp, #48]\n"                                                                            \
            "lsls r5, r5, #1\n"                                                                              \
            "lsrs r5, r5, #17\n"                                                                             \
            "str r5, [sp, #52]\n"                                                                            \
            "2:\n"                                                                                           \
            ".endif\n"                                                                                       \
            "1:\n" /* a line */                                                                              \
            "ldr r0, [sp, #72]\n"                                                                            \
            "ldr r1, [sp, #104]\n"                                                                           \
            "adds r1, r0\n"                                                                                  \
            "str r1, [sp, #76]\n"                                                                            \
            "2:\n" /* three pairs */                                                                         \
            "ldr r0, [sp, #72]\n"                                                                            \
            "ldr r1, [sp, #36]\n"                                                                            \
            "mov r8, r1\n"                                                                                   \
            "mov r10, r1\n"                                                                                  \
            "mov r12, r1\n"                                                                                  \
            "ldr r1, [sp, #40]\n"                                                                            \
            "mov r9, r1\n"                                                                                   \
            "mov r11, r1\n"                                                                                  \
            "mov lr, r1\n"                                                                                   \
            ".irp row, 0, 1, 2\n"                                                                            \
            ".if " #stride " == 1\n"                                                                         \
            "ldm r0!, {r1, r2, r3}\n"                                                                        \
            "ldr r4, [sp, #12 * \\row]\n"                                                                    \
            "movs r5, r2\n"                                                                                  \
            "muls r1, r4, r1\n"                                                                              \
            "muls r5, r4, r5\n"                                                                              \
            "muls r4, r3, r4\n"                                                                              \
            "ldr r6, [sp, #12 * \\row + 4]\n"                                                                \
            "ldr r7, [r0, #0]\n"                                                                             \
            "muls r2, r6, r2\n"                                                                              \
            "adds r1, r2\n"                                                                                  \
            "movs r2, r3\n"                                                                                  \
            "muls r2, r6, r2\n"                                                                              \
            "adds r5, r2\n"                                                                                  \
            "muls r6, r7, r6\n"                                                                              \
            "adds r4, r6\n"                                                                                  \
            ".else\n"                                                                                        \
            "ldr r3, [sp, #12 * \\row]\n"                                                                    \
            "ldr r1, [r0, #0]\n"                                                                             \
            "ldr r5, [r0, #8]\n"                                                                             \
            "ldr r4, [r0, #16]\n"                                                                            \
            "muls r1, r3, r1\n"                                                                              \
            "muls r5, r3, r5\n"                                                                              \
            "muls r4, r3, r4\n"                                                                              \
            "ldr r3, [sp, #12 * \\row + 4]\n"                                                                \
            "ldr r2, [r0, #4]\n"                                                                             \
            "ldr r6, [r0, #12]\n"                                                                            \
            "ldr r7, [r0, #20]\n"                                                                            \
            "muls r2, r3, r2\n"                                                                              \
            "muls r6, r3, r6\n"                                                                              \
            "muls r7, r3, r7\n"                                                                              \
            "adds r1, r2\n"                                                                                  \
            "adds r5, r6\n"                                                                                  \
            "adds r4, r7\n"                                                                                  \
            ".endif\n"                                                                                       \
            "ldr r6, [sp, #12 * \\row + 8]\n"                                                                \
            "asrs r6, r6, #1\n"                                                                              \
            "bcc 5f\n"                                                                                       \
            "sxth r2, r1\n"                                                                                  \
            "add r8, r2\n"                                                                                   \
            "asrs r1, r1, #8\n"                                                                              \
            "add r9, r1\n"                                                                                   \
            "movs r1, #0\n"                                                                                  \
            "sxth r2, r5\n"                                                                                  \
            "add r10, r2\n"                                                                                  \
            "asrs r5, r5, #8\n"                                                                              \
            "add r11, r5\n"                                                                                  \
            "movs r5, #0\n"                                                                                  \
            "sxth r2, r4\n"                                                                                  \
            "add r12, r2\n"                                                                                  \
            "asrs r4, r4, #8\n"                                                                              \
            "add lr, r4\n"                                                                                   \
            "movs r4, #0\n"                                                                                  \
            "5:\n"                                                                                           \
            ".if " #stride " == 1\n"                                                                         \
            "muls r3, r6, r3\n"                                                                              \
            "adds r1, r3\n"                                                                                  \
            "muls r7, r6, r7\n"                                                                              \
            "adds r5, r7\n"                                                                                  \
            "ldr r7, [r0, #4]\n"                                                                             \
            "muls r6, r7, r6\n"                                                                              \
            "adds r4, r6\n"                                                                                  \
            ".else\n"                                                                                        \
            "ldr r2, [r0, #8]\n"                                                                             \
            "ldr r3, [r0, #16]\n"                                                                            \
            "ldr r7, [r0, #24]\n"                                                                            \
            "muls r2, r6, r2\n"                                                                              \
            "muls r3, r6, r3\n"                                                                              \
            "muls r7, r6, r7\n"                                                                              \
            "adds r1, r2\n"                                                                                  \
            "adds r5, r3\n"                                                                                  \
            "adds r4, r7\n"                                                                                  \
            ".endif\n"                                                                                       \
            ".if \\row < 2\n"                                                                                \
            "ldr r2, [sp, #100]\n"                                                                           \
            "adds r0, r2\n"                                                                                  \
            ".endif\n"                                                                                       \
            "sxth r2, r1\n"                                                                                  \
            "add r8, r2\n"                                                                                   \
            "asrs r1, r1, #8\n"                                                                              \
            "add r9, r1\n"                                                                                   \
            "sxth r2, r5\n"                                                                                  \
            "add r10, r2\n"                                                                                  \
            "asrs r5, r5, #8\n"                                                                              \
            "add r11, r5\n"                                                                                  \
            "sxth r2, r4\n"                                                                                  \
            "add r12, r2\n"                                                                                  \
            "asrs r4, r4, #8\n"                                                                              \
            "add lr, r4\n"                                                                                   \
            ".endr\n"                                                                                        \
            "ldr r0, [sp, #68]\n"                                                                            \
            "ldr r7, [sp, #60]\n"                                                                            \
            ".if " #raw " == 0\n"                                                                            \
            "ldr r6, [sp, #48]\n"                                                                            \
            "cmp r6, #0\n"                                                                                   \
            "bge 7f\n"                                                                                       \
            ".endif\n"                                                                                       \
            ".irp parts, 2, 3\n"                                                                             \
            ".if \\parts == 2 || " #raw " == 0\n"                                                            \
            ".irp pair, 0, 1, 2\n"                                                                           \
            ".if \\pair == 0\n"                                                                              \
            "mov r1, r8\n"                                                                                   \
            "mov r2, r9\n"                                                                                   \
            ".if " #raw "\n"                                                                                 \
            "ldr r6, [sp, #96]\n"                                                                            \
            ".else\n"                                                                                        \
            "ldr r4, [sp, #56]\n"                                                                            \
            "mov r8, r4\n"                                                                                   \
            "mov r9, r7\n"                                                                                   \
            "ldr r4, [sp, #44]\n"                                                                            \
            "ldr r5, [sp, #52]\n"                                                                            \
            ".endif\n"                                                                                       \
            ".elseif \\pair == 1\n"                                                                          \
            "mov r1, r10\n"                                                                                  \
            "mov r2, r11\n"                                                                                  \
            ".else\n"                                                                                        \
            "mov r1, r12\n"                                                                                  \
            "mov r2, lr\n"                                                                                   \
            ".endif\n"                                                                                       \
            "asrs r3, r1, #8\n" /* high: 256 * sum of high halves + carries */                               \
            "subs r2, r3\n"                                                                                  \
            "asrs r2, r2, #8\n"                                                                              \
            ".if " #raw "\n"                                                                                 \
            "adds r1, r6\n"                                                                                  \
            "adds r2, r6\n"                                                                                  \
            "str r1, [r0]\n"                                                                                 \
            "str r2, [r0, r7]\n"                                                                             \
            ".else\n"                                                                                        \
            ".irp sum, r1, r2\n" /* round(sum * multiplier / 2^32) */                                        \
            "movs r3, \\sum\n"                                                                               \
            "muls r3, r4, r3\n"                                                                              \
            ".if \\parts == 2\n"                                                                             \
            "asrs r3, r3, #12\n"                                                                             \
            ".else\n"                                                                                        \
            "asrs r3, r3, #8\n"                                                                              \
            "movs r7, \\sum\n"                                                                               \
            "muls r7, r6, r7\n"                                                                              \
            "adds r3, r7\n"                                                                                  \
            "asrs r3, r3, #8\n"                                                                              \
            ".endif\n"                                                                                       \
            "muls \\sum, r5, \\sum\n"                                                                        \
            "adds \\sum, r3\n"                                                                               \
            "add \\sum, r8\n"                                                                                \
            "asrs \\sum, \\sum, #28 - 4 * \\parts\n"                                                         \
            "cmp \\sum, #" #high " - (" #low ")\n"                                                           \
            "bls 6f\n"                                                                                       \
            "asrs \\sum, \\sum, #31\n"                                                                       \
            "mvns \\sum, \\sum\n"                                                                            \
            "movs r3, #" #high " - (" #low ")\n"                                                             \
            "ands \\sum, r3\n"                                                                               \
            "6:\n"                                                                                           \
            ".if " #low " > 0\n"                                                                             \
            "adds \\sum, #" #low "\n"                                                                        \
            ".else\n"                                                                                        \
            "subs \\sum, #-(" #low ")\n"                                                                     \
            ".endif\n"                                                                                       \
            ".endr\n"                                                                                        \
            "strb r1, [r0]\n"                                                                                \
            ".if \\parts == 3\n"                                                                             \
            "mov r7, r9\n"                                                                                   \
            ".endif\n"                                                                                       \
            "strb r2, [r0, r7]\n"                                                                            \
            ".endif\n"                                                                                       \
            "ldr r3, [sp, #64]\n"                                                                            \
            "adds r0, r3\n"                                                                                  \
            ".endr\n"                                                                                        \
            ".if \\parts == 2\n"                                                                             \
            "b 8f\n"                                                                                         \
            ".endif\n"                                                                                       \
            "7:\n"                                                                                           \
            ".endif\n"                                                                                       \
            ".endr\n"                                                                                        \
            "8:\n"                                                                                           \
            "str r0, [sp, #68]\n"                                                                            \
            "ldr r0, [sp, #72]\n"                                                                            \
            "adds r0, #12 * " #stride "\n"                                                                   \
            "str r0, [sp, #72]\n"                                                                            \
            "ldr r1, [sp, #76]\n"                                                                            \
            "cmp r0, r1\n"                                                                                   \
            "beq 3f\n"                                                                                       \
            "b 2b\n"                                                                                         \
            "3:\n"                                                                                           \
            "ldr r1, [sp, #92]\n"                                                                            \
            "adds r0, r1\n"                                                                                  \
            "str r0, [sp, #72]\n"                                                                            \
            "ldr r1, [sp, #84]\n"                                                                            \
            "ldr r2, [sp, #88]\n"                                                                            \
            "adds r1, r2\n"                                                                                  \
            "str r1, [sp, #84]\n"                                                                            \
            "str r1, [sp, #68]\n"                                                                            \
            "ldr r1, [sp, #80]\n"                                                                            \
            "subs r1, #1\n"                                                                                  \
            "str r1, [sp, #80]\n"                                                                            \
            "beq 4f\n"                                                                                       \
            "b 1b\n"                                                                                         \
            "4:\n"                                                                                           \
            "add sp, #108\n"                                                                                 \
            "pop {r4-r7}\n"                                                                                  \
            "mov r8, r4\n"                                                                                   \
            "mov r9, r5\n"                                                                                   \
            "mov r10, r6\n"                                                                                  \
            "mov r11, r7\n"                                                                                  \
            "pop {r4-r7, pc}\n"                                                                              \
            ".align 2\n");                                                                                   \
    }

#endif
