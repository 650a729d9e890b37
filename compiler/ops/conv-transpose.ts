/** Transposed convolution: ONNX's ConvTranspose and the lowered ConvTranspose2D. */
import { type Attrs, ints, type Node, num, str } from "../ir/graph.ts";
import { newArray, type Tensor, tensorOf } from "../ir/tensor.ts";
import { elementCount, type TensorType } from "../ir/types.ts";
import { clampAttrs, clampOf, integerClamp } from "./clamp.ts";
import {
  type Convolution,
  checkBias,
  checkGroups,
  filterFactors,
  imageSizes,
  steps,
  weightedIntegerForm,
} from "./conv.ts";
import { clamp, makeRescale } from "./numerics.ts";
import { type AttrKind, type EvalContext, fail, floats, type Operator } from "./operator.ts";
import { transposedRows } from "./rows.ts";
import { windowTaps } from "./spatial.ts";
import {
  convolutionAttrs,
  layouts,
  transposedWindowOf,
  twoAxes,
  windowDefaults,
  withoutKernelShape,
} from "./window.ts";

const attrs: Readonly<Record<string, AttrKind>> = {
  ...convolutionAttrs,
  output_padding: "ints",
  output_shape: "ints",
};

type Finish = (acc: number, filter: number) => number;

/**
 * Σ x·w of every output, [batch][row][column][filter]: each input is added where its taps reach.
 * Weights are [filter][row][column][channel].
 */
function scatter(
  c: Convolution,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  zero: number,
): Float64Array {
  const { kernel, strides, dilations, padsBegin, output } = c.window;
  const [height, width] = output as [number, number];
  const acc = new Float64Array(c.batch * height * width * c.filters);
  const [channels, perGroup] = [c.channels / c.group, c.filters / c.group];
  const add = (n: number, iy: number, ix: number, ky: number, kx: number) => {
    const oy = iy * strides[0]! - padsBegin[0]! + ky * dilations[0]!;
    const ox = ix * strides[1]! - padsBegin[1]! + kx * dilations[1]!;
    if (oy < 0 || oy >= height || ox < 0 || ox >= width) return;
    const from = n * c.x[0] + iy * c.x[2] + ix * c.x[3];
    const to = ((n * height + oy) * width + ox) * c.filters;
    for (let o = 0; o < c.filters; o++) {
      const first = from + Math.floor(o / perGroup) * channels * c.x[1];
      const tap = ((o * kernel[0]! + ky) * kernel[1]! + kx) * channels;
      for (let k = 0; k < channels; k++)
        acc[to + o]! += (x[first + k * c.x[1]]! - zero) * w[tap + k]!;
    }
  };
  for (let n = 0; n < c.batch; n++)
    for (let iy = 0; iy < c.inputSize[0]; iy++)
      for (let ix = 0; ix < c.inputSize[1]; ix++)
        for (let ky = 0; ky < kernel[0]!; ky++)
          for (let kx = 0; kx < kernel[1]!; kx++) add(n, iy, ix, ky, kx);
  return acc;
}

/** Results of all accumulators where the output's layout wants them. */
function place(c: Convolution, acc: Float64Array, type: TensorType, finish: Finish): Tensor {
  const data = newArray(type.elem, acc.length) as Float32Array;
  const [height, width] = c.window.output as [number, number];
  let i = 0;
  for (let n = 0; n < c.batch; n++)
    for (let oy = 0; oy < height; oy++)
      for (let ox = 0; ox < width; ox++)
        for (let o = 0; o < c.filters; o++) {
          const to = n * c.y[0] + o * c.y[1] + oy * c.y[2] + ox * c.y[3];
          data[to] = finish(acc[i++]!, o);
        }
  return { elem: type.elem, shape: type.shape, data };
}

const inferImported: Operator["infer"] = ({ inputs: [x, w, b], attrs: a }) => {
  if (x!.shape.length < 3 || w!.shape.length !== x!.shape.length)
    fail(`the input has rank ${x!.shape.length}, the weights have rank ${w!.shape.length}`);
  const [channels, perGroup, ...kernel] = w!.shape as [number, number, ...number[]];
  const group = num({ attrs: a }, "group", 1);
  if (x!.shape[1] !== channels || channels % group !== 0)
    fail(`the input has ${x!.shape[1]} channels, the weights ${channels} in ${group} group(s)`);
  checkBias(b, perGroup * group);
  const given = ints({ attrs: a }, "kernel_shape");
  if (given.length > 0 && given.join() !== kernel.join())
    fail(`'kernel_shape' is [${given}], but the weights have [${kernel}]`);
  const { output } = transposedWindowOf(a, x!.shape.slice(2), kernel);
  return [{ elem: x!.elem, shape: [x!.shape[0]!, perGroup * group, ...output] }];
};

