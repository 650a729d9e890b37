/* SPDX-License-Identifier: 0BSD */
/* The harness's files and text on a computer, by the C library. */
#include <stdio.h>
#include "harness-io.h"

io_file io_open(const char *path, int for_writing) {
    return (io_file)fopen(path, for_writing ? "wb" : "rb");
}

int io_read(io_file file, void *data, size_t bytes) {
    return fread(data, 1, bytes, (FILE *)file) == bytes;
}

int io_write(io_file file, const void *data, size_t bytes) {
    return fwrite(data, 1, bytes, (FILE *)file) == bytes;
}

int io_close(io_file file) { return fclose((FILE *)file) == 0; }

void io_print(const char *text) { fputs(text, stderr); }

mote_status io_run_measured(mote_status (*run)(void *), void *arena, uint32_t *stack_bytes) {
    *stack_bytes = IO_STACK_UNKNOWN;
    return run(arena);
}
