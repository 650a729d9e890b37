/* SPDX-License-Identifier: 0BSD */
/*
 * 3x3 convolutions of int8 on Helium, from rows: 4 pixels times 2 filters, whose accumulators are
 * r0, r2 ... r12, lr; the columns of a row that one tap loads serve the next taps too. The stream is
 * that of the portable rows_s8.h.
 */
#ifndef MOTE_ROWS_S8_H
#define MOTE_ROWS_S8_H

#if !defined(__ARM_FEATURE_MVE)
#error "This needs Helium instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "packed_s8.h"

#define MOTE_ROWS_WEIGHTS "vldrw.u32 q6, [r7], #16\n vldrw.u32 q7, [r7], #16\n"
#define MOTE_ROWS_LOAD(q, row, column) "vldrw.u32 " q ", [" row ", #mote_at + " #column " * mote_column]\n"
#define MOTE_ROWS_FIRST(row) \
    ".if mote_loops\n vldrw.u32 q0, [" row "], #16\n .else\n" MOTE_ROWS_LOAD("q0", row, 0) ".endif\n"
#define MOTE_ROWS_PIXEL(a, x, even, odd) \
    "vmladav" a ".s8 " even ", " x ", q6\n vmladav" a ".s8 " odd ", " x ", q7\n"
#define MOTE_ROWS_TAP(a, x0, x1, x2, x3) \
    MOTE_ROWS_PIXEL(a, x0, "r0", "r2") \
    MOTE_ROWS_PIXEL(a, x1, "r4", "r6") \
    MOTE_ROWS_PIXEL(a, x2, "r8", "r10") MOTE_ROWS_PIXEL(a, x3, "r12", "lr")

/* One row of the kernel, 16 channels. Stride 1 reads 6 columns, stride 2 reads 9. */
#define MOTE_ROWS_ROW(a, row, stride) \
    MOTE_ROWS_FIRST(row) \
    MOTE_ROWS_LOAD("q1", row, (stride)) \
    MOTE_ROWS_LOAD("q2", row, 2 * (stride)) \
    MOTE_ROWS_LOAD("q3", row, 3 * (stride)) \
    MOTE_ROWS_WEIGHTS MOTE_ROWS_TAP(a, "q0", "q1", "q2", "q3") \
    MOTE_ROWS_WEIGHTS \
    ".if " MOTE_MVE_TEXT(stride) " == 1\n" \
    MOTE_ROWS_LOAD("q4", row, 4) \
    MOTE_ROWS_TAP("a", "q1", "q2", "q3", "q4") \
    MOTE_ROWS_LOAD("q5", row, 5) \
    MOTE_ROWS_WEIGHTS MOTE_ROWS_TAP("a", "q2", "q3", "q4", "q5") \
    ".else\n" \
    MOTE_ROWS_LOAD("q0", row, 1) MOTE_ROWS_PIXEL("a", "q0", "r0", "r2") \
    MOTE_ROWS_LOAD("q4", row, 3) MOTE_ROWS_PIXEL("a", "q4", "r4", "r6") \
    MOTE_ROWS_LOAD("q5", row, 5) MOTE_ROWS_PIXEL("a", "q5", "r8", "r10") \
    MOTE_ROWS_LOAD("q0", row, 7) MOTE_ROWS_PIXEL("a", "q0", "r12", "lr") \
    MOTE_ROWS_LOAD("q4", row, 8) \
    MOTE_ROWS_WEIGHTS MOTE_ROWS_TAP("a", "q1", "q2", "q3", "q4") \
    ".endif\n"
#define MOTE_ROWS_PLANE(a, stride) \
    MOTE_ROWS_ROW(a, "r1", stride) MOTE_ROWS_ROW("a", "r3", stride) MOTE_ROWS_ROW("a", "r5", stride)

/* All of K for 2 filters: 1 or 2 planes of 16 channels at fixed offsets, more in a loop from 0 on. */
#define MOTE_ROWS_PAIR(channels, stride) \
    ".set mote_at, 0\n" \
    ".if mote_loops\n" \
    ".set mote_at, -16\n" \
    "ldm sp, {r0, r2, r4, r6, r8, r10, r12, lr}\n" \
    "add r11, r1, #" MOTE_MVE_TEXT(channels) "\n" \
    "4:\n" MOTE_ROWS_PLANE("a", stride) \
    "cmp r1, r11\n bne.w 4b\n" \
    "sub r1, r1, #" MOTE_MVE_TEXT(channels) "\n" \
    "sub r3, r3, #" MOTE_MVE_TEXT(channels) "\n" \
    "sub r5, r5, #" MOTE_MVE_TEXT(channels) "\n" \
    ".else\n" \
    MOTE_ROWS_PLANE("", stride) \
    ".if " MOTE_MVE_TEXT(channels) " > 16\n" \
    ".set mote_at, 16\n" MOTE_ROWS_PLANE("a", stride) \
    ".endif\n" \
    ".endif\n"

