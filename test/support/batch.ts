/** Many compiled networks in one executable on this computer, each run once, under the sanitizers. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeFiles } from "../../compiler/commands/write.ts";
import type { Program } from "../../compiler/compile.ts";
import { type Tensor, tensorBytes, tensorFromBytes } from "../../compiler/ir/tensor.ts";
import { typeBytes } from "../../compiler/ir/types.ts";
import { inTemporaryFolder } from "./programs.ts";

export interface Case {
  readonly program: Program;
  readonly inputs: readonly Tensor[];
}

const strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/** Reads the inputs from a file and writes the outputs to standard output. */
function callText({ name, graph }: Program): string {
  const inputs = graph.inputs.map(
    (v, i) =>
      `    if (fread(${name}_input(${name}_arena, ${i}), 1, ${typeBytes(v.type)}, in) == 0) return 2;\n`,
  );
  const outputs = graph.outputs.map(
    ({ value }, i) =>
      `    fwrite(${name}_output(${name}_arena, ${i}), 1, ${typeBytes(value.type)}, stdout);\n`,
  );
  const begin = `    if (${name}_init(${name}_arena, sizeof ${name}_arena) != MOTE_OK) return 3;\n`;
  return `${begin}${inputs.join("")}    if (${name}_run(${name}_arena) != MOTE_OK) return 4;\n${outputs.join("")}`;
}

const mainText = (cases: readonly Case[]): string => `#include <stdio.h>
${cases.map(({ program }) => `#include "${program.name}.h"`).join("\n")}
int main(void) {
    FILE *in = fopen("inputs.bin", "rb");
    if (in == NULL) return 1;
${cases.map((c) => callText(c.program)).join("")}    fclose(in);
    return 0;
}
`;

/** The outputs of every case, in order. The programs must have names of their own. */
export const runBatch = (cases: readonly Case[]): Promise<Tensor[][]> =>
  inTemporaryFolder((folder) => {
    for (const { program } of cases) writeFiles(folder, program.emitted.files);
    writeFileSync(join(folder, "main.c"), mainText(cases));
    const bytes = cases.flatMap((c) => c.inputs.map(tensorBytes));
    writeFileSync(join(folder, "inputs.bin"), Buffer.concat(bytes));
    const sources = ["main.c", ...cases.map(({ program }) => `${program.name}.c`)];
    const options = { cwd: folder, maxBuffer: 2 ** 28 };
    execFileSync("cc", [...strict, ...sanitizers, "-O1", ...sources, "-lm", "-o", "main"], options);
    return split(cases, execFileSync(join(folder, "main"), options));
  });

function split(cases: readonly Case[], bytes: Uint8Array): Tensor[][] {
  let at = 0;
  return cases.map(({ program }) =>
    program.graph.outputs.map(({ value: { type } }) => {
      at += typeBytes(type);
      return tensorFromBytes(type.elem, type.shape, bytes.subarray(at - typeBytes(type), at));
    }),
  );
}
