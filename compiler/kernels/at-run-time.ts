/** Slices and pads by what is read at run time. */
import { type Node, str } from "../ir/graph.ts";
import { elementCount, type Shape } from "../ir/types.ts";
import { padModes } from "../ops/movement.ts";
import { declaredShape } from "../ops/operator.ts";
import { type Fields, inputType, type Kernel, oneInput, outputType } from "./kernel.ts";
import { bits, count, keepsType, sizesInBits } from "./movement.ts";

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

export const runTimeKernels: readonly Kernel[] = sizesInBits.flatMap((size) => [
  sliceAt(size),
  padAt(size),
]);
