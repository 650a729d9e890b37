/** Lowered pools over images, NHWC. */
import { type Attrs, num, str } from "../ir/graph.ts";
import { newArray, type Tensor } from "../ir/tensor.ts";
import { elementCount, type Shape, type TensorType } from "../ir/types.ts";
import { clampAttrs, clampOf, integerClamp } from "./clamp.ts";
import { imageSizes } from "./conv.ts";
import { clamp, makeRescale } from "./numerics.ts";
import { type AttrKind, type EvalContext, fail, type Operator } from "./operator.ts";
import { windowRows } from "./rows.ts";
import { autoPads, kernelRange, layouts, type Window, windowOf } from "./window.ts";

const attrs: Record<string, AttrKind> = {
  auto_pad: autoPads,
  ceil_mode: "flag",
  dilations: "ints",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
};
const averageAttrs: Record<string, AttrKind> = { ...attrs, count_include_pad: "flag" };

/** What a window holds of one channel: its elements inside the input, and how many it counts. */
interface Pooling {
  readonly batch: number;
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly window: Window;
  readonly planar: boolean;
  readonly includePad: boolean;
}

type Reduce = (values: number[], count: number) => number;

/**
 * How many positions of a window along one axis count when padding does: not those of ceil_mode.
 */
const paddedExtent = (p: Pooling, axis: 0 | 1, position: number): number => {
  const { strides, padsBegin, padsEnd, kernel, dilations } = p.window;
  const start = position * strides[axis]! - padsBegin[axis]!;
  const limit = p.size[axis]! + padsEnd[axis]!;
  return Math.min(kernel[axis]!, Math.ceil((limit - start) / dilations[axis]!));
};

function pool(p: Pooling, x: ArrayLike<number>, y: { [i: number]: number }, reduce: Reduce): void {
  const [height, width] = p.size;
  const [outH, outW] = p.window.output as [number, number];
  const { strides, dilations, padsBegin, kernel } = p.window;
  const index = (n: number, c: number, r: number, k: number, h: number, w: number) =>
    p.planar ? ((n * p.channels + c) * h + r) * w + k : ((n * h + r) * w + k) * p.channels + c;
  const range = (axis: 0 | 1, at: number) =>
    kernelRange(
      at,
      padsBegin[axis]!,
      strides[axis]!,
      dilations[axis]!,
      kernel[axis]!,
      p.size[axis],
    );
  for (let n = 0; n < p.batch; n++)
    for (let oy = 0; oy < outH; oy++)
      for (let ox = 0; ox < outW; ox++) {
        const [[y0, y1], [x0, x1]] = [range(0, oy), range(1, ox)];
        const count = p.includePad
          ? paddedExtent(p, 0, oy) * paddedExtent(p, 1, ox)
          : (y1 - y0) * (x1 - x0);
        for (let c = 0; c < p.channels; c++) {
          const values: number[] = [];
          for (let ky = y0; ky < y1; ky++)
            for (let kx = x0; kx < x1; kx++) {
              const row = oy * strides[0]! - padsBegin[0]! + ky * dilations[0]!;
              const column = ox * strides[1]! - padsBegin[1]! + kx * dilations[1]!;
              values.push(x[index(n, c, row, column, height, width)]!);
            }
          y[index(n, c, oy, ox, outH, outW)] = reduce(values, count);
        }
      }
}

/** The lowered pool's geometry, for the reference and the kernels. */
export function poolingOf(x: Shape, attributes: Attrs, layout: string): Pooling {
  const { batch, channels, height, width } = imageSizes(x, layout);
  return {
    batch,
    channels,
    size: [height, width],
    window: windowOf(attributes, [height, width]),
    planar: layout === "NCHW",
    includePad: num({ attrs: attributes }, "count_include_pad") !== 0,
  };
}

const largest: Reduce = (values) => {
  let max = -Infinity;
  for (const v of values) if (v > max) max = v;
  return max;
};
const sum = (values: number[]): number => {
  let total = 0;
  for (const v of values) total += v;
  return total;
};
const average: Reduce = (values, count) => sum(values) / count;

const layoutOf = (a: Attrs): string => str({ attrs: a }, "x_layout", "NHWC");

