/** Slices, pads and resampling by what is read at run time. */
import { type Node, num, str } from "../ir/graph.ts";
import { elementCount, type Shape } from "../ir/types.ts";
import { padModes } from "../ops/movement.ts";
import { declaredShape, normalAxis } from "../ops/operator.ts";
import { count, type Fields, inputType, type Kernel, oneInput, outputType } from "./kernel.ts";
import { bits, keepsType, sizesInBits } from "./movement.ts";

const rankMax = 6;

const sixAxes = (shape: Shape): number[] => [
  ...Array.from({ length: rankMax - shape.length }, () => 1),
  ...shape,
];

/** The C struct `mote_at_run_time_shape`. */
function fields(node: Node, given: number): Fields {
  const { shape } = inputType(node);
  return {
    in: sixAxes(shape),
    out: sixAxes(outputType(node).shape),
    rank: shape.length,
    given,
    mode: padModes.indexOf(str(node, "mode", "constant") as (typeof padModes)[number]),
  };
}

const isServed = (node: Node, size: number): boolean =>
  declaredShape(node) !== undefined &&
  keepsType(node) &&
  bits(node) === size &&
  inputType(node).shape.length <= rankMax &&
  elementCount(inputType(node).shape) > 0;

/** Lists of indices are all there, and of int64. */
const areLists = (node: Node, inputs: readonly number[]): boolean =>
  inputs.every((i) => node.inputs[i]?.type.elem === "int64");

const sliceAt = (size: number): Kernel => ({
  name: `slice_at_${size}`,
  header: "at_run_time.h",
  ops: ["Slice"],
  serves: (node) => isServed(node, size) && areLists(node, [1, 3, 4]),
  cost: (node) => count(node) * 90,
  bind: (node) => ({
    ...oneInput("mote_at_run_time_shape", fields(node, inputType(node, 1).shape[0]!)),
    inputs: [0, 1, 3, 4],
  }),
});

const padAt = (size: number): Kernel => ({
  name: `pad_at_${size}`,
  header: "at_run_time.h",
  ops: ["Pad"],
  serves: (node) => isServed(node, size) && areLists(node, [1, 3]) && node.inputs[2] !== undefined,
  cost: (node) => count(node) * 90,
  bind: (node) => ({
    ...oneInput("mote_at_run_time_shape", fields(node, inputType(node, 3).shape[0]!)),
    inputs: [0, 1, 2, 3],
  }),
});

// ---- resampling ----

const coordinates = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "tf_half_pixel_for_nn",
  "tf_crop_and_resize",
];
const nearest = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"];
const policies = ["stretch", "not_larger", "not_smaller"];
const taps = { nearest: 1, linear: 2, cubic: 4 } as const;

/** The C struct `mote_resize_at_shape`. */
function resizeFields(node: Node): Fields {
  const [from, to] = [inputType(node).shape, outputType(node).shape];
  const rank = from.length;
  const given = (node.attrs.axes as readonly number[] | undefined) ?? from.map((_, i) => i);
  const numbers = sixAxes(from).map(() => -1);
  given.forEach((axis, i) => {
    numbers[normalAxis(axis, rank) + rankMax - rank] = i;
  });
  const mode = str(node, "mode", "nearest") as keyof typeof taps;
  return {
    in: sixAxes(from),
    out: sixAxes(to),
    number: numbers,
    given: given.length,
    taps: taps[mode],
    coordinate: coordinates.indexOf(str(node, "coordinate_transformation_mode", "half_pixel")),
    nearest: nearest.indexOf(str(node, "nearest_mode", "round_prefer_floor")),
    exclude_outside: num(node, "exclude_outside"),
    policy: policies.indexOf(str(node, "keep_aspect_ratio_policy", "stretch")),
    cubic_a: { float: num(node, "cubic_coeff_a", -0.75) },
    extrapolation: { float: num(node, "extrapolation_value") },
  };
}

const resizeAt = (list: "scales" | "sizes", at: number): Kernel => ({
  name: `resize_${list}_at_f32`,
  header: "resize_at.h",
  ops: ["Resize"],
  serves: (node) =>
    declaredShape(node) !== undefined &&
    inputType(node).elem === "float32" &&
    inputType(node).shape.length <= rankMax &&
    elementCount(inputType(node).shape) > 0 &&
    elementCount(node.inputs[at]?.type.shape ?? [0]) > 0 &&
    node.inputs[1]?.type.elem === "float32" &&
    num(node, "antialias") !== 1,
  scratchBytes: (node) => 32 * sixAxes(outputType(node).shape).reduce((sum, d) => sum + d, 0),
  cost: (node) => count(node) * 400,
  bind: (node) => ({
    ...oneInput("mote_resize_at_shape", resizeFields(node)),
    inputs: [0, 1, at],
  }),
});

export const runTimeKernels: readonly Kernel[] = sizesInBits
  .flatMap((size) => [sliceAt(size), padAt(size)])
  .concat(resizeAt("scales", 2), resizeAt("sizes", 3));
