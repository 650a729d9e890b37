/* SPDX-License-Identifier: 0BSD */
/*
 * Hot loops of winograd_conv_2d_s8.h for Armv7E-M and Armv8-M with DSP instructions. A word holds two
 * 16-bit numbers.
 */
#ifndef MOTE_WINOGRAD_CORE_S8_H
#define MOTE_WINOGRAD_CORE_S8_H

#include "mote_math.h"

#if defined(__clang__)
#define MOTE_WINOGRAD_NAKED static __attribute__((naked, noinline, used))
#else
#define MOTE_WINOGRAD_NAKED static __attribute__((naked, noipa, used))
#endif

/** Before a loop that is not to be written out. */
#if defined(__GNUC__) && !defined(__clang__)
#define MOTE_WINOGRAD_LOOP _Pragma("GCC unroll 1")
#else
#define MOTE_WINOGRAD_LOOP
#endif

/** Transformed inputs v: [pair of channels][16 positions][2 tiles]. */
enum { MOTE_WINOGRAD_WORDS = 32 };

/** Two tiles' inputs: four rows of six pixels of 4 x quads channels; steps in bytes. */
typedef struct {
    const int8_t *x;
    int32_t row, column, quads;
} mote_winograd_patch;

/* Two channels of a column's four rows, in r8 to r11, to word `at` of four rows of six on the stack. */
#define MOTE_WINOGRAD_ASM_ROWS(at)                                                                         \
    "ssub16 r12, r8, r10\n"                                                                                \
    "sadd16 lr, r9, r10\n"                                                                                 \
    "str r12, [sp, #" at "]\n"                                                                             \
    "str lr, [sp, #" at " + 24]\n"                                                                         \
    "ssub16 r12, r10, r9\n"                                                                                \
    "ssub16 lr, r9, r11\n"                                                                                 \
    "str r12, [sp, #" at " + 48]\n"                                                                        \
    "str lr, [sp, #" at " + 72]\n"
/* Four channels of a column at r0, whose rows lie r1 apart; r3 is three times that. */
#define MOTE_WINOGRAD_ASM_COLUMN                                                                           \
    "ldr r4, [r0]\n"                                                                                       \
    "ldr r5, [r0, r1]\n"                                                                                   \
    "ldr r6, [r0, r1, lsl #1]\n"                                                                           \
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

/** Transforms two tiles that share two columns. Frame: 48 words, x, row, column, quads, v. */
MOTE_WINOGRAD_NAKED void mote_winograd_input(__attribute__((unused)) const mote_winograd_patch *from,
                                             __attribute__((unused)) uint32_t *v)
{
    __asm__(".syntax unified\n"
            "push {r4-r11, lr}\n"
            "sub sp, #212\n"
            "ldm r0, {r2-r5}\n"
            "add r6, sp, #192\n"
            "stm r6, {r2-r5}\n"
            "str r1, [sp, #208]\n"
            "1:\n"
            "ldrd r0, r1, [sp, #192]\n"
            "ldr r2, [sp, #200]\n"
            "add r3, r1, r1, lsl #1\n"
            "adds r4, r0, #4\n"
            "str r4, [sp, #192]\n"
            ".set mote_winograd_at, 0\n"
            ".rept 6\n"
            MOTE_WINOGRAD_ASM_COLUMN
            ".endr\n"
            "mov lr, sp\n"
            "ldr r0, [sp, #208]\n"
            ".rept 8\n"
            MOTE_WINOGRAD_ASM_TILES
            ".endr\n"
            "ldr r1, [sp, #204]\n"
            "str r0, [sp, #208]\n"
            "subs r1, #1\n"
            "str r1, [sp, #204]\n"
            "bne.w 1b\n"
            "add sp, #212\n"
            "pop {r4-r11, pc}\n");
}

/** The stored number of an accumulator in profile fast, which does not leave 32 bits when shifted. */
MOTE_INLINE int8_t mote_winograd_rescale(int32_t acc, int32_t multiplier, mote_requantization r)
{
    const int32_t shifted = (int32_t)((uint32_t)acc << r.left_shift);
    int32_t y;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(y) : "r"(shifted), "r"(multiplier), "r"(r.zero_point));
    if (r.min == -128 && r.max == 127) {
        __asm__("ssat %0, #8, %1" : "=r"(y) : "r"(y));
        return (int8_t)y;
    }
    return (int8_t)mote_clamp(y, r.min, r.max);
}

