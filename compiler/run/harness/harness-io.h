/* SPDX-License-Identifier: 0BSD */
/*
 * What main.c needs of the machine that it runs on. A family of targets implements it
 * (targets/families/): files and text on the computer, semihosting on a device in QEMU.
 */
#ifndef MOTE_HARNESS_IO_H
#define MOTE_HARNESS_IO_H

#include <stddef.h>
#include <stdint.h>
#include "harness-model.h"

#define IO_STACK_UNKNOWN UINT32_MAX

typedef intptr_t io_file; /* 0 is no file */

io_file io_open(const char *path, int for_writing);
/* Both return 1 when all bytes were transferred. */
int io_read(io_file file, void *data, size_t bytes);
int io_write(io_file file, const void *data, size_t bytes);
int io_close(io_file file);
void io_print(const char *text);

/* Runs the model once and measures how deep its stack went. */
mote_status io_run_measured(mote_status (*run)(void *), void *arena, uint32_t *stack_bytes);

#endif
