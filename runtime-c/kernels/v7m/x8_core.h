/* SPDX-License-Identifier: 0BSD */
/* The sums of eight filters of a fully connected layer for Armv7-M, in r4 to r11. */
#ifndef MOTE_X8_CORE_H
#define MOTE_X8_CORE_H

#if !defined(__ARM_ARCH_ISA_THUMB) || __ARM_ARCH_ISA_THUMB < 2
#error "This needs Thumb-2 instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "x8.h"

#define MOTE_X8_CORE(name, filters)                                                                          \
    static __attribute__((naked, noinline, used)) void name(                                                 \
        __attribute__((unused)) const uint8_t *x, __attribute__((unused)) const uint8_t *end,                \
        __attribute__((unused)) const uint8_t *weights, __attribute__((unused)) int32_t *sums)               \
    {                                                                                                        \
        __asm__(                                                                                             \
            ".syntax unified\n"                                                                              \
            "push {r3-r11, lr}\n"                                                                            \
            "mov r12, r1\n"                                                                                  \
            "mov r1, r2\n"                                                                                   \
            "movs r4, #0\n"                                                                                  \
            "movs r5, #0\n"                                                                                  \
            "movs r6, #0\n"                                                                                  \
            "movs r7, #0\n"                                                                                  \
            "movs r8, #0\n"                                                                                  \
            "movs r9, #0\n"                                                                                  \
            "movs r10, #0\n"                                                                                 \
            "movs r11, #0\n"                                                                                 \
            "1:\n"                                                                                           \
            ".irp k, 0, 1, 2, 3, 4, 5, 6, 7\n" /* inputs */                                                  \
            "ldrb r2, [r0, #\\k]\n"                                                                          \
            "ldrb r3, [r1, #8 * \\k + 0]\n"                                                                  \
            "mla r4, r2, r3, r4\n"                                                                           \
            "ldrb r3, [r1, #8 * \\k + 1]\n"                                                                  \
            "mla r5, r2, r3, r5\n"                                                                           \
            "ldrb r3, [r1, #8 * \\k + 2]\n"                                                                  \
            "mla r6, r2, r3, r6\n"                                                                           \
            "ldrb r3, [r1, #8 * \\k + 3]\n"                                                                  \
            "mla r7, r2, r3, r7\n"                                                                           \
            "ldrb r3, [r1, #8 * \\k + 4]\n"                                                                  \
            "mla r8, r2, r3, r8\n"                                                                           \
            "ldrb r3, [r1, #8 * \\k + 5]\n"                                                                  \
            "mla r9, r2, r3, r9\n"                                                                           \
            "ldrb r3, [r1, #8 * \\k + 6]\n"                                                                  \
            "mla r10, r2, r3, r10\n"                                                                         \
            "ldrb r3, [r1, #8 * \\k + 7]\n"                                                                  \
            "mla r11, r2, r3, r11\n"                                                                         \
            ".endr\n"                                                                                        \
            "adds r0, #8\n"                                                                                  \
            "adds r1, #64\n"                                                                                 \
            "cmp r0, r12\n"                                                                                  \
            "bne.w 1b\n"                                                                                     \
            "pop {r3}\n" /* sums */                                                                          \
            "stm r3!, {r4-r11}\n"                                                                            \
            "pop {r4-r11, pc}\n");                                                                           \
    }

#endif
