/** Integer interpolation: one rounding of the exact sum over weights of 10 fractional bits. */
import { describe, expect, it } from "vitest";
import { evaluateNode } from "../../compiler/check/eval.ts";
import { constant, input } from "../../compiler/ir/graph.ts";
import { float32s, type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { perTensor, type Quantization } from "../../compiler/ir/types.ts";
import { build } from "../../compiler/ops/build.ts";
import { fixedWeights } from "../../compiler/ops/interpolate.ts";
import type { Profile } from "../../compiler/ops/numerics.ts";
import { Random } from "../support/random.ts";

const own = perTensor(0.1, 7);

/** One output of two taps with the weights 1 − part and part. */
function between(a: number, b: number, part: number, profile: Profile, to: Quantization = own) {
  const x = tensorOf("int8", [2], [a, b]);
  const tables = [
    constant(tensorOf("int32", [1], [0])),
    constant(float32s([1, 2], [1 - part, part])),
  ];
  const { node } = build(
    "Interpolate",
    [input("x", { elem: "int8", shape: [2], quant: own }), ...tables],
    { axis: 0 },
    { stored: { elem: "int8", quant: to } },
  );
  const constants = node.inputs.slice(1).map((v) => v!.node.attrs.value as Tensor);
  return Number(evaluateNode(node, [x, ...constants], profile)[0]!.data[0]);
}

describe("weights", () => {
  it.each([
    [
      [0.25, 0.75],
      [256, 768],
    ],
    [
      [1 / 3, 1 / 3, 1 / 3],
      [342, 341, 341],
    ],
    [
      [-0.1, 0.6, 0.6, -0.1],
      [-102, 614, 614, -102],
    ],
  ])("%j add to 1024", (weights, fixed) => {
    const table = {
      taps: weights.length,
      begin: Int32Array.of(0),
      weights: Float32Array.from(weights),
    };
    expect(Array.from(fixedWeights(table))).toEqual(fixed);
  });
});

describe("equal parameters", () => {
  it("round ties up in profile fast", () => {
    expect(
      [
        [1, 2],
        [-1, -2],
        [-2, -1],
        [0, -1],
      ].map(([a, b]) => between(a!, b!, 0.5, "fast")),
    ).toEqual([2, -1, -1, 0]);
  });
  it("round ties away from zero in profile tflite", () => {
    expect(
      [
        [1, 2],
        [-1, -2],
        [0, 1],
        [0, -1],
      ].map(([a, b]) => between(a!, b!, 0.5, "tflite")),
    ).toEqual([2, -2, 1, -1]);
  });
});

it.each(["fast", "tflite"] as const)("is near the real number in profile %s", (profile) => {
  const random = new Random(4);
  for (let i = 0; i < 2000; i++) {
    const [a, b] = [random.int(-128, 127), random.int(-128, 127)];
    const part = random.int(0, 1024) / 1024;
    const to = i % 2 ? own : perTensor(Math.fround(0.11 + random.real() / 10), random.int(-20, 20));
    const real = own.scale[0]! * ((1 - part) * a + part * b - own.zeroPoint[0]!);
    const exact = real / to.scale[0]! + to.zeroPoint[0]!;
    const stored = between(a, b, part, profile, to);
    expect(Math.abs(stored - Math.min(127, Math.max(-128, exact)))).toBeLessThan(0.54);
  }
});
