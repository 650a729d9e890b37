/** Runs the same programs of kernel calls as on the host on a device, with its fast variants. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import type { Target } from "../../compiler/target.ts";
import type { KernelCase } from "./case.ts";
import { programText } from "./program.ts";
import { outputsOf } from "./run.ts";

const runtime = join(import.meta.dirname, "../../runtime-c");

/** Vectors, the FPU where there is one, and the C library by semihosting; all but vectors in RAM. */
const startup = `
#include <stdint.h>
#include <stdlib.h>
extern int main(void);
extern void initialise_monitor_handles(void);
extern char stack_top[];
void start(void);
static void fault(void) { abort(); }
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, start, fault, fault, fault, fault, fault};
void start(void)
{
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xE000ED88u |= 0xF00000u;
    __asm__ volatile("dsb\\n isb");
#endif
    initialise_monitor_handles();
    exit(main());
}
void _init(void) {}
void _fini(void) {}
`;

const layout = (ram: string): string => `
ENTRY(start)
SECTIONS {
    . = 0;
    .vectors : { KEEP(*(.vectors)) }
    . = ${ram};
    .text : { *(.text*) *(.rodata*) }
    .ARM.exidx : { *(.ARM.exidx*) }
    .data : { *(.data*) }
    .bss : { *(.bss*) *(COMMON) }
    end = .;
    stack_top = ${ram} + 0x380000;
    __end__ = .;
}
`;

/** The kernels as they are emitted: a variant's header in the portable one's place. */
function writeKernels(folder: string, { variants }: Target): void {
  cpSync(runtime, folder, { recursive: true });
  for (const variant of [...(variants ?? [])].reverse())
    for (const from of [join(runtime, "kernels", variant)])
      if (existsSync(from)) cpSync(from, join(folder, "kernels"), { recursive: true });
}

export async function runOnDevice(
  cases: readonly KernelCase[],
  target: Target,
): Promise<Tensor[][]> {
  const folder = mkdtempSync(join(tmpdir(), "mote-device-"));
  const ram = target.machine === "mps3-an547" ? "0x60000000" : "0x20000000";
  try {
    writeKernels(folder, target);
    const text = programText(cases).replace("return 0;", "fflush(stdout);\n    return 0;");
    writeFileSync(join(folder, "cases.c"), text.replace("int main(void)\n{", main));
    writeFileSync(join(folder, "startup.c"), startup);
    writeFileSync(join(folder, "layout.ld"), layout(ram));
    const flags = ["-std=c99", "-O2", ...target.cflags, `-I${folder}`, `-I${folder}/kernels`];
    const link = ["--specs=rdimon.specs", "-nostartfiles", "-Tlayout.ld", "-lm", "-o", "cases.elf"];
    await execa(target.compiler, [...flags, "cases.c", "startup.c", ...link], { cwd: folder });
    const machine = ["-M", target.machine!, "-kernel", "cases.elf"];
    const io = ["-nographic", "-monitor", "none", "-serial", "none", "-semihosting"];
    await execa("qemu-system-arm", [...machine, ...io], { cwd: folder, timeout: 300_000 });
    return outputsOf(cases, readFileSync(join(folder, "output.bin")));
  } finally {
    if (!process.env.MOTE_KEEP) rmSync(folder, { recursive: true, force: true });
  }
}

const main = `int main(void)
{
    if (freopen("output.bin", "wb", stdout) == NULL) {
        return 1;
    }`;
