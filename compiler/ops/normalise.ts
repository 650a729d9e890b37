/** Normalisations. */
import { type Attrs, num } from "../ir/graph.ts";
import { float32s, newArray, type Tensor, tensorOf } from "../ir/tensor.ts";
import { elementCount, rowMajorStrides, type Shape, type TensorType } from "../ir/types.ts";
import { broadcastIndex } from "./binary.ts";
import { viewIndex } from "./move.ts";
import {
  type AttrKind,
  broadcastShapes,
  type EvalContext,
  fail,
  floats,
  normalAxis,
  type Operator,
} from "./operator.ts";

/** scale · (x − mean) / √(var + epsilon) + bias, as one factor and one offset for each channel. */
export function batchNormalisation(parameters: readonly Tensor[], epsilon: number) {
  const [scale, bias, mean, variance] = parameters.map((t) => t.data as Float32Array);
  const factor = Array.from(scale!, (s, c) => s / Math.sqrt(variance![c]! + epsilon));
  return { factor, offset: factor.map((f, c) => bias![c]! - mean![c]! * f) };
}

const batchNormalization: Operator = {
  name: "BatchNormalization",
  limits: "inference; spatial",
  level: "imported",
  inputs: ["X: T", "scale: P", "B: P", "input_mean: S", "input_var: S"],
  outputs: "any",
  attrs: { epsilon: "float", momentum: "float", training_mode: "flag", spatial: "flag" },
  defaults: { epsilon: Math.fround(1e-5), training_mode: 0, spatial: 1 },
  types: { T: floats },
  upgrade: (node) => {
    const { momentum: ofTraining, ...attrs } = node.attrs;
    return { ...node, attrs };
  },
  infer: ({ inputs, attrs, outputCount }) => {
    const [x, ...parameters] = inputs;
    if (num({ attrs }, "training_mode") !== 0 || outputCount > 1)
      fail("a BatchNormalization in training mode cannot be compiled");
    if (num({ attrs }, "spatial", 1) !== 1) fail("'spatial' 0 is not supported");
    const channels = x!.shape[1] ?? 1;
    const odd = parameters.find((p) => `${p!.shape}` !== `${[channels]}`);
    if (odd) fail(`a parameter has shape [${odd.shape}], but the input has ${channels} channels`);
    return [{ elem: x!.elem, shape: x!.shape }];
  },
  evaluate: ({ inputs: [x, ...parameters], attrs }) => {
    const epsilon = num({ attrs }, "epsilon", 1e-5);
    const { factor, offset } = batchNormalisation(parameters as Tensor[], epsilon);
    const inner = elementCount(x!.shape.slice(2));
    const data = newArray(x!.elem, x!.data.length) as Float32Array;
    for (let i = 0; i < data.length; i++) {
      const c = Math.floor(i / inner) % factor.length;
      data[i] = (x!.data[i] as number) * factor[c]! + offset[c]!;
    }
    return [{ ...x!, data }];
  },
};

const sameAsInput: Operator["infer"] = ({ inputs: [x] }) => [{ elem: x!.elem, shape: x!.shape }];

const floatsLike = (x: Tensor): Float32Array => newArray(x.elem, x.data.length) as Float32Array;

/** The mean of some numbers (or 0), and the inverse of their deviation from it. */
function statistics(xs: ArrayLike<number>, epsilon: number, centers: boolean) {
  let sum = 0;
  for (let i = 0; i < xs.length; i++) sum += xs[i]!;
  const mean = centers ? sum / xs.length : 0;
  let squares = 0;
  for (let i = 0; i < xs.length; i++) squares += (xs[i]! - mean) ** 2;
  return { mean, inverse: 1 / Math.sqrt(squares / xs.length + epsilon) };
}

/** Normalised rows of `size` elements: `finish` of each element, its place and its row's mean. */
function normalised(
  x: Tensor,
  size: number,
  epsilon: number,
  centers: boolean,
  scaled: (z: number, i: number) => number,
): Tensor {
  const [from, data] = [x.data as Float32Array, floatsLike(x)];
  for (let start = 0; start < from.length; start += size) {
    const row = from.subarray(start, start + size);
    const { mean, inverse } = statistics(row, epsilon, centers);
    for (let i = 0; i < size; i++) data[start + i] = scaled((row[i]! - mean) * inverse, start + i);
  }
  return { ...x, data };
}

