/**
 * Before: a fused imported graph. After: lowered operators only; images are NHWC between
 * transpositions, which the layout rules then move and cancel.
 */
import {
  type Attrs,
  type AttrValue,
  constant,
  constantOf,
  ints,
  type Node,
  num,
  type Value,
} from "../../ir/graph.ts";
import { float32s, int64s, numbers, scalar } from "../../ir/tensor.ts";
import { build } from "../../ops/build.ts";
import { clampAttributes } from "../../ops/clamp.ts";
import { batchNormalisation } from "../../ops/normalise.ts";
import { transposedWindowOf, twoAxes, windowOf } from "../../ops/window.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";
import { arrangeRules } from "./arrange.ts";
import { runTimeRules } from "./at-run-time.ts";
import { attentionRules } from "./attention.ts";
import { boundedRules } from "./bounded.ts";
import { einsumRules } from "./einsum.ts";
import { indexingRules } from "./indexing.ts";
import { linearRules } from "./linear.ts";
import { normaliseRules } from "./normalise.ts";
import { quantisedRules } from "./quantised.ts";
import { recurrentRules } from "./recurrent.ts";
import { resize, resizeAtRunTime } from "./resize.ts";
import { biased, hasWeights, isImage, spatialRules } from "./spatial.ts";
import { isWeights, reshape, transpose } from "./values.ts";

type Origins = { readonly origins: readonly string[] };

const nhwc = [0, 2, 3, 1];
const nchw = [0, 3, 1, 2];

/** An image [N,C,H,W] or a signal [N,C,L] as [N,H,W,C]. */
function toImage(x: Value): Value {
  const [n, c, l] = x.type.shape as [number, number, number];
  return transpose(x.type.shape.length === 3 ? reshape(x, [n, c, 1, l]) : x, nhwc);
}

/** The reverse, for a tensor of the given rank. */
function fromImage(y: Value, rank: number): Value {
  const image = transpose(y, nchw);
  const [n, c, , l] = image.type.shape as [number, number, number, number];
  return rank === 3 ? reshape(image, [n, c, l]) : image;
}

/** Weights [O,I,h,w] or [O,I,l] as [O,h,w,I]. */
function toFilters(w: Value): Value {
  if (w.type.shape.length === 4) return transpose(w, nhwc);
  const [filters, channels, l] = w.type.shape as [number, number, number];
  return transpose(reshape(w, [filters, channels, 1, l]), nhwc);
}

/** Window attributes with the pads worked out and every list given for two axes. */
function windowAttrs(
  x: Value,
  attrs: Attrs,
  kernel?: readonly number[],
): Record<string, AttrValue> {
  const spatial = x.type.shape.slice(2);
  const w = windowOf(attrs, spatial, kernel);
  const two = (list: readonly number[], first: number) =>
    list.length === 1 ? [first, ...list] : [...list];
  // The end pads that make the output's size exact, which ceil_mode leaves open.
  const padsEnd = w.output.map((count, i) => {
    const extent = (w.kernel[i]! - 1) * w.dilations[i]! + 1;
    const needed = (count - 1) * w.strides[i]! + extent - spatial[i]! - w.padsBegin[i]!;
    return Math.max(w.padsEnd[i]!, needed);
  });
  const pads = [...two(w.padsBegin, 0), ...two(padsEnd, 0)];
  return { strides: two(w.strides, 1), dilations: two(w.dilations, 1), pads };
}

const isWeighted = (n: Node): boolean => isImage(n) && hasWeights(n);

const conv: Rule = {
  name: "conv-to-nhwc",
  example: `graph imported "g" {
    %0: float32[1, 4, 5, 7] = Input
    %1: float32[6, 2, 3, 3] = Constant random 1
    %2: float32[6] = Constant random 2
    %3: float32[1, 6, 3, 4] = Conv(%0, %1, %2) {auto_pad: "SAME_UPPER", group: 2, strides: [2, 2]}
    return %3 as "y"
  }`,
  pattern: op("Conv", undefined, { where: isWeighted }),
  replace: ({ root, origins }) => {
    const [x, w, b] = root.inputs as [Value, Value, Value | undefined];
    const o = { origins };
    const attrs = {
      ...windowAttrs(x, root.attrs, w.type.shape.slice(2)),
      group: num(root, "group", 1),
    };
    const operands = [toImage(x), toFilters(w), b && isWeights(b) ? b : undefined];
    const y = build("Conv2D", operands, attrs, o);
    return biased(fromImage(y, x.type.shape.length), b, origins);
  },
};

