/* SPDX-License-Identifier: 0BSD */
/* Depthwise products over columns on Helium. The stream is that of the portable columns_s8.h. */
#ifndef MOTE_COLUMNS_S8_H
#define MOTE_COLUMNS_S8_H

#if !defined(__ARM_FEATURE_MVE)
#error "This needs Helium instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include <arm_mve.h>

#include "window.h"

typedef struct {
    int32_t zero, low, high, left, tflite;
} mote_columns_scales;

#if defined(__GNUC__) && !defined(__clang__)
#define MOTE_COLUMNS_NAKED __attribute__((naked, noinline, noipa, used))
#else
#define MOTE_COLUMNS_NAKED __attribute__((naked, noinline, used))
#endif

#define MOTE_COLUMNS_PIXEL(q, at, sum, pixels, step) \
    ".if " #pixels " > " #at "\n" \
    "vldrw.u32 " q ", [q0, #" #at " * (" #step ")]\n vmladav.s8 " sum ", " q ", q1\n" \
    ".endif\n"

#define MOTE_COLUMNS_STORE(pixels, count, list) \
    ".if " #pixels " == " #count "\n stm r9!, {" list "}\n .endif\n"

/* q0: addresses of a channel's 4 columns; every pixel's sum is one gathered vector's. */
#define MOTE_COLUMNS_S8(name, pixels, step, spread) \
    static MOTE_COLUMNS_NAKED void name(const int8_t *columns __attribute__((unused)), \
                                        const int32_t *weights __attribute__((unused)), \
                                        int32_t *acc __attribute__((unused)), \
                                        int32_t channels __attribute__((unused))) \
    { \
        __asm__("push {r3-r11, lr}\n" \
                "mov r7, r1\n mov r9, r2\n mov r11, r3\n" \
                "movs r4, #0\n vidup.u32 q0, r4, #1\n" \
                "movw r5, #" #spread "\n vmul.i32 q0, q0, r5\n" \
                "subs r0, #4\n vadd.i32 q0, q0, r0\n" \
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
                "subs r11, #1\n" \
                "bne 1b\n" \
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
                             "vst42.8 {q0, q1, q2, q3}, [%0]\n vst43.8 {q0, q1, q2, q3}, [%0]\n"
                             :
                             : "r"(to), "r"(a), "r"(b), "r"(c)
                             : "q0", "q1", "q2", "q3", "memory");
        } else {
            __asm__ volatile("vctp.8 %5\n vpstttt\n"
                             "vldrbt.u8 q0, [%1]\n vldrbt.u8 q1, [%2]\n"
                             "vldrbt.u8 q2, [%3]\n vldrbt.u8 q3, [%4]\n"
                             "vst40.8 {q0, q1, q2, q3}, [%0]\n vst41.8 {q0, q1, q2, q3}, [%0]\n"
                             "vst42.8 {q0, q1, q2, q3}, [%0]\n vst43.8 {q0, q1, q2, q3}, [%0]\n"
                             :
                             : "r"(to), "r"(a), "r"(b), "r"(c), "r"(d), "r"(channels)
                             : "q0", "q1", "q2", "q3", "cc", "memory");
        }
        to += 64;
        a += steps[0];
        b += step_b;
        c += step_c;
        d += step_d;
    }
}

MOTE_INLINE void mote_columns_fill(int8_t *to, int32_t value, int32_t count)
{
    for (int32_t i = 0; i < count; i += 64) {
        const int8x16_t values = vdupq_n_s8((int8_t)value);
        vst1q_s8(to + i, values);
        vst1q_s8(to + i + 16, values);
        vst1q_s8(to + i + 32, values);
        vst1q_s8(to + i + 48, values);
    }
}

/** One rescale of 4 channels; `right` is read in profile tflite, `left` where there are left shifts. */
MOTE_INLINE int32x4_t mote_columns_rescale(int32x4_t x, int32x4_t left, int32x4_t multiplier,
                                           int32x4_t right, mote_columns_scales s)
{
    if (s.left != 0) {
        x = vshlq_s32(x, left);
    }
    if (s.tflite == 0) {
        return vrmulhq_s32(x, multiplier);
    }
    x = vqrdmulhq_s32(x, multiplier);
    x = vqaddq_s32(x, vshrq_n_s32(vandq_s32(x, right), 31));
    return vrshlq_s32(x, right);
}

/** Accumulators of up to 16 channels to stored integers. */
MOTE_INLINE void mote_columns_finish(const int32_t *acc, int8_t *y, int32_t y_step, int32_t pixels,
                                     const int32_t *scales, int32_t channels, mote_columns_scales s)
{
    const uint32x4_t lanes = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)pixels);
    const int32x4_t low = vdupq_n_s32(s.low);
    const int32x4_t high = vdupq_n_s32(s.high);
#pragma GCC unroll 1
    for (int32_t c = 0; c < channels; c += 4) {
        const int32x4_t bias = vldrwq_s32(scales + c);
        const int32x4_t left = vldrwq_s32(scales + 16 + c);
        const int32_t *own = scales + (s.left != 0 ? 32 : 16) + c;
        const int32x4_t multiplier = vldrwq_s32(own);
        const int32x4_t right = s.tflite != 0 ? vldrwq_s32(own + 16) : low;
#pragma GCC unroll 8
        for (int32_t p = 0; p < pixels; p++) {
            int32x4_t x = vldrwq_gather_shifted_offset_s32(acc + c * pixels + p, lanes);
            x = mote_columns_rescale(vaddq_s32(x, bias), left, multiplier, right, s);
            x = vminq_s32(vmaxq_s32(vaddq_n_s32(x, s.zero), low), high);
            if (c + 4 <= channels) {
                vstrbq_s32(y + p * y_step + c, x);
            } else {
                vstrbq_p_s32(y + p * y_step + c, x, vctp32q((uint32_t)(channels - c)));
            }
        }
    }
}

#endif