/* Products with two channels of two tiles in r2 and r3: the first (smuad) or further ones (smlad). */
#define MOTE_WINOGRAD_ASM_PAIR(r4, r5, r6, r7, r8, r9, r10, r11, multiply)                                 \
    "ldrd r2, r3, [r0], #128\n"                                                                            \
    "ldrd r12, lr, [r1], #8\n"                                                                             \
    multiply " r4, r12, r2" r4 "\n"                                                                        \
    multiply " r8, r12, r3" r8 "\n"                                                                        \
    multiply " r5, lr, r2" r5 "\n"                                                                         \
    multiply " r9, lr, r3" r9 "\n"                                                                         \
    "ldrd r12, lr, [r1], #8\n"                                                                             \
    multiply " r6, r12, r2" r6 "\n"                                                                        \
    multiply " r10, r12, r3" r10 "\n"                                                                      \
    multiply " r7, lr, r2" r7 "\n"                                                                         \
    multiply " r11, lr, r3" r11 "\n"
#define MOTE_WINOGRAD_ASM_FIRST MOTE_WINOGRAD_ASM_PAIR("", "", "", "", "", "", "", "", "smuad")
#define MOTE_WINOGRAD_ASM_NEXT                                                                             \
    MOTE_WINOGRAD_ASM_PAIR(", r4", ", r5", ", r6", ", r7", ", r8", ", r9", ", r10", ", r11", "smlad")

/**
 * Defines a function that makes the products of two tiles and four filters, m: [16 positions][2 tiles]
 * [4 filters], of weights u: [16 positions][pair of channels][4 filters]; sums wrap round.
 * Frame: m, its end, turns left.
 */
#define MOTE_WINOGRAD_TILES(name, unroll, turns)                                                           \
    MOTE_WINOGRAD_NAKED void name(__attribute__((unused)) const uint32_t *v,                               \
                                  __attribute__((unused)) const int32_t *u,                                \
                                  __attribute__((unused)) int32_t *m)                                      \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r11, lr}\n"                                                                      \
                "sub sp, #12\n"                                                                            \
                "add r3, r2, #512\n"                                                                       \
                "strd r2, r3, [sp]\n"                                                                      \
                "1:\n"                                                                                     \
                ".if " #turns " > 1\n"                                                                     \
                "movs r2, #" #turns "\n"                                                                   \
                "str r2, [sp, #8]\n"                                                                       \
                MOTE_WINOGRAD_ASM_FIRST                                                                    \
                "b.w 3f\n"                                                                                 \
                "2:\n"                                                                                     \
                MOTE_WINOGRAD_ASM_NEXT                                                                     \
                "3:\n"                                                                                     \
                ".rept " #unroll " - 1\n"                                                                  \
                MOTE_WINOGRAD_ASM_NEXT                                                                     \
                ".endr\n"                                                                                  \
                "ldr r2, [sp, #8]\n"                                                                       \
                "subs r2, #1\n"                                                                            \
                "str r2, [sp, #8]\n"                                                                       \
                "bne.w 2b\n"                                                                               \
                ".else\n"                                                                                  \
                MOTE_WINOGRAD_ASM_FIRST                                                                    \
                ".rept " #unroll " - 1\n"                                                                  \
                MOTE_WINOGRAD_ASM_NEXT                                                                     \
                ".endr\n"                                                                                  \
                ".endif\n"                                                                                 \
                "ldrd r2, r3, [sp]\n"                                                                      \
                "sub r0, r0, #(128 * " #unroll " * " #turns ")\n"                                          \
                "adds r0, #8\n"                                                                            \
                "stm r2!, {r4-r11}\n"                                                                      \
                "str r2, [sp]\n"                                                                           \
                "cmp r2, r3\n"                                                                             \
                "bne.w 1b\n"                                                                               \
                "add sp, #12\n"                                                                            \
                "pop {r4-r11, pc}\n");                                                                     \
    }

#endif
