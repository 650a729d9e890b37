/* SPDX-License-Identifier: 0BSD */
/* Depthwise products over columns on Helium. The stream is that of the portable columns_s8.h. */
#ifndef MOTE_COLUMNS_S8_H
#define MOTE_COLUMNS_S8_H

#if !defined(__ARM_FEATURE_MVE)
#error "This needs Helium instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "packed_s8.h"

#define MOTE_COLUMNS_PIXEL(q, at, sum, pixels, step) \
    ".if " #pixels " > " #at "\n" \
    "vldrw.u32 " q ", [q0, #" #at " * (" #step ")]\n vmladav.s8 " sum ", " q ", q1\n" \
    ".endif\n"

#define MOTE_COLUMNS_STORE(pixels, count, list) \
    ".if " #pixels " == " #count "\n stm r9!, {" list "}\n .endif\n"

#define MOTE_COLUMNS_EIGHT(at, pixels, channels, y_column, low, high, left, tflite) \
    ".if " #pixels " > " #at "\n" \
    MOTE_MVE_EIGHT("4 * " #at, "4 * (" #at " + " #pixels ")", channels, low, high, left, tflite) \
    "addw r0, r0, #" #y_column "\n" \
    ".endif\n"

/*
 * First the sums, acc[channel][pixels]: q0 has the addresses of a channel's 4 columns, every pixel's
 * sum is one gathered vector's. Then 8 channels at a time to bytes: r1: y; q7: addresses in acc; r10:
 * channels that are left. On the stack: d8 ... d15, y (64); at 104 the channels.
 */
#define MOTE_COLUMNS_S8(name, pixels, step, spread, channels, y_column, zero, low, high, left, tflite) \
    MOTE_NAKED void name(const int8_t *columns MOTE_ARGUMENT, \
                         const int32_t *stream MOTE_ARGUMENT, \
                         int32_t *acc MOTE_ARGUMENT, int8_t *y MOTE_ARGUMENT, \
                         int32_t count MOTE_ARGUMENT) \
    { \
        __asm__("push {r3-r11, lr}\n" \
                "vpush {d8-d15}\n" \
                "mov r7, r1\n add r3, r1, #256\n" \
                "mov r9, r2\n mov r1, r2\n" \
                "ldr r11, [sp, #104]\n" \
                "movs r4, #0\n vidup.u32 q0, r4, #1\n" \
                "movw r5, #" #spread "\n vmul.i32 q0, q0, r5\n" \
                "subs r0, #4\n vadd.i32 q0, q0, r0\n" \
                ".if " #pixels " < 8\n dls lr, r11\n .endif\n" \
                "1:\n" \
                "vldrw.u32 q1, [r7], #16\n" \
                "vldrw.u32 q2, [q0, #4]!\n vmladav.s8 r0, q2, q1\n" \
                MOTE_COLUMNS_PIXEL("q3", 1, "r2", pixels, step) \
                MOTE_COLUMNS_PIXEL("q2", 2, "r4", pixels, step) \
                MOTE_COLUMNS_PIXEL("q3", 3, "r6", pixels, step) \
                MOTE_COLUMNS_PIXEL("q2", 4, "r8", pixels, step) \
                MOTE_COLUMNS_PIXEL("q3", 5, "r10", pixels, step) \
                MOTE_COLUMNS_PIXEL("q2", 6, "r12", pixels, step) \
                MOTE_COLUMNS_PIXEL("q3", 7, "lr", pixels, step) \
                MOTE_COLUMNS_STORE(pixels, 2, "r0, r2") \
                MOTE_COLUMNS_STORE(pixels, 3, "r0, r2, r4") \
                MOTE_COLUMNS_STORE(pixels, 4, "r0, r2, r4, r6") \
                MOTE_COLUMNS_STORE(pixels, 5, "r0, r2, r4, r6, r8") \
                MOTE_COLUMNS_STORE(pixels, 6, "r0, r2, r4, r6, r8, r10") \
                MOTE_COLUMNS_STORE(pixels, 7, "r0, r2, r4, r6, r8, r10, r12") \
                MOTE_COLUMNS_STORE(pixels, 8, "r0, r2, r4, r6, r8, r10, r12, lr") \
                ".if " #pixels " < 8\n le lr, 1b\n .else\n subs r11, #1\n bne 1b\n .endif\n" \
                "mov r7, r3\n" \
                "movs r4, #0\n vidup.u32 q7, r4, #8\n" \
                "movs r5, #" #pixels "\n vmul.i32 q7, q7, r5\n vadd.i32 q7, q7, r1\n" \
                "lsls r5, r5, #5\n" \
                "ldr r1, [sp, #64]\n ldr r10, [sp, #104]\n" \
                "2:\n" \
                ".if (" #channels ") % 8\n vctp.16 r10\n .endif\n" \
                "mov r0, r1\n" \
                MOTE_MVE_EIGHT_BEGIN(zero, low, high, left, tflite) \
                MOTE_COLUMNS_EIGHT(0, pixels, channels, y_column, low, high, left, tflite) \
                MOTE_COLUMNS_EIGHT(1, pixels, channels, y_column, low, high, left, tflite) \
                MOTE_COLUMNS_EIGHT(2, pixels, channels, y_column, low, high, left, tflite) \
                MOTE_COLUMNS_EIGHT(3, pixels, channels, y_column, low, high, left, tflite) \
                MOTE_COLUMNS_EIGHT(4, pixels, channels, y_column, low, high, left, tflite) \
                MOTE_COLUMNS_EIGHT(5, pixels, channels, y_column, low, high, left, tflite) \
                MOTE_COLUMNS_EIGHT(6, pixels, channels, y_column, low, high, left, tflite) \
                MOTE_COLUMNS_EIGHT(7, pixels, channels, y_column, low, high, left, tflite) \
                "add r7, r7, #" MOTE_MVE_EIGHT_WORDS(left, tflite) "\n" \
                "vadd.i32 q7, q7, r5\n" \
                "adds r1, #8\n" \
                "subs r10, #8\n" \
                "bgt.w 2b\n" \
                "vpop {d8-d15}\n" \
                "pop {r3-r11, pc}\n"); \
    }

/** `count` columns of up to 16 channels; rows[r] moves by steps[r] from one to the next. */
MOTE_INLINE void mote_columns_build(int8_t *to, const int8_t *const *rows, const int32_t *steps,
                                    int32_t height, int32_t count, int32_t channels)
{
    const int8_t *a = rows[0];
    const int8_t *b = rows[height > 1 ? 1 : 0];
    const int8_t *c = rows[height > 2 ? 2 : 0];
    const int8_t *d = rows[height > 3 ? 3 : 0];
    const int32_t step_b = steps[height > 1 ? 1 : 0];
    const int32_t step_c = steps[height > 2 ? 2 : 0];
    const int32_t step_d = steps[height > 3 ? 3 : 0];
#pragma GCC unroll 1
    for (int32_t i = 0; i < count; i++) {
        if (height <= 3 && channels == 16) {
            __asm__ volatile("vldrb.u8 q0, [%1]\n vldrb.u8 q1, [%2]\n vldrb.u8 q2, [%3]\n"
                             "vst40.8 {q0, q1, q2, q3}, [%0]\n vst41.8 {q0, q1, q2, q3}, [%0]\n"
                             "vst42.8 {q0, q1, q2, q3}, [%0]\n vst43.8 {q0, q1, q2, q3}, [%0]!\n"
                             : "+r"(to)
                             : "r"(a), "r"(b), "r"(c)
                             : "q0", "q1", "q2", "q3", "memory");
        } else {
            __asm__ volatile("vctp.8 %5\n vpstttt\n"
                             "vldrbt.u8 q0, [%1]\n vldrbt.u8 q1, [%2]\n"
                             "vldrbt.u8 q2, [%3]\n vldrbt.u8 q3, [%4]\n"
                             "vst40.8 {q0, q1, q2, q3}, [%0]\n vst41.8 {q0, q1, q2, q3}, [%0]\n"
                             "vst42.8 {q0, q1, q2, q3}, [%0]\n vst43.8 {q0, q1, q2, q3}, [%0]!\n"
                             : "+r"(to)
                             : "r"(a), "r"(b), "r"(c), "r"(d), "r"(channels)
                             : "q0", "q1", "q2", "q3", "cc", "memory");
        }
        a += steps[0];
        b += step_b;
        c += step_c;
        d += step_d;
    }
}

#endif
