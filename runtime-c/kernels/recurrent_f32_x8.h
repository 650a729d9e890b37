/* SPDX-License-Identifier: 0BSD */
/* Recurrent cells over time, float, with packed weights: eight rows of the gates at a time. */
#ifndef MOTE_RECURRENT_F32_X8_H
#define MOTE_RECURRENT_F32_X8_H

#include "core_f32.h"
#include "recurrent_f32.h"

/** weights: by direction and product what the core takes (mote_cell_packed floats a direction). */
MOTE_INLINE void mote_lstm_f32_x8(mote_core_f32_vector_function core, const float *x,
                                  const int32_t *lengths, const float *h, const float *c, float *y,
                                  void *scratch, const float *weights, const float *peepholes,
                                  mote_recurrent_f32_shape s)
{
    const mote_cell_weights m = {core, weights, NULL, NULL, NULL, 0};
    const mote_cell_operands o = {lengths, h, c, peepholes};
    mote_recurrent_f32(MOTE_CELL_LSTM, x, y, scratch, m, o, s);
}

MOTE_INLINE void mote_gru_f32_x8(mote_core_f32_vector_function core, const float *x,
                                 const int32_t *lengths, const float *h, float *y, void *scratch,
                                 const float *weights, mote_recurrent_f32_shape s)
{
    const mote_cell_weights m = {core, weights, NULL, NULL, NULL, 0};
    const mote_cell_operands o = {lengths, h, NULL, NULL};
    mote_recurrent_f32(MOTE_CELL_GRU, x, y, scratch, m, o, s);
}

MOTE_INLINE void mote_rnn_f32_x8(mote_core_f32_vector_function core, const float *x,
                                 const int32_t *lengths, const float *h, float *y, void *scratch,
                                 const float *weights, mote_recurrent_f32_shape s)
{
    const mote_cell_weights m = {core, weights, NULL, NULL, NULL, 0};
    const mote_cell_operands o = {lengths, h, NULL, NULL};
    mote_recurrent_f32(MOTE_CELL_RNN, x, y, scratch, m, o, s);
}

#endif
