/** Convolutions of images whose taps are moved by offsets that are computed. */
import { type Attrs, num } from "../ir/graph.ts";
import { newArray } from "../ir/tensor.ts";
import { elementCount, type Shape, type TensorType } from "../ir/types.ts";
import { checkBias, checkGroups } from "./conv.ts";
import { type AttrKind, fail, floats, type Operator } from "./operator.ts";
import { type Window, windowDefaults, windowOf, withoutKernelShape } from "./window.ts";

const attrs: Record<string, AttrKind> = {
  dilations: "ints",
  group: "int",
  kernel_shape: "ints",
  offset_group: "int",
  pads: "ints",
  strides: "ints",
};

export const deformWindow = (x: Shape, w: Shape, a: Attrs): Window =>
  windowOf(a, x.slice(2), w.slice(2));

/** The element at a place, weighed of its four neighbours; 0 outside. */
function bilinear(x: ArrayLike<number>, at: number, size: readonly number[], y: number, z: number) {
  const [height, width] = size as [number, number];
  const [top, left] = [Math.floor(y), Math.floor(z)];
  const [down, right] = [Math.fround(y - top), Math.fround(z - left)];
  const read = (row: number, column: number): number =>
    row >= 0 && row < height && column >= 0 && column < width ? x[at + row * width + column]! : 0;
  return (
    (1 - down) * ((1 - right) * read(top, left) + right * read(top, left + 1)) +
    down * ((1 - right) * read(top + 1, left) + right * read(top + 1, left + 1))
  );
}

const checkShape = (what: string, type: TensorType | undefined, wanted: Shape): void => {
  if (type && type.shape.join() !== wanted.join())
    fail(`'${what}' has the shape [${type.shape}] instead of [${wanted}]`);
};

/** offset [N, groups·taps·2, H, W], row before column; mask [N, groups·taps, H, W]. */
const deformConv: Operator = {
  name: "DeformConv",
  level: "any",
  inputs: ["X: T", "W: T", "offset: T", "B?: T", "mask?: T"],
  outputs: 1,
  attrs,
  defaults: { ...windowDefaults, offset_group: 1 },
  types: { T: floats },
  upgrade: withoutKernelShape,
  infer: ({ inputs: [x, w, offset, b, mask], attrs: a }) => {
    if (x!.shape.length !== 4 || w!.shape.length !== 4)
      fail("a DeformConv takes images and weights of rank 4");
    const [n, channels] = x!.shape as [number, number];
    const [filters, perGroup] = w!.shape as [number, number];
    checkGroups(channels, filters, perGroup, num({ attrs: a }, "group", 1));
    checkBias(b, filters);
    const groups = num({ attrs: a }, "offset_group", 1);
    if (!(groups > 0) || channels % groups !== 0)
      fail(`${channels} channels do not divide into ${groups} groups of offsets`);
    const { output, kernel } = deformWindow(x!.shape, w!.shape, a);
    const taps = groups * elementCount(kernel);
    checkShape("offset", offset, [n, 2 * taps, ...output]);
    checkShape("mask", mask, [n, taps, ...output]);
    return [{ elem: x!.elem, shape: [n, filters, ...output] }];
  },
  evaluate: ({ inputs: [x, w, offset, b, mask], attrs: a, types }) => {
    const { elem, shape } = types[0]!;
    const data = newArray(elem, elementCount(shape)) as Float32Array;
    const { kernel, strides, dilations, padsBegin } = deformWindow(x!.shape, w!.shape, a);
    const [, channels, ...size] = x!.shape as [number, number, ...number[]];
    const [, filters, height, width] = shape as [number, number, number, number];
    const [taps, outputs, inputs] = [elementCount(kernel), height * width, elementCount(size)];
    const [perGroup, groups] = [w!.shape[1]!, num({ attrs: a }, "offset_group", 1)];
    const [xs, ws, moves, masks, bias] = [x, w, offset, mask, b].map(
      (t) => t?.data as Float32Array,
    );
    for (let i = 0; i < data.length; i++) {
      const [n, f] = [Math.floor(i / outputs / filters), Math.floor(i / outputs) % filters];
      const place = i % outputs;
      const [oy, ox] = [Math.floor(place / width), place % width];
      let sum = bias?.[f] ?? 0;
      for (let c = 0; c < perGroup; c++) {
        const channel = Math.floor(f / (filters / (channels / perGroup))) * perGroup + c;
        const group = n * groups + Math.floor(channel / (channels / groups));
        for (let k = 0; k < taps; k++) {
          const tap = group * taps + k;
          const move = (axis: number) => moves![(tap * 2 + axis) * outputs + place]!;
          const row = Math.floor(k / kernel[1]!) * dilations[0]! + oy * strides[0]! - padsBegin[0]!;
          const column = (k % kernel[1]!) * dilations[1]! + ox * strides[1]! - padsBegin[1]!;
          const [y, z] = [Math.fround(row + move(0)), Math.fround(column + move(1))];
          const v = bilinear(xs!, (n * channels + channel) * inputs, size, y, z);
          sum += v * ws![(f * perGroup + c) * taps + k]! * (masks?.[tap * outputs + place] ?? 1);
        }
      }
      data[i] = sum;
    }
    return [{ elem, shape, data }];
  },
  macs: ({ inputs: [, w], outputs: [y] }) =>
    (elementCount(y!.type.shape) * elementCount(w!.type.shape)) / w!.type.shape[0]!,
};

export const deformConvOperators: readonly Operator[] = [deformConv];
