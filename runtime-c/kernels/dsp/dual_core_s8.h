/* SPDX-License-Identifier: 0BSD */
/*
 * Hot loops of the packed int8 kernels for Armv7E-M and Armv8-M with DSP instructions.
 *
 * A stream has groups of four filters: their four starts (a, a + 256 b, c, c + 256 d), for each pair
 * of inputs two words (filters a and b, c and d) of two 16-bit sums 256 b + a, and four multipliers.
 * Inputs are 16-bit numbers; of every four, the first word has numbers 0 and 2, the second 1 and 3.
 */
#ifndef MOTE_DUAL_CORE_S8_H
#define MOTE_DUAL_CORE_S8_H

#if !defined(__ARM_FEATURE_DSP)
#error "This needs DSP instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "mote_math.h"

/* A register moved left, where factors are 0.5 or more. */
#define MOTE_DUAL_ASM_SHIFT(a, left)                                                                       \
    ".if " #left "\n"                                                                                      \
    "lsl " a ", " a ", #" #left "\n"                                                                       \
    ".endif\n"
/* Accumulator a, multiplier m, zero point z -> the stored integer. */
#define MOTE_DUAL_ASM_SCALE(a, m, z, left, low, high)                                                      \
    MOTE_DUAL_ASM_SHIFT(a, left)                                                                           \
    "smmlar " a ", " a ", " m ", " z "\n"                                                                  \
    ".if (" #low " + 128) + (127 - " #high ")\n"                                                           \
    "cmp " a ", #" #low "\n"                                                                               \
    "it lt\n"                                                                                              \
    "movlt " a ", #" #low "\n"                                                                             \
    "cmp " a ", #" #high "\n"                                                                              \
    "it gt\n"                                                                                              \
    "movgt " a ", #" #high "\n"                                                                            \
    ".else\n"                                                                                              \
    "ssat " a ", #8, " a "\n"                                                                              \
    ".endif\n"
/* The same, to a byte at y; then y is at the next one. */
#define MOTE_DUAL_ASM_STORE(a, m, z, y, left, low, high)                                                   \
    MOTE_DUAL_ASM_SCALE(a, m, z, left, low, high)                                                          \
    "strb " a ", [" y "], #1\n"
/* 256 b + a and a -> b. */
#define MOTE_DUAL_ASM_PART(ab, a)                                                                          \
    "sub " ab ", " ab ", " a "\n"                                                                          \
    "asr " ab ", " ab ", #8\n"

/* Two inputs of two pixels in r2 and r3, weights of filters a, b in r12 and c, d in lr. */
#define MOTE_DUAL_ASM_PAIR_MACS                                                                            \
    "smlad r5, r12, r2, r5\n"                                                                              \
    "smlad r9, r12, r3, r9\n"                                                                              \
    "sxtb16 r12, r12\n"                                                                                    \
    "smlad r4, r12, r2, r4\n"                                                                              \
    "smlad r8, r12, r3, r8\n"                                                                              \
    "smlad r7, lr, r2, r7\n"                                                                               \
    "smlad r11, lr, r3, r11\n"                                                                             \
    "sxtb16 lr, lr\n"                                                                                      \
    "smlad r6, lr, r2, r6\n"                                                                               \
    "smlad r10, lr, r3, r10\n"
/*
 * Single loads take a cycle less than a double one, but an instruction more: every other time. Eight
 * times four inputs, from wherever r2 + 1 says in the first turn.
 */
#define MOTE_DUAL_ASM_PAIR_LOOP(split)                                                                     \
    "2:\n"                                                                                                 \
    ".rept 8\n"                                                                                            \
    "ldrd r12, lr, [r1], #8\n"                                                                             \
    "ldrd r2, r3, [r0], #8\n"                                                                              \
    MOTE_DUAL_ASM_PAIR_MACS                                                                                \
    "ldrd r12, lr, [r1], #8\n"                                                                             \
    ".if " #split "\n"                                                                                     \
    "ldr r2, [r0], #4\n"                                                                                   \
    "ldr r3, [r0], #4\n"                                                                                   \
    ".else\n"                                                                                              \
    "ldrd r2, r3, [r0], #8\n"                                                                              \
    ".endif\n"                                                                                             \
    MOTE_DUAL_ASM_PAIR_MACS                                                                                \
    ".endr\n"                                                                                              \
    "ldr r2, [sp, #4]\n"                                                                                   \
    "cmp r0, r2\n"                                                                                         \
    "bne.w 2b\n"                                                                                           \
    MOTE_DUAL_ASM_PART("r5", "r4")                                                                         \
    MOTE_DUAL_ASM_PART("r7", "r6")                                                                         \
    MOTE_DUAL_ASM_PART("r9", "r8")                                                                         \
    MOTE_DUAL_ASM_PART("r11", "r10")