const normAttrs: Record<string, AttrKind> = { axis: "int", epsilon: "float", stash_type: "int" };
const epsilonOf = (attrs: Attrs): number => num({ attrs }, "epsilon", Math.fround(1e-5));
const normDefaults: Attrs = { axis: -1, epsilon: Math.fround(1e-5), stash_type: 1 };

/** How many elements a layer normalisation takes together: those of the axes from `axis` on. */
export const layerSize = (shape: Shape, attrs: Attrs): number =>
  elementCount(shape.slice(normalAxis(num({ attrs }, "axis", -1), shape.length)));

/** Scale and bias must broadcast to the input. */
function checkBroadcast(x: TensorType, others: readonly (TensorType | undefined)[]): void {
  for (const other of others)
    if (other && broadcastShapes([other.shape, x.shape]).join() !== x.shape.join())
      fail(`a parameter of shape [${other.shape}] does not broadcast to [${x.shape}]`);
}

const layerNormalization = (name: string, centers: boolean): Operator => ({
  name,
  level: "any",
  inputs: centers ? ["X: T", "Scale: T", "B?: T"] : ["X: T", "scale: T"],
  outputs: centers ? "any" : 1,
  attrs: normAttrs,
  defaults: normDefaults,
  types: { T: floats },
  infer: ({ inputs: [x, ...parameters], attrs, outputCount }) => {
    const { elem, shape } = x!;
    const axis = normalAxis(num({ attrs }, "axis", -1), shape.length);
    checkBroadcast(x!, parameters);
    const kept = shape.map((d, i) => (i < axis ? d : 1));
    const statistic: TensorType = { elem: "float32", shape: kept };
    return [{ elem, shape }, statistic, statistic].slice(0, Math.min(3, outputCount));
  },
  evaluate: ({ inputs: [x, scale, bias], attrs, types }) => {
    const [size, epsilon] = [layerSize(x!.shape, attrs), epsilonOf(attrs)];
    const at = [scale, bias].map((t) => t && broadcastIndex(t.shape, x!.shape));
    const of = (t: Tensor, index: Int32Array, i: number) => t.data[index[i]!] as number;
    const y = normalised(
      x!,
      size,
      epsilon,
      centers,
      (z, i) => z * of(scale!, at[0]!, i) + (bias ? of(bias, at[1]!, i) : 0),
    );
    const from = x!.data as Float32Array;
    const rows = Array.from({ length: from.length / size }, (_, r) =>
      statistics(from.subarray(r * size, (r + 1) * size), epsilon, true),
    );
    const shape = types[1]?.shape ?? [];
    const all = [
      y,
      float32s(
        shape,
        Float32Array.from(rows, (r) => r.mean),
      ),
      float32s(
        shape,
        Float32Array.from(rows, (r) => r.inverse),
      ),
    ];
    return all.slice(0, types.length);
  },
});

/** [N, C, …] in groups of channels. */
export interface Groups {
  readonly groups: number;
  /** Of a group. */
  readonly channels: number;
  /** Elements of a channel. */
  readonly inner: number;
}

export function groupsOf(shape: Shape, attrs: Attrs): Groups {
  if (shape.length < 3)
    fail(`a tensor of rank ${shape.length} has no channels of several elements`);
  const groups = num({ attrs }, "num_groups");
  const channels = shape[1]! / groups;
  if (!(groups >= 1) || !Number.isInteger(channels))
    fail(`${shape[1]} channels cannot be ${groups} groups`);
  return { groups, channels, inner: elementCount(shape.slice(2)) };
}

/** Scale and bias have a number for each channel; until opset 20, for each group. */
function checkChannels(
  x: TensorType,
  others: readonly (TensorType | undefined)[],
  groups = x.shape[1],
): void {
  const fits = (p: TensorType) => [`${x.shape[1]}`, `${groups}`].includes(p.shape.join());
  const odd = others.find((p) => !fits(p!));
  if (odd) fail(`a parameter has shape [${odd.shape}], but the input has ${x.shape[1]} channels`);
}

