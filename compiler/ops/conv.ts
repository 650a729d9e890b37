/** Convolution: ONNX's Conv and the lowered Conv2D. */
import { type Attrs, ints, type Node, num, str } from "../ir/graph.ts";
import { newArray, type Tensor } from "../ir/tensor.ts";
import { elementCount, type Shape, type TensorType } from "../ir/types.ts";
import { clampAttrs, clampOf, integerClamp } from "./clamp.ts";
import { clamp, makeRescale } from "./numerics.ts";
import { type EvalContext, fail, floats, type IntegerForm, type Operator } from "./operator.ts";
import { windowRows } from "./rows.ts";
import { convolveSpatial, type SpatialConvolution } from "./spatial.ts";
import {
  convolutionAttrs,
  layouts,
  twoAxes,
  type Window,
  windowDefaults,
  windowOf,
  withoutKernelShape,
} from "./window.ts";

/** Sizes and element steps of one 2-D convolution, whatever the layouts. */
export interface Convolution {
  readonly window: Window;
  readonly batch: number;
  readonly inputSize: readonly [number, number];
  readonly channels: number;
  readonly filters: number;
  readonly group: number;
  /** Steps in elements: batch, channel, row, column. */
  readonly x: readonly [number, number, number, number];
  readonly y: readonly [number, number, number, number];
  /** Steps in elements: filter, channel, row, column. */
  readonly w: readonly [number, number, number, number];
}

type Finish = (acc: number, filter: number) => number;

/** Weights as [filter][row][column][channel], whatever their layout. */
function packFilters(c: Convolution, w: ArrayLike<number>): Float64Array {
  const [kh, kw] = c.window.kernel as [number, number];
  const channels = c.channels / c.group;
  const packed = new Float64Array(c.filters * kh * kw * channels);
  let i = 0;
  for (let o = 0; o < c.filters; o++)
    for (let ky = 0; ky < kh; ky++)
      for (let kx = 0; kx < kw; kx++)
        for (let k = 0; k < channels; k++)
          packed[i++] = w[o * c.w[0] + k * c.w[1] + ky * c.w[2] + kx * c.w[3]]!;
  return packed;
}

/** Fills `patch` with what one position's kernel sees, less the zero point: 0 outside the input. */
function gatherPatch(
  c: Convolution,
  x: ArrayLike<number>,
  zero: number,
  start: number,
  [oy, ox]: readonly [number, number],
  patch: Float64Array,
): void {
  const { kernel, strides, dilations, padsBegin } = c.window;
  const channels = c.channels / c.group;
  let i = 0;
  for (let ky = 0; ky < kernel[0]!; ky++) {
    const row = oy * strides[0]! - padsBegin[0]! + ky * dilations[0]!;
    for (let kx = 0; kx < kernel[1]!; kx++) {
      const column = ox * strides[1]! - padsBegin[1]! + kx * dilations[1]!;
      const inside = row >= 0 && row < c.inputSize[0] && column >= 0 && column < c.inputSize[1];
      const at = start + row * c.x[2] + column * c.x[3];
      for (let k = 0; k < channels; k++) patch[i++] = inside ? x[at + k * c.x[1]]! - zero : 0;
    }
  }
}

/** Σ patch·w from `start`. */
function dot(patch: Float64Array, w: Float64Array, start: number): number {
  let sum = 0;
  for (let i = 0; i < patch.length; i++) sum += patch[i]! * w[start + i]!;
  return sum;
}

function convolve(
  c: Convolution,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  y: Float32Array,
  zero: number,
  finish: Finish,
): void {
  const [outH, outW] = c.window.output as [number, number];
  const filters = packFilters(c, w);
  const patch = new Float64Array(filters.length / c.filters);
  const perGroup = c.filters / c.group;
  for (let n = 0; n < c.batch; n++)
    for (let oy = 0; oy < outH; oy++)
      for (let ox = 0; ox < outW; ox++)
        for (let g = 0; g < c.group; g++) {
          const start = n * c.x[0] + g * (c.channels / c.group) * c.x[1];
          gatherPatch(c, x, zero, start, [oy, ox], patch);
          for (let o = g * perGroup; o < (g + 1) * perGroup; o++) {
            const acc = dot(patch, filters, o * patch.length);
            y[n * c.y[0] + o * c.y[1] + oy * c.y[2] + ox * c.y[3]] = finish(acc, o);
          }
        }
}

/** Steps of [batch, channel, row, column] in a dense NCHW or NHWC tensor. */
export function steps(layout: string, channels: number, height: number, width: number) {
  return layout === "NCHW"
    ? ([channels * height * width, height * width, width, 1] as const)
    : ([channels * height * width, 1, width * channels, channels] as const);
}

/** Where batch, channels, height and width stand in an image's shape. */
export function imageSizes(shape: Shape, layout: string) {
  const [n, a, b, c] = shape as [number, number, number, number];
  return layout === "NCHW"
    ? { batch: n, channels: a, height: b, width: c }
    : { batch: n, channels: c, height: a, width: b };
}