/* For r4 pairs: the end of the inputs to r5, and to r6 where the loop's first turn begins. */
#define MOTE_DUAL_ASM_PAIR_BEGIN(split)                                                                    \
    "rsbs r6, r4, #0\n"                                                                                    \
    "ubfx r6, r6, #1, #3\n"                                                                                \
    "movs r7, #(96 + 4 * " #split ")\n"                                                                    \
    "adr.w r5, 2f\n"                                                                                       \
    "mla r6, r6, r7, r5\n"                                                                                 \
    "orr r6, r6, #1\n"                                                                                     \
    "add r5, r0, r4, lsl #3\n"
#define MOTE_DUAL_ASM_STARTS                                                                               \
    "ldm r1, {r4-r7}\n"                                                                                    \
    "ldm r1!, {r8-r11}\n"
/* Eight accumulators to four bytes at r0 and at lr, which move on; multipliers from r1, zero point in r12. */
#define MOTE_DUAL_ASM_STORE_PAIR(left, low, high)                                                          \
    "ldrd r2, r3, [r1], #8\n"                                                                              \
    MOTE_DUAL_ASM_STORE("r4", "r2", "r12", "r0", left, low, high)                                          \
    MOTE_DUAL_ASM_STORE("r5", "r3", "r12", "r0", left, low, high)                                          \
    MOTE_DUAL_ASM_STORE("r8", "r2", "r12", "lr", left, low, high)                                          \
    MOTE_DUAL_ASM_STORE("r9", "r3", "r12", "lr", left, low, high)                                          \
    "ldrd r2, r3, [r1], #8\n"                                                                              \
    MOTE_DUAL_ASM_STORE("r6", "r2", "r12", "r0", left, low, high)                                          \
    MOTE_DUAL_ASM_STORE("r7", "r3", "r12", "r0", left, low, high)                                          \
    MOTE_DUAL_ASM_STORE("r10", "r2", "r12", "lr", left, low, high)                                         \
    MOTE_DUAL_ASM_STORE("r11", "r3", "r12", "lr", left, low, high)

/* Frame: x, its end, y0, y1, y0's end, zero point, the loop's first turn. */
#define MOTE_DUAL_PAIR(name, split, left_shift, low, high)                                                 \
    MOTE_NAKED void name(MOTE_ARGUMENT const int16_t *x, MOTE_ARGUMENT const int32_t *stream,              \
                         MOTE_ARGUMENT void *y0, MOTE_ARGUMENT void *y1,                                   \
                         MOTE_ARGUMENT int32_t pairs, MOTE_ARGUMENT int32_t groups,                        \
                         MOTE_ARGUMENT int32_t zero_point)                                                 \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r11, lr}\n"                                                                      \
                "sub sp, #28\n"                                                                            \
                "ldr r4, [sp, #64]\n"                                                                      \
                MOTE_DUAL_ASM_PAIR_BEGIN(split)                                                            \
                "strd r0, r5, [sp]\n"                                                                      \
                "str r6, [sp, #24]\n"                                                                      \
                "strd r2, r3, [sp, #8]\n"                                                                  \
                "ldrd r4, r5, [sp, #68]\n"                                                                 \
                "add r4, r2, r4, lsl #2\n"                                                                 \
                "strd r4, r5, [sp, #16]\n"                                                                 \
                "1:\n"                                                                                     \
                MOTE_DUAL_ASM_STARTS                                                                       \
                "ldr r0, [sp]\n"                                                                           \
                "ldr pc, [sp, #24]\n"                                                                      \
                MOTE_DUAL_ASM_PAIR_LOOP(split)                                                             \
                "ldrd r0, lr, [sp, #8]\n"                                                                  \
                "ldr r12, [sp, #20]\n"                                                                     \
                MOTE_DUAL_ASM_STORE_PAIR(left_shift, low, high)                                            \
                "ldr r2, [sp, #16]\n"                                                                      \
                "strd r0, lr, [sp, #8]\n"                                                                  \
                "cmp r0, r2\n"                                                                             \
                "bne.w 1b\n"                                                                               \
                "add sp, #28\n"                                                                            \
                "pop {r4-r11, pc}\n");                                                                     \
    }

