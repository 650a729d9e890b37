/** Memory that an input and the output share, as closely as what a kernel says of its order allows. */
import { constantOf, type Node } from "../../compiler/ir/graph.ts";
import { numbers } from "../../compiler/ir/tensor.ts";
import { elementBytes, type TensorType, typeBytes } from "../../compiler/ir/types.ts";
import { inPlaceInputs, type Kernel } from "../../compiler/kernels/kernel.ts";
import { type KernelCall, windowOf } from "./case.ts";
import type { Random } from "./random.ts";

/** Where input and output begin in the memory, and its size, in bytes. */
export interface Shared {
  readonly input: number;
  readonly x: number;
  readonly y: number;
  readonly bytes: number;
}

/** An input that may lie over the output: no constant, and read nowhere else. */
const isFree = (node: Node, input: number): boolean => {
  const value = node.inputs[input];
  return (
    value !== undefined &&
    !constantOf(value) &&
    node.inputs.indexOf(value) === input &&
    node.inputs.lastIndexOf(value) === input
  );
};

const shared = (node: Node, input: number, x: number, y: number): Shared => {
  const [inBytes, outBytes] = [
    typeBytes(node.inputs[input]!.type),
    typeBytes(node.outputs[0]!.type),
  ];
  return { input, x, y, bytes: Math.max(x + inBytes, y + outBytes) };
};

/** The output from the input's beginning on. */
function inPlace(node: Node, kernel: Kernel): Shared | undefined {
  const fits = (i: number) => typeBytes(node.outputs[0]!.type) <= typeBytes(node.inputs[i]!.type);
  const input = inPlaceInputs(kernel, node).find((i) => isFree(node, i) && fits(i));
  return input === undefined ? undefined : shared(node, input, 0, 0);
}

/** The output anywhere. */
function readFirst(node: Node, kernel: Kernel, random: Random): Shared | undefined {
  if (!kernel.readsFirst?.(node) || !isFree(node, 0)) return undefined;
  const place = () => 8 * random.int(0, 4);
  return shared(node, 0, place(), place());
}

/** Rows are those of an image's height, else along the first axis. */
const rowAxis = ({ shape }: TensorType): number => (shape.length === 4 ? 1 : 0);
const rowCount = (type: TensorType): number => type.shape[rowAxis(type)]!;
const rowBytes = (type: TensorType): number => typeBytes(type) / rowCount(type);
const isOneImage = ({ shape }: TensorType): boolean => shape.length !== 4 || shape[0] === 1;

/** Rows of the input that the window of one row of the output meets. */
function windowRead(w: Readonly<Record<string, number>>, row: number): number[] {
  const read: number[] = [];
  for (let k = 0; k < w.kernel_h!; k++) {
    const at = row * w.stride_h! - w.pad_h! + k * w.dilation_h!;
    if (at >= 0 && at < w.in_h!) read.push(at);
  }
  return read;
}

/** Rows of the first input that a row of the output depends on. */
export function rowsRead(node: Node, call: KernelCall, row: number): readonly number[] {
  const { constants, shape, takesRows } = call.binding;
  const window = windowOf(call);
  if (takesRows && window.kernel_h !== undefined) return windowRead(window, row);
  if (node.op === "Pad") {
    const from = row - (shape.top as number);
    return from >= 0 && from < window.in_h! ? [from] : [];
  }
  if (node.op === "ResizeNearest") return [Number(numbers(constantOf(node.inputs[1])!)[row])];
  if (node.op !== "Interpolate") return [row];
  const begin = Number(constants[0]!.data[row]);
  const { taps_h: taps } = shape.image as Record<string, number>;
  return begin < 0 ? [] : Array.from({ length: taps! }, (_, i) => begin + i);
}

/**
 * The output from the memory's beginning on and the input as few bytes later as its order allows:
 * when a row is written, rows that are read from `rows` - 1 rows before it on are still there.
 */
function overlapped(node: Node, kernel: Kernel, call: KernelCall): Shared | undefined {
  const rows = kernel.rowsAtOnce?.(node) ?? Number.POSITIVE_INFINITY;
  const [x, y] = [node.inputs[0]!.type, node.outputs[0]!.type];
  if (!Number.isFinite(rows) || !isFree(node, 0) || !isOneImage(x) || !isOneImage(y))
    return undefined;
  const [from, to] = [rowBytes(x), rowBytes(y)];
  let distance = 0;
  for (let written = 0; written < rowCount(y); written++)
    for (let row = Math.max(0, written - rows + 1); row < rowCount(y); row++)
      for (const read of rowsRead(node, call, row))
        distance = Math.max(distance, (written + 1) * to - read * from);
  const unit = Math.max(elementBytes(x.elem), elementBytes(y.elem));
  return shared(node, 0, Math.ceil(distance / unit) * unit, 0);
}

export function sharedOf(
  node: Node,
  kernel: Kernel,
  calls: readonly KernelCall[],
  random: Random,
): Shared | undefined {
  const all = [
    inPlace(node, kernel),
    readFirst(node, kernel, random),
    overlapped(node, kernel, calls[0]!),
  ];
  const some = all.filter((s) => s !== undefined);
  return some.length > 0 ? random.pick(some) : undefined;
}
