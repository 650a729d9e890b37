/**
 * Random networks over images in small arenas: the same bits as with whole tensors, as the reference
 * says, also where a build overwrites what is dead and checks what was free.
 */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type CompileOptions, compile, type Program } from "../../compiler/compile.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { numbers, type Tensor, tensorBytes } from "../../compiler/ir/tensor.ts";
import { isFloat } from "../../compiler/ir/types.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { randomImageNetwork } from "../support/images.ts";
import { largestDifference } from "../support/near.ts";
import { Random } from "../support/random.ts";

const batchSize = 12;
const isSoak = process.env.MOTE_SOAK === "1";
/** Seeded networks a target: 2,000 in all. */
const batches = isSoak ? 42 : 1;
const targets = ["host", "cortex-m4", "cortex-m55", "cortex-m0plus"] as const;

function programOf(graph: Parameters<typeof compile>[0], options: CompileOptions): Program {
  const { program, diagnostics } = compile(graph, options);
  if (!program) throw new Error(diagnostics.map((d) => d.text).join(" "));
  return program;
}

/** With whole tensors, and with rows: as small as can be, or within some budget between. */
function casesOf(seed: number, target: string): Case[] {
  const r = new Random(seed);
  const graph = randomImageNetwork(r, r.int(1, 9), r.int(0, 3) > 0);
  const profile = r.pick(["fast", "fast", "tflite"] as const);
  const ioLayout = r.pick(["nhwc", "nchw"] as const);
  const options = { target, profile, ioLayout };
  const name = `g${seed}`;
  const whole = programOf(graph, { ...options, optimize: "speed", name: `${name}_whole` });
  const least = programOf(graph, { ...options, optimize: "sram", name: `${name}_least` });
  const [most, fewest] = [whole, least].map((p) => p.graph.plan.arenaBytes) as [number, number];
  const maxSram = Math.max(fewest, r.int(fewest, Math.max(fewest, most)));
  const between = programOf(graph, { ...options, maxSram, name: `${name}_between` });
  expect(between.graph.plan.arenaBytes).toBeLessThanOrEqual(maxSram);
  const inputs = whole.graph.inputs.map((v) => r.tensor(v.type.elem, v.type.shape, -1, 1));
  return [whole, least, between].flatMap((program): Case[] => [
    { program, inputs },
    ...(program === whole ? [] : [{ program, inputs, isChecked: true }]),
  ]);
}

const isSame = (a: Tensor, b: Tensor): boolean =>
  Buffer.compare(tensorBytes(a), tensorBytes(b)) === 0;

/** Integers to the bit. Kernels of floats may sum in other orders: within 1e-4 of the largest. */
const agree = (a: readonly Tensor[], b: readonly Tensor[]): boolean =>
  a.every((t, i) => {
    if (!isFloat(t.elem)) return isSame(t, b[i]!);
    const [x, y] = [numbers(t), numbers(b[i]!)];
    const largest = Math.max(1, ...Array.from(y, Math.abs).filter(Number.isFinite));
    return largestDifference(x, y) <= 1e-4 * largest;
  });

async function checkBatch(first: number, target: string): Promise<number> {
  const seeds = Array.from({ length: batchSize }, (_, i) => first + i);
  const cases = seeds.map((seed) => casesOf(seed, target));
  const outputs = await runBatch(cases.flat());
  let streamed = 0;
  for (const [i, own] of cases.entries()) {
    const made = outputs.splice(0, own.length);
    const { program, inputs } = own[0]!;
    const text = () =>
      `seed ${seeds[i]} on ${target}:\n${printGraph(own.at(-1)!.program.graph).text}`;
    const want = evaluate(program.graph, inputs, { profile: program.profile });
    own.forEach((test, k) => {
      const what = `${test.program.name}${test.isChecked ? ", checked" : ""}`;
      if (!agree(made[k]!, want)) expect.fail(`${what} is not the reference, ${text()}`);
    });
    const steps = own.map((c) => c.program.graph.plan.steps.length);
    if (Math.max(...steps) > steps[0]!) streamed++;
  }
  return streamed;
}

describe.each(targets)("random networks over images on %s", (target) => {
  it(`are the same in small arenas, ${batchSize * batches} of them`, {
    timeout: 36e5,
  }, async () => {
    const first = Number(process.env.MOTE_SEED ?? 1);
    let streamed = 0;
    for (let i = 0; i < batches; i++) streamed += await checkBatch(first + i * batchSize, target);
    expect(streamed).toBeGreaterThan((batchSize * batches) / 3);
  });
});
