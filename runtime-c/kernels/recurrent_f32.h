/* SPDX-License-Identifier: 0BSD */
/*
 * Recurrent cells over time, float: LSTM, GRU and RNN. Each step is a product of the gates' weights by
 * [x, h], the step's input and the last hidden state, and then a few functions of each gate.
 */
#ifndef MOTE_RECURRENT_F32_H
#define MOTE_RECURRENT_F32_H

#include <math.h>

#include "core_f32_shape.h"
#include "exp_f32.h"

/** A function that a cell names. */
typedef struct {
    int32_t code; /* one of MOTE_ACTIVATION_* */
    float alpha, beta;
} mote_activation;

#define MOTE_ACTIVATION_SIGMOID 0
#define MOTE_ACTIVATION_TANH 1
#define MOTE_ACTIVATION_RELU 2
#define MOTE_ACTIVATION_AFFINE 3
#define MOTE_ACTIVATION_LEAKY_RELU 4
#define MOTE_ACTIVATION_THRESHOLDED_RELU 5
#define MOTE_ACTIVATION_SCALED_TANH 6
#define MOTE_ACTIVATION_HARD_SIGMOID 7
#define MOTE_ACTIVATION_ELU 8
#define MOTE_ACTIVATION_SOFTSIGN 9
#define MOTE_ACTIVATION_SOFTPLUS 10

MOTE_INLINE float mote_activate(float v, mote_activation f)
{
    switch (f.code) {
    case MOTE_ACTIVATION_SIGMOID:
        return mote_sigmoid_of(v);
    case MOTE_ACTIVATION_TANH:
        return mote_tanh_of(v);
    case MOTE_ACTIVATION_RELU:
        return v > 0.0f ? v : 0.0f;
    case MOTE_ACTIVATION_AFFINE:
        return f.alpha * v + f.beta;
    case MOTE_ACTIVATION_LEAKY_RELU:
        return v >= 0.0f ? v : f.alpha * v;
    case MOTE_ACTIVATION_THRESHOLDED_RELU:
        return v >= f.alpha ? v : 0.0f;
    case MOTE_ACTIVATION_SCALED_TANH:
        return f.alpha * mote_tanh_of(f.beta * v);
    case MOTE_ACTIVATION_HARD_SIGMOID:
        return mote_clamp_f32(f.alpha * v + f.beta, 0.0f, 1.0f);
    case MOTE_ACTIVATION_ELU:
        return v >= 0.0f ? v : f.alpha * expm1f(v);
    case MOTE_ACTIVATION_SOFTSIGN:
        return v / (1.0f + fabsf(v));
    default:
        return (v > 0.0f ? v : 0.0f) + log1pf(expf(-fabsf(v)));
    }
}

/** A cell's functions in one direction. */
typedef struct {
    mote_activation f, g, h;
} mote_cell_functions;

/** A result lies in y from its first element on; -1: it is not asked for. */
typedef struct {
    int32_t steps, batch, directions;
    int32_t inputs, hidden; /* elements of a step's input and of a state */
    int32_t reverse;        /* whether the first direction runs backwards */
    int32_t sequence, last_h, last_c;
    int32_t coupled; /* LSTM: the forget gate is 1 - the input gate; GRU: R by h before the reset gate */
    int32_t clips;   /* whether what goes into an activation is clamped to [-clip, clip] */
    float clip;
    mote_cell_functions forward, backward;
} mote_recurrent_f32_shape;

/**
 * The weights of one direction. packed: for each product in turn groups of eight rows as the core takes
 * them, or else w: [rows][inputs], r: [rows][hidden], b: the biases of w, then those of r, or NULL.
 */
typedef struct {
    mote_core_f32_vector_function core;
    const float *packed;
    const float *w, *r, *b;
    int32_t rows; /* of all gates */
} mote_cell_weights;

/** Which part of [x, h] a product takes. */
#define MOTE_CELL_X 1
#define MOTE_CELL_H 2

MOTE_INLINE int32_t mote_round_up(int32_t n, int32_t to)
{
    return (n + to - 1) / to * to;
}