/** Weights [channels][filters / group][taps] as [filter][taps][channels / group]. */
function filtersFirst(w: Tensor, group: number): Float64Array {
  const [channels, filters] = [w.shape[0]! / group, w.shape[1]!];
  const taps = elementCount(w.shape.slice(2));
  const from = w.data as Float32Array;
  const packed = new Float64Array(from.length);
  let i = 0;
  for (let g = 0; g < group; g++)
    for (let o = 0; o < filters; o++)
      for (let t = 0; t < taps; t++)
        for (let c = 0; c < channels; c++)
          packed[i++] = from[((g * channels + c) * filters + o) * taps + t]!;
  return packed;
}

const biased =
  (b: Tensor | undefined, finish: Finish): Finish =>
  (acc, o) =>
    finish(acc + ((b?.data as Float32Array | undefined)?.[o] ?? 0), o);

/** Over three axes and more: the window of a convolution, inputs and outputs swapped. */
const evaluateSpatial: Operator["evaluate"] = ({ inputs: [x, w, b], attrs: a, types }) => {
  const { elem, shape } = types[0]!;
  const [batch, channels, ...size] = x!.shape as [number, number, ...number[]];
  const window = transposedWindowOf(a, size, w!.shape.slice(2));
  const at = windowTaps({ ...window, output: size }, window.output);
  const [inputs, outputs] = [elementCount(size), elementCount(window.output)];
  const taps = elementCount(window.kernel);
  const [group, perGroup] = [num({ attrs: a }, "group", 1), w!.shape[1]!];
  const filters = perGroup * group;
  const [xs, ws] = [x!.data, w!.data] as Float32Array[];
  const bias = b?.data as Float32Array | undefined;
  const sums = Float64Array.from(
    { length: elementCount(shape) },
    (_, i) => bias?.[Math.floor(i / outputs) % filters] ?? 0,
  );
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < channels; c++) {
      const first = n * filters + Math.floor(c / (channels / group)) * perGroup;
      for (let p = 0; p < inputs; p++)
        for (let k = 0; k < taps; k++)
          for (let o = 0; o < perGroup && at[p * taps + k]! >= 0; o++)
            sums[(first + o) * outputs + at[p * taps + k]!]! +=
              xs![(n * channels + c) * inputs + p]! * ws![(c * perGroup + o) * taps + k]!;
    }
  return [tensorOf(elem, shape, sums)];
};

const evaluateImported: Operator["evaluate"] = (context) => {
  const {
    inputs: [x, w, b],
    attrs: a,
    types,
  } = context;
  const spatial = x!.shape.slice(2);
  if (spatial.length > 2) return evaluateSpatial(context);
  const window = twoAxes(transposedWindowOf(a, spatial, w!.shape.slice(2)));
  const [batch, channels] = x!.shape as [number, number];
  const inputSize = [spatial.at(-2) ?? 1, spatial.at(-1)!] as const;
  const group = num({ attrs: a }, "group", 1);
  const filters = w!.shape[1]! * group;
  const [height, width] = window.output as [number, number];
  const c: Convolution = {
    window,
    batch,
    inputSize,
    channels,
    filters,
    group,
    x: steps("NCHW", channels, ...inputSize),
    y: steps("NCHW", filters, height, width),
    w: [0, 0, 0, 0],
  };
  const acc = scatter(c, x!.data as Float32Array, filtersFirst(w!, group), 0);
  return [
    place(
      c,
      acc,
      types[0]!,
      biased(b, (v) => v),
    ),
  ];
};

/** The lowered operator's geometry, for the reference and for the kernels. */
export function transposedOf(
  x: TensorType | Tensor,
  w: TensorType | Tensor,
  a: Attrs,
): Convolution {
  const layout = str({ attrs: a }, "x_layout", "NHWC");
  const { batch, channels, height, width } = imageSizes(x.shape, layout);
  const [filters, kh, kw, perGroup] = w.shape as [number, number, number, number];
  const window = transposedWindowOf(a, [height, width], [kh, kw]);
  const [outH, outW] = window.output as [number, number];
  return {
    window,
    batch,
    inputSize: [height, width],
    channels,
    filters,
    group: num({ attrs: a }, "group", 1),
    x: steps(layout, channels, height, width),
    y: steps(str({ attrs: a }, "y_layout", "NHWC"), filters, outH, outW),
    w: [kh * kw * perGroup, 1, kw * perGroup, perGroup],
  };
}

/**
 * Along one axis, the outputs first, first + stride, … of a transposed convolution: an ordinary
 * convolution of stride 1 over those taps that reach them.
 */
export interface Phase {
  readonly first: number;
  /** Kernel indices in the order of the inputs that they meet. */
  readonly taps: readonly number[];
  /** The input that the first of them meets for the first output; negative ones are outside. */
  readonly start: number;
  readonly outputs: number;
}