/** Weights [I,O/g,h,w] or [I,O/g,l] in g groups as [O,h,w,I/g]. */
function toTransposedFilters(w: Value, group: number): Value {
  const [channels, filters, ...taps] = w.type.shape as [number, number, ...number[]];
  const kernel = taps.length === 1 ? [1, ...taps] : taps;
  const flat = taps.length === 1 ? reshape(w, [channels, filters, ...kernel]) : w;
  if (group === 1) return transpose(flat, [1, 2, 3, 0]);
  const grouped = reshape(flat, [group, channels / group, filters, ...kernel]);
  const moved = transpose(grouped, [0, 2, 3, 4, 1]);
  return reshape(moved, [group * filters, ...kernel, channels / group]);
}

/** As `windowAttrs`; what lies behind the last tap is output padding. */
function transposedAttrs(x: Value, w: Value, attrs: Attrs): Record<string, AttrValue> {
  const spatial = x.type.shape.slice(2);
  const window = twoAxes(transposedWindowOf(attrs, spatial, w.type.shape.slice(2)));
  const [size, { strides, dilations, padsBegin }] = [[1, ...spatial].slice(-2), window];
  const behind = window.output.map((count, i) => {
    const extent = (window.kernel[i]! - 1) * dilations[i]! + 1;
    return count + padsBegin[i]! - ((size[i]! - 1) * strides[i]! + extent);
  });
  const padsEnd = behind.map((count) => Math.max(0, -count));
  return {
    strides,
    dilations,
    pads: [...padsBegin, ...padsEnd],
    output_padding: behind.map((count) => Math.max(0, count)),
  };
}

const convTranspose: Rule = {
  name: "convtranspose-to-nhwc",
  example: `graph imported "g" {
    %0: float32[1, 4, 5, 7] = Input
    %1: float32[4, 3, 3, 3] = Constant random 1
    %2: float32[6] = Constant random 2
    %3: float32[1, 6, 10, 14] = ConvTranspose(%0, %1, %2) {auto_pad: "SAME_UPPER", group: 2, strides: [2, 2]}
    return %3 as "y"
  }`,
  pattern: op("ConvTranspose", undefined, { where: isWeighted }),
  replace: ({ root, origins }) => {
    const [x, w, b] = root.inputs as [Value, Value, Value | undefined];
    const group = num(root, "group", 1);
    const attrs = { ...transposedAttrs(x, w, root.attrs), group };
    const bias = b && isWeights(b) ? b : undefined;
    const operands = [toImage(x), toTransposedFilters(w, group), bias];
    const y = build("ConvTranspose2D", operands, attrs, { origins });
    return biased(fromImage(y, x.type.shape.length), b, origins);
  },
};

const pools: Record<string, string> = {
  MaxPool: "MaxPool2D",
  AveragePool: "AveragePool2D",
  GlobalMaxPool: "MaxPool2D",
  GlobalAveragePool: "AveragePool2D",
};

/** ceil_mode's last window may hang over the pads; then the count of padding elements differs. */
function countsBeyondPads(n: Node): boolean {
  if (num(n, "ceil_mode") !== 1 || num(n, "count_include_pad") !== 1) return false;
  const spatial = n.inputs[0]!.type.shape.slice(2);
  const { output } = windowOf({ ...n.attrs, ceil_mode: 0 }, spatial);
  return output.some((count, i) => count !== n.outputs[0]!.type.shape[i + 2]);
}