/**
 * out = rows from `first` on by a part of v: x, then h, each with zeros up to a multiple of four.
 * Moves on to the next product's packed weights. `out` has room for a multiple of eight.
 */
MOTE_INLINE void mote_cell_product(mote_cell_weights *m, const float *v, float *out, int32_t first,
                                   int32_t rows, int32_t part, mote_recurrent_f32_shape s)
{
    const int32_t x_size = mote_round_up(s.inputs, 4);
    const int32_t size = ((part & MOTE_CELL_X) != 0 ? x_size : 0) +
                         ((part & MOTE_CELL_H) != 0 ? mote_round_up(s.hidden, 4) : 0);
    const float *h = v + x_size;
    if (m->packed != NULL) {
        mote_core_f32_vector c;
        c.fours = (uint32_t)size / 4u;
        c.groups = (uint32_t)mote_round_up(rows, 8) / 8u;
        c.max = 0.0f;
        m->core((part & MOTE_CELL_X) != 0 ? v : h, m->packed, out, &c);
        m->packed += mote_round_up(rows, 8) * (size + 1);
        return;
    }
    for (int32_t o = first; o < first + rows; o++) {
        float acc = 0.0f;
        if ((part & MOTE_CELL_X) != 0) {
            acc = m->b != NULL ? m->b[o] : 0.0f;
            for (int32_t k = 0; k < s.inputs; k++) {
                acc += v[k] * m->w[o * s.inputs + k];
            }
        }
        if ((part & MOTE_CELL_H) != 0) {
            acc += m->b != NULL ? m->b[m->rows + o] : 0.0f;
            for (int32_t k = 0; k < s.hidden; k++) {
                acc += h[k] * m->r[o * s.hidden + k];
            }
        }
        out[o - first] = acc;
    }
}

MOTE_INLINE float mote_cell_activate(float v, mote_activation f, mote_recurrent_f32_shape s)
{
    return mote_activate(s.clips != 0 ? mote_clamp_f32(v, -s.clip, s.clip) : v, f);
}

/** Gates: input, output, forget, cell; peepholes: [3][hidden] of the first three, or NULL. */
MOTE_INLINE void mote_lstm_step(mote_cell_weights m, float *v, float *gates, float *cell,
                                const float *peepholes, mote_cell_functions a,
                                mote_recurrent_f32_shape s)
{
    const int32_t n = s.hidden;
    float *h = v + mote_round_up(s.inputs, 4);
    mote_cell_product(&m, v, gates, 0, 4 * n, MOTE_CELL_X | MOTE_CELL_H, s);
    for (int32_t j = 0; j < n; j++) {
        const float old = cell[j];
        const float of_input = peepholes != NULL ? peepholes[j] * old : 0.0f;
        const float of_forget = peepholes != NULL ? peepholes[2 * n + j] * old : 0.0f;
        const float in = mote_cell_activate(gates[j] + of_input, a.f, s);
        const float forget =
            s.coupled != 0 ? 1.0f - in : mote_cell_activate(gates[2 * n + j] + of_forget, a.f, s);
        const float next = forget * old + in * mote_cell_activate(gates[3 * n + j], a.g, s);
        const float of_output = peepholes != NULL ? peepholes[n + j] * next : 0.0f;
        cell[j] = next;
        h[j] = mote_cell_activate(gates[n + j] + of_output, a.f, s) * mote_activate(next, a.h);
    }
}