/** The phases along one axis, as many as the stride. */
export function phasesOf({ window: w }: Convolution, axis: 0 | 1): Phase[] {
  const [stride, dilation, pad] = [w.strides[axis]!, w.dilations[axis]!, w.padsBegin[axis]!];
  const all = Array.from({ length: w.kernel[axis]! }, (_, k) => k);
  return Array.from({ length: stride }, (_, first) => {
    const taps = all.filter((k) => (first + pad - k * dilation) % stride === 0).reverse();
    const start = taps.length === 0 ? 0 : (first + pad - taps[0]! * dilation) / stride;
    const outputs = Math.max(0, Math.ceil((w.output[axis]! - first) / stride));
    return { first, taps, start, outputs };
  });
}

/** Inputs from one tap of a phase to the next. */
export function phaseDilation({ window: w }: Convolution, axis: 0 | 1): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  return w.dilations[axis]! / gcd(w.dilations[axis]!, w.strides[axis]!);
}

/** One phase's weights, [filter][row][column][channel]. */
export function phaseWeights({ data, shape }: Tensor, rows: Phase, columns: Phase): number[] {
  const [filters, kh, kw, channels] = shape as [number, number, number, number];
  const packed: number[] = [];
  for (let o = 0; o < filters; o++)
    for (const ky of rows.taps)
      for (const kx of columns.taps)
        for (let c = 0; c < channels; c++)
          packed.push(Number(data[((o * kh + ky) * kw + kx) * channels + c]));
  return packed;
}

const inferLowered: Operator["infer"] = ({ inputs: [x, w, b], attrs: a }) => {
  if (x!.shape.length !== 4 || w!.shape.length !== 4)
    fail("ConvTranspose2D takes images and 4-D weights");
  const c = transposedOf(x!, w!, a);
  checkGroups(c.channels, c.filters, w!.shape[3]!, c.group);
  checkBias(b, c.filters);
  const [height, width] = c.window.output as [number, number];
  const planar = str({ attrs: a }, "y_layout", "NHWC") === "NCHW";
  const shape = planar ? [c.batch, c.filters, height, width] : [c.batch, height, width, c.filters];
  return [{ elem: x!.elem, shape }];
};

const evaluateFloat: Operator["evaluate"] = ({ inputs: [x, w, b], attrs: a, types }) => {
  const c = transposedOf(x!, w!, a);
  const { min, max } = clampOf(a);
  const acc = scatter(c, x!.data as Float32Array, w!.data as Float32Array, 0);
  return [
    place(
      c,
      acc,
      types[0]!,
      biased(b, (v) => clamp(v, min, max)),
    ),
  ];
};

/** As Conv2D: int8, or the int32 accumulators themselves. */
function evaluateInteger({ inputs, inputTypes, types, attrs: a, profile }: EvalContext): Tensor[] {
  const [x, w, b] = inputs;
  const [tx, tw, ty] = [inputTypes[0]!, inputTypes[1]!, types[0]!];
  const c = transposedOf(tx, tw, a);
  const zeroX = tx.quant!.zeroPoint[0]!;
  const acc = scatter(c, x!.data as Int8Array, w!.data as Int8Array, zeroX);
  if (ty.elem === "int32")
    return [
      place(
        c,
        acc,
        ty,
        biased(b, (v) => v),
      ),
    ];
  const zero = ty.quant!.zeroPoint[0]!;
  const { min, max } = integerClamp(a, ty);
  const rescale = makeRescale(filterFactors(tx, tw, ty), profile);
  const finish: Finish = (v, o) => clamp(zero + rescale.apply(v, o), min, max);
  return [place(c, acc, ty, biased(b, finish))];
}

const convTranspose: Operator = {
  name: "ConvTranspose",
  level: "any",
  inputs: ["X: T", "W: T", "B?: T"],
  outputs: 1,
  attrs,
  defaults: windowDefaults,
  types: { T: floats },
  upgrade: withoutKernelShape,
  infer: inferImported,
  evaluate: evaluateImported,
  macs: ({ inputs: [x, w] }) =>
    (elementCount(x!.type.shape) * elementCount(w!.type.shape)) / w!.type.shape[0]!,
};

/** X [N,H,W,C] (or as `x_layout` says), W [filters, rows, columns, channels per group]. */
const convTranspose2D: Operator = {
  name: "ConvTranspose2D",
  level: "lowered",
  inputs: ["X: T", "W: T1", "B?: T2"],
  outputs: 1,
  attrs: { ...attrs, ...clampAttrs, x_layout: layouts, y_layout: layouts },
  infer: inferLowered,
  evaluate: evaluateFloat,
  integer: { ...weightedIntegerForm, evaluate: evaluateInteger },
  rows: ({ inputs: [x, w], attrs: a }, input) =>
    input === 0 ? transposedRows(transposedOf(x!.type, w!.type, a).window) : undefined,
  macs: ({ inputs: [x, w], attrs: a }: Node) => {
    const pixels = elementCount(x!.type.shape) / transposedOf(x!.type, w!.type, a).channels;
    return pixels * elementCount(w!.type.shape);
  },
};

export const convTransposeOperators: readonly Operator[] = [convTranspose, convTranspose2D];