export function checkGroups(
  channels: number,
  filters: number,
  perGroup: number,
  group: number,
): void {
  if (channels !== perGroup * group)
    fail(`the input has ${channels} channels, the weights take ${perGroup} in ${group} group(s)`);
  if (filters % group !== 0) fail(`${filters} filters do not divide into ${group} groups`);
}

export function checkBias(bias: TensorType | undefined, filters: number): void {
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== filters))
    fail(`the bias has shape [${bias.shape}] instead of [${filters}]`);
}

const inferConv: Operator["infer"] = ({ inputs: [x, w, b], attrs }) => {
  if (x!.shape.length < 3 || w!.shape.length !== x!.shape.length)
    fail(`the input has rank ${x!.shape.length}, the weights have rank ${w!.shape.length}`);
  const [filters, perGroup, ...kernel] = w!.shape as [number, number, ...number[]];
  checkGroups(x!.shape[1]!, filters, perGroup, num({ attrs }, "group", 1));
  checkBias(b, filters);
  const given = ints({ attrs }, "kernel_shape");
  if (given.length > 0 && given.join() !== kernel.join())
    fail(`'kernel_shape' is [${given}], but the weights have [${kernel}]`);
  const { output } = windowOf(attrs, x!.shape.slice(2), kernel);
  return [{ elem: x!.elem, shape: [x!.shape[0]!, filters, ...output] }];
};

/** Over three axes and more. */
const evaluateSpatial: Operator["evaluate"] = ({ inputs: [x, w, b], attrs, types }) => {
  const { elem, shape } = types[0]!;
  const data = newArray(elem, elementCount(shape)) as Float32Array;
  const [xs, ws, bias] = [x, w, b].map((t) => t?.data as Float32Array | undefined);
  convolveSpatial(
    spatialConvolution(x!.shape, w!.shape, attrs),
    (i, k) => xs![i]! * ws![k]!,
    (sum, o, i) => {
      data[i] = sum + (bias?.[o] ?? 0);
    },
  );
  return [{ elem, shape, data }];
};

/** ONNX's convolution, for the reference and for the kernels that go by its order. */
export function spatialConvolution(x: Shape, w: Shape, attrs: Attrs): SpatialConvolution {
  const [batch, channels, ...size] = x as [number, number, ...number[]];
  const window = windowOf(attrs, size, w.slice(2));
  return { batch, channels, filters: w[0]!, group: num({ attrs }, "group", 1), window, size };
}

const evaluateConv: Operator["evaluate"] = (context) => {
  const {
    inputs: [x, w, b],
    attrs,
    types,
  } = context;
  if (x!.shape.length > 4) return evaluateSpatial(context);
  const window = twoAxes(windowOf(attrs, x!.shape.slice(2), w!.shape.slice(2)));
  const [batch, channels] = x!.shape as [number, number];
  const [height, width] = [x!.shape.at(-2)!, x!.shape.at(-1)!];
  const inputSize = [x!.shape.length === 3 ? 1 : height, width] as const;
  const filters = w!.shape[0]!;
  const group = num({ attrs }, "group", 1);
  const [kh, kw] = window.kernel as [number, number];
  const [outH, outW] = window.output as [number, number];
  const c: Convolution = {
    window,
    batch,
    inputSize,
    channels,
    filters,
    group,
    x: steps("NCHW", channels, ...inputSize),
    y: steps("NCHW", filters, outH, outW),
    w: [(channels / group) * kh * kw, kh * kw, kw, 1],
  };
  return [runFloat(c, x!, w!, b, types[0]!, { min: -Infinity, max: Infinity })];
};

function runFloat(
  c: Convolution,
  x: Tensor,
  w: Tensor,
  b: Tensor | undefined,
  type: TensorType,
  range: { min: number; max: number },
): Tensor {
  const data = newArray(type.elem, elementCount(type.shape)) as Float32Array;
  const bias = b?.data as Float32Array | undefined;
  convolve(c, x.data as Float32Array, w.data as Float32Array, data, 0, (acc, o) =>
    clamp(acc + (bias?.[o] ?? 0), range.min, range.max),
  );
  return { elem: type.elem, shape: type.shape, data };
}

/** The lowered convolution's geometry, for the reference and for the kernels. */
export function convolutionOf(
  x: TensorType | Tensor,
  w: TensorType | Tensor,
  attrs: Attrs,
): Convolution {
  const layout = str({ attrs }, "x_layout", "NHWC");
  const { batch, channels, height, width } = imageSizes(x.shape, layout);
  const [filters, kh, kw, perGroup] = w.shape as [number, number, number, number];
  const window = windowOf(attrs, [height, width], [kh, kw], true);
  const [outH, outW] = window.output as [number, number];
  const given = ints({ attrs }, "y_steps") as Convolution["y"] | readonly [];
  return {
    window,
    batch,
    inputSize: [height, width],
    channels,
    filters,
    group: num({ attrs }, "group", 1),
    x: steps(layout, channels, height, width),
    y: given.length === 4 ? given : steps(str({ attrs }, "y_layout", "NHWC"), filters, outH, outW),
    w: [kh * kw * perGroup, 1, kw * perGroup, perGroup],
  };
}

