/** RoiAlign and MaxRoiPool: regions of images, each as an image of one size. */
import { type Attrs, ints, num, str } from "../ir/graph.ts";
import { newArray, numbers } from "../ir/tensor.ts";
import { elementCount, type Shape } from "../ir/types.ts";
import { clamp, roundHalfAway } from "./numerics.ts";
import { fail, floats, type Operator } from "./operator.ts";

const f32 = Math.fround;

/** More samples than this along an axis are not taken. */
export const samplesMax = 1024;

export interface RoiAlign {
  readonly isMaximum: boolean;
  readonly isHalfPixel: boolean;
  readonly size: readonly [number, number];
  /** Samples of a bin along an axis; 0: as many as it has pixels. */
  readonly sampling: number;
  readonly scale: number;
}

export function roiAlignOf(attrs: Attrs): RoiAlign {
  const mode = str({ attrs }, "mode", "avg");
  const transformation = str({ attrs }, "coordinate_transformation_mode", "half_pixel");
  const size = [num({ attrs }, "output_height", 1), num({ attrs }, "output_width", 1)] as const;
  const sampling = num({ attrs }, "sampling_ratio");
  if (size.some((d) => d < 1)) fail(`its output would have the spatial sizes [${size}]`);
  if (sampling < 0 || sampling > samplesMax) fail(`'sampling_ratio' ${sampling} is out of range`);
  return {
    isMaximum: mode === "max",
    isHalfPixel: transformation === "half_pixel",
    size,
    sampling,
    scale: num({ attrs }, "spatial_scale", 1),
  };
}

/** Where a sample lies along an axis: the lower neighbour, the upper one and its weight. */
function neighbours(place: number, size: number): [number, number, number] | undefined {
  if (!(place >= -1 && place <= size)) return undefined;
  const inside = Math.max(place, 0);
  const low = Math.min(Math.trunc(inside), size - 1);
  return low === size - 1 ? [low, low, 0] : [low, low + 1, f32(inside - low)];
}

/** Places of the samples in the bins along an axis. */
function samplesOf(start: number, end: number, bins: number, r: RoiAlign): number[][] {
  const offset = r.isHalfPixel ? 0.5 : 0;
  const from = f32(f32(start * r.scale) - offset);
  const length = f32(f32(f32(end * r.scale) - offset) - from);
  const extent = r.isHalfPixel ? length : Math.max(length, 1);
  const bin = f32(extent / bins);
  const adaptive = clamp(Math.ceil(bin), 0, samplesMax) || 0;
  const count = r.sampling > 0 ? r.sampling : adaptive;
  return Array.from({ length: bins }, (_, b) =>
    Array.from({ length: count }, (_, i) =>
      f32(f32(from + f32(b * bin)) + f32(f32((i + 0.5) * bin) / count)),
    ),
  );
}

/** One bin of one channel. */
function pooled(
  x: ArrayLike<number>,
  at: number,
  [height, width]: readonly [number, number],
  [rows, columns]: readonly [readonly number[], readonly number[]],
  isMaximum: boolean,
): number {
  let result: number | undefined;
  for (const row of rows)
    for (const column of columns) {
      const [v, h] = [neighbours(row, height), neighbours(column, width)];
      const corners = [0, 0, 0, 0];
      if (v && h) {
        const read = (a: number, b: number) => x[at + a * width + b]!;
        corners[0] = (1 - v[2]) * (1 - h[2]) * read(v[0], h[0]);
        corners[1] = (1 - v[2]) * h[2] * read(v[0], h[1]);
        corners[2] = v[2] * (1 - h[2]) * read(v[1], h[0]);
        corners[3] = v[2] * h[2] * read(v[1], h[1]);
      }
      if (isMaximum) result = Math.max(result ?? -Infinity, ...corners);
      else result = (result ?? 0) + corners.reduce((a, b) => a + b, 0);
    }
  const count = Math.max(1, rows.length * columns.length);
  return isMaximum ? (result ?? 0) : (result ?? 0) / count;
}

const checkImages = (x: Shape): void => {
  if (x.length !== 4) fail(`regions are those of images, not of rank ${x.length}`);
};

/**
 * X [N,C,H,W], rois [R,4] of left, top, right, bottom, batch_indices [R] → [R,C,height,width].
 * The maximum is that of the weighed neighbours, as ONNX Runtime has it.
 */
