/**
 * What the validator knows of values and operators: where views lie in what they show, and which
 * rows of an input rows of an output need. It shares no code with the planner.
 */
import { constantOf, ints, type Node, str, type Value } from "../../ir/graph.ts";

export const sizeOf = ({ type }: Value): number => {
  const bits = /64/.test(type.elem)
    ? 64
    : /32/.test(type.elem)
      ? 32
      : /16/.test(type.elem)
        ? 16
        : 8;
  return type.shape.reduce((n, d) => n * d, bits / 8);
};

/** For each element of a Slice's output, in order, which one of the input it is. */
function sliced(node: Node): number[] {
  const { shape } = node.inputs[0]!.type;
  const list = (i: number) =>
    node.inputs[i] && Array.from(constantOf(node.inputs[i])!.data, Number);
  const starts = list(1)!;
  const given = list(3)?.map((a) => (a < 0 ? a + shape.length : a));
  return shape.reduceRight<{ at: number[]; inner: number }>(
    ({ at, inner }, size, axis) => {
      const i = given ? given.indexOf(axis) : axis < starts.length ? axis : -1;
      const step = i < 0 ? 1 : (list(4)?.[i] ?? 1);
      const wanted = i < 0 ? 0 : starts[i]! < 0 ? starts[i]! + size : starts[i]!;
      const first = Math.min(step > 0 ? size : size - 1, Math.max(0, wanted));
      const count = node.outputs[0]!.type.shape[axis]!;
      const own = Array.from({ length: count }, (_, k) => (first + k * step) * inner);
      return { at: own.flatMap((o) => at.map((a) => o + a)), inner: inner * size };
    },
    { at: [0], inner: 1 },
  ).at;
}

export const isView = (node: Node): boolean => str(node, "kernel") === "view";

/** What is wrong with a view: what it shows must be one piece of memory. */
export function viewProblem(node: Node): string | undefined {
  const { op, inputs, outputs } = node;
  const [[x], [y]] = [inputs, outputs];
  if (op === "Slice") {
    const at = sliced(node);
    return at.every((a, i) => a === at[0]! + i) ? undefined : "a Slice that skips is a view";
  }
  const axis = Number(node.attrs.axis);
  const { shape } = y!.type;
  if (op === "Concat")
    return shape.slice(0, axis < 0 ? axis + shape.length : axis).every((d) => d === 1)
      ? undefined
      : "a Concat that alternates is a view";
  return sizeOf(x!) === sizeOf(y!) ? undefined : `${op} is a view of another size`;
}

const starts = new WeakMap<Node, number>();

/** The byte of its input at which a Slice begins. */
function startOf(node: Node): number {
  const elements = node.outputs[0]!.type.shape.reduce((n, d) => n * d, 1);
  const start = starts.get(node) ?? (sliced(node)[0]! * sizeOf(node.outputs[0]!)) / elements;
  starts.set(node, start);
  return start;
}

/** Bytes of a value that a step made, or that was given. */
interface Stored {
  readonly value: Value;
  readonly from: number;
  readonly bytes: number;
}

/** What bytes of a value are, through any number of views. */
export function shown(value: Value, from: number, bytes: number): Stored[] {
  const { node } = value;
  if (!isView(node)) return [{ value, from, bytes }];
  const [x] = node.inputs as [Value];
  if (node.op === "Slice") return shown(x, from + startOf(node), bytes);
  if (node.op !== "Concat") return shown(x, from, bytes);
  let at = 0;
  return node.inputs.flatMap((v) => {
    const [begin, end] = [Math.max(from, at), Math.min(from + bytes, at + sizeOf(v!))];
    const own = begin < end ? shown(v!, begin - at, end - begin) : [];
    at += sizeOf(v!);
    return own;
  });
}

export type Range = readonly [begin: number, end: number];

/** Rows of an image as a node sees it, and in how many planes they lie. */
export function imageOf({ type }: Value, layout: string): { rows: number; planes: number } {
  const [n, a, b] = type.shape as [number, number, number];
  if (type.shape.length !== 4 || n !== 1) return { rows: 1, planes: 1 };
  return layout === "NCHW" ? { rows: b, planes: a } : { rows: a, planes: 1 };
}

/** The layout of a node's output; pools keep that of their input. */
export const madeIn = (node: Node): string =>
  node.op.startsWith("Conv") ? str(node, "y_layout") : str(node, "x_layout");

