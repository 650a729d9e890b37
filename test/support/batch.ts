/** Many compiled networks in one executable, on any target. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeFiles } from "../../compiler/commands/write.ts";
import type { Program } from "../../compiler/compile.ts";
import { givenInputs, givenOutputs } from "../../compiler/ir/states.ts";
import { type Tensor, tensorBytes, tensorsFromBytes } from "../../compiler/ir/tensor.ts";
import { typeBytes } from "../../compiler/ir/types.ts";
import { runProgram } from "../../compiler/run/run.ts";
import { inTemporaryFolder } from "./programs.ts";

export interface Case {
  readonly program: Pick<Program, "name" | "target" | "profile" | "graph" | "emitted">;
  readonly inputs: readonly Tensor[];
  /** Inputs of runs that follow the first one, as many in all cases of a batch. */
  readonly later?: readonly (readonly Tensor[])[] | undefined;
  /** Built with MOTE_CHECK_ARENA, under a name of its own. */
  readonly isChecked?: boolean;
}

/** A checked build's symbols end in `_checked`. */
const nameOf = ({ program, isChecked }: Case): string =>
  isChecked ? `${program.name}_checked` : program.name;

/** The program's file; its second inclusion has other names for what it defines. */
const inclusion = (test: Case): string => {
  const { name } = test.program;
  if (!test.isChecked) return `#include "${name}.c"`;
  return `#define MOTE_CHECK_ARENA\n#include "${name}_checked.c"\n#undef MOTE_CHECK_ARENA`;
};

/** The files of a checked build: the same text with other names. */
function filesOf({ program, isChecked }: Case): ReadonlyMap<string, string> {
  const { files } = program.emitted;
  if (!isChecked) return files;
  const { name } = program;
  const renamed = (text: string) =>
    text
      .replace(new RegExp(`\\b${name}(?=[_.])`, "g"), `${name}_checked`)
      .replace(new RegExp(`\\b${name.toUpperCase()}(?=_)`, "g"), `${name}_checked`.toUpperCase());
  return new Map(
    [...files].map(([path, text]) => [
      renamed(path),
      path.startsWith("mote/") ? text : renamed(text),
    ]),
  );
}

interface Port {
  readonly name: string;
  readonly index: number;
  readonly bytes: number;
}

const inputPorts = (test: Case): Port[] =>
  givenInputs(test.program.graph).map((v, index) => ({
    name: nameOf(test),
    index,
    bytes: typeBytes(v.type),
  }));
const outputPorts = (test: Case): Port[] =>
  givenOutputs(test.program.graph).map((o, index) => ({
    name: nameOf(test),
    index,
    bytes: typeBytes(o.value.type),
  }));

const counts = (side: string, ports: readonly Port[]): string =>
  [
    `#define BATCH_${side}_COUNT ${ports.length}`,
    ...ports.map(({ bytes }, i) => `#define BATCH_${side}_${i}_BYTES ${bytes}`),
  ].join("\n");

/** The batch as the header of one network that has all their inputs and outputs. */
const header = (cases: readonly Case[]): string => `#include "mote/mote.h"
#define BATCH_ARENA_BYTES 16
#define BATCH_HAS_STATES 1
${counts("INPUT", cases.flatMap(inputPorts))}
${counts("OUTPUT", cases.flatMap(outputPorts))}
extern unsigned char batch_arena[BATCH_ARENA_BYTES];
mote_status batch_init(void *arena, size_t arena_bytes);
void *batch_input(void *arena, int index);
mote_status batch_run(void *arena);
const void *batch_output(void *arena, int index);
`;

const switchText = (what: "input" | "output", ports: readonly Port[]): string =>
  ports
    .map(
      ({ name, index }, i) => `    case ${i}: return ${name}_${what}(${name}_arena, ${index});\n`,
    )
    .join("");

const source = (cases: readonly Case[]): string => {
  const names = cases.map(nameOf);
  const all = (call: (name: string) => string) =>
    names.map((n) => `    if (${call(n)} != MOTE_OK) return MOTE_ERROR_ARENA_NULL;\n`).join("");
  return `#include "batch.h"
${cases.map(inclusion).join("\n")}
unsigned char batch_arena[BATCH_ARENA_BYTES];
mote_status batch_init(void *arena, size_t arena_bytes) {
    (void)arena;
    (void)arena_bytes;
${all((n) => `${n}_init(${n}_arena, sizeof ${n}_arena)`)}    return MOTE_OK;
}
void *batch_input(void *arena, int index) {
    (void)arena;
    switch (index) {
${switchText("input", cases.flatMap(inputPorts))}    default: return NULL;
    }
}
const void *batch_output(void *arena, int index) {
    (void)arena;
    switch (index) {
${switchText("output", cases.flatMap(outputPorts))}    default: return NULL;
    }
}
mote_status batch_run(void *arena) {
    (void)arena;
${all((n) => `${n}_run(${n}_arena)`)}    return MOTE_OK;
}
`;
};

const runsOf = ({ inputs, later = [] }: Case): readonly (readonly Tensor[])[] => [inputs, ...later];

/**
 * The outputs of every case, in order, run after run. The programs must have names of their own and one target;
 * on this computer they run under the sanitizers unless told.
 */
export const runBatch = (
  cases: readonly Case[],
  { sanitize = cases[0]!.program.target.machine === null } = {},
): Promise<Tensor[][]> =>
  inTemporaryFolder(async (outDir) => {
    for (const test of cases) writeFiles(outDir, filesOf(test));
    writeFileSync(join(outDir, "batch.h"), header(cases));
    writeFileSync(join(outDir, "batch.c"), source(cases));
    const { target } = cases[0]!.program;
    const { outputs } = await runProgram({
      outDir,
      name: "batch",
      target,
      samples: runsOf(cases[0]!).map((_, run) =>
        Buffer.concat(cases.flatMap((c) => runsOf(c)[run]!.map(tensorBytes))),
      ),
      outputBytes: cases.flatMap(outputPorts).reduce((sum, p) => sum + p.bytes, 0),
      count: false,
      sanitize,
    });
    const runs = outputs.map((bytes) => split(cases, bytes));
    return cases.map((_, i) => runs.flatMap((made) => made[i]!));
  });

function split(cases: readonly Case[], bytes: Uint8Array): Tensor[][] {
  const types = cases.map(({ program }) => givenOutputs(program.graph).map((o) => o.value.type));
  const tensors = tensorsFromBytes(types.flat(), bytes);
  return types.map((own) => tensors.splice(0, own.length));
}
