/* SPDX-License-Identifier: 0BSD */
/*
 * How inputs of the packed int8 kernels are laid out as 16-bit numbers,
 * for Armv7E-M and Armv8-M with DSP instructions.
 */
#ifndef MOTE_DUAL_EXPAND_S8_H
#define MOTE_DUAL_EXPAND_S8_H

#if !defined(__ARM_FEATURE_DSP)
#error "This needs DSP instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "dual_core_s8.h"

/** How a row becomes a row of planes, two columns a word. In the order of the assembly. */
typedef struct {
    int32_t across; /* bytes from column to column */
    int32_t step;   /* bytes from a channel's plane to the next one's */
    int32_t first;  /* whether one column comes before the pairs of columns, and whether one follows */
    int32_t last;
    int32_t pairs;
} mote_dual_spreading;

/* A row of channels: x in r0 goes to r1; across in r2, step in r3, three times the step in r12. */
#define MOTE_DUAL_ASM_SPREAD(column, pair)                                                                 \
    ".syntax unified\n"                                                                                    \
    "push {r4-r11, lr}\n"                                                                                  \
    "ldm r2, {r2-r5, lr}\n"                                                                                \
    "add r12, r3, r3, lsl #1\n"                                                                            \
    "push {r5}\n"                                                                                          \
    "cmp r4, #0\n"                                                                                         \
    "beq.w 1f\n"                                                                                           \
    column                                                                                                 \
    "add r0, r0, r2\n"                                                                                     \
    "1:\n"                                                                                                 \
    "cmp lr, #0\n"                                                                                         \
    "beq.w 3f\n"                                                                                           \
    "2:\n"                                                                                                 \
    pair                                                                                                   \
    "subs lr, #1\n"                                                                                        \
    "bne.w 2b\n"                                                                                           \
    "3:\n"                                                                                                 \
    "pop {r5}\n"                                                                                           \
    "cmp r5, #0\n"                                                                                         \
    "beq.w 4f\n"                                                                                           \
    column                                                                                                 \
    "4:\n"                                                                                                 \
    "pop {r4-r11, pc}\n"
#define MOTE_DUAL_ASM_COLUMN_FOUR                                                                          \
    "ldr r4, [r0]\n"                                                                                       \
    "sxtb16 r5, r4, ror #8\n"                                                                              \
    "sxtb16 r4, r4\n"                                                                                      \
    "asr r6, r4, #16\n"                                                                                    \
    "asr r7, r5, #16\n"                                                                                    \
    "strh r5, [r1, r3]\n"                                                                                  \
    "strh r6, [r1, r3, lsl #1]\n"                                                                          \
    "strh r7, [r1, r12]\n"                                                                                 \
    "strh r4, [r1], #2\n"
#define MOTE_DUAL_ASM_COLUMNS_FOUR                                                                         \
    "ldr r4, [r0]\n"                                                                                       \
    "ldr r5, [r0, r2]\n"                                                                                   \
    "add r0, r0, r2, lsl #1\n"                                                                             \
    "sxtb16 r6, r4\n"                                                                                      \
    "sxtb16 r7, r5\n"                                                                                      \
    "sxtb16 r4, r4, ror #8\n"                                                                              \
    "sxtb16 r5, r5, ror #8\n"                                                                              \
    "pkhbt r8, r6, r7, lsl #16\n"                                                                          \
    "pkhbt r9, r4, r5, lsl #16\n"                                                                          \
    "pkhtb r10, r7, r6, asr #16\n"                                                                         \
    "pkhtb r11, r5, r4, asr #16\n"                                                                         \
    "str r9, [r1, r3]\n"                                                                                   \
    "str r10, [r1, r3, lsl #1]\n"                                                                          \
    "str r11, [r1, r12]\n"                                                                                 \
    "str r8, [r1], #4\n"
#define MOTE_DUAL_ASM_COLUMN_TWO                                                                           \
    "ldrsb r4, [r0]\n"                                                                                     \
    "ldrsb r5, [r0, #1]\n"                                                                                 \
    "strh r5, [r1, r3]\n"                                                                                  \
    "strh r4, [r1], #2\n"
#define MOTE_DUAL_ASM_COLUMNS_TWO                                                                          \
    "ldrh r4, [r0]\n"                                                                                      \
    "ldrh r5, [r0, r2]\n"                                                                                  \
    "add r0, r0, r2, lsl #1\n"                                                                             \
    "orr r4, r4, r5, lsl #16\n"                                                                            \
    "sxtb16 r5, r4, ror #8\n"                                                                              \
    "sxtb16 r4, r4\n"                                                                                      \
    "str r5, [r1, r3]\n"                                                                                   \
    "str r4, [r1], #4\n"