#define MOTE_DUAL_PAIR_RAW(name, split)                                                                    \
    MOTE_NAKED void name(MOTE_ARGUMENT const int16_t *x, MOTE_ARGUMENT const int32_t *stream,              \
                         MOTE_ARGUMENT void *acc0, MOTE_ARGUMENT void *acc1,                               \
                         MOTE_ARGUMENT int32_t pairs, MOTE_ARGUMENT int32_t groups,                        \
                         MOTE_ARGUMENT int32_t zero_point)                                                 \
    {                                                                                                      \
        __asm__(".syntax unified\n"                                                                        \
                "push {r4-r11, lr}\n"                                                                      \
                "sub sp, #20\n"                                                                            \
                "ldr r4, [sp, #56]\n"                                                                      \
                MOTE_DUAL_ASM_PAIR_BEGIN(split)                                                            \
                "strd r0, r5, [sp]\n"                                                                      \
                "strd r2, r3, [sp, #8]\n"                                                                  \
                "mov r12, r6\n"                                                                            \
                MOTE_DUAL_ASM_STARTS                                                                       \
                "bx r12\n"                                                                                 \
                MOTE_DUAL_ASM_PAIR_LOOP(split)                                                             \
                "ldrd r0, r1, [sp, #8]\n"                                                                  \
                "stm r0!, {r4-r7}\n"                                                                       \
                "stm r1!, {r8-r11}\n"                                                                      \
                "add sp, #20\n"                                                                            \
                "pop {r4-r11, pc}\n");                                                                     \
    }

/** A row of inputs: `stored` of them as they are, then words of two 16-bit numbers. */
typedef struct {
    const int8_t *x;
    int32_t stored;
    const int16_t *words;
    int32_t pairs;
} mote_dual_inputs;

/* Four inputs in words x0 and x1, their weights in a to d. */
#define MOTE_DUAL_ASM_ROW_MACS(x0, x1, a, b, c, d)                                                         \
    "smlad r5, " a ", " x0 ", r5\n"                                                                        \
    "sxtb16 " a ", " a "\n"                                                                                \
    "smlad r7, " b ", " x0 ", r7\n"                                                                        \
    "sxtb16 " b ", " b "\n"                                                                                \
    "smlad r5, " c ", " x1 ", r5\n"                                                                        \
    "sxtb16 " c ", " c "\n"                                                                                \
    "smlad r7, " d ", " x1 ", r7\n"                                                                        \
    "sxtb16 " d ", " d "\n"                                                                                \
    "smlad r4, " a ", " x0 ", r4\n"                                                                        \
    "smlad r6, " b ", " x0 ", r6\n"                                                                        \
    "smlad r4, " c ", " x1 ", r4\n"                                                                        \
    "smlad r6, " d ", " x1 ", r6\n"
/* Inputs as they are stored; r0 is where they begin, their end on the stack. */
#define MOTE_DUAL_ASM_ROW_STORED(eights, end)                                                              \
    "2:\n"                                                                                                 \
    ".rept " #eights "\n"                                                                                  \
    "ldm r0!, {r2, r3}\n"                                                                                  \
    "ldm r1!, {r10-r12, lr}\n"                                                                             \
    "sxtb16 r8, r2\n"                                                                                      \
    "sxtb16 r2, r2, ror #8\n"                                                                              \
    MOTE_DUAL_ASM_ROW_MACS("r8", "r2", "r10", "r11", "r12", "lr")                                          \
    "ldm r1!, {r10-r12, lr}\n"                                                                             \
    "sxtb16 r8, r3\n"                                                                                      \
    "sxtb16 r3, r3, ror #8\n"                                                                              \
    MOTE_DUAL_ASM_ROW_MACS("r8", "r3", "r10", "r11", "r12", "lr")                                          \
    ".endr\n"                                                                                              \
    "ldr r2, [sp, #" #end "]\n"                                                                            \
    "cmp r0, r2\n"                                                                                         \
    "bne.w 2b\n"