const pool: Rule = {
  name: "pool-to-nhwc",
  example: `graph imported "g" {
    %0: float32[1, 4, 5, 7] = Input
    %1: float32[1, 4, 3, 4] = AveragePool(%0) {kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1]}
    return %1 as "y"
  }`,
  pattern: op(Object.keys(pools), undefined, {
    where: (n) => isImage(n) && n.outputs.length === 1 && !countsBeyondPads(n),
  }),
  replace: ({ root, origins }) => {
    const x = root.inputs[0]!;
    const o = { origins };
    const spatial = x.type.shape.slice(2);
    const kernel = root.op.startsWith("Global") ? spatial : ints(root, "kernel_shape");
    const attrs = {
      ...windowAttrs(x, root.attrs, kernel),
      kernel_shape: kernel.length === 1 ? [1, ...kernel] : kernel,
      ...(num(root, "count_include_pad") === 1 && { count_include_pad: 1 }),
    };
    const y = build(pools[root.op]!, [toImage(x)], attrs, o);
    return fromImage(y, x.type.shape.length);
  },
};

const scaled = (v: Value, by: number, o: Origins): Value =>
  by === 1 ? v : build("Mul", [v, constant(scalar(v.type.elem, by))], {}, o);

/** Whether a Gemm's C is one number for each filter, so that it can be a bias. */
function asBias(c: Value, filters: number): Value | undefined {
  const { shape } = c.type;
  if (shape.length === 1 && shape[0] === filters) return c;
  const flat = shape.slice(0, -1).every((d) => d === 1) && shape.at(-1) === filters;
  return flat ? reshape(c, [filters]) : undefined;
}

const gemm: Rule = {
  name: "gemm-to-fully-connected",
  example: `graph imported "g" {
    %0: float32[2, 4] = Input
    %1: float32[4, 3] = Constant random 1
    %2: float32[3] = Constant random 2
    %3: float32[2, 3] = Gemm(%0, %1, %2) {alpha: 0.5, beta: 2}
    return %3 as "y"
  }`,
  pattern: op("Gemm", undefined, { where: hasWeights }),
  replace: ({ root, origins }) => {
    const o = { origins };
    const [a, b, c] = root.inputs as [Value, Value, Value | undefined];
    const x = num(root, "transA") ? transpose(a, [1, 0]) : a;
    const filters = num(root, "transB") ? b : transpose(b, [1, 0]);
    const w = scaled(filters, num(root, "alpha", 1), o);
    const offset = c && scaled(c, num(root, "beta", 1), o);
    const bias = offset && isWeights(c) ? asBias(offset, w.type.shape[0]!) : undefined;
    const y = build("FullyConnected", [x, w, bias], {}, o);
    return offset && !bias ? build("Add", [y, offset], {}, o) : y;
  },
};

const matmul: Rule = {
  name: "matmul-to-fully-connected",
  example: `graph imported "g" {
    %0: float32[2, 5, 4] = Input
    %1: float32[4, 3] = Constant random 1
    %2: float32[2, 5, 3] = MatMul(%0, %1)
    return %2 as "y"
  }`,
  pattern: op("MatMul", undefined, {
    where: ({ inputs: [a, b] }) =>
      a!.type.shape.length >= 2 &&
      b!.type.shape.length === 2 &&
      isWeights(b!) &&
      a!.type.elem === "float32",
  }),
  replace: ({ root, origins }) => {
    const o = { origins };
    const [a, b] = root.inputs as [Value, Value];
    const k = a.type.shape.at(-1)!;
    const rows = a.type.shape.slice(0, -1).reduce((m, d) => m * d, 1);
    const x = a.type.shape.length === 2 ? a : reshape(a, [rows, k]);
    const y = build("FullyConnected", [x, transpose(b, [1, 0])], {}, o);
    return a.type.shape.length === 2 ? y : reshape(y, root.outputs[0]!.type.shape);
  },
};

const relu: Rule = {
  name: "relu-to-clamp",
  example: `graph imported "g" {
    %0: float32[8] = Input
    %1: float32[8] = Relu(%0)
    return %1 as "y"
  }`,
  pattern: op("Relu"),
  replace: ({ root, origins }) => build("Clamp", [root.inputs[0]], { clamp_min: 0 }, { origins }),
};

