/** Random integer layers, and what they would be in real arithmetic. */
import { evaluateNode } from "../../compiler/check/eval.ts";
import { type Attrs, constant, input, type Value } from "../../compiler/ir/graph.ts";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementCount, perTensor, type Quantization, type Shape } from "../../compiler/ir/types.ts";
import { build } from "../../compiler/ops/build.ts";
import type { Profile } from "../../compiler/ops/numerics.ts";
import type { Random } from "../support/random.ts";

export interface Layer {
  readonly value: Value;
  /** Of the inputs, in order. */
  readonly tensors: readonly Tensor[];
}

export const activation = (random: Random, shape: Shape, scale: number): [Value, Tensor] => {
  const type = { elem: "int8", shape, quant: perTensor(scale, random.int(-128, 127)) } as const;
  return [input("x", type), random.tensor("int8", shape)];
};

const stored = (quant: Quantization) => ({ elem: "int8", quant }) as const;

/** An operator of activations only, its scales within a few powers of two of each other. */
export function elementwise(random: Random, op: string, shape: Shape, attrs: Attrs = {}): Layer {
  const scale = () => Math.fround(0.02 * 2 ** (random.real() * 4 - 2));
  const count = op === "Add" || op === "Sub" || op === "Mul" ? 2 : 1;
  const operands = Array.from({ length: count }, () => activation(random, shape, scale()));
  const own = op === "Mul" ? scale() : scale() * 2;
  const quant = perTensor(Math.fround(own), random.int(-128, 127));
  const value = build(
    op,
    operands.map(([v]) => v),
    attrs,
    { stored: stored(quant) },
  );
  return { value, tensors: operands.map(([, t]) => t) };
}

/** A product of two computed matrices, whose results fill the stored range. */
export function product(random: Random, k: number): Layer {
  const operands = [
    activation(random, [2, 5, k], 0.03),
    activation(random, [2, k, 7], 0.05),
  ] as const;
  const scale = Math.fround(0.0015 * 100 * Math.sqrt(k) * (0.1 + random.real()));
  const y = perTensor(scale, random.int(-20, 20));
  const value = build(
    "MatMul",
    operands.map(([v]) => v),
    {},
    { stored: stored(y) },
  );
  return { value, tensors: operands.map(([, t]) => t) };
}

/** A fully connected layer whose results fill the stored range; some factors are above 0.5. */
export function connected(random: Random, k: number, n: number): Layer {
  const [x, tx] = activation(random, [4, k], 0.05);
  const scale = Array.from({ length: n }, () => Math.fround(0.001 * (0.1 + random.real())));
  const quant = { scale, zeroPoint: scale.map(() => 0), axis: 0 };
  const w = constant(random.tensor("int8", [n, k]), "w", quant);
  const bias = tensorOf(
    "int32",
    [n],
    Array.from({ length: n }, () => random.int(-9999, 9999)),
  );
  const b = constant(bias, "b", { ...quant, scale: scale.map((s) => Math.fround(s * 0.05)) });
  const reach = Math.sqrt(k) * 5000 * 0.05 * 0.0006;
  const y = perTensor(Math.fround(reach / 40), random.int(-20, 20));
  return {
    value: build("FullyConnected", [x, w, b], {}, { stored: stored(y) }),
    tensors: [tx, w.node.attrs.value as Tensor, bias],
  };
}

export const run = ({ value, tensors }: Layer, profile: Profile): number[] =>
  Array.from(evaluateNode(value.node, tensors, profile)[0]!.data as Int8Array);

/** The same in doubles from the exact scales, before rounding; saturated as the stored type is. */
export function real({ value, tensors }: Layer): number[] {
  const { node, type } = value;
  const q = type.quant!;
  const x = tensors.map((t, i) => realValues(t, node.inputs[i]!.type.quant!));
  const values = formulas[node.op]!(x as number[][], value);
  return values.map((v) => Math.min(127, Math.max(-128, v / q.scale[0]! + q.zeroPoint[0]!)));
}

function realValues(t: Tensor, { scale, zeroPoint }: Quantization): number[] {
  const each = elementCount(t.shape) / scale.length;
  return Array.from(t.data as Int8Array, (v, i) => {
    const c = Math.floor(i / each);
    return scale[c]! * (v - zeroPoint[c]!);
  });
}

type Formula = (inputs: number[][], value: Value) => number[];

const pair =
  (f: (a: number, b: number) => number): Formula =>
  ([a, b]) =>
    a!.map((x, i) => f(x, b![i]!));

const formulas: Record<string, Formula> = {
  Add: pair((a, b) => a + b),
  Sub: pair((a, b) => a - b),
  Mul: pair((a, b) => a * b),
  Requantize: ([x]) => x!,
  /** Over the whole image, NHWC. */
  AveragePool2D: ([x], { type }) => {
    const channels = type.shape[3]!;
    const count = x!.length / channels;
    return Array.from({ length: channels }, (_, c) =>
      x!.reduce((sum, v, i) => (i % channels === c ? sum + v / count : sum), 0),
    );
  },
  MatMul: ([a, b], { type, node }) => {
    const [m, n] = type.shape.slice(-2) as [number, number];
    const k = node.inputs[0]!.type.shape.at(-1)!;
    return Array.from({ length: elementCount(type.shape) }, (_, i) => {
      const [row, column] = [Math.floor(i / n), i % n];
      let sum = 0;
      for (let l = 0; l < k; l++)
        sum += a![row * k + l]! * b![(Math.floor(row / m) * k + l) * n + column]!;
      return sum;
    });
  },
  FullyConnected: ([x, w, b], { type }) => {
    const n = type.shape[1]!;
    const k = w!.length / n;
    const exactBias = b!;
    return Array.from({ length: type.shape[0]! * n }, (_, i) => {
      const [row, c] = [Math.floor(i / n), i % n];
      let sum = exactBias[c]!;
      for (let l = 0; l < k; l++) sum += x![row * k + l]! * w![c * k + l]!;
      return sum;
    });
  },
};