/** Gates: update, reset, hidden; the states before the step lie in `old`. */
MOTE_INLINE void mote_gru_step(mote_cell_weights m, float *v, float *gates, float *old,
                               mote_cell_functions a, mote_recurrent_f32_shape s)
{
    const int32_t n = s.hidden;
    float *h = v + mote_round_up(s.inputs, 4);
    float *own = gates + mote_round_up(2 * n, 8);
    float *recurrent = own + mote_round_up(n, 8);
    mote_cell_product(&m, v, gates, 0, 2 * n, MOTE_CELL_X | MOTE_CELL_H, s);
    if (s.coupled != 0) {
        mote_cell_product(&m, v, own, 2 * n, n, MOTE_CELL_X, s);
        mote_cell_product(&m, v, recurrent, 2 * n, n, MOTE_CELL_H, s);
        for (int32_t j = 0; j < n; j++) {
            own[j] += mote_cell_activate(gates[n + j], a.f, s) * recurrent[j];
        }
        for (int32_t j = 0; j < n; j++) {
            const float z = mote_cell_activate(gates[j], a.f, s);
            h[j] = (1.0f - z) * mote_cell_activate(own[j], a.g, s) + z * h[j];
        }
        return;
    }
    for (int32_t j = 0; j < n; j++) {
        old[j] = h[j];
        h[j] *= mote_cell_activate(gates[n + j], a.f, s);
    }
    mote_cell_product(&m, v, own, 2 * n, n, MOTE_CELL_X | MOTE_CELL_H, s);
    for (int32_t j = 0; j < n; j++) {
        const float z = mote_cell_activate(gates[j], a.f, s);
        h[j] = (1.0f - z) * mote_cell_activate(own[j], a.g, s) + z * old[j];
    }
}

MOTE_INLINE void mote_rnn_step(mote_cell_weights m, float *v, float *gates, mote_cell_functions a,
                               mote_recurrent_f32_shape s)
{
    float *h = v + mote_round_up(s.inputs, 4);
    mote_cell_product(&m, v, gates, 0, s.hidden, MOTE_CELL_X | MOTE_CELL_H, s);
    for (int32_t j = 0; j < s.hidden; j++) {
        h[j] = mote_cell_activate(gates[j], a.f, s);
    }
}

#define MOTE_CELL_LSTM 0
#define MOTE_CELL_GRU 1
#define MOTE_CELL_RNN 2

/** What a cell reads beside x; lengths, initial states and peepholes may be NULL. */
typedef struct {
    const int32_t *lengths; /* [batch] */
    const float *h, *c;     /* [directions][batch][hidden] */
    const float *peepholes; /* [directions][3][hidden] */
} mote_cell_operands;

/** n numbers, or zeros where there are none. */
MOTE_INLINE void mote_copy_or_zero_f32(float *to, const float *from, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        to[i] = from != NULL ? from[i] : 0.0f;
    }
}

/** The sequence `n` in direction `d`. scratch: [x, h] as products take it, cell states, gates. */
MOTE_INLINE void mote_recurrent_sequence(int32_t kind, const float *x, float *y, float *scratch,
                                         mote_cell_weights m, mote_cell_operands o, int32_t d, int32_t n,
                                         mote_recurrent_f32_shape s)
{
    const mote_cell_functions a = d == 0 ? s.forward : s.backward;
    const int32_t x_size = mote_round_up(s.inputs, 4);
    const int32_t h_size = mote_round_up(s.hidden, 4);
    const int32_t own = (d * s.batch + n) * s.hidden;
    const int32_t states = s.directions * s.batch * s.hidden;
    const int32_t given = o.lengths != NULL ? o.lengths[n] : s.steps;
    const int32_t length = given < 0 ? 0 : (given < s.steps ? given : s.steps);
    const float *peepholes = o.peepholes != NULL ? o.peepholes + d * 3 * s.hidden : NULL;
    float *h = scratch + x_size;
    float *cell = h + h_size;
    float *gates = cell + h_size;
    mote_copy_or_zero_f32(scratch, NULL, x_size + h_size);
    mote_copy_or_zero_f32(h, o.h != NULL ? o.h + own : NULL, s.hidden);
    mote_copy_or_zero_f32(cell, o.c != NULL ? o.c + own : NULL, s.hidden);
    for (int32_t k = 0; k < length; k++) {
        const int32_t t = d == 1 || s.reverse != 0 ? length - 1 - k : k;
        mote_copy_or_zero_f32(scratch, x + (t * s.batch + n) * s.inputs, s.inputs);
        if (kind == MOTE_CELL_LSTM) {
            mote_lstm_step(m, scratch, gates, cell, peepholes, a, s);
        } else if (kind == MOTE_CELL_GRU) {
            mote_gru_step(m, scratch, gates, cell, a, s);
        } else {
            mote_rnn_step(m, scratch, gates, a, s);
        }
        if (s.sequence >= 0) {
            mote_copy_or_zero_f32(y + s.sequence + t * states + own, h, s.hidden);
        }
    }
    for (int32_t t = length; t < s.steps && s.sequence >= 0; t++) {
        mote_copy_or_zero_f32(y + s.sequence + t * states + own, NULL, s.hidden);
    }
    if (s.last_h >= 0) {
        mote_copy_or_zero_f32(y + s.last_h + own, h, s.hidden);
    }
    if (s.last_c >= 0) {
        mote_copy_or_zero_f32(y + s.last_c + own, cell, s.hidden);
    }
}