/* Words of inputs from r0 to lr. */
#define MOTE_DUAL_ASM_ROW_WORDS(fours)                                                                     \
    "3:\n"                                                                                                 \
    ".rept " #fours "\n"                                                                                   \
    "ldm r1!, {r8-r11}\n"                                                                                  \
    "ldrd r2, r3, [r0], #8\n"                                                                              \
    MOTE_DUAL_ASM_ROW_MACS("r2", "r3", "r8", "r9", "r10", "r11")                                           \
    ".endr\n"                                                                                              \
    "cmp r0, lr\n"                                                                                         \
    "bne.w 3b\n"
/* Frame: x, its end, words, their end, y, groups, zero point. */
#define MOTE_DUAL_ASM_ROW_BEGIN                                                                            \
    ".syntax unified\n"                                                                                    \
    "push {r4-r11, lr}\n"                                                                                  \
    "sub sp, #28\n"                                                                                        \
    "ldm r0, {r4-r7}\n"                                                                                    \
    "ldr r12, [sp, #64]\n"                                                                                 \
    "add r5, r4, r5\n"                                                                                     \
    "add r7, r6, r7, lsl #2\n"                                                                             \
    "stm sp, {r4-r7}\n"                                                                                    \
    "strd r2, r3, [sp, #16]\n"                                                                             \
    "str r12, [sp, #24]\n"                                                                                 \
    "mov lr, r7\n"
/* Four accumulators of the weights at r1. */
#define MOTE_DUAL_ASM_ROW(eights, fours)                                                                   \
    "ldm r1!, {r4-r7}\n"                                                                                   \
    ".if " #eights "\n"                                                                                    \
    "ldr r0, [sp]\n"                                                                                       \
    MOTE_DUAL_ASM_ROW_STORED(eights, 4)                                                                    \
    "ldr r12, [sp, #24]\n"                                                                                 \
    ".endif\n"                                                                                             \
    ".if " #fours "\n"                                                                                     \
    ".if " #eights "\n"                                                                                    \
    "ldr lr, [sp, #12]\n"                                                                                  \
    ".endif\n"                                                                                             \
    "ldr r0, [sp, #8]\n"                                                                                   \
    MOTE_DUAL_ASM_ROW_WORDS(fours)                                                                         \
    ".endif\n"                                                                                             \
    MOTE_DUAL_ASM_PART("r5", "r4")                                                                         \
    MOTE_DUAL_ASM_PART("r7", "r6")

#define MOTE_DUAL_ROW(name, eights, fours, left_shift, low, high)                                          \
    MOTE_NAKED void name(MOTE_ARGUMENT const mote_dual_inputs *from, MOTE_ARGUMENT const int32_t *stream,  \
                         MOTE_ARGUMENT void *y, MOTE_ARGUMENT int32_t groups,                              \
                         MOTE_ARGUMENT int32_t zero_point)                                                 \
    {                                                                                                      \
        __asm__(MOTE_DUAL_ASM_ROW_BEGIN                                                                    \
                "1:\n"                                                                                     \
                MOTE_DUAL_ASM_ROW(eights, fours)                                                           \
                "ldm r1!, {r8-r11}\n"                                                                      \
                "ldrd r0, r2, [sp, #16]\n"                                                                 \
                MOTE_DUAL_ASM_STORE("r4", "r8", "r12", "r0", left_shift, low, high)                        \
                MOTE_DUAL_ASM_STORE("r5", "r9", "r12", "r0", left_shift, low, high)                        \
                MOTE_DUAL_ASM_STORE("r6", "r10", "r12", "r0", left_shift, low, high)                       \
                MOTE_DUAL_ASM_STORE("r7", "r11", "r12", "r0", left_shift, low, high)                       \
                "subs r2, #1\n"                                                                            \
                "strd r0, r2, [sp, #16]\n"                                                                 \
                "bne.w 1b\n"                                                                               \
                "add sp, #28\n"                                                                            \
                "pop {r4-r11, pc}\n");                                                                     \
    }

#define MOTE_DUAL_ROW_RAW(name, eights, fours)                                                             \
    MOTE_NAKED void name(MOTE_ARGUMENT const mote_dual_inputs *from, MOTE_ARGUMENT const int32_t *stream,  \
                         MOTE_ARGUMENT void *acc, MOTE_ARGUMENT int32_t groups,                            \
                         MOTE_ARGUMENT int32_t zero_point)                                                 \
    {                                                                                                      \
        __asm__(MOTE_DUAL_ASM_ROW_BEGIN                                                                    \
                MOTE_DUAL_ASM_ROW(eights, fours)                                                           \
                "ldr r0, [sp, #16]\n"                                                                      \
                "stm r0!, {r4-r7}\n"                                                                       \
                "add sp, #28\n"                                                                            \
                "pop {r4-r11, pc}\n");                                                                     \
    }

