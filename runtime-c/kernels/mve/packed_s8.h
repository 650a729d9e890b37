/* SPDX-License-Identifier: 0BSD */
/*
 * Products of packed int8 matrices on Helium. The stream is that of the portable packed_s8.h.
 * Accumulators are r0, r2 … r12, lr, which VMLADAV takes; pointers are in odd registers.
 */
#ifndef MOTE_PACKED_S8_H
#define MOTE_PACKED_S8_H

#if !defined(__ARM_FEATURE_MVE)
#error "This needs Helium instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "window.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Woverlength-strings" /* of the cores, which are one text each */
#endif

#define MOTE_MVE_TEXT(x) #x
#define MOTE_MVE_VECTORS(full, tail) "((" MOTE_MVE_TEXT(full) ") + ((" MOTE_MVE_TEXT(tail) ") + 15) / 16)"

/* 4 filters times the pixels in q0 and q1. */
#define MOTE_MVE_PAIR_PRODUCTS(a) \
    "vldrw.u32 q2, [r7], #16\n vmladav" a ".s8 r0, q0, q2\n vmladav" a ".s8 r8, q1, q2\n" \
    "vldrw.u32 q3, [r7], #16\n vmladav" a ".s8 r2, q0, q3\n vmladav" a ".s8 r10, q1, q3\n" \
    "vldrw.u32 q2, [r7], #16\n vmladav" a ".s8 r4, q0, q2\n vmladav" a ".s8 r12, q1, q2\n" \
    "vldrw.u32 q3, [r7], #16\n vmladav" a ".s8 r6, q0, q3\n vmladav" a ".s8 lr, q1, q3\n"
#define MOTE_MVE_PAIR_AT \
    ".if mote_words\n" \
    "vldrw.u32 q0, [r9, #mote_at]\n vldrw.u32 q1, [r11, #mote_at]\n" \
    ".else\n" \
    "vldrb.u8 q0, [r9, #mote_at]\n vldrb.u8 q1, [r11, #mote_at]\n" \
    ".endif\n"
#define MOTE_MVE_PAIR_NEXT "vldrb.u8 q0, [r9], #16\n vldrb.u8 q1, [r11], #16\n"
#define MOTE_MVE_PAIR_TAIL "vpstt\n vldrbt.u8 q0, [r9, #mote_at]\n vldrbt.u8 q1, [r11, #mote_at]\n"

/* 8 filters times the row in q0. */
#define MOTE_MVE_ROW_PRODUCTS(a) \
    "vldrw.u32 q1, [r7], #16\n vmladav" a ".s8 r0, q0, q1\n" \
    "vldrw.u32 q2, [r7], #16\n vmladav" a ".s8 r2, q0, q2\n" \
    "vldrw.u32 q3, [r7], #16\n vmladav" a ".s8 r4, q0, q3\n" \
    "vldrw.u32 q1, [r7], #16\n vmladav" a ".s8 r6, q0, q1\n" \
    "vldrw.u32 q2, [r7], #16\n vmladav" a ".s8 r8, q0, q2\n" \
    "vldrw.u32 q3, [r7], #16\n vmladav" a ".s8 r10, q0, q3\n" \
    "vldrw.u32 q1, [r7], #16\n vmladav" a ".s8 r12, q0, q1\n" \
    "vldrw.u32 q2, [r7], #16\n vmladav" a ".s8 lr, q0, q2\n"
#define MOTE_MVE_ROW_AT \
    ".if mote_words\n vldrw.u32 q0, [r9, #mote_at]\n .else\n vldrb.u8 q0, [r9, #mote_at]\n .endif\n"
#define MOTE_MVE_ROW_NEXT "vldrb.u8 q0, [r9], #16\n"
#define MOTE_MVE_ROW_TAIL "vpst\n vldrbt.u8 q0, [r9, #mote_at]\n"

/*
 * All of K for one group: a few vectors at fixed offsets, more in a loop of 4 that moves the
 * pointers. Offsets of bytes reach 8 vectors; where K is whole vectors, x lies at words, whose
 * offsets reach farther. The first vector's products start the accumulators.
 */
