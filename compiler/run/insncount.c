/* SPDX-License-Identifier: 0BSD */
/*
 * QEMU TCG plugin: how many times each guest instruction address was executed.
 * Build:  gcc -O2 -shared -fPIC -o insncount.so insncount.c
 * Use:    qemu-system-arm ... -plugin ./insncount.so,out=counts.txt
 * Output: one line per executed address, "hexaddress count", written when QEMU exits.
 *
 * The declarations below are the part of QEMU's plugin API that this file uses; Debian ships QEMU
 * with plugins enabled but without qemu-plugin.h. PLUGIN_API is 1 for QEMU 6 to 8 and 2 from
 * QEMU 9, which has no inline counter by address any more: there a callback counts, which is slower.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t,
                                           void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *),
                                    void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

#ifndef PLUGIN_API
#define PLUGIN_API 1
#endif
__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_API;

#if PLUGIN_API == 1
enum { INLINE_ADD_U64 = 0 };
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int op, void *ptr,
                                                uint64_t imm);
static void count_insn(struct qemu_plugin_insn *insn, uint64_t *counter) {
    qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, counter, 1);
}
#else
enum { CALLBACK_NO_REGISTERS = 0 };
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *),
                                            int flags, void *);
static void add_one(unsigned vcpu, void *counter) {
    (void)vcpu;
    ++*(uint64_t *)counter;
}
static void count_insn(struct qemu_plugin_insn *insn, uint64_t *counter) {
    qemu_plugin_register_vcpu_insn_exec_cb(insn, add_one, CALLBACK_NO_REGISTERS, counter);
}
#endif

enum { SLOTS = 1 << 20 }; /* enough for 1M distinct instruction addresses */
static struct { uint64_t addr_plus_1, count; } table[SLOTS];
static const char *out_path = "counts.txt";

static uint64_t *counter_for(uint64_t addr) {
    size_t i = (addr * 0x9E3779B97F4A7C15ull) >> 44;
    while (table[i].addr_plus_1 && table[i].addr_plus_1 != addr + 1) i = (i + 1) % SLOTS;
    table[i].addr_plus_1 = addr + 1;
    return &table[i].count;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    for (size_t i = 0, n = qemu_plugin_tb_n_insns(tb); i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        count_insn(insn, counter_for(qemu_plugin_insn_vaddr(insn)));
    }
}

static void on_exit_write(qemu_plugin_id_t id, void *unused) {
    (void)id; (void)unused;
    FILE *f = fopen(out_path, "w");
    if (!f) { perror(out_path); return; }
    for (size_t i = 0; i < SLOTS; i++)
        if (table[i].count)
            fprintf(f, "%" PRIx64 " %" PRIu64 "\n", table[i].addr_plus_1 - 1, table[i].count);
    fclose(f);
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++)
        if (!strncmp(argv[i], "out=", 4)) out_path = strdup(argv[i] + 4);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_exit_write, NULL);
    return 0;
}