/* Two pixels' taps for channels r0 bytes from the pointers at sp + 16. */
#define MOTE_DUAL_ASM_TAPS(taps)                                                                           \
    ".set mote_dual_tap, 16\n"                                                                             \
    ".rept " #taps "\n"                                                                                    \
    "ldrd r2, r3, [sp, #mote_dual_tap]\n"                                                                  \
    "ldr lr, [r1], #4\n"                                                                                   \
    "ldr r2, [r2, r0]\n"                                                                                   \
    "ldr r3, [r3, r0]\n"                                                                                   \
    "sxtb16 r12, r2\n"                                                                                     \
    "smlabb r4, r12, lr, r4\n"                                                                             \
    "smlatt r6, r12, lr, r6\n"                                                                             \
    "sxtb16 r12, r3\n"                                                                                     \
    "smlabb r8, r12, lr, r8\n"                                                                             \
    "smlatt r10, r12, lr, r10\n"                                                                           \
    "ldr lr, [r1], #4\n"                                                                                   \
    "sxtb16 r12, r2, ror #8\n"                                                                             \
    "smlabb r5, r12, lr, r5\n"                                                                             \
    "smlatt r7, r12, lr, r7\n"                                                                             \
    "sxtb16 r12, r3, ror #8\n"                                                                             \
    "smlabb r9, r12, lr, r9\n"                                                                             \
    "smlatt r11, r12, lr, r11\n"                                                                           \
    ".set mote_dual_tap, mote_dual_tap + 8\n"                                                              \
    ".endr\n"
/* Frame: y0, y1, groups, zero point, the taps' pointers. */
#define MOTE_DUAL_ASM_TAPS_BEGIN(taps)                                                                     \
    ".syntax unified\n"                                                                                    \
    "push {r4-r11, lr}\n"                                                                                  \
    "ldrd r4, r5, [sp, #36]\n"                                                                             \
    "sub sp, #(8 * " #taps " + 20)\n"                                                                      \
    "strd r2, r3, [sp]\n"                                                                                  \
    "strd r4, r5, [sp, #8]\n"                                                                              \
    "add r4, sp, #16\n"                                                                                    \
    ".rept " #taps " / 4\n"                                                                                \
    "ldm r0!, {r5-r12}\n"                                                                                  \
    "stm r4!, {r5-r12}\n"                                                                                  \
    ".endr\n"                                                                                              \
    ".rept " #taps " - " #taps " / 4 * 4\n"                                                                \
    "ldm r0!, {r5, r6}\n"                                                                                  \
    "stm r4!, {r5, r6}\n"                                                                                  \
    ".endr\n"                                                                                              \
    "movs r0, #0\n"
#define MOTE_DUAL_ASM_TAPS_END(taps)                                                                       \
    "add sp, #(8 * " #taps " + 20)\n"                                                                      \
    "pop {r4-r11, pc}\n"

#define MOTE_DUAL_TAPS(name, taps, left_shift, low, high)                                                  \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *const *from, MOTE_ARGUMENT const int32_t *stream,     \
                         MOTE_ARGUMENT void *y0, MOTE_ARGUMENT void *y1,                                   \
                         MOTE_ARGUMENT int32_t groups, MOTE_ARGUMENT int32_t zero_point)                   \
    {                                                                                                      \
        __asm__(MOTE_DUAL_ASM_TAPS_BEGIN(taps)                                                             \
                "1:\n"                                                                                     \
                MOTE_DUAL_ASM_STARTS                                                                       \
                MOTE_DUAL_ASM_TAPS(taps)                                                                   \
                "ldrd r2, lr, [sp]\n"                                                                      \
                "ldr r12, [sp, #12]\n"                                                                     \
                "add lr, lr, r0\n"                                                                         \
                "add r0, r0, r2\n"                                                                         \
                MOTE_DUAL_ASM_STORE_PAIR(left_shift, low, high)                                            \
                "ldr r2, [sp]\n"                                                                           \
                "ldr r3, [sp, #8]\n"                                                                       \
                "subs r0, r0, r2\n"                                                                        \
                "cmp r0, r3, lsl #2\n"                                                                     \
                "bne.w 1b\n"                                                                               \
                MOTE_DUAL_ASM_TAPS_END(taps));                                                             \
    }

