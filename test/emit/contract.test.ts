/** What firmware people rely on in the emitted files, checked with compilers and small programs by hand. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeFiles } from "../../compiler/commands/write.ts";
import type { Program } from "../../compiler/compile.ts";
import { listTargets, loadTarget } from "../../compiler/target.ts";
import { storedInput, tfliteOutput } from "../support/mlperf.ts";
import { bundled, modelFile } from "../support/models.ts";
import { compileModel, inTemporaryFolder } from "../support/programs.ts";

const strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

const run = (folder: string, command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8" });

const isInstalled = (command: string): boolean => {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const write = (
  folder: string,
  programs: readonly Program[],
  files: Record<string, string>,
): void => {
  for (const { emitted } of programs) writeFiles(folder, emitted.files);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
};

const cArray = (name: string, data: ArrayLike<number>): string =>
  `static const signed char ${name}[] = {${Array.from(data).join(",")}};\n`;

/** The program of a user who has read the header. */
const tenLines = (name: string, input: ArrayLike<number>): string => `
#include <stdio.h>
#include <string.h>
#include "${name}.h"
${cArray("sample", input)}
int main(void) {
    const signed char *y;
    if (${name}_init(${name}_arena, sizeof ${name}_arena) != MOTE_OK) return 1;
    memcpy(${name}_input(${name}_arena, 0), sample, sizeof sample);
    if (${name}_run(${name}_arena) != MOTE_OK) return 2;
    y = (const signed char *)${name}_output(${name}_arena, 0);
    for (int i = 0; i < ${name.toUpperCase()}_OUTPUT_0_ELEMENTS; i++) printf("%d ", y[i]);
    return 0;
}
`;

const parse = (text: string): number[] => text.trim().split(" ").map(Number);
const compilers = ["gcc", "clang"].map((cc) => ({
  cc,
  note: isInstalled(cc) ? "" : ` (skipped: ${cc} is not installed)`,
}));

const hasClang = isInstalled("clang");
const clangFlags = ["--target=thumb-none-eabi", "-isystem", "/usr/lib/arm-none-eabi/include"];
/** clang takes the FPU from the processor's name where GCC is told to. */
const forClang = (flags: readonly string[]) => flags.filter((f) => f !== "-mfpu=auto");
const devices = listTargets()
  .map(loadTarget)
  .filter((target) => target.machine !== null)
  .map((target) => ({
    target,
    name: target.name,
    compilers: hasClang ? "gcc and clang" : "gcc (clang skipped: it is not installed)",
  }));

describe.each(bundled)("%s", (model) => {
  it.each(compilers)("built by hand with $cc gives TensorFlow Lite's output$note", async ({
    cc,
    note,
  }) => {
    if (note) return;
    const program = compileModel(modelFile(model), { target: "host", profile: "tflite" });
    const sample = storedInput(model, 0, program.graph.inputs[0]!.type);
    const text = await inTemporaryFolder((folder) => {
      write(folder, [program], { "main.c": tenLines(model, sample.data as Int8Array) });
      run(folder, cc, ...strict, "-O2", "main.c", `${model}.c`, "-o", "main");
      return run(folder, join(folder, "main"));
    });
    expect(parse(text)).toEqual(Array.from(tfliteOutput(model, 0)));
  });

  it.each(devices)("compiles without a warning for $name, by $compilers", async ({ target }) => {
    for (const profile of ["fast", "tflite"] as const) {
      const program = compileModel(modelFile(model), { target: target.name, profile });
      await inTemporaryFolder((folder) => {
        write(folder, [program], {});
        const last = ["-c", `${model}.c`];
        for (const level of ["-O0", "-Os", "-O3"])
          run(folder, "arm-none-eabi-gcc", ...target.cflags, ...strict, level, ...last);
        if (hasClang)
          run(
            folder,
            "clang",
            ...clangFlags,
            ...forClang(target.cflags),
            ...strict,
            "-O2",
            ...last,
          );
      });
    }
  });
});

const kws = () => compileModel(modelFile("kws"), { target: "host" });

