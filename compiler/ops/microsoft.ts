/**
 * Operators of ONNX Runtime's own domain, as ONNX's operators. Only the registry may import this
 * file first: it makes nodes, whose operators the registry knows.
 */
import { type Attrs, constant, num, type Value } from "../ir/graph.ts";
import { int64s, scalar } from "../ir/tensor.ts";
import { build } from "./build.ts";
import { normaliseOperators } from "./normalise.ts";
import { fail, floats, type Operator, type RawNode } from "./operator.ts";
import { recurrentOperators } from "./recurrent.ts";
import { onnxCode } from "./typing.ts";

interface Contrib {
  readonly name: string;
  /** Operands of the newer form, which are those that are checked. */
  readonly inputs: readonly string[];
  readonly attrs?: Operator["attrs"];
  readonly types?: Operator["types"] | undefined;
  readonly renew: (node: RawNode) => RawNode;
}

const contrib = ({ name, inputs, attrs = {}, types, renew }: Contrib): Operator => ({
  name,
  domain: "com.microsoft",
  level: "imported",
  inputs,
  outputs: "any",
  attrs,
  types: types ?? { T: floats },
  upgrade: renew,
  infer: () => fail(`${name} stands for another operator`),
  evaluate: () => fail(`${name} stands for another operator`),
});

const number = (x: number): Value => constant(scalar("float32", x));

const withBias = ([x, bias]: RawNode["inputs"]): Value | undefined =>
  bias ? build("Add", [x, bias]) : x;

const gelus: readonly Contrib[] = [
  {
    name: "Gelu",
    inputs: ["X: T"],
    renew: ({ inputs }) => ({ op: "Gelu", inputs, attrs: {} }),
  },
  {
    name: "BiasGelu",
    inputs: ["A: T"],
    renew: ({ inputs }) => ({ op: "Gelu", inputs: [withBias(inputs)], attrs: {} }),
  },
  {
    name: "FastGelu",
    inputs: ["X: T"],
    renew: ({ inputs }) => ({
      op: "Gelu",
      inputs: [withBias(inputs)],
      attrs: { approximate: "tanh" },
    }),
  },
  {
    name: "QuickGelu",
    inputs: ["X: T"],
    attrs: { alpha: "float" },
    renew: ({ inputs, attrs }) => ({
      op: "Swish",
      inputs,
      attrs: { alpha: num({ attrs }, "alpha", Math.fround(1.702)) },
    }),
  },
];

/** An operand with its first axis moved before the last one, and then the last two swapped. */
function turned(x: Value, attrs: Attrs, side: "A" | "B"): Value {
  const rank = x.type.shape.length;
  const axes = x.type.shape.map((_, i) => i);
  const isMoved = num({ attrs }, `transBatch${side}`) !== 0;
  const order = isMoved ? [...axes.slice(1, -1), 0, rank - 1] : axes;
  const last = order.slice(-2);
  const perm = num({ attrs }, `trans${side}`) ? [...order.slice(0, -2), ...last.reverse()] : order;
  return perm.every((p, i) => p === i) ? x : build("Transpose", [x], { perm });
}

const fusedMatMul: Contrib = {
  name: "FusedMatMul",
  inputs: ["A: T", "B: T"],
  attrs: {
    alpha: "float",
    transA: "int",
    transB: "int",
    transBatchA: "int",
    transBatchB: "int",
  },
  renew: ({ inputs: [a, b], attrs }) => {
    const inputs = [turned(a!, attrs, "A"), turned(b!, attrs, "B")];
    const alpha = num({ attrs }, "alpha", 1);
    if (alpha === 1) return { op: "MatMul", inputs, attrs: {} };
    return { op: "Mul", inputs: [build("MatMul", inputs), number(alpha)], attrs: {} };
  },
};

/** Weights [directions, inputs, rows] in integers as floats [directions, rows, inputs]. */
function dequantised(w: Value, scale: Value, zero: Value | undefined): Value {
  const [directions] = w.type.shape as [number];
  const rows = scale.type.shape.length > 1 ? scale.type.shape[1]! : 1;
  const float = (v: Value) => build("Cast", [v], { to: onnxCode("float32") });
  const wide = (v: Value) => build("Reshape", [v, constant(int64s([directions, 1, rows]))]);
  const centred = zero ? build("Sub", [float(w), wide(float(zero))]) : float(w);
  const real = build("Mul", [centred, wide(scale)]);
  return build("Transpose", [real], { perm: [0, 2, 1] });
}

const lstm = recurrentOperators.find((o) => o.name === "LSTM")!;

/** ONNX Runtime rounds X and the states to integers, too; here these stay float. */
const dynamicQuantizeLstm: Contrib = {
  name: "DynamicQuantizeLSTM",
  inputs: lstm.inputs,
  attrs: lstm.attrs,
  types: lstm.types!,
  renew: ({ inputs, attrs }) => {
    const [x, w, r, ...rest] = inputs as [Value, Value, Value, ...(Value | undefined)[]];
    const [wScale, wZero, rScale, rZero] = inputs.slice(8);
    if (!wScale || !rScale) fail("lacks the scales of its weights");
    const weights = [dequantised(w, wScale!, wZero), dequantised(r, rScale!, rZero)];
    return { op: "LSTM", inputs: [x, ...weights, ...rest.slice(0, 5)], attrs };
  },
};

const skip = normaliseOperators.find((o) => o.name === "SkipLayerNormalization")!;

const skipLayerNormalization: Contrib = { ...skip, renew: (node) => node };

export const microsoftOperators: readonly Operator[] = [
  ...gelus,
  fusedMatMul,
  skipLayerNormalization,
  dynamicQuantizeLstm,
].map(contrib);