/** Defines a function that lays out a row of some channels; its first column goes to `to`. */
#define MOTE_DUAL_SPREAD(name, column, pair)                                                               \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *x, MOTE_ARGUMENT int16_t *to,                         \
                         MOTE_ARGUMENT const mote_dual_spreading *s)                                       \
    {                                                                                                      \
        __asm__(MOTE_DUAL_ASM_SPREAD(column, pair));                                                       \
    }
#define MOTE_DUAL_SPREAD_FOUR(name)                                                                        \
    MOTE_DUAL_SPREAD(name, MOTE_DUAL_ASM_COLUMN_FOUR, MOTE_DUAL_ASM_COLUMNS_FOUR)
#define MOTE_DUAL_SPREAD_TWO(name)                                                                         \
    MOTE_DUAL_SPREAD(name, MOTE_DUAL_ASM_COLUMN_TWO, MOTE_DUAL_ASM_COLUMNS_TWO)

#define MOTE_DUAL_ASM_LOAD(c, d)                                                                           \
    "ldr " c ", [r0], #4\n"                                                                                \
    "ldr " d ", [r1], #4\n"
/* Four inputs of two pixels, in c and d, to words a to d. */
#define MOTE_DUAL_ASM_EXTEND(a, b, c, d)                                                                   \
    "sxtb16 " a ", " c "\n"                                                                                \
    "sxtb16 " b ", " d "\n"                                                                                \
    "sxtb16 " c ", " c ", ror #8\n"                                                                        \
    "sxtb16 " d ", " d ", ror #8\n"
/* Eight inputs of two pixels. */
#define MOTE_DUAL_ASM_EIGHT                                                                                \
    MOTE_DUAL_ASM_LOAD("r6", "r7")                                                                         \
    MOTE_DUAL_ASM_LOAD("r10", "r11")                                                                       \
    MOTE_DUAL_ASM_EXTEND("r4", "r5", "r6", "r7")                                                           \
    MOTE_DUAL_ASM_EXTEND("r8", "r9", "r10", "r11")                                                         \
    "stm r2!, {r4-r11}\n"

/**
 * Defines a function that lays out inputs of two pixels for MOTE_DUAL_PAIR: `rows` times `count` of them,
 * a multiple of 4, the rows `step` bytes apart.
 */
#define MOTE_DUAL_EXPAND(name)                                                                             \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *x0, MOTE_ARGUMENT const int8_t *x1,                   \
                         MOTE_ARGUMENT int16_t *to, MOTE_ARGUMENT int32_t count,                           \
                         MOTE_ARGUMENT int32_t rows, MOTE_ARGUMENT int32_t step)                           \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r11, lr}\n"                                                                      \
                "ldr r12, [sp, #40]\n"                                                                     \
                "subs r12, r12, r3\n"                                                                      \
                "1:\n"                                                                                     \
                "tst r3, #4\n"                                                                             \
                "beq.w 2f\n"                                                                               \
                MOTE_DUAL_ASM_LOAD("r6", "r7")                                                             \
                MOTE_DUAL_ASM_EXTEND("r4", "r5", "r6", "r7")                                               \
                "stm r2!, {r4-r7}\n"                                                                       \
                "2:\n"                                                                                     \
                "tst r3, #8\n"                                                                             \
                "beq.w 3f\n"                                                                               \
                MOTE_DUAL_ASM_EIGHT                                                                        \
                "3:\n"                                                                                     \
                "bics lr, r3, #15\n"                                                                       \
                "beq.w 5f\n"                                                                               \
                "4:\n"                                                                                     \
                MOTE_DUAL_ASM_EIGHT                                                                        \
                MOTE_DUAL_ASM_EIGHT                                                                        \
                "subs lr, lr, #16\n"                                                                       \
                "bne.w 4b\n"                                                                               \
                "5:\n"                                                                                     \
                "ldr lr, [sp, #36]\n"                                                                      \
                "add r0, r0, r12\n"                                                                        \
                "add r1, r1, r12\n"                                                                        \
                "subs lr, lr, #1\n"                                                                        \
                "str lr, [sp, #36]\n"                                                                      \
                "bne.w 1b\n"                                                                               \
                "pop {r4-r11, pc}\n");                                                                     \
    }