describe("the header", () => {
  const cxx = ["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-DKWS_NO_STATIC_ARENA"];

  it("is C++ without a warning", async () => {
    await inTemporaryFolder((folder) => {
      write(folder, [kws(), compileModel(modelFile("ad"), {})], { "main.cc": twoNetworks });
      run(folder, "arm-none-eabi-g++", "-mcpu=cortex-m4", "-mthumb", ...cxx, "-c", "main.cc");
    });
  });

  const note = isInstalled("g++") ? "" : " (skipped: g++ is not installed)";
  it(`links from C++, beside another network, with arenas of one's own${note}`, async () => {
    if (note) return;
    const text = await inTemporaryFolder((folder) => {
      write(folder, [kws(), compileModel(modelFile("ad"), { target: "host" })], {
        "main.cc": twoNetworks,
      });
      for (const c of ["kws.c", "ad.c"])
        run(folder, "gcc", "-std=c99", "-DKWS_NO_STATIC_ARENA", "-c", c);
      run(folder, "g++", ...cxx, "main.cc", "kws.o", "ad.o", "-o", "main");
      return run(folder, join(folder, "main"));
    });
    expect(text).toBe("ok");
  });

  it("refuses an arena that is absent, too small or misaligned", async () => {
    const text = await inTemporaryFolder((folder) => {
      write(folder, [kws()], { "main.c": badArenas });
      run(folder, "gcc", ...strict, "main.c", "kws.c", "-o", "main");
      return run(folder, join(folder, "main"));
    });
    expect(text).toBe("1 2 3 1 0 1 1");
  });

  it("says shapes, types, scales and helpers that agree with the graph", async () => {
    const program = kws();
    const [input, output] = [program.graph.inputs[0]!.type, program.graph.outputs[0]!.value.type];
    const text = await inTemporaryFolder((folder) => {
      write(folder, [program], { "main.c": macros });
      run(folder, "gcc", ...strict, "main.c", "kws.c", "-lm", "-o", "main");
      return run(folder, join(folder, "main"));
    });
    const [bytes, rank, last, type, scale, zero, stored, saturated, real] = parse(text);
    expect([bytes, rank, last, type]).toEqual([490, 4, 10, 3]);
    expect(Math.fround(scale!)).toBe(input.quant!.scale[0]);
    expect(zero).toBe(input.quant!.zeroPoint[0]);
    expect(stored).toBe(Math.round(-3.25 / input.quant!.scale[0]!) + zero!);
    expect(saturated).toBe(127);
    expect(Math.fround(real!)).toBe(
      Math.fround((5 - output.quant!.zeroPoint[0]!) * output.quant!.scale[0]!),
    );
  });

  it("keeps two arenas of one network apart", async () => {
    const program = kws();
    const samples = [0, 1].map((i) => storedInput("kws", i, program.graph.inputs[0]!.type).data);
    const text = await inTemporaryFolder((folder) => {
      write(folder, [program], { "main.c": twoArenas(samples as Int8Array[]) });
      run(folder, "gcc", ...strict, "main.c", "kws.c", "-o", "main");
      return run(folder, join(folder, "main"));
    });
    expect(text).toBe("same same");
  });
});

const twoNetworks = `
#include <stdio.h>
#include "ad.h"
#include "kws.h"
alignas(KWS_ARENA_ALIGN) static unsigned char mine[KWS_ARENA_BYTES];
int main() {
    if (kws_init(mine, sizeof mine) != MOTE_OK || ad_init(ad_arena, sizeof ad_arena) != MOTE_OK) return 1;
    kws_input_input(mine)[0] = kws_input_0_quantize(1.0f);
    bool ok = kws_run(mine) == MOTE_OK && ad_run(ad_arena) == MOTE_OK;
    printf("%s", ok && kws_output_output(mine) != nullptr ? "ok" : "bad");
}
`;

const badArenas = `
#include <stdio.h>
#include "kws.h"
int main(void) {
    printf("%d %d %d %d %d %d %d", kws_init(NULL, KWS_ARENA_BYTES), kws_init(kws_arena, KWS_ARENA_BYTES - 1),
           kws_init(kws_arena + 1, KWS_ARENA_BYTES), kws_run(NULL), kws_init(kws_arena, KWS_ARENA_BYTES),
           kws_input(kws_arena, 1) == NULL, kws_output(kws_arena, -1) == NULL);
    return 0;
}
`;

const macros = `
#include <stdio.h>
#include "kws.h"
static const int shape[KWS_INPUT_0_RANK] = KWS_INPUT_0_SHAPE;
int main(void) {
    printf("%d %d %d %d %.9g %d %d %d %.9g", KWS_INPUT_0_BYTES, KWS_INPUT_0_RANK, shape[3], KWS_INPUT_0_TYPE,
           (double)KWS_INPUT_0_SCALE, KWS_INPUT_0_ZERO_POINT, kws_input_0_quantize(-3.25f),
           kws_input_0_quantize(1e30f), (double)kws_output_0_dequantize(5));
    return 0;
}
`;

/** Two runs, their inputs interleaved, against the same two runs one after the other in one arena. */
const twoArenas = ([a, b]: readonly Int8Array[]): string => `
#include <stdio.h>
#include <string.h>
#include "kws.h"
${cArray("first", a!)}${cArray("second", b!)}
static MOTE_ALIGNED(16) unsigned char other[KWS_ARENA_BYTES];
static void once(const signed char *x, signed char *y) {
    memcpy(kws_input(kws_arena, 0), x, KWS_INPUT_0_BYTES);
    (void)kws_run(kws_arena);
    memcpy(y, kws_output(kws_arena, 0), KWS_OUTPUT_0_BYTES);
}
int main(void) {
    signed char ya[KWS_OUTPUT_0_BYTES], yb[KWS_OUTPUT_0_BYTES];
    once(first, ya);
    once(second, yb);
    memcpy(kws_input(kws_arena, 0), first, sizeof first);
    memcpy(kws_input(other, 0), second, sizeof second);
    (void)kws_run(kws_arena);
    (void)kws_run(other);
    printf("%s %s", memcmp(kws_output(kws_arena, 0), ya, sizeof ya) ? "differs" : "same",
           memcmp(kws_output(other, 0), yb, sizeof yb) ? "differs" : "same");
    return 0;
}
`;