/** Packed weights of a direction, in floats. */
MOTE_INLINE int32_t mote_cell_packed(int32_t kind, mote_recurrent_f32_shape s)
{
    const int32_t x_size = mote_round_up(s.inputs, 4);
    const int32_t h_size = mote_round_up(s.hidden, 4);
    const int32_t rows = mote_round_up(s.hidden, 8);
    if (kind == MOTE_CELL_LSTM) {
        return mote_round_up(4 * s.hidden, 8) * (x_size + h_size + 1);
    }
    if (kind == MOTE_CELL_RNN) {
        return rows * (x_size + h_size + 1);
    }
    return mote_round_up(2 * s.hidden, 8) * (x_size + h_size + 1) +
           rows * (x_size + h_size + (s.coupled != 0 ? 2 : 1));
}

/** All sequences in all directions; m: the weights of the first. x: [steps][batch][inputs]. */
MOTE_INLINE void mote_recurrent_f32(int32_t kind, const float *x, float *y, void *scratch,
                                    mote_cell_weights m, mote_cell_operands o,
                                    mote_recurrent_f32_shape s)
{
    const int32_t gates = kind == MOTE_CELL_LSTM ? 4 : (kind == MOTE_CELL_GRU ? 3 : 1);
    m.rows = gates * s.hidden;
    for (int32_t d = 0; d < s.directions; d++) {
        for (int32_t n = 0; n < s.batch; n++) {
            mote_recurrent_sequence(kind, x, y, (float *)scratch, m, o, d, n, s);
        }
        if (m.packed != NULL) {
            m.packed += mote_cell_packed(kind, s);
        } else {
            m.w += m.rows * s.inputs;
            m.r += m.rows * s.hidden;
            m.b = m.b != NULL ? m.b + 2 * m.rows : NULL;
        }
    }
}

/** w: [directions][gates][hidden][inputs]; r: [directions][gates][hidden][hidden]; b, p: see above. */
MOTE_INLINE void mote_lstm_f32(const float *x, const float *w, const float *r, const float *b,
                               const int32_t *lengths, const float *h, const float *c,
                               const float *peepholes, float *y, void *scratch,
                               mote_recurrent_f32_shape s)
{
    const mote_cell_weights m = {NULL, NULL, w, r, b, 0};
    const mote_cell_operands o = {lengths, h, c, peepholes};
    mote_recurrent_f32(MOTE_CELL_LSTM, x, y, scratch, m, o, s);
}

MOTE_INLINE void mote_gru_f32(const float *x, const float *w, const float *r, const float *b,
                              const int32_t *lengths, const float *h, float *y, void *scratch,
                              mote_recurrent_f32_shape s)
{
    const mote_cell_weights m = {NULL, NULL, w, r, b, 0};
    const mote_cell_operands o = {lengths, h, NULL, NULL};
    mote_recurrent_f32(MOTE_CELL_GRU, x, y, scratch, m, o, s);
}

MOTE_INLINE void mote_rnn_f32(const float *x, const float *w, const float *r, const float *b,
                              const int32_t *lengths, const float *h, float *y, void *scratch,
                              mote_recurrent_f32_shape s)
{
    const mote_cell_weights m = {NULL, NULL, w, r, b, 0};
    const mote_cell_operands o = {lengths, h, NULL, NULL};
    mote_recurrent_f32(MOTE_CELL_RNN, x, y, scratch, m, o, s);
}

#endif