#define MOTE_MVE_GROUP(kind, full, tail) \
    ".set mote_at, 0\n" \
    ".if (" MOTE_MVE_TEXT(tail) ") == 0\n" \
    ".set mote_words, 1\n .set mote_most, 12\n" \
    ".else\n" \
    ".set mote_words, 0\n .set mote_most, 8\n" \
    ".endif\n" \
    ".if " MOTE_MVE_VECTORS(full, tail) " <= mote_most\n" \
    ".if (" MOTE_MVE_TEXT(full) ") > 0\n" \
    MOTE_MVE_##kind##_AT MOTE_MVE_##kind##_PRODUCTS("") \
    ".rept (" MOTE_MVE_TEXT(full) ") - 1\n" \
    ".set mote_at, mote_at + 16\n" \
    MOTE_MVE_##kind##_AT MOTE_MVE_##kind##_PRODUCTS("a") \
    ".endr\n" \
    ".set mote_at, mote_at + 16\n" \
    ".endif\n" \
    ".else\n" \
    MOTE_MVE_##kind##_NEXT MOTE_MVE_##kind##_PRODUCTS("") \
    ".rept ((" MOTE_MVE_TEXT(full) ") - 1) % 4\n" \
    MOTE_MVE_##kind##_NEXT MOTE_MVE_##kind##_PRODUCTS("a") \
    ".endr\n" \
    "mov r3, #((" MOTE_MVE_TEXT(full) ") - 1) / 4\n" \
    "3:\n" \
    ".rept 4\n" \
    MOTE_MVE_##kind##_NEXT MOTE_MVE_##kind##_PRODUCTS("a") \
    ".endr\n" \
    "subs r3, #1\n" \
    "bne.w 3b\n" \
    ".endif\n" \
    ".if (" MOTE_MVE_TEXT(tail) ") > 0\n" \
    ".if (" MOTE_MVE_TEXT(full) ") > 0\n" \
    MOTE_MVE_##kind##_TAIL MOTE_MVE_##kind##_PRODUCTS("a") \
    ".else\n" \
    MOTE_MVE_##kind##_TAIL MOTE_MVE_##kind##_PRODUCTS("") \
    ".endif\n" \
    ".endif\n"

/* gemmlowp's two roundings of `acc`; `shift` holds negated right shifts. q4 is lost. */
#define MOTE_MVE_ROUND_TWICE(acc, shift) \
    "vand q4, " acc ", " shift "\n" \
    "vshr.s32 q4, q4, #31\n" \
    "vqadd.s32 " acc ", " acc ", q4\n" \
    "vrshl.s32 " acc ", " acc ", " shift "\n"

/* q0 and q1, rescaled; `load_b` loads the parameters of q1 to `b`, where they are not those of q0. */
#define MOTE_MVE_SCALE(load_b, b, left, tflite) \
    "vldrw.u32 q2, [r7], #16\n" load_b \
    "vadd.i32 q0, q0, q2\n vadd.i32 q1, q1, " b "\n" \
    ".if " MOTE_MVE_TEXT(left) "\n" \
    "vldrw.u32 q2, [r7], #16\n" load_b \
    "vshl.s32 q0, q0, q2\n vshl.s32 q1, q1, " b "\n" \
    ".endif\n" \
    "vldrw.u32 q2, [r7], #16\n" load_b \
    ".if " MOTE_MVE_TEXT(tflite) "\n" \
    "vqrdmulh.s32 q0, q0, q2\n vqrdmulh.s32 q1, q1, " b "\n" \
    "vldrw.u32 q2, [r7], #16\n" load_b \
    MOTE_MVE_ROUND_TWICE("q0", "q2") MOTE_MVE_ROUND_TWICE("q1", b) \
    ".else\n" \
    "vrmulh.s32 q0, q0, q2\n vrmulh.s32 q1, q1, " b "\n" \
    ".endif\n"

/* Accumulators to q0 and q1, rescaled. */
#define MOTE_MVE_RESCALE(load_b, b, left, tflite) \
    "stm sp, {r0, r2, r4, r6, r8, r10, r12, lr}\n" \
    "vldrw.u32 q0, [sp]\n vldrw.u32 q1, [sp, #16]\n" \
    MOTE_MVE_SCALE(load_b, b, left, tflite)

