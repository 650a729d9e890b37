/* SPDX-License-Identifier: 0BSD */
/*
 * What every program that mote emits shares: status codes, the API's version, and small helpers.
 */
#ifndef MOTE_H
#define MOTE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of the interface between an application and emitted code; a new major one breaks it. */
#define MOTE_API_VERSION_MAJOR 1
#define MOTE_API_VERSION_MINOR 0

typedef enum {
    MOTE_OK = 0,
    MOTE_ERROR_ARENA_NULL = 1,      /* no arena was given */
    MOTE_ERROR_ARENA_TOO_SMALL = 2, /* fewer bytes than <NAME>_ARENA_BYTES */
    MOTE_ERROR_ARENA_ALIGN = 3,     /* not at a multiple of <NAME>_ARENA_ALIGN */
    MOTE_ERROR_ARENA_OVERWRITTEN = 4 /* built with MOTE_CHECK_ARENA: unused bytes were written */
} mote_status;

/** Element types, as in <NAME>_INPUT_0_TYPE. */
typedef enum {
    MOTE_FLOAT32 = 1,
    MOTE_UINT8 = 2,
    MOTE_INT8 = 3,
    MOTE_UINT16 = 4,
    MOTE_INT16 = 5,
    MOTE_INT32 = 6,
    MOTE_INT64 = 7,
    MOTE_BOOL = 9,
    MOTE_FLOAT16 = 10,
    MOTE_FLOAT64 = 11,
    MOTE_UINT32 = 12,
    MOTE_UINT64 = 13
} mote_type;

/** Writes row `row` of input `index` to `to`; `context` is what the application gave the run. */
typedef void (*mote_read_row)(void *context, int index, int row, void *to);

/** Whether hot loops are GNU assembly; define MOTE_NO_ASM for C of the same results. */
#if defined(__GNUC__) && !defined(__CC_ARM) && !defined(MOTE_NO_ASM)
#define MOTE_ASM 1
#else
#define MOTE_ASM 0
#endif

#if defined(__clang__)
#define MOTE_NOINLINE __attribute__((noinline))
#elif defined(__GNUC__)
#define MOTE_NOINLINE __attribute__((noinline, noclone)) /* one copy, however many layers call it */
#endif

/** Before a loop that is not worth the code of writing it out. */
#if defined(__GNUC__) && !defined(__clang__)
#define MOTE_ROLLED _Pragma("GCC unroll 1")
#else
#define MOTE_ROLLED
#endif

/** A function all in assembly, and its arguments. */
#if defined(__clang__)
#define MOTE_NAKED static __attribute__((naked, noinline, used))
#elif defined(__GNUC__)
#define MOTE_NAKED static __attribute__((naked, noinline, noipa, used))
#endif
#define MOTE_ARGUMENT __attribute__((unused))

#if defined(__GNUC__) || defined(__clang__)
#define MOTE_SECTION(name) __attribute__((section(name)))
#define MOTE_ALIGNED(n) __attribute__((aligned(n)))
#define MOTE_INLINE static inline __attribute__((always_inline, unused))
#elif defined(__ICCARM__)
#define MOTE_SECTION(name) __attribute__((section(name)))
#define MOTE_ALIGNED(n) __attribute__((aligned(n)))
#define MOTE_NOINLINE _Pragma("inline=never")
#define MOTE_INLINE static inline
#elif defined(_MSC_VER)
#define MOTE_ALIGNED(n) __declspec(align(n))
#define MOTE_NOINLINE __declspec(noinline)
#define MOTE_INLINE static __forceinline
#else
#define MOTE_NOINLINE
#define MOTE_INLINE static inline
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define MOTE_ALIGNED(n) _Alignas(n)
#else
#define MOTE_ALIGNED(n) /* place the arena at a multiple of <NAME>_ARENA_ALIGN yourself */
#endif
#endif

#ifndef MOTE_SECTION
#define MOTE_SECTION(name) /* place it by the linker's own means */
#endif

#if defined(__cplusplus)
#define MOTE_STATIC_ASSERT(condition, name) static_assert(condition, #name)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define MOTE_STATIC_ASSERT(condition, name) _Static_assert(condition, #name)
#else
#define MOTE_STATIC_ASSERT(condition, name) typedef char mote_assert_##name[(condition) ? 1 : -1]
#endif

/** Stores a real number: to nearest (ties to even), saturated to [low, high]; NaN stores low. */
MOTE_INLINE int32_t mote_quantize(float real, float scale, int32_t zero_point, int32_t low, int32_t high)
{
    float x = real / scale;
    int32_t q;
    float rest;
    if (!(x > (float)(low - zero_point))) {
        return low;
    }
    if (x >= (float)(high - zero_point)) {
        return high;
    }
    q = (int32_t)x;
    rest = x - (float)q;
    if (rest > 0.5f || (rest == 0.5f && (q & 1) != 0)) {
        q++;
    } else if (rest < -0.5f || (rest == -0.5f && (q & 1) != 0)) {
        q--;
    }
    return q + zero_point;
}

/** The real number behind a stored one. */
MOTE_INLINE float mote_dequantize(int32_t stored, float scale, int32_t zero_point)
{
    return (float)(stored - zero_point) * scale;
}

#ifdef __cplusplus
}
#endif

#endif
