/* SPDX-License-Identifier: 0BSD */
/* The sums of eight filters of a fully connected layer for Armv6-M, in r8 to r11 and r4 to r7. */
#ifndef MOTE_X8_CORE_H
#define MOTE_X8_CORE_H

#if !defined(__ARM_ARCH_ISA_THUMB)
#error "This needs Thumb instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "x8.h"

#define MOTE_X8_CORE(name, filters)                                                                          \
    static __attribute__((naked, noinline, used)) void name(                                                 \
        __attribute__((unused)) const uint8_t *x, __attribute__((unused)) const uint8_t *end,                \
        __attribute__((unused)) const uint8_t *weights, __attribute__((unused)) int32_t *sums)               \
    {                                                                                                        \
        __asm__(                                                                                             \
            ".syntax unified\n"                                                                              \
            "push {r4-r7, lr}\n"                                                                             \
            "mov r4, r8\n"                                                                                   \
            "mov r5, r9\n"                                                                                   \
            "mov r6, r10\n"                                                                                  \
            "mov r7, r11\n"                                                                                  \
            "push {r3-r7}\n"                                                                                 \
            "mov r12, r1\n"                                                                                  \
            "mov r1, r2\n"                                                                                   \
            "movs r4, #0\n"                                                                                  \
            "movs r5, #0\n"                                                                                  \
            "movs r6, #0\n"                                                                                  \
            "movs r7, #0\n"                                                                                  \
            "mov r8, r4\n"                                                                                   \
            "mov r9, r4\n"                                                                                   \
            "mov r10, r4\n"                                                                                  \
            "mov r11, r4\n"                                                                                  \
            "1:\n"                                                                                           \
            ".irp k, 0, 1, 2, 3\n" /* inputs */                                                              \
            "ldrb r2, [r0, #\\k]\n"                                                                          \
            "ldrb r3, [r1, #8 * \\k + 0]\n"                                                                  \
            "muls r3, r2, r3\n"                                                                              \
            "add r8, r3\n"                                                                                   \
            "ldrb r3, [r1, #8 * \\k + 1]\n"                                                                  \
            "muls r3, r2, r3\n"                                                                              \
            "add r9, r3\n"                                                                                   \
            "ldrb r3, [r1, #8 * \\k + 2]\n"                                                                  \
            "muls r3, r2, r3\n"                                                                              \
            "add r10, r3\n"                                                                                  \
            "ldrb r3, [r1, #8 * \\k + 3]\n"                                                                  \
            "muls r3, r2, r3\n"                                                                              \
            "add r11, r3\n"                                                                                  \
            "ldrb r3, [r1, #8 * \\k + 4]\n"                                                                  \
            "muls r3, r2, r3\n"                                                                              \
            "adds r4, r3\n"                                                                                  \
            "ldrb r3, [r1, #8 * \\k + 5]\n"                                                                  \
            "muls r3, r2, r3\n"                                                                              \
            "adds r5, r3\n"                                                                                  \
            "ldrb r3, [r1, #8 * \\k + 6]\n"                                                                  \
            "muls r3, r2, r3\n"                                                                              \
            "adds r6, r3\n"                                                                                  \
            "ldrb r3, [r1, #8 * \\k + 7]\n"                                                                  \
            "muls r3, r2, r3\n"                                                                              \
            "adds r7, r3\n"                                                                                  \
            ".endr\n"                                                                                        \
            "adds r0, #4\n"                                                                                  \
            "adds r1, #32\n"                                                                                 \
            "cmp r0, r12\n"                                                                                  \
            "bne 1b\n"                                                                                       \
            "pop {r0}\n" /* sums */                                                                          \
            "mov r1, r8\n"                                                                                   \
            "mov r2, r9\n"                                                                                   \
            "mov r3, r10\n"                                                                                  \
            "stm r0!, {r1-r3}\n"                                                                             \
            "mov r1, r11\n"                                                                                  \
            "stm r0!, {r1, r4-r7}\n"                                                                         \
            "pop {r4-r7}\n"                                                                                  \
            "mov r8, r4\n"                                                                                   \
            "mov r9, r5\n"                                                                                   \
            "mov r10, r6\n"                                                                                  \
            "mov r11, r7\n"                                                                                  \
            "pop {r4-r7, pc}\n"                                                                              \
            ".align 2\n");                                                                                   \
    }

#endif