#define MOTE_DUAL_TAPS_RAW(name, taps)                                                                     \
    MOTE_NAKED void name(MOTE_ARGUMENT const int8_t *const *from, MOTE_ARGUMENT const int32_t *stream,     \
                         MOTE_ARGUMENT void *acc0, MOTE_ARGUMENT void *acc1,                               \
                         MOTE_ARGUMENT int32_t groups, MOTE_ARGUMENT int32_t zero_point)                   \
    {                                                                                                      \
        __asm__(MOTE_DUAL_ASM_TAPS_BEGIN(taps)                                                             \
                MOTE_DUAL_ASM_STARTS                                                                       \
                MOTE_DUAL_ASM_TAPS(taps)                                                                   \
                "ldrd r0, r1, [sp]\n"                                                                      \
                "stm r0!, {r4-r7}\n"                                                                       \
                "stm r1!, {r8-r11}\n"                                                                      \
                MOTE_DUAL_ASM_TAPS_END(taps));                                                             \
    }

/** How a core makes a line of outputs of some channels. In the order of the assembly. */
typedef struct {
    int32_t pairs;        /* of output pixels */
    int32_t odd;          /* 1 where one more pixel follows */
    int32_t channel_step; /* bytes of the input from one channel's rows to the next's */
    int32_t filter_step;  /* bytes of the output */
    int32_t pixel_step;   /* bytes of the output */
    int32_t zero_point;
    int32_t channels;
    int32_t first; /* which of the three rows of x is the window's first; the others follow in a ring */
} mote_dual_line;

/* Row r of three for a pixel (lr) and, with both, the next one (r10); its weights are in a and b. */
#define MOTE_DUAL_ASM_LINE_ROW(r, a, b, stride, pitch, start, both)                                        \
    "ldrd r3, r12, [r0, #(4 * " #pitch " * " #r ")]\n"                                                     \
    "smlad lr, r3, " a ", " start "\n"                                                                     \
    "smlabt lr, r12, " b ", lr\n"                                                                          \
    ".if " #both "\n"                                                                                      \
    ".if " #stride " == 1\n"                                                                               \
    "smlatb r10, r3, " a ", r10\n"                                                                         \
    "smlad r10, r12, " b ", r10\n"                                                                         \
    ".else\n"                                                                                              \
    "smlad r10, r12, " a ", r10\n"                                                                         \
    "ldr r12, [r0, #(4 * " #pitch " * " #r " + 8)]\n"                                                      \
    "smlabt r10, r12, " b ", r10\n"                                                                        \
    ".endif\n"                                                                                             \
    ".endif\n"
#define MOTE_DUAL_ASM_LINE_ROWS(stride, pitch, both)                                                       \
    MOTE_DUAL_ASM_LINE_ROW(0, "r4", "r5", stride, pitch, "r10", both)                                      \
    MOTE_DUAL_ASM_LINE_ROW(1, "r6", "r7", stride, pitch, "lr", both)                                       \
    MOTE_DUAL_ASM_LINE_ROW(2, "r8", "r9", stride, pitch, "lr", both)

/*
 * Frame: x, y, end of y's pairs, start, pixel step, zero point, channels left, line, where weights are
 * loaded for rows that begin with the first, second or third. `first` and `second` store a pixel's
 * accumulator (lr) and the next one's (r10, r3 bytes further).
 */