const evaluateGroups = ({ inputs, attrs }: EvalContext, { groups, channels, inner }: Groups) => {
  const [x, scale, bias] = inputs as [Tensor, Tensor, Tensor];
  const channel = (i: number) => Math.floor(i / inner) % (groups * channels);
  const of = ({ data }: Tensor, i: number) =>
    data[Math.floor((channel(i) * data.length) / (groups * channels))] as number;
  const size = channels * inner;
  return [normalised(x, size, epsilonOf(attrs), true, (z, i) => z * of(scale, i) + of(bias, i))];
};

const groupNormalization: Operator = {
  name: "GroupNormalization",
  level: "any",
  inputs: ["X: T", "scale: T", "bias: T"],
  outputs: 1,
  attrs: { epsilon: "float", num_groups: "int", stash_type: "int" },
  defaults: { epsilon: Math.fround(1e-5), stash_type: 1 },
  types: { T: floats },
  infer: (context) => {
    const [x, ...parameters] = context.inputs;
    checkChannels(x!, parameters, groupsOf(x!.shape, context.attrs).groups);
    return sameAsInput(context);
  },
  evaluate: (context) => evaluateGroups(context, groupsOf(context.inputs[0]!.shape, context.attrs)),
};

const instanceNormalization: Operator = {
  name: "InstanceNormalization",
  level: "imported",
  inputs: ["input: T", "scale: T", "B: T"],
  outputs: 1,
  attrs: { epsilon: "float" },
  defaults: { epsilon: Math.fround(1e-5) },
  types: { T: floats },
  infer: (context) => {
    const [x, ...parameters] = context.inputs;
    groupsOf(x!.shape, { num_groups: x!.shape[1] ?? 0 });
    checkChannels(x!, parameters);
    return sameAsInput(context);
  },
  evaluate: (context) => {
    const { shape } = context.inputs[0]!;
    return evaluateGroups(context, groupsOf(shape, { num_groups: shape[1]! }));
  },
};

/** `each` of the elements that lie along some axes, for each place on the others. */
function alongAxes(
  x: Tensor,
  axes: readonly number[],
  each: (xs: number[]) => readonly number[],
): Tensor {
  const own = rowMajorStrides(x.shape);
  const others = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const indexOf = (list: readonly number[]) =>
    viewIndex(
      list.map((i) => x.shape[i]!),
      list.map((i) => own[i]!),
    );
  const [starts, inside] = [indexOf(others), indexOf(axes)];
  const data = floatsLike(x);
  for (const start of starts) {
    const at = Array.from(inside, (offset) => start + offset);
    const results = each(at.map((i) => x.data[i] as number));
    for (const [k, i] of at.entries()) data[i] = results[k]!;
  }
  return { ...x, data };
}

/** The axes of a MeanVarianceNormalization: those of images but the channels' unless given. */
export const varianceAxes = (shape: Shape, attrs: Attrs): number[] =>
  ((attrs.axes as readonly number[] | undefined) ?? [0, 2, 3]).map((a) =>
    normalAxis(a, shape.length),
  );

/** What ONNX adds to the deviation, so that nothing is divided by 0. */
export const deviationFloor = 1e-9;

function centredAndScaled(xs: readonly number[]): number[] {
  const mean = xs.reduce((s, v) => s + v, 0) / xs.length;
  const variance = xs.reduce((s, v) => s + (v - mean) ** 2, 0) / xs.length;
  return xs.map((v) => (v - mean) / (Math.sqrt(variance) + deviationFloor));
}

const meanVarianceNormalization: Operator = {
  name: "MeanVarianceNormalization",
  level: "imported",
  inputs: ["X: T"],
  outputs: 1,
  attrs: { axes: "ints" },
  types: { T: floats },
  infer: (context) => {
    varianceAxes(context.inputs[0]!.shape, context.attrs);
    return sameAsInput(context);
  },
  evaluate: ({ inputs: [x], attrs }) => [
    alongAxes(x!, varianceAxes(x!.shape, attrs), centredAndScaled),
  ],
};