const roiAlign: Operator = {
  name: "RoiAlign",
  level: "any",
  inputs: ["X: T", "rois: T", "batch_indices: I"],
  outputs: 1,
  attrs: {
    coordinate_transformation_mode: ["half_pixel", "output_half_pixel"],
    mode: ["avg", "max"],
    output_height: "int",
    output_width: "int",
    sampling_ratio: "int",
    spatial_scale: "float",
  },
  types: { T: floats, I: ["int64"] },
  upgrade: (node, opset) =>
    opset < 16
      ? { ...node, attrs: { ...node.attrs, coordinate_transformation_mode: "output_half_pixel" } }
      : node,
  infer: ({ inputs: [x, rois, batch], attrs }) => {
    checkImages(x!.shape);
    const { size } = roiAlignOf(attrs);
    const count = rois!.shape[0]!;
    if (rois!.shape.length !== 2 || rois!.shape[1] !== 4)
      fail(`'rois' has the shape [${rois!.shape}] instead of [regions, 4]`);
    if (batch!.shape.join() !== `${count}`)
      fail(`'batch_indices' has the shape [${batch!.shape}] instead of [${count}]`);
    return [{ elem: x!.elem, shape: [count, x!.shape[1]!, ...size] }];
  },
  evaluate: ({ inputs: [x, rois, batch], attrs, types }) => {
    const [{ elem, shape }, r] = [types[0]!, roiAlignOf(attrs)];
    const data = newArray(elem, elementCount(shape)) as Float32Array;
    const [images, channels, height, width] = x!.shape as [number, number, number, number];
    const [regions, indices] = [numbers(rois!), numbers(batch!)];
    const [rows, columns] = r.size;
    for (let n = 0; n < shape[0]!; n++) {
      const [left, top, right, bottom] = Array.from({ length: 4 }, (_, i) => regions[n * 4 + i]!);
      const down = samplesOf(top!, bottom!, rows, r);
      const across = samplesOf(left!, right!, columns, r);
      const image = clamp(indices[n]!, 0, images - 1);
      for (let i = 0; i < channels * rows * columns; i++) {
        const bin = [down[Math.floor(i / columns) % rows]!, across[i % columns]!] as const;
        const at = (image * channels + Math.floor(i / columns / rows)) * height * width;
        const from = x!.data as Float32Array;
        const to = n * channels * rows * columns + i;
        data[to] = pooled(from, at, [height, width], bin, r.isMaximum);
      }
    }
    return [{ elem, shape, data }];
  },
};

// ---- maxima ----

/** [begin, end) of each bin along an axis. */
function binsOf(start: number, end: number, bins: number, size: number, scale: number) {
  const limit = (v: number) => clamp(roundHalfAway(f32(v * scale)), -32768, 32767) || 0;
  const [first, last] = [limit(start), limit(end)];
  const bin = f32(Math.max(last - first + 1, 1) / bins);
  return Array.from({ length: bins }, (_, b): [number, number] => [
    clamp(Math.floor(f32(b * bin)) + first, 0, size),
    clamp(Math.ceil(f32((b + 1) * bin)) + first, 0, size),
  ]);
}

/** X [N,C,H,W], rois [R,5] of image, left, top, right, bottom → [R,C,height,width]. */
const maxRoiPool: Operator = {
  name: "MaxRoiPool",
  level: "any",
  inputs: ["X: T", "rois: T"],
  outputs: 1,
  attrs: { pooled_shape: "ints", spatial_scale: "float" },
  types: { T: floats },
  infer: ({ inputs: [x, rois], attrs }) => {
    checkImages(x!.shape);
    const size = ints({ attrs }, "pooled_shape");
    if (size.length !== 2 || size.some((d) => d < 1)) fail(`'pooled_shape' is [${size}]`);
    if (rois!.shape.length !== 2 || rois!.shape[1] !== 5)
      fail(`'rois' has the shape [${rois!.shape}] instead of [regions, 5]`);
    return [{ elem: x!.elem, shape: [rois!.shape[0]!, x!.shape[1]!, ...size] }];
  },
  evaluate: ({ inputs: [x, rois], attrs, types }) => {
    const { elem, shape } = types[0]!;
    const data = newArray(elem, elementCount(shape)) as Float32Array;
    const [images, channels, height, width] = x!.shape as [number, number, number, number];
    const [regions, from] = [numbers(rois!), numbers(x!)];
    const [rows, columns] = shape.slice(2) as [number, number];
    const scale = num({ attrs }, "spatial_scale", 1);
    for (let i = 0; i < data.length; i++) {
      const n = Math.floor(i / (channels * rows * columns)) * 5;
      const [left, top, right, bottom] = [1, 2, 3, 4].map((k) => regions[n + k]!);
      const down = binsOf(top!, bottom!, rows, height, scale)[Math.floor(i / columns) % rows]!;
      const across = binsOf(left!, right!, columns, width, scale)[i % columns]!;
      const image = clamp(Math.trunc(regions[n]!) || 0, 0, images - 1);
      const plane = image * channels + (Math.floor(i / columns / rows) % channels);
      let largest = -Infinity;
      for (let row = down[0]; row < down[1]; row++)
        for (let column = across[0]; column < across[1]; column++)
          largest = Math.max(largest, from[(plane * height + row) * width + column]!);
      data[i] = largest === -Infinity ? 0 : largest;
    }
    return [{ elem, shape, data }];
  },
};

export const regionOperators: readonly Operator[] = [roiAlign, maxRoiPool];
