/** Kernels that only move elements; their size in bytes is all that counts. */
import { constantOf, type Node, num } from "../ir/graph.ts";
import { numbers, type Tensor } from "../ir/tensor.ts";
import { elementBytes, elementCount, rowMajorStrides, type Shape } from "../ir/types.ts";
import { nearestIndex } from "../ops/indexing.ts";
import { constantInts } from "../ops/move.ts";
import { permutation, sliceView } from "../ops/movement.ts";
import { contextOf, normalAxis } from "../ops/operator.ts";
import { broadcastSteps, mergeAxes, nestOf } from "./axes.ts";
import {
  type Binding,
  count,
  type Fields,
  inputType,
  isConstant,
  type Kernel,
  oneInput,
  outputType,
  tableArray,
} from "./kernel.ts";

export const bits = (node: Node): number => elementBytes(outputType(node).elem) * 8;
export const sizesInBits = [8, 16, 32, 64] as const;

/** Same element type in and out. */
export const keepsType = (node: Node): boolean => inputType(node).elem === outputType(node).elem;

/** Whether every input behind the first is absent or a constant. */
export const hasConstantRest = (node: Node): boolean =>
  node.inputs.slice(1).every((v) => !v || isConstant(v));

// ---- strided copies ----

/** Where a copy reads and writes, as sizes and steps in elements. */
export interface Copy {
  readonly sizes: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly xStart: number;
  readonly yStart: number;
}

/** The C struct `mote_copy_shape`. */
export function copyFields({ sizes, x, y, xStart, yStart }: Copy): Fields {
  const nest = nestOf({ sizes, steps: [x, y] }, 6);
  const [stepsX, stepsY] = nest.steps;
  const starts = { x_start: xStart, y_start: yStart };
  return { size: [...nest.sizes], x: [...stepsX!], y: [...stepsY!], ...starts };
}

/** A copy that fills the whole output in order. */
const intoAll = (shape: Shape, x: readonly number[], xStart = 0): Copy => ({
  sizes: shape,
  x,
  y: rowMajorStrides(shape),
  xStart,
  yStart: 0,
});

function transposeCopy(node: Node): Copy {
  const { shape } = inputType(node);
  const own = rowMajorStrides(shape);
  const perm = permutation(node.attrs, shape.length).map((p) => normalAxis(p, shape.length));
  return intoAll(
    outputType(node).shape,
    perm.map((p) => own[p]!),
  );
}

/** The elements that a Slice takes. */
export function sliceCopy(node: Node): Copy {
  const context = contextOf(node);
  const { shape } = inputType(node);
  const starts = constantInts(context, 1, "starts");
  const axes = node.inputs[3] ? constantInts(context, 3, "axes") : starts.map((_, i) => i);
  const steps = node.inputs[4] ? constantInts(context, 4, "steps") : starts.map(() => 1);
  const view = sliceView(shape, starts, constantInts(context, 2, "ends"), axes, steps);
  const own = rowMajorStrides(shape);
  const xStart = view.begins.reduce((sum, begin, i) => sum + begin * own[i]!, 0);
  return intoAll(
    view.shape,
    view.strides.map((s, i) => s * own[i]!),
    xStart,
  );
}

const expandCopy = (node: Node): Copy => {
  const { shape } = outputType(node);
  return intoAll(shape, broadcastSteps(inputType(node).shape, shape));
};

const copies: Readonly<Record<string, (node: Node) => Copy>> = {
  Transpose: transposeCopy,
  Slice: sliceCopy,
  Expand: expandCopy,
};

/** Axes that a copy cannot merge, and whether there are few enough for the C loops. */
const fitsCopy = (node: Node): boolean => {
  const { sizes, x, y } = copies[node.op]!(node);
  return mergeAxes({ sizes, steps: [x, y] }).sizes.length <= 6;
};

const copy = (size: number): Kernel => ({
  name: `copy_${size}`,
  header: "copy.h",
  ops: Object.keys(copies),
  serves: (node) =>
    keepsType(node) && bits(node) === size && hasConstantRest(node) && fitsCopy(node),
  cost: (node) => count(node) * 4,
  bind: (node) => oneInput("mote_copy_shape", copyFields(copies[node.op]!(node))),
});

// ---- joins ----

const joinedMax = 8;

/** Pieces of an operand that follow one another in memory. */
const pieceBytes = ({ shape, elem }: { shape: Shape; elem: Tensor["elem"] }, axis: number) =>
  elementCount(shape.slice(axis)) * elementBytes(elem);

function concatBinding(node: Node): Binding {
  const y = outputType(node);
  const axis = normalAxis(num(node, "axis"), y.shape.length);
  const bytes = node.inputs.map((v) => pieceBytes(v!.type, axis));
  while (bytes.length < joinedMax) bytes.push(0);
  const outer = elementCount(y.shape.slice(0, axis));
  const shape = { outer, y_bytes: pieceBytes(y, axis), bytes };
  const call = oneInput("mote_concat_shape", shape);
  return { ...call, inputs: node.inputs.map((_, i) => i) };
}

const concat = (operands: number): Kernel => ({
  name: `concat_${operands}`,
  header: "concat.h",
  ops: ["Concat"],
  serves: (node) =>
    node.inputs.length === operands &&
    node.inputs.every((v) => v!.type.elem === outputType(node).elem),
  cost: (node) => count(node) * 2,
  bind: concatBinding,
});

// ---- gathers ----

/** A tensor as [outer][axis][inner]. */
function aroundAxis(shape: Shape, given: number) {
  const axis = normalAxis(given, shape.length);
  const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)].map(elementCount);
  return { outer: outer!, size: shape[axis]!, inner: inner! };
}

/** The C struct `mote_gather_shape`. */
function gatherFields(node: Node): Fields {
  const { shape, elem } = inputType(node);
  const { outer, size, inner } = aroundAxis(shape, num(node, "axis"));
  const indices = elementCount(inputType(node, 1).shape);
  return { outer, size, count: indices, bytes: inner * elementBytes(elem) };
}

function fixedIndices(node: Node): Int32Array {
  const size = inputType(node).shape[normalAxis(num(node, "axis"), inputType(node).shape.length)]!;
  const given = numbers(constantOf(node.inputs[1])!);
  return Int32Array.from(given, (i) => nearestIndex(i, size));
}

const gatherCost = (node: Node): number => count(node) * 4;

const gatherFixed: Kernel = {
  name: "gather_fixed",
  header: "gather.h",
  ops: ["Gather"],
  serves: (node) => keepsType(node) && isConstant(node.inputs[1]),
  cost: gatherCost,
  bind: (node) => ({
    ...oneInput("mote_gather_shape", gatherFields(node)),
    constants: [tableArray("indices", "int32", fixedIndices(node))],
  }),
};

const gather = (indices: "int32" | "int64"): Kernel => ({
  name: indices === "int32" ? "gather_s32" : "gather_s64",
  header: "gather.h",
  ops: ["Gather"],
  serves: (node) =>
    keepsType(node) && !isConstant(node.inputs[1]) && inputType(node, 1).elem === indices,
  cost: gatherCost,
  bind: (node) => ({ ...oneInput("mote_gather_shape", gatherFields(node)), inputs: [0, 1] }),
});

export const movementKernels: readonly Kernel[] = [
  ...sizesInBits.map(copy),
  ...Array.from({ length: joinedMax }, (_, i) => concat(i + 1)),
  gatherFixed,
  gather("int32"),
  gather("int64"),
];