/* Zero point, low and high, for 16 bits. */
#define MOTE_MVE_LIMITS(zero, low, high) \
    "mov r12, #" MOTE_MVE_TEXT(zero) "\n vdup.16 q5, r12\n" \
    "mov r12, #" MOTE_MVE_TEXT(low) "\n vdup.16 q6, r12\n" \
    "mov r12, #" MOTE_MVE_TEXT(high) "\n vdup.16 q7, r12\n"

/* q0 and q1 to bytes, the lowest of their lanes: as halves of q0, which saturate, in between. */
#define MOTE_MVE_NARROW(low, high) \
    "vqmovnb.s32 q0, q0\n vqmovnt.s32 q0, q1\n" \
    "vqadd.s16 q0, q0, q5\n" \
    ".if (" MOTE_MVE_TEXT(low) ") == -128 && (" MOTE_MVE_TEXT(high) ") == 127\n" \
    "vqmovnb.s16 q0, q0\n" \
    ".else\n" \
    "vmax.s16 q0, q0, q6\n vmin.s16 q0, q0, q7\n" \
    ".endif\n" \
    "vshr.u32 q1, q0, #16\n"

#define MOTE_MVE_WIDE(register, value) \
    "movw " register ", #((" value ") & 0xffff)\n movt " register ", #(((" value ") >> 16) & 0xffff)\n"

#define MOTE_MVE_TAIL_MASK(tail) \
    ".if (" MOTE_MVE_TEXT(tail) ") > 0\n mov r0, #" MOTE_MVE_TEXT(tail) "\n vctp.8 r0\n .endif\n"

#define MOTE_MVE_PAIR_PARAMETERS ""
#define MOTE_MVE_ROW_PARAMETERS "vldrw.u32 q3, [r7], #16\n"

/*
 * 8 filters of some pixels, which streams keep in the order 0, 2, 4, 6, 1, 3, 5, 7. r7: their
 * parameters, which stay in q2 ... q5 where they are two; r4, r6, r8: zero point, low and high.
 */
#define MOTE_MVE_EIGHT_BEGIN(zero, low, high, left, tflite) \
    "mov r4, #" MOTE_MVE_TEXT(zero) "\n" \
    "mov r6, #" MOTE_MVE_TEXT(low) "\n" \
    "mov r8, #" MOTE_MVE_TEXT(high) "\n" \
    ".if (" MOTE_MVE_TEXT(left) " || " MOTE_MVE_TEXT(tflite) ") == 0\n" \
    "vldrw.u32 q2, [r7]\n vldrw.u32 q3, [r7, #16]\n" \
    "vldrw.u32 q4, [r7, #32]\n vldrw.u32 q5, [r7, #48]\n" \
    ".endif\n"

#define MOTE_MVE_EIGHT_WORDS(left, tflite) \
    "32 * (2 + " MOTE_MVE_TEXT(left) " + " MOTE_MVE_TEXT(tflite) ")"

/* One pixel: sums gathered at q7 + `even` and q7 + `odd`, rescaled, stored at r0 (where the channels
 * are not whole eights, as many as VPR says). */
#define MOTE_MVE_EIGHT(even, odd, channels, low, high, left, tflite) \
    "vldrw.u32 q0, [q7, #" even "]\n vldrw.u32 q1, [q7, #" odd "]\n" \
    ".if " MOTE_MVE_TEXT(left) " || " MOTE_MVE_TEXT(tflite) "\n" \
    MOTE_MVE_SCALE(MOTE_MVE_ROW_PARAMETERS, "q3", left, tflite) \
    "sub r7, r7, #" MOTE_MVE_EIGHT_WORDS(left, tflite) "\n" \
    ".else\n" \
    "vadd.i32 q0, q0, q2\n vadd.i32 q1, q1, q3\n" \
    "vrmulh.s32 q0, q0, q4\n vrmulh.s32 q1, q1, q5\n" \
    ".endif\n" \
    "vqmovnb.s32 q0, q0\n vqmovnt.s32 q0, q1\n" \
    "vqadd.s16 q0, q0, r4\n" \
    ".if (" MOTE_MVE_TEXT(low) ") == -128 && (" MOTE_MVE_TEXT(high) ") == 127\n" \
    "vqmovnb.s16 q0, q0\n" \
    ".else\n" \
    "vdup.16 q1, r6\n vmax.s16 q0, q0, q1\n" \
    "vdup.16 q1, r8\n vmin.s16 q0, q0, q1\n" \
    ".endif\n" \
    ".if (" MOTE_MVE_TEXT(channels) ") % 8\n vpst\n vstrbt.16 q0, [r0]\n .else\n vstrb.16 q0, [r0]\n .endif\n"

