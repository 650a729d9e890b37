/* SPDX-License-Identifier: 0BSD */
/* What boot.S calls: the command line into main, and the report of a fault. */
#include "harness-io.h"
#include "semihosting.h"

enum { ARGUMENTS = 8, EXIT_FAULT = 4 };

extern uint32_t stack_limit[], stack_top[]; /* of the linker script */

int main(int argc, char **argv);
void start_program(void);
void report_fault(const uint32_t *frame, uint32_t exception);

uint64_t fault_stack[64]; /* a fault may come from a stack that is full */

static char command_line[256];
static char *arguments[ARGUMENTS + 1];

static void leave(int code) {
    const uintptr_t block[2] = {APPLICATION_EXIT, (uintptr_t)code};
    for (;;) semihosting(SYS_EXIT_EXTENDED, block);
}

static int split_arguments(char *text) {
    int count = 0;
    while (*text && count < ARGUMENTS) {
        arguments[count++] = text;
        while (*text && *text != ' ') text++;
        if (*text) *text++ = 0;
    }
    return count;
}

/* Makes a stack overflow fault, wherever the machine has memory or none below the stack. */
static void guard_stack(void) {
#if __ARM_ARCH >= 8
    __asm__ volatile("msr msplim, %0" : : "r"(stack_limit));
#else
    enum { GUARD_BYTES = 1 << 16, SIZE_FIELD = 15, NO_EXECUTE = 1 << 28, DEFAULT_MAP = 1 << 2 };
    volatile uint32_t *const mpu = (volatile uint32_t *)0xE000ED90u;
    mpu[2] = 0;                                             /* region number */
    mpu[3] = (uint32_t)(uintptr_t)stack_limit - GUARD_BYTES; /* its base */
    mpu[4] = NO_EXECUTE | SIZE_FIELD << 1 | 1;              /* no access, size, enable */
    mpu[1] = DEFAULT_MAP | 1;
    __asm__ volatile("dsb\n\tisb" : : : "memory");
#endif
}

void start_program(void) {
    const uintptr_t block[2] = {(uintptr_t)command_line, sizeof command_line};
    guard_stack();
    semihosting(SYS_GET_CMDLINE, block);
    leave(main(split_arguments(command_line), arguments));
}

static void print_register(const char *name, uint32_t value) {
    char text[10];
    for (int i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(value >> (28 - 4 * i)) & 15u];
    text[8] = '\n';
    text[9] = 0;
    io_print("mote: fault ");
    io_print(name);
    io_print("=0x");
    io_print(text);
}

static void print_stacked(const uint32_t *frame) {
    static const char names[8][5] = {"r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr"};
    for (int i = 0; i < 8; i++) print_register(names[i], frame[i]);
}

/* Armv6-M has none of these, but its programs run on an Armv7-M machine, where they help. */
static void print_status(void) {
    print_register("cfsr", *(volatile uint32_t *)0xE000ED28u);
    print_register("hfsr", *(volatile uint32_t *)0xE000ED2Cu);
    print_register("mmfar", *(volatile uint32_t *)0xE000ED34u);
    print_register("bfar", *(volatile uint32_t *)0xE000ED38u);
}

void report_fault(const uint32_t *frame, uint32_t exception) {
    print_register("exception", exception);
    print_register("sp", (uint32_t)(uintptr_t)frame);
    print_register("overflow", frame < stack_limit);
    if (frame >= stack_limit && frame + 8 <= stack_top) print_stacked(frame);
    print_status();
    leave(EXIT_FAULT);
}