const clip: Rule = {
  name: "clip-to-clamp",
  example: `graph imported "g" {
    %0: float32[8] = Input
    %1: float32[] = Constant [-0.5]
    %2: float32[] = Constant [0.25]
    %3: float32[8] = Clip(%0, %1, %2)
    return %3 as "y"
  }`,
  pattern: op("Clip"),
  replace: ({ root, origins }) => {
    const [x, low, high] = root.inputs;
    const bound = (v: Value | undefined, name: string, absent: number) => {
      const tensor = constantOf(v);
      return tensor ? numbers(tensor)[0]! : num(root, name, absent);
    };
    if ((low && !constantOf(low)) || (high && !constantOf(high))) return clipByPair(root, origins);
    const max = bound(high, "max", Infinity);
    const range = { min: Math.min(bound(low, "min", -Infinity), max), max };
    return build("Clamp", [x], clampAttributes(range), { origins });
  },
};

function clipByPair(root: Node, origins: readonly string[]): Value {
  const [x, low, high] = root.inputs;
  const raised = low ? build("Max", [x, low], {}, { origins }) : x!;
  return high ? build("Min", [raised, high], {}, { origins }) : raised;
}

const batchNorm: Rule = {
  name: "batchnorm-to-mul-add",
  example: `graph imported "g" {
    %0: float32[1, 3, 2, 2] = Input
    %1: float32[3] = Constant [1, -2, 0.5]
    %2: float32[3] = Constant [1, 2, 0.5]
    %3: float32[1, 3, 2, 2] = BatchNormalization(%0, %1, %1, %1, %2)
    return %3 as "y"
  }`,
  pattern: op("BatchNormalization", undefined, {
    where: (n) => n.inputs.slice(1).every((v) => constantOf(v)),
  }),
  replace: ({ root, origins }) => {
    const [x, ...rest] = root.inputs as Value[];
    const { factor, offset } = batchNormalisation(
      rest.map((v) => constantOf(v)!),
      num(root, "epsilon", 1e-5),
    );
    const shape = [factor.length, ...x!.type.shape.slice(2).map(() => 1)];
    const product = build("Mul", [x, constant(float32s(shape, factor))], {}, { origins });
    return build("Add", [product, constant(float32s(shape, offset))], {}, { origins });
  },
};

const split: Rule = {
  name: "split-to-slices",
  example: `graph imported "g" {
    %0: float32[2, 5] = Input
    %1: float32[2, 3], %2: float32[2, 2] = Split(%0) {axis: 1}
    return %2 as "a", %1 as "b"
  }`,
  pattern: op("Split"),
  replace: ({ root, origins }) => {
    const axis = num(root, "axis");
    let begin = 0;
    return root.outputs.map(({ type }) => {
      const size = type.shape.at(axis)!;
      const list = (x: number) => constant(int64s([x]));
      const operands = [root.inputs[0], list(begin), list(begin + size), list(axis)];
      begin += size;
      return build("Slice", operands, {}, { origins });
    });
  },
};

/** The kernels join this many operands at once. */
const concatOperandsMax = 8;

const wideConcat: Rule = {
  name: "concat-in-parts",
  example: `graph imported "g" {
    %0: float32[1, 2] = Input
    %1: float32[1, 2] = Input
    %2: float32[1, 18] = Concat(%0, %1, %0, %1, %0, %1, %0, %1, %0) {axis: 1}
    return %2 as "y"
  }`,
  pattern: op("Concat", undefined, { where: (n) => n.inputs.length > concatOperandsMax }),
  replace: ({ root, origins }) => {
    const part = root.inputs.slice(0, concatOperandsMax);
    const joined = build("Concat", part, root.attrs, { origins });
    const rest = root.inputs.slice(concatOperandsMax);
    return build("Concat", [joined, ...rest], root.attrs, { origins });
  },
};

export const lowerRules: readonly Rule[] = [
  ...runTimeRules,
  ...quantisedRules,
  ...spatialRules,
  conv,
  convTranspose,
  pool,
  resize,
  resizeAtRunTime,
  gemm,
  matmul,
  relu,
  clip,
  batchNorm,
  split,
  wideConcat,
  ...arrangeRules,
  ...boundedRules,
  ...indexingRules,
  ...einsumRules,
  ...normaliseRules,
  ...recurrentRules,
  ...attentionRules,
  ...linearRules,
];
