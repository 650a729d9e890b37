/* SPDX-License-Identifier: 0BSD */
/* Ensembles of decision trees: what the leaves that a row reaches add up to, by target. */
#ifndef MOTE_TREE_ENSEMBLE_F32_H
#define MOTE_TREE_ENSEMBLE_F32_H

#include <math.h>

#include "mote_math.h"

/** aggregate: 0 the average, 1 the sum, 2 the least, 3 the largest. Numbers from `nodes` on are leaves. */
typedef struct {
    int32_t rows, features, targets, trees, nodes, aggregate;
} mote_tree_ensemble_shape;

/** Modes: <=, <, >=, >, ==, !=; from 8 on no number is true as well. */
MOTE_INLINE int32_t mote_tree_holds(float x, float split, uint8_t mode)
{
    if (isnan(x)) {
        return (mode & 8u) != 0u || (mode & 7u) == 5u;
    }
    switch (mode & 7u) {
    case 0u:
        return x <= split;
    case 1u:
        return x < split;
    case 2u:
        return x >= split;
    case 3u:
        return x > split;
    case 4u:
        return x == split;
    default:
        return x != split;
    }
}

/** ways: of node i the feature, and the numbers of the nodes behind it for true and for false. */
MOTE_INLINE void mote_tree_ensemble_f32(const float *x, float *y, const int32_t *ways, const float *splits,
                                        const uint8_t *modes, const int32_t *roots, const float *weights,
                                        const int32_t *leaf_targets, mote_tree_ensemble_shape s)
{
    const float start = s.aggregate == 2 ? 3.4028234664e38f : (s.aggregate == 3 ? -3.4028234664e38f : 0.0f);
    for (int32_t row = 0; row < s.rows; row++, x += s.features, y += s.targets) {
        for (int32_t t = 0; t < s.targets; t++) {
            y[t] = start;
        }
        for (int32_t tree = 0; tree < s.trees; tree++) {
            int32_t id = roots[tree];
            while (id < s.nodes) {
                id = ways[3 * id + (mote_tree_holds(x[ways[3 * id]], splits[id], modes[id]) ? 1 : 2)];
            }
            const float w = weights[id - s.nodes];
            float *target = y + leaf_targets[id - s.nodes];
            if (s.aggregate < 2) {
                *target += w;
            } else {
                *target = (s.aggregate == 2 ? w < *target : w > *target) ? w : *target;
            }
        }
    }
}

#endif
