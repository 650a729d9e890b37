/* SPDX-License-Identifier: 0BSD */
/* Picks elements of 1, 2, 4 or 8 bytes by an index each along one axis. */
#ifndef MOTE_GATHER_ELEMENTS_H
#define MOTE_GATHER_ELEMENTS_H

#include "copy.h"
#include "index.h"

/** indexed: of x by the indices, which have y's shape. */
typedef struct {
    mote_indexed indexed;
} mote_gather_elements_shape;

#define MOTE_GATHER_ELEMENTS(BITS)                                                                     \
    MOTE_INLINE void mote_gather_elements_##BITS(const void *x, const void *indices, void *y,          \
                                                 mote_gather_elements_shape s)                         \
    {                                                                                                  \
        const mote_element_##BITS *elements = (const mote_element_##BITS *)x;                          \
        mote_element_##BITS *to = (mote_element_##BITS *)y;                                            \
        MOTE_INDEXED(s.indexed, indices, to[i] = elements[at]);                                        \
    }

MOTE_GATHER_ELEMENTS(8)
MOTE_GATHER_ELEMENTS(16)
MOTE_GATHER_ELEMENTS(32)
MOTE_GATHER_ELEMENTS(64)

#endif
