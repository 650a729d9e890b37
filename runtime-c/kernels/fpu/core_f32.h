/* SPDX-License-Identifier: 0BSD */
/*
 * Hot loops of the float kernels in assembly, for cores with a single-precision FPU (FPv4-SP and
 * later): accumulators stay in registers, and VMUL with VADD takes two cycles where VFMA takes three
 * (Cortex-M4, Arm DDI 0439 table 7-1). Same prototypes, weights and order of sums as ../core_f32.h.
 */
#ifndef MOTE_CORE_F32_H
#define MOTE_CORE_F32_H

#if !defined(__ARM_FP)
#error "This needs a floating-point unit: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "core_f32_shape.h"

/* Two products and two sums, apart enough that no result is waited for. */
#define MOTE_F32_MAC2(y0, x0, y1, x1, w)                                                           \
    "vmul.f32 s30, s" #x0 ", s" #w "\n\t"                                                          \
    "vmul.f32 s31, s" #x1 ", s" #w "\n\t"                                                          \
    "vadd.f32 s" #y0 ", s" #y0 ", s30\n\t"                                                         \
    "vadd.f32 s" #y1 ", s" #y1 ", s31\n\t"

/* One filter's weight w by four pixels s24 to s27; accumulators f, f + 4, f + 8, f + 12. */
#define MOTE_F32_FILTER(f0, f1, f2, f3, w)                                                         \
    MOTE_F32_MAC2(f0, 24, f1, 25, w)                                                               \
    MOTE_F32_MAC2(f2, 26, f3, 27, w)

#define MOTE_F32_PRODUCT(w0, w1, w2, w3)                                                           \
    "vldmia r0!, {s24-s27}\n\t"                                                                    \
    MOTE_F32_FILTER(0, 4, 8, 12, w0)                                                               \
    MOTE_F32_FILTER(1, 5, 9, 13, w1)                                                               \
    MOTE_F32_FILTER(2, 6, 10, 14, w2)                                                              \
    MOTE_F32_FILTER(3, 7, 11, 15, w3)

/* A float in a core register to its clamp: floats that are not negative order as integers. */
#define MOTE_F32_CLAMP_0(r)
#define MOTE_F32_CLAMP_1(r) "bic " #r ", " #r ", " #r ", asr #31\n\t"
#define MOTE_F32_CLAMP_2(r)                                                                        \
    MOTE_F32_CLAMP_1(r)                                                                            \
    "cmp " #r ", r7\n\t"                                                                           \
    "it gt\n\t"                                                                                    \
    "movgt " #r ", r7\n\t"

#define MOTE_F32_STORE(clamp, a, b, c, d)                                                          \
    "vmov r9, r11, s" #a ", s" #b "\n\t"                                                           \
    "vmov r12, lr, s" #c ", s" #d "\n\t"                                                           \
    MOTE_F32_CLAMP_##clamp(r9)                                                                     \
    MOTE_F32_CLAMP_##clamp(r11)                                                                    \
    MOTE_F32_CLAMP_##clamp(r12)                                                                    \
    MOTE_F32_CLAMP_##clamp(lr)                                                                     \
    "stm r10, {r9, r11, r12, lr}\n\t"

#define MOTE_F32_COPY(to, from) "vmov.f32 s" #to ", s" #from "\n\t"
#define MOTE_F32_COPY4(a, b, c, d)                                                                 \
    MOTE_F32_COPY(a, 0) MOTE_F32_COPY(b, 1) MOTE_F32_COPY(c, 2) MOTE_F32_COPY(d, 3)

