/** Elementwise operators of one operand, as table entries. */
import { num, str } from "../ir/graph.ts";
import { isBig, newArray, numbers } from "../ir/tensor.ts";
import type { ElementType } from "../ir/types.ts";
import { clamp, roundHalfAway, roundHalfEven } from "./numerics.ts";
import { type AttrKind, type EvalContext, floats, integers, type Operator } from "./operator.ts";
import { elementwiseRows } from "./rows.ts";

type Attrs = EvalContext["attrs"];

/** x → y with the node's attributes taken in. */
type MakeFunction = (attrs: Attrs) => (x: number) => number;

interface Entry {
  readonly name: string;
  readonly attrs?: Record<string, AttrKind>;
  readonly make: MakeFunction;
  /** On integers of 64 bits; it takes all integer types, without quantisation. */
  readonly big?: (x: bigint) => bigint;
  /** Instead of floats. */
  readonly types?: readonly ElementType[];
  /** The result's type, where it is not the operand's. */
  readonly result?: ElementType;
}

/**
 * Error function: Maclaurin series near zero, Laplace's continued fraction beyond (A&S 7.1.5,
 * 7.1.14).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction));
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const simple = (name: string, f: (x: number) => number, big?: Entry["big"]): Entry => ({
  name,
  make: () => f,
  ...(big && { big }),
});

const hardSigmoid = (alpha: number, beta: number) => (x: number) => clamp(alpha * x + beta, 0, 1);

const gelu: MakeFunction = (attrs) =>
  str({ attrs }, "approximate", "none") === "tanh"
    ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
    : (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));

const selu: MakeFunction = (attrs) => {
  const alpha = num({ attrs }, "alpha", 1.6732632423543772);
  const gamma = num({ attrs }, "gamma", 1.0507009873554805);
  return (x) => gamma * (x > 0 ? x : alpha * Math.expm1(x));
};

const alphaOf = (attrs: Attrs, absent: number) => num({ attrs }, "alpha", absent);

/** Infinity of the signs that the attributes name. */
const isInf: MakeFunction = (attrs) => {
  const signs = [num({ attrs }, "detect_negative", 1), num({ attrs }, "detect_positive", 1)];
  return (x) => Number((x === -Infinity && signs[0] !== 0) || (x === Infinity && signs[1] !== 0));
};

/** Functions that no real function of stored integers stands for. */
const logic: readonly Entry[] = [
  { name: "Not", types: ["bool"], make: () => (x) => Number(x === 0) },
  { name: "BitwiseNot", types: integers, make: () => (x) => -1 - x, big: (x) => -1n - x },
  { name: "IsNaN", result: "bool", make: () => (x) => Number(Number.isNaN(x)) },
  {
    name: "IsInf",
    attrs: { detect_negative: "flag", detect_positive: "flag" },
    result: "bool",
    make: isInf,
  },
];

const entries: readonly Entry[] = [
  simple("Abs", Math.abs, (x) => (x < 0n ? -x : x)),
  simple(
    "Neg",
    (x) => -x,
    (x) => -x,
  ),
  simple("Exp", Math.exp),
  simple("Log", Math.log),
  simple("Sqrt", Math.sqrt),
  simple("Reciprocal", (x) => 1 / x),
  simple("Floor", Math.floor),
  simple("Ceil", Math.ceil),
  simple("Round", roundHalfEven),
  simple("Sign", Math.sign, (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n)),
  simple("Erf", erf),
  simple("Sin", Math.sin),
  simple("Cos", Math.cos),
  simple("Tan", Math.tan),
  simple("Asin", Math.asin),
  simple("Acos", Math.acos),
  simple("Atan", Math.atan),
  simple("Sinh", Math.sinh),
  simple("Cosh", Math.cosh),
  simple("Tanh", Math.tanh),
  simple("Asinh", Math.asinh),
  simple("Acosh", Math.acosh),
  simple("Atanh", Math.atanh),
  simple("Sigmoid", sigmoid),
  simple("Softplus", (x) => (x > 30 ? x : Math.log1p(Math.exp(x)))),
  simple("Softsign", (x) => x / (1 + Math.abs(x))),
  simple("HardSwish", (x) => x * hardSigmoid(1 / 6, 0.5)(x)),
  simple("Mish", (x) => x * Math.tanh(x > 30 ? x : Math.log1p(Math.exp(x)))),
  { name: "Gelu", attrs: { approximate: ["none", "tanh"] }, make: gelu },
  { name: "Selu", attrs: { alpha: "float", gamma: "float" }, make: selu },
  {
    name: "HardSigmoid",
    attrs: { alpha: "float", beta: "float" },
    make: (attrs) => hardSigmoid(alphaOf(attrs, 0.2), num({ attrs }, "beta", 0.5)),
  },
  {
    name: "Swish",
    attrs: { alpha: "float" },
    make: (attrs) => {
      const alpha = alphaOf(attrs, 1);
      return (x) => x * sigmoid(alpha * x);
    },
  },
  {
    name: "Elu",
    attrs: { alpha: "float" },
    make: (attrs) => {
      const alpha = alphaOf(attrs, 1);
      return (x) => (x > 0 ? x : alpha * Math.expm1(x));
    },
  },
  {
    name: "LeakyRelu",
    attrs: { alpha: "float" },
    make: (attrs) => {
      const alpha = alphaOf(attrs, 0.01);
      return (x) => (x >= 0 ? x : alpha * x);
    },
  },
  {
    name: "Celu",
    attrs: { alpha: "float" },
    make: (attrs) => {
      const alpha = alphaOf(attrs, 1);
      return (x) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha));
    },
  },
  {
    name: "Shrink",
    attrs: { bias: "float", lambd: "float" },
    make: (attrs) => {
      const [bias, lambda] = [num({ attrs }, "bias", 0), num({ attrs }, "lambd", 0.5)];
      return (x) => (x < -lambda ? x + bias : x > lambda ? x - bias : 0);
    },
  },
  {
    name: "ThresholdedRelu",
    attrs: { alpha: "float" },
    make: (attrs) => {
      const alpha = alphaOf(attrs, 1);
      return (x) => (x > alpha ? x : 0);
    },
  },
];

