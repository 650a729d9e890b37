/* SPDX-License-Identifier: 0BSD */
/* The harness's files and text on a device, by Arm's semihosting calls: no C library. */
#include "harness-io.h"
#include "semihosting.h"

enum { MODE_READ = 1, MODE_WRITE = 5 };

static size_t length(const char *text) {
    size_t n = 0;
    while (text[n]) n++;
    return n;
}

io_file io_open(const char *path, int for_writing) {
    const uintptr_t mode = for_writing ? MODE_WRITE : MODE_READ;
    const uintptr_t block[3] = {(uintptr_t)path, mode, length(path)};
    const intptr_t handle = semihosting(SYS_OPEN, block);
    return handle < 0 ? 0 : handle + 1; /* a handle may be 0 */
}

/* Read and write return how many bytes were left over. */
static int transfer(int operation, io_file file, uintptr_t data, size_t bytes) {
    const uintptr_t block[3] = {(uintptr_t)(file - 1), data, bytes};
    return bytes == 0 || semihosting(operation, block) == 0;
}

int io_read(io_file file, void *data, size_t bytes) {
    return transfer(SYS_READ, file, (uintptr_t)data, bytes);
}

int io_write(io_file file, const void *data, size_t bytes) {
    return transfer(SYS_WRITE, file, (uintptr_t)data, bytes);
}

int io_close(io_file file) {
    const uintptr_t block[1] = {(uintptr_t)(file - 1)};
    return semihosting(SYS_CLOSE, block) == 0;
}

void io_print(const char *text) { semihosting(SYS_WRITE0, text); }

/* Newlib's expf and the like set errno; its own would bring a kilobyte of RAM with it. */
int *__errno(void);
int *__errno(void) {
    static int value;
    return &value;
}