#define MOTE_DUAL_ASM_LINE(stride, pitch, first, second)                                                   \
    ".syntax unified\n"                                                                                    \
    "push {r4-r11, lr}\n"                                                                                  \
    "sub sp, #36\n"                                                                                        \
    "ldm r3, {r4-r11}\n"                                                                                   \
    "mul r4, r4, r8\n"                                                                                     \
    "add r4, r2, r4, lsl #1\n"                                                                             \
    "strd r0, r2, [sp]\n"                                                                                  \
    "str r4, [sp, #8]\n"                                                                                   \
    "strd r8, r9, [sp, #16]\n"                                                                             \
    "strd r10, r3, [sp, #24]\n"                                                                            \
    "adr.w r4, 2f\n"                                                                                       \
    "add r4, r4, r11, lsl #3\n"                                                                            \
    "orr r4, r4, #1\n"                                                                                     \
    "str r4, [sp, #32]\n"                                                                                  \
    "1:\n"                                                                                                 \
    "ldr pc, [sp, #32]\n"                                                                                  \
    ".p2align 2\n"                                                                                         \
    "2:\n"                                                                                                 \
    "ldm.w r1!, {r4-r9}\n"                                                                                 \
    "b.n 3f\n"                                                                                             \
    "nop.n\n"                                                                                              \
    "ldm.w r1!, {r6-r9}\n"                                                                                 \
    "ldm.n r1!, {r4, r5}\n"                                                                                \
    "b.n 3f\n"                                                                                             \
    "ldm.w r1!, {r8, r9}\n"                                                                                \
    "ldm.n r1!, {r4-r7}\n"                                                                                 \
    "3:\n"                                                                                                 \
    "ldm r1!, {r10, r11}\n"                                                                                \
    "ldrd r0, r2, [sp]\n"                                                                                  \
    "ldr r3, [sp, #8]\n"                                                                                   \
    "str r10, [sp, #12]\n"                                                                                 \
    "cmp r2, r3\n"                                                                                         \
    "beq.w 5f\n"                                                                                           \
    "4:\n"                                                                                                 \
    MOTE_DUAL_ASM_LINE_ROWS(stride, pitch, 1)                                                              \
    "ldrd r3, r12, [sp, #16]\n"                                                                            \
    first                                                                                                  \
    second                                                                                                 \
    "add r2, r2, r3, lsl #1\n"                                                                             \
    "ldrd r3, r10, [sp, #8]\n"                                                                             \
    "adds r0, #(4 * " #stride ")\n"                                                                        \
    "cmp r2, r3\n"                                                                                         \
    "bne.w 4b\n"                                                                                           \
    "5:\n"                                                                                                 \
    "ldr r3, [sp, #28]\n"                                                                                  \
    "ldr r12, [r3, #4]\n"                                                                                  \
    "cmp r12, #0\n"                                                                                        \
    "beq.w 6f\n"                                                                                           \
    MOTE_DUAL_ASM_LINE_ROWS(stride, pitch, 0)                                                              \
    "ldr r12, [sp, #20]\n"                                                                                 \
    first                                                                                                  \
    "ldr r3, [sp, #28]\n"                                                                                  \
    "6:\n"                                                                                                 \
    "ldrd r4, r5, [r3, #8]\n"                                                                              \
    "ldrd r0, r2, [sp]\n"                                                                                  \
    "ldr r6, [sp, #8]\n"                                                                                   \
    "ldr r7, [sp, #24]\n"                                                                                  \
    "add r0, r0, r4\n"                                                                                     \
    "add r2, r2, r5\n"                                                                                     \
    "add r6, r6, r5\n"                                                                                     \
    "subs r7, #1\n"                                                                                        \
    "strd r0, r2, [sp]\n"                                                                                  \
    "str r6, [sp, #8]\n"                                                                                   \
    "str r7, [sp, #24]\n"                                                                                  \
    "bne.w 1b\n"                                                                                           \
    "add sp, #36\n"                                                                                        \
    "pop {r4-r11, pc}\n"

#define MOTE_DUAL_LINE(name, stride, pitch, left_shift, low, high)                                         \
    MOTE_NAKED void name(MOTE_ARGUMENT const int16_t *x, MOTE_ARGUMENT const int32_t *stream,              \
                         MOTE_ARGUMENT void *y, MOTE_ARGUMENT const mote_dual_line *line)                  \
    {                                                                                                      \
        __asm__(MOTE_DUAL_ASM_LINE(                                                                        \
            stride, pitch, MOTE_DUAL_ASM_SCALE("lr", "r11", "r12", left_shift, low, high) "strb lr, [r2]\n", \
            MOTE_DUAL_ASM_SCALE("r10", "r11", "r12", left_shift, low, high) "strb r10, [r2, r3]\n"));      \
    }

#define MOTE_DUAL_LINE_RAW(name, stride, pitch)                                                            \
    MOTE_NAKED void name(MOTE_ARGUMENT const int16_t *x, MOTE_ARGUMENT const int32_t *stream,              \
                         MOTE_ARGUMENT void *y, MOTE_ARGUMENT const mote_dual_line *line)                  \
    {                                                                                                      \
        __asm__(MOTE_DUAL_ASM_LINE(stride, pitch, "str lr, [r2]\n", "str r10, [r2, r3]\n"));               \
    }

#endif
