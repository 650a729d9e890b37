/* SPDX-License-Identifier: 0BSD */
/*
 * Lines of a depthwise 3x3 convolution (see lines.h) for Armv7-M, three pairs of pixels a turn, in r2 to r7.
 * Stack: weights [9], multiplier, addend's high half, step, half, from line to line, lines left, next, start
 * of both sums, the line's out, end of the line's words, bias, pitch, width.
 */
#ifndef MOTE_LINES_CORE_H
#define MOTE_LINES_CORE_H

#if !defined(__ARM_ARCH_ISA_THUMB) || __ARM_ARCH_ISA_THUMB < 2
#error "This needs Thumb-2 instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "lines.h"

/** Leaves 23 bits for the first half's sum; multiplications are of 64 bits. */
#define MOTE_LINES_SPACING 8388608

/** The words of rows, column by column. */
static __attribute__((naked, noinline, used)) void mote_lines_expand(
    __attribute__((unused)) const mote_lines_rows *work)
{
    __asm__(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "ldm r0, {r1-r8}\n" /* x, words, columns, end, row, pitch, size, pad; index -size to 0 */
        "add r9, r1, r7\n"
        "rsbs r7, r7, #0\n"
        "mov r10, r2\n"
        "mov r11, r3\n"
        "mov r12, r4\n"
        "1:\n" /* a column */
        "ldrd r0, r1, [r11], #8\n"
        "mov lr, r10\n"
        "mov r4, r7\n"
        "cmp r0, #0\n"
        "blt 4f\n"
        "cmp r1, #0\n"
        "blt 5f\n"
        "add r0, r9\n"
        "add r1, r9\n"
        "2:\n"
        "ldrsb r2, [r0, r4]\n"
        "ldrsb r3, [r1, r4]\n"
        "add r2, r2, r3, lsl #23\n"
        "str r2, [lr]\n"
        "add lr, r6\n"
        "adds r4, r5\n"
        "bne 2b\n"
        "3:\n"
        "add r10, r10, #4\n"
        "cmp r11, r12\n"
        "bne 1b\n"
        "pop {r4-r11, pc}\n"
        "4:\n" /* the first half is padding */
        "movs r3, #23\n"
        "movs r0, r1\n"
        "mov r1, r8\n"
        "bpl 6f\n"
        "movs r3, #32\n" /* and the second */
        "movs r0, #0\n"
        "add r1, r1, r1, lsl #23\n"
        "b 6f\n"
        "5:\n" /* the second half is padding */
        "movs r3, #0\n"
        "lsl r1, r8, #23\n"
        "6:\n"
        "add r0, r9\n"
        "7:\n"
        "ldrsb r2, [r0, r4]\n"
        "lsls r2, r3\n"
        "add r2, r1\n"
        "str r2, [lr]\n"
        "add lr, r6\n"
        "adds r4, r5\n"
        "bne 7b\n"
        "b 3b\n");
}

