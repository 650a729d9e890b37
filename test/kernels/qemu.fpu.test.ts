/** Float layers on cores with an FPU: random ones against the reference, many in one program. */
import { expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { compile } from "../../compiler/compile.ts";
import { constant, type Graph, input, makeGraph, type Value } from "../../compiler/ir/graph.ts";
import { numbers } from "../../compiler/ir/tensor.ts";
import { build } from "../../compiler/ops/build.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { largestDifference } from "../support/near.ts";
import { Random } from "../support/random.ts";

const batchSize = 30;
const batches = process.env.MOTE_SOAK === "1" ? 14 : 2;

const weights = (random: Random, ...shape: number[]): Value =>
  constant(random.tensor("float32", shape, -0.5, 0.5));

/** Nothing, ReLU, ReLU6 or a clamp that the fast kernels do not have. */
const activated = (random: Random, y: Value): Value => {
  const low = () => weights(random, ...[]);
  return random.pick([
    () => y,
    () => build("Relu", [y]),
    () => build("Clip", [y], { min: 0, max: 1.5 }),
    () => build("Max", [y, low()]),
  ])();
};

function convolution(random: Random, x: Value): Value {
  const [, c, h, w] = x.type.shape as [number, number, number, number];
  const isDepthwise = random.real() < 0.35;
  const group = isDepthwise ? c : random.pick([1, 1, c, c % 2 === 0 ? c / 2 : 1]);
  const filters = isDepthwise ? c : group * random.int(1, group === 1 ? 13 : 5);
  const kernel = [random.int(1, Math.min(4, h)), random.int(1, Math.min(4, w))];
  const operands = [x, weights(random, filters, c / group, ...kernel)];
  if (random.real() < 0.7) operands.push(weights(random, filters));
  const pads = Array.from({ length: 4 }, () => random.int(0, 2));
  const strides = [random.int(1, 2), random.int(1, 3)];
  return build("Conv", operands, { group, pads, strides });
}

function transposed(random: Random, x: Value): Value {
  const c = x.type.shape[1]!;
  const isDepthwise = random.real() < 0.35;
  const filters = isDepthwise ? 1 : random.int(1, 13);
  const strides = [random.int(1, 2), random.int(1, 3)];
  const kernel = random.pick([strides, [random.int(1, 4), random.int(1, 4)]]);
  const operands = [x, weights(random, c, filters, ...kernel)];
  const output_padding = [random.int(0, 1), 1];
  return build("ConvTranspose", operands, { group: isDepthwise ? c : 1, strides, output_padding });
}

function dense(random: Random): [Value, Value] {
  const [m, k, n] = [random.int(1, 3), random.int(1, 9) * random.pick([1, 4]), random.int(1, 20)];
  const x = input("x", { elem: "float32", shape: [m, k] });
  return [x, build("Gemm", [x, weights(random, n, k), weights(random, n)], { transB: 1 })];
}

function layer(random: Random): Graph<"imported"> {
  const shape = [random.int(1, 2), random.int(1, 9), random.int(1, 7), random.int(1, 7)];
  const image = input("x", { elem: "float32", shape });
  const make = random.pick([convolution, convolution, transposed]);
  const [x, y] = random.real() < 0.3 ? dense(random) : [image, make(random, image)];
  return makeGraph("imported", "layer", [x], [{ name: "y", value: activated(random, y) }]);
}

function makeCase(seed: number, target: string): Case {
  const random = new Random(seed);
  const ioLayout = random.pick(["nchw", "nhwc"] as const);
  const { program } = compile(layer(random), { target, ioLayout, name: `g${seed}` });
  const inputs = program!.graph.inputs.map((v) => random.tensor("float32", v.type.shape, -1, 1));
  return { program: program!, inputs };
}

it.each(["cortex-m4", "cortex-m7", "cortex-m55"])("random float layers on %s", async (target) => {
  for (let batch = 0; batch < batches; batch++) {
    const seeds = Array.from({ length: batchSize }, (_, i) => 1 + batch * batchSize + i);
    const cases = seeds.map((seed) => makeCase(seed, target));
    const outputs = await runBatch(cases);
    for (const [i, { program, inputs }] of cases.entries()) {
      const [want] = evaluate(program.graph, inputs);
      const largest = Math.max(1, ...Array.from(numbers(want!), Math.abs));
      const difference = largestDifference(numbers(outputs[i]![0]!), numbers(want!));
      expect(difference / largest, `seed ${seeds[i]}`).toBeLessThan(1e-5);
    }
  }
});

it("takes the kernels with cores where there is an FPU, and the portable ones elsewhere", () => {
  const kernels = (target: string) =>
    Array.from({ length: 40 }, (_, seed) => makeCase(seed, target).program.graph.plan.steps)
      .flat()
      .map((s) => String(s.node.attrs.kernel));
  expect(kernels("cortex-m4")).toEqual(
    expect.arrayContaining([
      "conv_2d_f32_x4",
      "grouped_conv_2d_f32_x4",
      "fully_connected_f32_x8",
      "depthwise_conv_2d_f32_c4",
      "phases_conv_2d_f32_x4",
    ]),
  );
  expect(kernels("cortex-m3").filter((k) => /_x4|_x8|_c4/.test(k))).toEqual([]);
});