const geometryOf = ({ inputs: [x, w], attrs }: Node): Convolution =>
  convolutionOf(x!.type, w!.type, attrs);

const inferConv2D: Operator["infer"] = ({ inputs: [x, w, b], attrs }) => {
  if (x!.shape.length !== 4 || w!.shape.length !== 4) fail("Conv2D takes images and 4-D weights");
  const c = convolutionOf(x!, w!, attrs);
  checkGroups(c.channels, c.filters, w!.shape[3]!, c.group);
  checkBias(b, c.filters);
  const [h, width] = c.window.output as [number, number];
  const planar = str({ attrs }, "y_layout", "NHWC") === "NCHW";
  const shape = planar ? [c.batch, c.filters, h, width] : [c.batch, h, width, c.filters];
  return [{ elem: x!.elem, shape }];
};

/** Real factors from accumulators to stored outputs, one for each filter or one for all. */
export const filterFactors = (x: TensorType, w: TensorType, y: TensorType): number[] =>
  w.quant!.scale.map((s) => (x.quant!.scale[0]! * s) / y.quant!.scale[0]!);

function evaluateInteger({ inputs, inputTypes, types, attrs, profile }: EvalContext): Tensor[] {
  const [x, w, b] = inputs;
  const [tx, tw, ty] = [inputTypes[0]!, inputTypes[1]!, types[0]!];
  const c = convolutionOf(tx, tw, attrs);
  const bias = b?.data as Int32Array | undefined;
  const data = newArray(ty.elem, elementCount(ty.shape)) as unknown as Float32Array;
  const run = (finish: Finish) =>
    convolve(
      c,
      x!.data as Int8Array,
      w!.data as Int8Array,
      data,
      tx.quant!.zeroPoint[0]!,
      (acc, o) => finish(acc + (bias?.[o] ?? 0), o),
    );
  if (ty.elem === "int32") run((acc) => acc);
  else {
    const zero = ty.quant!.zeroPoint[0]!;
    const { min, max } = integerClamp(attrs, ty);
    const rescale = makeRescale(filterFactors(tx, tw, ty), profile);
    run((acc, o) => clamp(zero + rescale.apply(acc, o), min, max));
  }
  return [{ elem: ty.elem, shape: ty.shape, data }];
}

/** Largest |accumulator|: the farthest input from its zero point against every filter's Σ|w|. */
export function accumulatorBound(node: Node): number {
  const [x, w, b] = node.inputs;
  const weights = w!.node.attrs.value as Tensor | undefined;
  if (weights === undefined) return 0;
  const zero = x!.type.quant!.zeroPoint[0]!;
  const farthest = Math.max(127 - zero, 128 + zero);
  const filters = weights.shape[0]!;
  const length = weights.data.length / filters;
  const bias = (b?.node.attrs.value as Tensor | undefined)?.data;
  let bound = 0;
  for (let o = 0; o < filters; o++) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += Math.abs(Number(weights.data[o * length + i]));
    bound = Math.max(bound, sum * farthest + Math.abs(Number(bias?.[o] ?? 0)));
  }
  return bound;
}

export const weightedIntegerForm: Pick<IntegerForm, "roles" | "output" | "accumulatorBound"> = {
  roles: ["activation", "weights", "bias"],
  output: "free",
  accumulatorBound,
};

const conv: Operator = {
  name: "Conv",
  level: "any",
  inputs: ["X: T", "W: T", "B?: T"],
  outputs: 1,
  attrs: convolutionAttrs,
  defaults: windowDefaults,
  types: { T: floats },
  upgrade: withoutKernelShape,
  infer: inferConv,
  evaluate: evaluateConv,
  macs: ({ inputs: [, w], outputs: [y] }) =>
    (elementCount(y!.type.shape) * elementCount(w!.type.shape)) / w!.type.shape[0]!,
};

/**
 * X [N,H,W,C] (or as `x_layout` says), W [filters, kernel rows, kernel columns, channels per
 * group]. `y_steps` are the steps of a part of another node's output, which kernels write.
 */
const conv2D: Operator = {
  name: "Conv2D",
  level: "lowered",
  inputs: ["X: T", "W: T1", "B?: T2"],
  outputs: 1,
  attrs: {
    ...convolutionAttrs,
    ...clampAttrs,
    x_layout: layouts,
    y_layout: layouts,
    y_steps: "ints",
  },
  infer: inferConv2D,
  evaluate: ({ inputs: [x, w, b], attrs, types }) => [
    runFloat(convolutionOf(x!, w!, attrs), x!, w!, b, types[0]!, clampOf(attrs)),
  ],
  integer: { ...weightedIntegerForm, evaluate: evaluateInteger },
  rows: (node) => windowRows(geometryOf(node).window),
  macs: (node) => {
    const [, kh, kw, perGroup] = node.inputs[1]!.type.shape as [number, number, number, number];
    return elementCount(node.outputs[0]!.type.shape) * kh * kw * perGroup;
  },
};

export const convOperators: readonly Operator[] = [conv, conv2D];