/** Rows of an input that rows of a convolution's or pool's output see. */
function seen(node: Node, [begin, end]: Range, all: number, height: number): Range[] {
  const isConv = node.op === "Conv2D";
  const kernel = isConv ? node.inputs[1]!.type.shape[1]! : ints(node, "kernel_shape")[0]!;
  const at = (name: string, absent: number) => ints(node, name)[0] ?? absent;
  const [stride, dilation] = [at("strides", 1), at("dilations", 1)];
  const missing = Math.max(0, (all - 1) * stride + (kernel - 1) * dilation + 1 - height);
  const autoPad = str(node, "auto_pad");
  const isSame = autoPad.startsWith("SAME");
  const pad = isSame ? (missing + (autoPad === "SAME_LOWER" ? 1 : 0)) >> 1 : at("pads", 0);
  const rows = new Set<number>();
  for (let row = begin; row < end; row++)
    for (let k = 0; k < kernel; k++) rows.add(row * stride - pad + k * dilation);
  return [...rows].filter((row) => row >= 0 && row < height).map((row) => [row, row + 1]);
}

/** Rows of a Slice's input that rows of its output are of. */
function picked(node: Node, [begin, end]: Range, height: number): Range[] {
  const at = sliced(node);
  const [from, to] = [node.inputs[0]!, node.outputs[0]!].map(
    ({ type }) => type.shape[2]! * type.shape[3]!,
  ) as [number, number];
  const rows = new Set(at.slice(begin * to, end * to).map((a) => Math.floor(a / from) % height));
  return [...rows].map((row) => [row, row + 1]);
}

/** Rows of an input whose taps reach rows of a transposed convolution's output. */
function reaching(node: Node, [begin, end]: Range, all: number, height: number): Range[] {
  const kernel = node.inputs[1]!.type.shape[1]!;
  const at = (name: string, absent: number) => ints(node, name)[0] ?? absent;
  const [stride, dilation] = [at("strides", 1), at("dilations", 1)];
  const extent = (height - 1) * stride + (kernel - 1) * dilation + 1 + at("output_padding", 0);
  const auto = str(node, "auto_pad", "NOTSET");
  const isGiven = auto === "NOTSET" && ints(node, "output_shape").length === 0;
  const total = Math.max(0, extent - all);
  const follows = auto === "SAME_UPPER" ? total >> 1 : total - (total >> 1);
  const pad = auto === "VALID" ? 0 : isGiven ? at("pads", 0) : follows;
  const rows = new Set<number>();
  for (let row = begin; row < end; row++)
    for (let k = 0; k < kernel; k++) rows.add((row + pad - k * dilation) / stride);
  return [...rows]
    .filter((row) => Number.isInteger(row) && row >= 0 && row < height)
    .map((row) => [row, row + 1]);
}

/** Rows of an input that stand among rows of a Pad's output: any may, unless one value pads. */
function inside(node: Node, [begin, end]: Range, height: number): Range[] {
  if (str(node, "mode", "constant") !== "constant") return [[0, height]];
  const pads = Array.from(constantOf(node.inputs[1])!.data, Number);
  const axes = Array.from(constantOf(node.inputs[3])?.data ?? [0, 1, 2, 3], Number);
  const at = axes.findIndex((a) => (a + 4) % 4 === 1);
  const top = at < 0 ? 0 : pads[at]!;
  const [first, last] = [Math.max(0, begin - top), Math.min(height, end - top)];
  return first < last ? [[first, last]] : [];
}

/** Rows of an input that rows of the output need, at the most. */
export function needed(
  node: Node,
  input: number,
  made: Range,
  all: number,
  height: number,
): Range[] {
  const [n, , , channels] = node.inputs[input]!.type.shape;
  const isImage = channels !== undefined && n === 1;
  if (node.attrs.declared !== undefined) return [[0, height]];
  if (node.op === "ConvTranspose2D" && isImage && input === 0)
    return reaching(node, made, all, height);
  if (node.op === "Slice" && isImage) return picked(node, made, height);
  const isWindowed = /^(Conv2D|AveragePool2D|MaxPool2D)$/.test(node.op);
  if (isWindowed && isImage && input === 0) return seen(node, made, all, height);
  if (
    /^(ResizeNearest|Interpolate)$/.test(node.op) &&
    node.attrs.axis === 1 &&
    isImage &&
    input === 0
  ) {
    const taps = node.op === "Interpolate" ? node.inputs[2]!.type.shape[1]! : 1;
    const rows = Array.from(constantOf(node.inputs[1])!.data, Number).slice(...made);
    return rows.filter((row) => row >= 0).map((row) => [row, row + taps]);
  }
  if (node.op === "Pad" && isImage && input === 0) return inside(node, made, height);
  return [isImage && height === all ? made : [0, height]];
}