#define MOTE_LINES_CORE(name, stride, low, high, raw)                                                        \
    static __attribute__((naked, noinline, used)) void name(__attribute__((unused)) const mote_lines *work)  \
    {                                                                                                        \
        __asm__(                                                                                             \
            ".syntax unified\n"                                                                              \
            "push {r4-r11, lr}\n"                                                                            \
            "sub sp, #92\n"                                                                                  \
            "ldm r0!, {r1-r10}\n" /* words, out, step, half, line, lines, weights, filter, addend, next */   \
            "ldrd r11, r12, [r0]\n" /* pitch, width */                                                       \
            "strd r11, r12, [sp, #84]\n"                                                                     \
            "ldrd r11, r12, [r8]\n" /* bias, multiplier */                                                   \
            "bic r12, r12, #0x80000000\n"                                                                    \
            "asrs r9, r9, #16\n"                                                                             \
            ".if " #high " - (" #low ") == 255\n"                                                            \
            "subs r9, #128\n"                                                                                \
            ".endif\n"                                                                                       \
            ".irp tap, 0, 1, 2, 3, 4, 5, 6, 7, 8\n"                                                          \
            "ldrsb r0, [r7, #\\tap]\n"                                                                       \
            "str r0, [sp, #4 * \\tap]\n"                                                                     \
            ".endr\n"                                                                                        \
            "str r12, [sp, #36]\n"                                                                           \
            "str r9, [sp, #40]\n"                                                                            \
            "strd r3, r4, [sp, #44]\n"                                                                       \
            "strd r5, r6, [sp, #52]\n"                                                                       \
            "str r10, [sp, #60]\n"                                                                           \
            ".if " #raw "\n"                                                                                 \
            "str r11, [sp, #80]\n"                                                                           \
            "movs r11, #0\n"                                                                                 \
            ".endif\n"                                                                                       \
            "asrs r3, r11, #31\n" /* bias * (2^23 + 1) */                                                    \
            "asrs r4, r11, #9\n"                                                                             \
            "lsls r5, r11, #23\n"                                                                            \
            "adds r5, r5, r11\n"                                                                             \
            "adcs r4, r3\n"                                                                                  \
            "strd r5, r4, [sp, #64]\n"                                                                       \
            "mov r0, r1\n"                                                                                   \
            "mov r1, r2\n"                                                                                   \
            "1:\n" /* a line */                                                                              \
            "str r1, [sp, #72]\n"                                                                            \
            "ldr r2, [sp, #88]\n"                                                                            \
            "add r2, r0\n"                                                                                   \
            "str r2, [sp, #76]\n"                                                                            \
            "2:\n" /* three pairs */                                                                         \
            "ldrd r2, r3, [sp, #64]\n"                                                                       \
            "mov r4, r2\n"                                                                                   \
            "mov r5, r3\n"                                                                                   \
            "mov r6, r2\n"                                                                                   \
            "mov r7, r3\n"                                                                                   \
            ".irp row, 0, 1, 2\n"                                                                            \
            "ldm r0, {r8-r12}\n"                                                                             \
            "ldr lr, [sp, #12 * \\row]\n"                                                                    \
            ".if " #stride " == 1\n"                                                                         \
            "smlal r2, r3, r8, lr\n"                                                                         \
            "smlal r4, r5, r9, lr\n"                                                                         \
            "smlal r6, r7, r10, lr\n"                                                                        \
            "ldr lr, [sp, #12 * \\row + 4]\n"                                                                \
            "smlal r2, r3, r9, lr\n"                                                                         \
            "smlal r4, r5, r10, lr\n"                                                                        \
            "smlal r6, r7, r11, lr\n"                                                                        \
            "ldr lr, [sp, #12 * \\row + 8]\n"                                                                \
            "smlal r2, r3, r10, lr\n"                                                                        \
            "smlal r4, r5, r11, lr\n"                                                                        \
            "smlal r6, r7, r12, lr\n"                                                                        \
            ".else\n"                                                                                        \
            "smlal r2, r3, r8, lr\n"                                                                         \
            "smlal r4, r5, r10, lr\n"                                                                        \
            "smlal r6, r7, r12, lr\n"                                                                        \
            "ldr r8, [sp, #12 * \\row + 4]\n"                                                                \
            "smlal r2, r3, r9, r8\n"                                                                         \
            "smlal r4, r5, r11, r8\n"                                                                        \
            "ldrd r9, r11, [r0, #20]\n"                                                                      \
            "smlal r6, r7, r9, r8\n"                                                                         \
            "ldr lr, [sp, #12 * \\row + 8]\n"                                                                \
            "smlal r2, r3, r10, lr\n"                                                                        \
            "smlal r4, r5, r12, lr\n"                                                                        \
            "smlal r6, r7, r11, lr\n"                                                                        \
            ".endif\n"                                                                                       \
            ".if \\row < 2\n"                                                                                \
            "ldr r8, [sp, #84]\n"                                                                            \
            "add r0, r8\n"                                                                                   \
            ".endif\n"                                                                                       \
            ".endr\n"                                                                                        \
            "ldr r8, [sp, #84]\n"                                                                            \
            "sub r0, r0, r8, lsl #1\n"                                                                       \
            "add r0, r0, #12 * " #stride "\n"                                                                \
            ".if " #raw "\n"                                                                                 \
            "ldrd r12, lr, [sp, #44]\n"                                                                      \
            "ldr r9, [sp, #80]\n"                                                                            \
            ".else\n"                                                                                        \
            "add r8, sp, #36\n"                                                                              \
            "ldm r8, {r8, r9, r12, lr}\n" /* multiplier, addend, step, half */                               \
            ".endif\n"                                                                                       \
            ".irp pair, 2, 4, 6\n"                                                                           \
            "lsrs r10, r\\pair, #23\n" /* the sum of the second half, then of the first */                   \
            ".if \\pair == 2\n"                                                                              \
            "adc r3, r10, r3, lsl #9\n"                                                                      \
            ".elseif \\pair == 4\n"                                                                          \
            "adc r3, r10, r5, lsl #9\n"                                                                      \
            ".else\n"                                                                                        \
            "adc r3, r10, r7, lsl #9\n"                                                                      \
            ".endif\n"                                                                                       \
            "sbfx r2, r\\pair, #0, #23\n"                                                                    \
            ".if " #raw "\n"                                                                                 \
            "add r2, r9\n"                                                                                   \
            "add r3, r9\n"                                                                                   \
            "str r2, [r1]\n"                                                                                 \
            "str r3, [r1, lr]\n"                                                                             \
            ".else\n"                                                                                        \
            ".irp sum, r2, r3\n" /* round(sum * multiplier / 2^32) */                                        \
            "mov r10, #0x80000000\n"                                                                         \
            "mov r11, r9\n"                                                                                  \
            "smlal r10, r11, \\sum, r8\n"                                                                    \
            ".if " #high " - (" #low ") == 255\n"                                                            \
            "ssat \\sum, #8, r11\n"                                                                          \
            ".else\n"                                                                                        \
            "mov \\sum, r11\n"                                                                               \
            "cmp \\sum, #" #high " - (" #low ")\n"                                                           \
            "bls 6f\n"                                                                                       \
            "mvn \\sum, \\sum, asr #31\n"                                                                    \
            "and \\sum, \\sum, #" #high " - (" #low ")\n"                                                    \
            "6:\n"                                                                                           \
            ".if " #low " != 0\n"                                                                            \
            "add \\sum, \\sum, #" #low "\n"                                                                  \
            ".endif\n"                                                                                       \
            ".endif\n"                                                                                       \
            ".endr\n"                                                                                        \
            "strb r2, [r1]\n"                                                                                \
            "strb r3, [r1, lr]\n"                                                                            \
            ".endif\n"                                                                                       \
            "add r1, r12\n"                                                                                  \
            ".endr\n"                                                                                        \
            "ldr r2, [sp, #76]\n"                                                                            \
            "cmp r0, r2\n"                                                                                   \
            "bne.w 2b\n"                                                                                     \
            "ldrd r2, r3, [sp, #52]\n"                                                                       \
            "ldr r4, [sp, #60]\n"                                                                            \
            "ldr r1, [sp, #72]\n"                                                                            \
            "add r0, r4\n"                                                                                   \
            "add r1, r2\n"                                                                                   \
            "subs r3, #1\n"                                                                                  \
            "str r3, [sp, #56]\n"                                                                            \
            "bne.w 1b\n"                                                                                     \
            "add sp, #92\n"                                                                                  \
            "pop {r4-r11, pc}\n");                                                                           \
    }

#endif
