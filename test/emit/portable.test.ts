/** Programs with assembly, built by compilers that take none or for processors that lack it. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { writeFiles } from "../../compiler/commands/write.ts";
import { storedInput, tfliteOutput } from "../support/mlperf.ts";
import { modelFile } from "../support/models.ts";
import { compileModel, inTemporaryFolder, runSamples } from "../support/programs.ts";

const kws = (target: string) => compileModel(modelFile("kws"), { target, profile: "tflite" });
const sample = (target: string) => storedInput("kws", 0, kws(target).graph.inputs[0]!.type);

const withAssembly = ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55"];

describe.each(withAssembly)("a program for %s", (target) => {
  it("has no assembly with MOTE_NO_ASM, and the same results", async () => {
    const program = kws(target);
    const cflags = [...program.target.cflags, "-DMOTE_NO_ASM"];
    await inTemporaryFolder(async (folder) => {
      writeFiles(folder, program.emitted.files);
      const text = (flags: readonly string[]) =>
        execFileSync(program.target.compiler, [...flags, "-E", "kws.c"], { cwd: folder });
      const variant = /_(v6m|v7m|dsp|fpu|mve)\.h"|arm_mve/;
      expect(`${text(program.target.cflags)}`).toMatch(variant);
      expect(`${text(cflags)}`).not.toMatch(variant);
    });
    const portable = { ...program, target: { ...program.target, cflags } };
    const { outputs } = await runSamples(portable, [sample(target)]);
    expect(Array.from(outputs[0]!.data as Int8Array)).toEqual(Array.from(tfliteOutput("kws", 0)));
  });

  it("gives the same results by a compiler that is not GNU's", async () => {
    const output = await inTemporaryFolder((folder) => {
      writeFiles(folder, kws(target).emitted.files);
      writeFileSync(join(folder, "main.c"), main(sample(target).data as Int8Array));
      const gcc = (...args: string[]) =>
        execFileSync("gcc", ["-std=c11", ...args], { cwd: folder });
      gcc("-U__GNUC__", "-c", "kws.c");
      gcc("kws.o", "main.c", "-o", "main");
      return execFileSync(join(folder, "main"), { encoding: "utf8" });
    });
    expect(output.trim().split(" ").map(Number)).toEqual(Array.from(tfliteOutput("kws", 0)));
  });
});

const main = (x: Int8Array): string => `
#include <stdio.h>
#include <string.h>
#include "kws.h"
static const signed char sample[] = {${Array.from(x).join(",")}};
int main(void) {
    const signed char *y = (const signed char *)kws_output(kws_arena, 0);
    if (kws_init(kws_arena, sizeof kws_arena) != MOTE_OK) return 1;
    memcpy(kws_input(kws_arena, 0), sample, sizeof sample);
    if (kws_run(kws_arena) != MOTE_OK) return 2;
    for (int i = 0; i < KWS_OUTPUT_0_ELEMENTS; i++) printf("%d ", y[i]);
    return 0;
}
`;

describe("a processor without the instructions", () => {
  it.each([
    ["cortex-m4", ["-mcpu=cortex-m3", "-mthumb"], "DSP instructions"],
    ["cortex-m55", ["-mcpu=cortex-m33", "-mthumb"], "Helium instructions"],
    ["cortex-m3", ["-mcpu=cortex-m0", "-mthumb"], "Thumb-2 instructions"],
  ] as const)("is told of, for %s built with %s", async (target, cpu, missing) => {
    await inTemporaryFolder(async (folder) => {
      writeFiles(folder, kws(target).emitted.files);
      const build = (...flags: string[]) =>
        execa("arm-none-eabi-gcc", [...cpu, ...flags, "-c", "kws.c"], {
          cwd: folder,
          reject: false,
        });
      expect((await build()).stderr).toContain(`This needs ${missing}`);
      expect((await build("-DMOTE_NO_ASM")).stderr).toBe("");
    });
  });
});