/*
 * All filters of pairs of pixels. r9, r11: the pixels; r7: the stream; r1: y; r3: the second pixel's
 * y, or the loop's count; r5: filters that are left. On the stack: the accumulators on
 * their way to vectors, d8 … d15, y, the stream, the pairs.
 */
#define MOTE_PACKED_S8_PAIRS(name, full, tail, x_step, y_step, filters, zero, low, high, left, tflite) \
    MOTE_NAKED void name(const int8_t *x MOTE_ARGUMENT, int8_t *y MOTE_ARGUMENT, \
                         const int32_t *stream MOTE_ARGUMENT, int32_t pairs MOTE_ARGUMENT) \
    { \
        __asm__( \
            "push {r1-r11, lr}\n" \
            "vpush {d8-d15}\n" \
            "sub sp, sp, #32\n" \
            "mov r9, r0\n" \
            MOTE_MVE_WIDE("r11", MOTE_MVE_TEXT(x_step)) \
            "add r11, r11, r9\n" \
            MOTE_MVE_LIMITS(zero, low, high) \
            MOTE_MVE_TAIL_MASK(tail) \
            "1:\n" \
            "ldr r7, [sp, #100]\n" \
            "movw r5, #" MOTE_MVE_TEXT(filters) "\n" \
            MOTE_MVE_WIDE("r3", MOTE_MVE_TEXT(y_step)) \
            "add r3, r3, r1\n" \
            "2:\n" \
            MOTE_MVE_GROUP(PAIR, full, tail) \
            MOTE_MVE_RESCALE(MOTE_MVE_PAIR_PARAMETERS, "q2", left, tflite) \
            MOTE_MVE_NARROW(low, high) \
            ".if " MOTE_MVE_VECTORS(full, tail) " > mote_most\n" \
            MOTE_MVE_WIDE("r0", "16 * (" MOTE_MVE_TEXT(full) ")") \
            "sub r9, r9, r0\n" \
            "sub r11, r11, r0\n" \
            MOTE_MVE_WIDE("r3", MOTE_MVE_TEXT(y_step)) \
            "add r3, r3, r1\n" \
            ".endif\n" \
            ".if (" MOTE_MVE_TEXT(filters) ") % 4\n" \
            "vctp.32 r5\n" \
            "vpstt\n" \
            "vstrbt.32 q0, [r1], #4\n" \
            "vstrbt.32 q1, [r3], #4\n" \
            MOTE_MVE_TAIL_MASK(tail) \
            ".else\n" \
            "vstrb.32 q0, [r1], #4\n" \
            "vstrb.32 q1, [r3], #4\n" \
            ".endif\n" \
            "subs r5, #4\n" \
            "bgt.w 2b\n" \
            MOTE_MVE_WIDE("r0", "2 * (" MOTE_MVE_TEXT(x_step) ")") \
            "add r9, r9, r0\n" \
            "add r11, r11, r0\n" \
            MOTE_MVE_WIDE("r0", \
                          "2 * (" MOTE_MVE_TEXT(y_step) ") - ((" MOTE_MVE_TEXT(filters) ") + 3) / 4 * 4") \
            "add r1, r1, r0\n" \
            "ldr r0, [sp, #104]\n" \
            "subs r0, #1\n" \
            "str r0, [sp, #104]\n" \
            "bgt.w 1b\n" \
            "add sp, sp, #32\n" \
            "vpop {d8-d15}\n" \
            "pop {r1-r11, pc}\n"); \
    }