const lpNormalization: Operator = {
  name: "LpNormalization",
  level: "imported",
  inputs: ["input: T"],
  outputs: 1,
  attrs: { axis: "int", p: "int" },
  defaults: { axis: -1, p: 2 },
  types: { T: floats },
  infer: (context) => {
    normalAxis(num(context, "axis", -1), context.inputs[0]!.shape.length);
    const p = num(context, "p", 2);
    if (p !== 1 && p !== 2) fail(`'p' is ${p}, not 1 or 2`);
    return sameAsInput(context);
  },
  evaluate: ({ inputs: [x], attrs }) => {
    const axis = normalAxis(num({ attrs }, "axis", -1), x!.shape.length);
    const isFirst = num({ attrs }, "p", 2) === 1;
    return [
      alongAxes(x!, [axis], (xs) => {
        const sum = xs.reduce((s, v) => s + (isFirst ? Math.abs(v) : v * v), 0);
        const norm = isFirst ? sum : Math.sqrt(sum);
        return xs.map((v) => (norm === 0 ? 0 : v / norm));
      }),
    ];
  },
};

/** Channels [first, last] whose squares count for a channel. */
export function neighbours(channel: number, channels: number, size: number): [number, number] {
  const before = Math.floor((size - 1) / 2);
  return [Math.max(0, channel - before), Math.min(channels - 1, channel + size - 1 - before)];
}

const lrn: Operator = {
  name: "LRN",
  level: "any",
  inputs: ["X: T"],
  outputs: 1,
  attrs: { alpha: "float", beta: "float", bias: "float", size: "int" },
  defaults: { alpha: Math.fround(1e-4), beta: 0.75, bias: 1 },
  types: { T: floats },
  infer: (context) => {
    const { shape } = context.inputs[0]!;
    if (shape.length < 2) fail(`a tensor of rank ${shape.length} has no channels`);
    if (!(num(context, "size") >= 1)) fail("'size' must be 1 or more");
    return sameAsInput(context);
  },
  evaluate: ({ inputs: [x], attrs }) => {
    const channels = x!.shape[1]!;
    const size = num({ attrs }, "size");
    const [alpha, beta] = [num({ attrs }, "alpha", 1e-4), num({ attrs }, "beta", 0.75)];
    const bias = num({ attrs }, "bias", 1);
    return [
      alongAxes(x!, [1], (xs) =>
        xs.map((v, c) => {
          const [first, last] = neighbours(c, channels, size);
          const squares = xs.slice(first, last + 1).reduce((s, w) => s + w * w, 0);
          return v / (bias + (alpha / size) * squares) ** beta;
        }),
      ),
    ];
  },
};

/** The sum of tensors, element by element. */
function sumOf(inputs: readonly Tensor[], shape: Shape): Float64Array {
  const sums = new Float64Array(elementCount(shape));
  for (const { data, shape: own } of inputs) {
    const at = broadcastIndex(own, shape);
    for (let i = 0; i < sums.length; i++) sums[i]! += data[at[i]!] as number;
  }
  return sums;
}

/** The mean of several tensors, element by element. */
const mean: Operator = {
  name: "Mean",
  level: "imported",
  inputs: ["data_0: T", "data_N*: T"],
  outputs: 1,
  attrs: {},
  types: { T: floats },
  infer: ({ inputs }) => [
    { elem: inputs[0]!.elem, shape: broadcastShapes(inputs.map((t) => t!.shape)) },
  ],
  evaluate: ({ inputs, types }) => {
    const { elem, shape } = types[0]!;
    const sums = sumOf(inputs as Tensor[], shape);
    return [
      tensorOf(
        elem,
        shape,
        sums.map((s) => s / inputs.length),
      ),
    ];
  },
};

export const normaliseOperators: readonly Operator[] = [
  batchNormalization,
  layerNormalization("LayerNormalization", true),
  layerNormalization("RMSNormalization", false),
  groupNormalization,
  instanceNormalization,
  meanVarianceNormalization,
  lpNormalization,
  lrn,
  mean,
];