/** The same for inputs at `count` offsets, a multiple of 4, from x0 and from x1. */
#define MOTE_DUAL_GATHER(name)                                                                             \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *x0, MOTE_ARGUMENT const int8_t *x1,                   \
                         MOTE_ARGUMENT int16_t *to, MOTE_ARGUMENT const int32_t *offsets,                  \
                         MOTE_ARGUMENT int32_t count)                                                      \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r11, lr}\n"                                                                      \
                "ldr lr, [sp, #36]\n"                                                                      \
                "1:\n"                                                                                     \
                "ldm r3!, {r4-r7}\n"                                                                       \
                "ldrsb r8, [r0, r4]\n"                                                                     \
                "ldrsb r4, [r1, r4]\n"                                                                     \
                "ldrsb r9, [r0, r6]\n"                                                                     \
                "ldrsb r6, [r1, r6]\n"                                                                     \
                "ldrsb r10, [r0, r5]\n"                                                                    \
                "ldrsb r5, [r1, r5]\n"                                                                     \
                "ldrsb r11, [r0, r7]\n"                                                                    \
                "ldrsb r7, [r1, r7]\n"                                                                     \
                "pkhbt r8, r8, r9, lsl #16\n"                                                              \
                "pkhbt r9, r4, r6, lsl #16\n"                                                              \
                "pkhbt r10, r10, r11, lsl #16\n"                                                           \
                "pkhbt r11, r5, r7, lsl #16\n"                                                             \
                "stm r2!, {r8-r11}\n"                                                                      \
                "subs lr, lr, #4\n"                                                                        \
                "bne.w 1b\n"                                                                               \
                "pop {r4-r11, pc}\n");                                                                     \
    }

/**
 * Defines a function that lays out `count` inputs, a multiple of 4, for MOTE_DUAL_ROW, the last ones first:
 * the words may overwrite inputs, which then lie at `to` or behind it, but `count` bytes at most.
 */
#define MOTE_DUAL_WORDS(name)                                                                              \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *x, MOTE_ARGUMENT int16_t *to,                         \
                         MOTE_ARGUMENT int32_t count)                                                      \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r10, lr}\n"                                                                      \
                "add r0, r0, r2\n"                                                                         \
                "add r1, r1, r2, lsl #1\n"                                                                 \
                "subs r2, #16\n"                                                                           \
                "blt.w 2f\n"                                                                               \
                "1:\n"                                                                                     \
                "ldr r9, [r0, #-4]!\n"                                                                     \
                "ldr r7, [r0, #-4]!\n"                                                                     \
                "ldr r5, [r0, #-4]!\n"                                                                     \
                "ldr r3, [r0, #-4]!\n"                                                                     \
                "sxtb16 r10, r9, ror #8\n"                                                                 \
                "sxtb16 r9, r9\n"                                                                          \
                "sxtb16 r8, r7, ror #8\n"                                                                  \
                "sxtb16 r7, r7\n"                                                                          \
                "sxtb16 r6, r5, ror #8\n"                                                                  \
                "sxtb16 r5, r5\n"                                                                          \
                "sxtb16 r4, r3, ror #8\n"                                                                  \
                "sxtb16 r3, r3\n"                                                                          \
                "stmdb r1!, {r3-r10}\n"                                                                    \
                "subs r2, #16\n"                                                                           \
                "bge.w 1b\n"                                                                               \
                "2:\n"                                                                                     \
                "adds r2, #12\n"                                                                           \
                "blt.w 4f\n"                                                                               \
                "3:\n"                                                                                     \
                "ldr r3, [r0, #-4]!\n"                                                                     \
                "sxtb16 r4, r3, ror #8\n"                                                                  \
                "sxtb16 r3, r3\n"                                                                          \
                "strd r3, r4, [r1, #-8]!\n"                                                                \
                "subs r2, #4\n"                                                                            \
                "bge.w 3b\n"                                                                               \
                "4:\n"                                                                                     \
                "pop {r4-r10, pc}\n");                                                                     \
    }

/** Defines a function that copies `count` bytes, more than none, that lie `step` bytes apart. */
#define MOTE_DUAL_COPY(name)                                                                               \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *x, MOTE_ARGUMENT int8_t *to,                          \
                         MOTE_ARGUMENT int32_t count, MOTE_ARGUMENT int32_t step)                          \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "1:\n"                                                                                     \
                "ldrb r12, [r0]\n"                                                                         \
                "add r0, r0, r3\n"                                                                         \
                "subs r2, r2, #1\n"                                                                        \
                "strb r12, [r1], #1\n"                                                                     \
                "bne.w 1b\n"                                                                               \
                "bx lr\n");                                                                                \
    }

#endif