function evaluateLowered(context: EvalContext, reduce: Reduce): Tensor[] {
  const [x, type] = [context.inputs[0]!, context.types[0]!];
  const { min, max } = clampOf(context.attrs);
  const data = newArray(type.elem, elementCount(type.shape)) as Float32Array;
  pool(
    poolingOf(x.shape, context.attrs, layoutOf(context.attrs)),
    x.data as Float32Array,
    data,
    (v, n) => clamp(reduce(v, n), min, max),
  );
  return [{ elem: type.elem, shape: type.shape, data }];
}

const inferLowered: Operator["infer"] = ({ inputs: [x], attrs: a }) => {
  if (x!.shape.length !== 4) fail(`a 2-D pool takes images, not rank ${x!.shape.length}`);
  const p = poolingOf(x!.shape, a, layoutOf(a));
  const [h, w] = p.window.output as [number, number];
  const shape = p.planar ? [p.batch, p.channels, h, w] : [p.batch, h, w, p.channels];
  return [{ elem: x!.elem, shape }];
};

/** The real factor from a window's sum to the stored result, where scales differ. */
export const averageFactor = (x: TensorType, y: TensorType, count: number): number =>
  x.quant!.scale[0]! / (y.quant!.scale[0]! * count);

/** Equal scales: TFLite's rounded division of the sum; others: one rescale of it. */
function evaluateAverage({ inputs, inputTypes, types, attrs: a, profile }: EvalContext): Tensor[] {
  const [tx, ty] = [inputTypes[0]!, types[0]!];
  const [zx, zy] = [tx.quant!.zeroPoint[0]!, ty.quant!.zeroPoint[0]!];
  const equal = tx.quant!.scale[0] === ty.quant!.scale[0] && zx === zy;
  const { min, max } = integerClamp(a, ty);
  const data = new Int8Array(elementCount(ty.shape));
  const rounded = (s: number, n: number) => Math.trunc((s > 0 ? s + (n >> 1) : s - (n >> 1)) / n);
  const rescaled = (s: number, n: number) =>
    zy + makeRescale([averageFactor(tx, ty, n)], profile).apply(s, 0);
  pool(poolingOf(tx.shape, a, layoutOf(a)), inputs[0]!.data as Int8Array, data, (values, count) => {
    const padding = (count - values.length) * zx;
    const total = sum(values) + padding;
    const q = equal ? rounded(total, count) : rescaled(total - count * zx, count);
    return clamp(q, min, max);
  });
  return [{ elem: "int8", shape: ty.shape, data }];
}

function evaluateMaximum({ inputs, inputTypes, types, attrs: a }: EvalContext): Tensor[] {
  const { min, max } = integerClamp(a, types[0]!);
  const data = new Int8Array(elementCount(types[0]!.shape));
  const p = poolingOf(inputTypes[0]!.shape, a, layoutOf(a));
  pool(p, inputs[0]!.data as Int8Array, data, (v) => clamp(largest(v, 0), min, max));
  return [{ elem: "int8", shape: types[0]!.shape, data }];
}

const lowered: Record<string, AttrKind> = {
  ...averageAttrs,
  ...clampAttrs,
  x_layout: layouts,
};

const rows: Operator["rows"] = ({ inputs: [x], attrs: a }) =>
  windowRows(poolingOf(x!.type.shape, a, layoutOf(a)).window);

const averagePool2D: Operator = {
  name: "AveragePool2D",
  level: "lowered",
  inputs: ["X: T"],
  outputs: 1,
  attrs: lowered,
  infer: inferLowered,
  evaluate: (context) => evaluateLowered(context, average),
  integer: { roles: ["activation"], output: "free", evaluate: evaluateAverage },
  rows,
};

const maxPool2D: Operator = {
  name: "MaxPool2D",
  level: "lowered",
  inputs: ["X: T"],
  outputs: 1,
  attrs: lowered,
  infer: inferLowered,
  evaluate: (context) => evaluateLowered(context, largest),
  integer: { roles: ["activation"], output: "same", evaluate: evaluateMaximum },
  rows,
};

export const poolOperators: readonly Operator[] = [averagePool2D, maxPool2D];