#define MOTE_ROWS_STORE(pixel, filters, low, high, left, tflite) \
    MOTE_MVE_EIGHT("8 * " #pixel, "64 + 8 * " #pixel, filters, low, high, left, tflite)
#define MOTE_ROWS_NEXT(y_column) "addw r0, r0, #" MOTE_MVE_TEXT(y_column) "\n"

/* The accumulators of 8 filters times 4 pixels to bytes. */
#define MOTE_ROWS_FINISH(y_column, filters, zero, low, high, left, tflite) \
    "ldr r0, [sp, #240]\n add r2, r0, #8\n str r2, [sp, #240]\n" \
    "ldr r10, [sp, #248]\n" \
    "vldrw.u32 q7, [sp, #160]\n" \
    ".if (" MOTE_MVE_TEXT(filters) ") % 8\n vctp.16 r10\n .endif\n" \
    MOTE_MVE_EIGHT_BEGIN(zero, low, high, left, tflite) \
    MOTE_ROWS_STORE(0, filters, low, high, left, tflite) MOTE_ROWS_NEXT(y_column) \
    MOTE_ROWS_STORE(1, filters, low, high, left, tflite) MOTE_ROWS_NEXT(y_column) \
    MOTE_ROWS_STORE(2, filters, low, high, left, tflite) MOTE_ROWS_NEXT(y_column) \
    MOTE_ROWS_STORE(3, filters, low, high, left, tflite) \
    "add r7, r7, #" MOTE_MVE_EIGHT_WORDS(left, tflite) "\n" \
    "subs r10, #8\n str r10, [sp, #248]\n"

/*
 * All filters of blocks of 4 pixels side by side. r1, r3, r5: the rows; r7: the stream; r9:
 * accumulators; r11: the end of these or of a row's channels. On the stack: 8 zeros, accumulators
 * [4 pairs][4 pixels][2], addresses of one pixel's, d8 ... d15, y (240), the stream (244), filters
 * that are left (248); at 288 x2 and the blocks.
 */
#define MOTE_ROWS_S8(name, channels, stride, y_column, filters, zero, low, high, left, tflite) \
    MOTE_NAKED void name(const int8_t *x0 MOTE_ARGUMENT, int8_t *y MOTE_ARGUMENT, \
                         const int32_t *stream MOTE_ARGUMENT, const int8_t *x1 MOTE_ARGUMENT, \
                         const int8_t *x2 MOTE_ARGUMENT, int32_t blocks MOTE_ARGUMENT) \
    { \
        __asm__( \
            ".set mote_column, " MOTE_MVE_TEXT(channels) "\n" \
            ".set mote_loops, " MOTE_MVE_TEXT(channels) " > 32\n" \
            "push {r1-r11, lr}\n" \
            "vpush {d8-d15}\n" \
            "sub sp, sp, #176\n" \
            "mov r1, r0\n" \
            "ldr r5, [sp, #288]\n" \
            "vmov.i32 q0, #0\n vstrw.32 q0, [sp]\n vstrw.32 q0, [sp, #16]\n" \
            "add r0, sp, #32\n add r2, sp, #36\n strd r0, r2, [sp, #160]\n" \
            "add r0, sp, #64\n add r2, sp, #68\n strd r0, r2, [sp, #168]\n" \
            "1:\n" \
            "ldr r7, [sp, #244]\n" \
            "movw r0, #" MOTE_MVE_TEXT(filters) "\n" \
            "str r0, [sp, #248]\n" \
            "2:\n" \
            "add r9, sp, #32\n" \
            ".if mote_loops == 0\n add r11, sp, #160\n .endif\n" \
            "3:\n" \
            MOTE_ROWS_PAIR(channels, stride) \
            "stm r9!, {r0, r2, r4, r6, r8, r10, r12, lr}\n" \
            ".if mote_loops\n add r11, sp, #160\n .endif\n" \
            "cmp r9, r11\n" \
            "bne.w 3b\n" \
            MOTE_ROWS_FINISH(y_column, filters, zero, low, high, left, tflite) \
            "bgt.w 2b\n" \
            "add r1, r1, #4 * (" MOTE_MVE_TEXT(stride) ") * (" MOTE_MVE_TEXT(channels) ")\n" \
            "add r3, r3, #4 * (" MOTE_MVE_TEXT(stride) ") * (" MOTE_MVE_TEXT(channels) ")\n" \
            "add r5, r5, #4 * (" MOTE_MVE_TEXT(stride) ") * (" MOTE_MVE_TEXT(channels) ")\n" \
            "ldr r0, [sp, #240]\n" \
            MOTE_MVE_WIDE("r2", \
                          "4 * (" MOTE_MVE_TEXT(y_column) ") - ((" MOTE_MVE_TEXT(filters) ") + 7) / 8 * 8") \
            "add r0, r0, r2\n" \
            "str r0, [sp, #240]\n" \
            "ldr r0, [sp, #292]\n" \
            "subs r0, #1\n" \
            "str r0, [sp, #292]\n" \
            "bgt.w 1b\n" \
            "add sp, sp, #176\n" \
            "vpop {d8-d15}\n" \
            "pop {r1-r11, pc}\n"); \
    }

#endif