/* All filters of one row. r9: x; r7: the stream; r1: y; r5: filters that are left. */
#define MOTE_PACKED_S8_ROW(name, full, tail, filters, zero, low, high, left, tflite) \
    MOTE_NAKED void name(const int8_t *x MOTE_ARGUMENT, int8_t *y MOTE_ARGUMENT, \
                         const int32_t *stream MOTE_ARGUMENT) \
    { \
        __asm__( \
            "push {r3-r11, lr}\n" \
            "vpush {d8-d15}\n" \
            "sub sp, sp, #32\n" \
            "mov r9, r0\n" \
            "mov r7, r2\n" \
            "movw r5, #" MOTE_MVE_TEXT(filters) "\n" \
            MOTE_MVE_LIMITS(zero, low, high) \
            MOTE_MVE_TAIL_MASK(tail) \
            "2:\n" \
            MOTE_MVE_GROUP(ROW, full, tail) \
            MOTE_MVE_RESCALE(MOTE_MVE_ROW_PARAMETERS, "q3", left, tflite) \
            MOTE_MVE_NARROW(low, high) \
            ".if " MOTE_MVE_VECTORS(full, tail) " > mote_most\n" \
            MOTE_MVE_WIDE("r0", "16 * (" MOTE_MVE_TEXT(full) ")") \
            "sub r9, r9, r0\n" \
            ".endif\n" \
            ".if (" MOTE_MVE_TEXT(filters) ") % 8\n" \
            "vctp.32 r5\n" \
            "vpst\n" \
            "vstrbt.32 q0, [r1], #4\n" \
            "subs r5, #4\n" \
            "it lt\n" \
            "movlt r5, #0\n" \
            "vctp.32 r5\n" \
            "vpst\n" \
            "vstrbt.32 q1, [r1], #4\n" \
            MOTE_MVE_TAIL_MASK(tail) \
            "subs r5, #4\n" \
            ".else\n" \
            "vstrb.32 q0, [r1], #4\n" \
            "vstrb.32 q1, [r1], #4\n" \
            "subs r5, #8\n" \
            ".endif\n" \
            "bgt.w 2b\n" \
            "add sp, sp, #32\n" \
            "vpop {d8-d15}\n" \
            "pop {r3-r11, pc}\n"); \
    }

/** count bytes. */
MOTE_INLINE void mote_copy_s8(int8_t *to, const int8_t *from, int32_t count)
{
    __asm__ volatile("wlstp.8 lr, %2, 1f\n"
                     "2: vldrb.u8 q0, [%1], #16\n"
                     "vstrb.8 q0, [%0], #16\n"
                     "letp lr, 2b\n"
                     "1:\n"
                     : "+r"(to), "+r"(from)
                     : "r"(count)
                     : "lr", "q0", "memory");
}

MOTE_INLINE void mote_fill_s8(int8_t *to, int32_t value, int32_t count)
{
    __asm__ volatile("vdup.8 q0, %1\n"
                     "wlstp.8 lr, %2, 1f\n"
                     "2: vstrb.8 q0, [%0], #16\n"
                     "letp lr, 2b\n"
                     "1:\n"
                     : "+r"(to)
                     : "r"(value), "r"(count)
                     : "lr", "q0", "memory");
}

/** Bytes at offsets. */
MOTE_INLINE void mote_gather_s8(int8_t *to, const int8_t *from, const uint16_t *offsets, int32_t count)
{
    __asm__ volatile("wlstp.16 lr, %[count], 1f\n"
                     "2: vldrh.u16 q0, [%[offsets]], #16\n"
                     "vldrb.u16 q1, [%[from], q0]\n"
                     "vstrb.16 q1, [%[to]], #8\n"
                     "letp lr, 2b\n"
                     "1:\n"
                     : [to] "+l"(to), [offsets] "+r"(offsets)
                     : [from] "r"(from), [count] "r"(count)
                     : "lr", "q0", "q1", "memory");
}

/** Bytes at offsets of two places, `step` apart, to two runs; count is a multiple of 8. */
MOTE_INLINE void mote_gather_pair_s8(int8_t *to, const int8_t *from, int32_t step, const uint16_t *offsets,
                                     int32_t count)
{
    int8_t *second = to + count;
    __asm__ volatile("wls lr, %[count], 1f\n"
                     "2: vldrh.u16 q0, [%[offsets]], #16\n"
                     "vldrb.u16 q1, [%[from], q0]\n"
                     "vstrb.16 q1, [%[to]], #8\n"
                     "vldrb.u16 q1, [%[next], q0]\n"
                     "vstrb.16 q1, [%[second]], #8\n"
                     "le lr, 2b\n"
                     "1:\n"
                     : [to] "+l"(to), [second] "+l"(second), [offsets] "+r"(offsets)
                     : [from] "r"(from), [next] "r"(from + step), [count] "r"(count / 8)
                     : "lr", "q0", "q1", "memory");
}

#endif