/* r0 x, r1 weights, r2 y, r3 c; r4 fours, r5 groups, r6 y_bytes, r7 max, r8 start of x. */
#define MOTE_CORE_F32_X4(name, clamp) MOTE_CORE_F32_X4_(name, clamp)
#define MOTE_CORE_F32_X4_(name, clamp)                                                             \
    static __attribute__((naked, noinline, used)) void name(                                       \
        const float *x __attribute__((unused)), const float *weights __attribute__((unused)),      \
        float *y __attribute__((unused)), const mote_core_f32_x4 *c __attribute__((unused)))       \
    {                                                                                              \
        __asm__ volatile(                                                                          \
            "push {r4-r11, lr}\n\t"                                                                \
            "vpush {d8-d15}\n\t"                                                                   \
            "ldm r3, {r4-r7}\n\t"                                                                  \
            "mov r8, r0\n\t"                                                                       \
            "1: vldmia r1!, {s0-s3}\n\t"                                                           \
            MOTE_F32_COPY4(4, 5, 6, 7)                                                             \
            MOTE_F32_COPY4(8, 9, 10, 11)                                                           \
            MOTE_F32_COPY4(12, 13, 14, 15)                                                         \
            "mov r0, r8\n\t"                                                                       \
            "mov r9, r4\n\t"                                                                       \
            "2: vldmia r1!, {s16-s23}\n\t"                                                         \
            MOTE_F32_PRODUCT(16, 17, 18, 19)                                                       \
            MOTE_F32_PRODUCT(20, 21, 22, 23)                                                       \
            "vldmia r1!, {s16-s23}\n\t"                                                            \
            MOTE_F32_PRODUCT(16, 17, 18, 19)                                                       \
            MOTE_F32_PRODUCT(20, 21, 22, 23)                                                       \
            "subs r9, r9, #1\n\t"                                                                  \
            "bne.w 2b\n\t");                                                                       \
        __asm__ volatile( /* apart, since C99 promises string literals of 4095 characters only */  \
            "mov r10, r2\n\t"                                                                      \
            MOTE_F32_STORE(clamp, 0, 1, 2, 3)                                                      \
            "add r10, r10, r6\n\t"                                                                 \
            MOTE_F32_STORE(clamp, 4, 5, 6, 7)                                                      \
            "add r10, r10, r6\n\t"                                                                 \
            MOTE_F32_STORE(clamp, 8, 9, 10, 11)                                                    \
            "add r10, r10, r6\n\t"                                                                 \
            MOTE_F32_STORE(clamp, 12, 13, 14, 15)                                                  \
            "adds r2, r2, #16\n\t"                                                                 \
            "subs r5, r5, #1\n\t"                                                                  \
            "bne.w 1b\n\t"                                                                         \
            "vpop {d8-d15}\n\t"                                                                    \
            "pop {r4-r11, pc}\n\t");                                                               \
    }

/* Eight filters' weights w to w + 7 by the input in register x; accumulators s0 to s7. */
#define MOTE_F32_VMAC2(y0, y1, x, w0, w1)                                                          \
    "vmul.f32 s30, s" #x ", s" #w0 "\n\t"                                                          \
    "vmul.f32 s31, s" #x ", s" #w1 "\n\t"                                                          \
    "vadd.f32 s" #y0 ", s" #y0 ", s30\n\t"                                                         \
    "vadd.f32 s" #y1 ", s" #y1 ", s31\n\t"

#define MOTE_F32_VECTOR_PAIR(x0, x1)                                                               \
    "vldmia r1!, {s12-s27}\n\t"                                                                    \
    MOTE_F32_VMAC2(0, 1, x0, 12, 13)                                                               \
    MOTE_F32_VMAC2(2, 3, x0, 14, 15)                                                               \
    MOTE_F32_VMAC2(4, 5, x0, 16, 17)                                                               \
    MOTE_F32_VMAC2(6, 7, x0, 18, 19)                                                               \
    MOTE_F32_VMAC2(0, 1, x1, 20, 21)                                                               \
    MOTE_F32_VMAC2(2, 3, x1, 22, 23)                                                               \
    MOTE_F32_VMAC2(4, 5, x1, 24, 25)                                                               \
    MOTE_F32_VMAC2(6, 7, x1, 26, 27)

/* r0 x, r1 weights, r2 y, r3 c; r4 fours, r5 groups, r7 max, r8 start of x. */
#define MOTE_CORE_F32_VECTOR(name, clamp) MOTE_CORE_F32_VECTOR_(name, clamp)
#define MOTE_CORE_F32_VECTOR_(name, clamp)                                                         \
    static __attribute__((naked, noinline, used)) void name(                                       \
        const float *x __attribute__((unused)), const float *weights __attribute__((unused)),      \
        float *y __attribute__((unused)), const mote_core_f32_vector *c __attribute__((unused)))   \
    {                                                                                              \
        __asm__ volatile(                                                                          \
            "push {r4-r11, lr}\n\t"                                                                \
            "vpush {d8-d15}\n\t"                                                                   \
            "ldm r3, {r4-r6}\n\t"                                                                  \
            "mov r7, r6\n\t"                                                                       \
            "mov r8, r0\n\t"                                                                       \
            "1: vldmia r1!, {s0-s7}\n\t"                                                           \
            "mov r0, r8\n\t"                                                                       \
            "mov r6, r4\n\t"                                                                       \
            "2: vldmia r0!, {s8-s11}\n\t"                                                          \
            MOTE_F32_VECTOR_PAIR(8, 9)                                                             \
            MOTE_F32_VECTOR_PAIR(10, 11)                                                           \
            "subs r6, r6, #1\n\t"                                                                  \
            "bne.w 2b\n\t"                                                                         \
            "mov r10, r2\n\t"                                                                      \
            MOTE_F32_STORE(clamp, 0, 1, 2, 3)                                                      \
            "add r10, r10, #16\n\t"                                                                \
            MOTE_F32_STORE(clamp, 4, 5, 6, 7)                                                      \
            "adds r2, r2, #32\n\t"                                                                 \
            "subs r5, r5, #1\n\t"                                                                  \
            "bne.w 1b\n\t"                                                                         \
            "vpop {d8-d15}\n\t"                                                                    \
            "pop {r4-r11, pc}\n\t");                                                               \
    }

#endif
