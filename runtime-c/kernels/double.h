/* SPDX-License-Identifier: 0BSD */
/* Arithmetic and functions of doubles, element by element. y may be an operand. */
#ifndef MOTE_DOUBLE_H
#define MOTE_DOUBLE_H

#include <math.h>

#include "broadcast.h"

typedef struct {
    mote_broadcast broadcast;
} mote_binary_f64_shape;

typedef struct {
    int32_t count;
} mote_unary_f64_shape;

#define MOTE_BINARY_F64(NAME, EXPRESSION)                                                              \
    MOTE_INLINE void mote_##NAME##_f64(const double *a, const double *b, double *y,                    \
                                       mote_binary_f64_shape s)                                        \
    {                                                                                                  \
        MOTE_BROADCAST(s.broadcast, y[i] = (EXPRESSION));                                              \
    }

/** EXPRESSION is of an element `v`. */
#define MOTE_UNARY_F64(NAME, EXPRESSION)                                                               \
    MOTE_INLINE void mote_##NAME##_f64(const double *x, double *y, mote_unary_f64_shape s)             \
    {                                                                                                  \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            const double v = x[i];                                                                     \
            y[i] = (EXPRESSION);                                                                       \
        }                                                                                              \
    }

MOTE_BINARY_F64(add, a[ia] + b[ib])
MOTE_BINARY_F64(sub, a[ia] - b[ib])
MOTE_BINARY_F64(mul, a[ia] * b[ib])
MOTE_BINARY_F64(div, a[ia] / b[ib])
MOTE_BINARY_F64(pow, pow(a[ia], b[ib]))
MOTE_BINARY_F64(fmod, fmod(a[ia], b[ib]))
MOTE_BINARY_F64(max, a[ia] > b[ib] ? a[ia] : b[ib])
MOTE_BINARY_F64(min, a[ia] < b[ib] ? a[ia] : b[ib])
MOTE_UNARY_F64(exp, exp(v))
MOTE_UNARY_F64(log, log(v))
MOTE_UNARY_F64(sqrt, sqrt(v))
MOTE_UNARY_F64(reciprocal, 1.0 / v)
MOTE_UNARY_F64(abs, fabs(v))
MOTE_UNARY_F64(neg, -v)
MOTE_UNARY_F64(floor, floor(v))
MOTE_UNARY_F64(ceil, ceil(v))
MOTE_UNARY_F64(round, rint(v))
MOTE_UNARY_F64(sign, (double)((v > 0.0) - (v < 0.0)))
MOTE_UNARY_F64(erf, erf(v))
MOTE_UNARY_F64(sin, sin(v))
MOTE_UNARY_F64(cos, cos(v))
MOTE_UNARY_F64(tan, tan(v))
MOTE_UNARY_F64(asin, asin(v))
MOTE_UNARY_F64(acos, acos(v))
MOTE_UNARY_F64(atan, atan(v))
MOTE_UNARY_F64(sinh, sinh(v))
MOTE_UNARY_F64(cosh, cosh(v))
MOTE_UNARY_F64(tanh, tanh(v))
MOTE_UNARY_F64(asinh, asinh(v))
MOTE_UNARY_F64(acosh, acosh(v))
MOTE_UNARY_F64(atanh, atanh(v))
MOTE_UNARY_F64(sigmoid, 1.0 / (1.0 + exp(-v)))

#endif
