/** Random networks, float and quantised, whole: the C program against the reference. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type CompileOptions, compile } from "../../compiler/compile.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { numbers, type Tensor } from "../../compiler/ir/tensor.ts";
import { isFloat } from "../../compiler/ir/types.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { randomGraph } from "../support/graphs.ts";
import { largestDifference } from "../support/near.ts";
import { npyBytes } from "../support/npy.ts";
import { inTemporaryFolder } from "../support/programs.ts";
import { Random } from "../support/random.ts";

const batchSize = 25;
const batches = process.env.MOTE_SOAK === "1" ? 40 : 1;

/** Calibration data for every input, as .npz. */
function samplesFile(folder: string, graph: Graph, random: Random): string {
  const entries = graph.inputs.map(({ name, type }) => {
    const count = 4;
    const data = random.tensor("float32", [count, ...type.shape], -1, 1).data as Float32Array;
    return [`${name}.npy`, npyBytes(data, [count, ...type.shape])] as const;
  });
  const file = join(folder, "samples.npz");
  writeFileSync(file, zipSync(Object.fromEntries(entries)));
  return file;
}

function makeCase(seed: number, options: CompileOptions, isQuantized: boolean): Promise<Case> {
  const random = new Random(seed);
  const graph = randomGraph(random, random.int(1, 14));
  return inTemporaryFolder((folder) => {
    const calib = isQuantized ? { calib: samplesFile(folder, graph, random) } : {};
    const { program, diagnostics } = compile(graph, { ...options, ...calib, name: `g${seed}` });
    if (!program) throw new Error(`seed ${seed}: ${diagnostics.map((d) => d.text).join(" ")}`);
    const inputs = program.graph.inputs.map((v) => random.tensor(v.type.elem, v.type.shape, -1, 1));
    return { program, inputs };
  });
}

/** Integers to the bit; floats within 1e-4 of the largest magnitude, 1 at the least. */
function agrees(got: Tensor, want: Tensor): boolean {
  const [a, b] = [numbers(got), numbers(want)];
  const largest = Math.max(1, ...Array.from(b, Math.abs).filter(Number.isFinite));
  return largestDifference(a, b) <= (isFloat(want.elem) ? 1e-4 * largest : 0);
}

async function checkBatch(first: number, options: CompileOptions, isQuantized: boolean) {
  const seeds = Array.from({ length: batchSize }, (_, i) => first + i);
  const cases = await Promise.all(seeds.map((seed) => makeCase(seed, options, isQuantized)));
  const outputs = await runBatch(cases);
  for (const [i, { program, inputs }] of cases.entries()) {
    const want = evaluate(program.graph, inputs, { profile: program.profile });
    const right = want.every((t, k) => agrees(outputs[i]![k]!, t));
    if (!right) expect.fail(`seed ${seeds[i]}:\n${printGraph(program.graph).text}`);
  }
}

const targets = ["host", "cortex-m0plus", "cortex-m4", "cortex-m55"] as const;

const kinds = [
  { kind: "float", options: {}, isQuantized: false },
  { kind: "float with NHWC at the boundary", options: { ioLayout: "nhwc" }, isQuantized: false },
  { kind: "int8, profile fast", options: { profile: "fast" }, isQuantized: true },
  { kind: "int8, profile tflite", options: { profile: "tflite" }, isQuantized: true },
] as const;

describe.each(targets)("random networks on %s", (target) => {
  it.each(kinds)(`run as the reference says in $kind, ${batchSize} at once`, async ({
    options,
    isQuantized,
  }) => {
    for (let i = 0; i < batches; i++)
      await checkBatch(1 + i * batchSize, { ...options, target }, isQuantized);
  });
});