const makers = new Map(entries.map((e) => [e.name, e.make]));

/** The real function of a unary node, or nothing when the operator is another. */
export const unaryFunction = (node: {
  op: string;
  attrs: Attrs;
}): ((x: number) => number) | undefined => makers.get(node.op)?.(node.attrs);

/**
 * The 256 outputs of an int8 unary operator, for stored inputs −128 to 127: the float function on
 * the dequantised input, quantised half away from zero.
 */
export function lookupTable(
  f: (x: number) => number,
  input: { scale: number; zeroPoint: number },
  output: { scale: number; zeroPoint: number },
): Int8Array {
  return Int8Array.from({ length: 256 }, (_, i) => {
    const y = f(input.scale * (i - 128 - input.zeroPoint));
    return clamp(roundHalfAway(y / output.scale) + output.zeroPoint, -128, 127) || 0;
  });
}

function evaluateTable({ inputs, inputTypes, attrs, types }: EvalContext, make: MakeFunction) {
  const [x, from, to] = [inputs[0]!, inputTypes[0]!.quant!, types[0]!.quant!];
  const table = lookupTable(
    make(attrs),
    { scale: from.scale[0]!, zeroPoint: from.zeroPoint[0]! },
    { scale: to.scale[0]!, zeroPoint: to.zeroPoint[0]! },
  );
  return [{ ...x, data: (x.data as Int8Array).map((q) => table[q + 128]!) }];
}

function evaluateFloat({ inputs, attrs, types }: EvalContext, { make, big }: Entry) {
  const x = inputs[0]!;
  const { elem } = types[0]!;
  const [f, from, data] = [make(attrs), numbers(x), newArray(elem, x.data.length)];
  if (isBig(data)) {
    for (let i = 0; i < data.length; i++) data[i] = big!(x.data[i] as bigint);
  } else for (let i = 0; i < data.length; i++) data[i] = f(from[i]!);
  return [{ elem, shape: x.shape, data }];
}

/** Sigmoid and Tanh have the output range that TFLite's int8 specification fixes. */
const fixedOutput: Record<string, { scale: number[]; zeroPoint: number[] }> = {
  Sigmoid: { scale: [1 / 256], zeroPoint: [-128] },
  Tanh: { scale: [1 / 128], zeroPoint: [0] },
};

const plainOperator = (entry: Entry): Operator => ({
  name: entry.name,
  level: "any",
  inputs: ["X: T"],
  outputs: 1,
  attrs: entry.attrs ?? {},
  types: { T: entry.types ?? (entry.big ? [...floats, ...integers] : floats) },
  infer: ({ inputs }) => [{ elem: entry.result ?? inputs[0]!.elem, shape: inputs[0]!.shape }],
  evaluate: (context) => evaluateFloat(context, entry),
  rows: elementwiseRows,
});

export const unaryOperators: readonly Operator[] = entries.map((entry) => ({
  ...plainOperator(entry),
  integer: {
    roles: ["activation"],
    output: fixedOutput[entry.name] ?? "free",
    evaluate: (context) => evaluateTable(context, entry.make),
  },
}));

export const logicOperators: readonly Operator[] = logic.map(plainOperator);
