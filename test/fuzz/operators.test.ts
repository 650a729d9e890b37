/**
 * ONNX's own tests of operators with a change each: a coded diagnostic, or a program that does what
 * the reference does, without a sanitizer's report.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { numbers, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementCount, integerRange, isFloat, type TensorType } from "../../compiler/ir/types.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { compiled } from "../support/failures.ts";
import { largestDifference } from "../support/near.ts";
import { mutatedModel, writeBytes } from "../support/onnx.ts";
import { Random } from "../support/random.ts";

const soak = process.env.MOTE_SOAK === "1";
const turns = soak ? 40 : 1;
const batchSize = 40;
/** Elements of a value that a program is run with. */
const elementsMax = 20_000;

const models = Object.entries(unzipSync(readFileSync(join(import.meta.dirname, "operators.zip"))));

/** Small numbers, whole ones as axes, sizes and indices are. */
function drawn({ elem, shape }: TensorType, random: Random): Tensor {
  if (isFloat(elem)) return random.tensor(elem, shape);
  const [low, high] = integerRange(elem);
  const draw = () => random.int(Math.max(low, -3), Math.min(high, 4));
  return tensorOf(elem, shape, Array.from({ length: elementCount(shape) }, draw));
}

const isSmall = ({ inputs, nodes }: Graph): boolean =>
  [...inputs, ...nodes.flatMap((n) => n.outputs)].every(
    ({ type }) => elementCount(type.shape) <= elementsMax,
  );

interface Mutant {
  readonly name: string;
  readonly test: Case;
  readonly want: readonly Tensor[];
}

/** A model with a change, if it makes a program that is not too large to run. */
function mutantOf(model: string, bytes: Uint8Array, name: string, random: Random): Mutant[] {
  const changed = mutatedModel(bytes, random);
  const options = { name, target: "host", floatIo: true, optimize: "speed" } as const;
  const { program } = compiled(writeBytes(changed), options);
  if (!program || !isSmall(program.imported)) return [];
  const inputs = program.imported.inputs.map(({ type }) => drawn(type, random));
  return [{ name: model, test: { program, inputs }, want: evaluate(program.imported, inputs) }];
}

/** Floats as far as they have not left float32, in which the C computes. */
function expectAgrees(got: Tensor, want: Tensor, what: string): void {
  const [a, b] = [numbers(got), numbers(want)];
  const largest = Array.from(b, Math.abs).reduce((m, x) => Math.max(m, x), 1);
  if (isFloat(want.elem) && !(largest < 1e15)) return;
  const bound = isFloat(want.elem) ? (want.elem === "float16" ? 4e-3 : 1e-4) * largest : 0;
  expect(largestDifference(a, b), what).toBeLessThanOrEqual(bound);
}

describe("a change in each model", () => {
  it.each(Array.from({ length: turns }, (_, turn) => turn))("turn %i", async (turn) => {
    const random = new Random(1000 + turn);
    const mutants = models.flatMap(([model, bytes], i) => mutantOf(model, bytes, `m${i}`, random));
    expect(mutants.length).toBeGreaterThan(models.length / 10);
    for (let first = 0; first < mutants.length; first += batchSize) {
      const batch = mutants.slice(first, first + batchSize);
      const outputs = await runBatch(batch.map(({ test }) => test));
      for (const [i, { name, want }] of batch.entries())
        for (const [k, tensor] of want.entries())
          expectAgrees(outputs[i]![k]!, tensor, `turn ${turn}, ${name}`);
    }
  });
});
