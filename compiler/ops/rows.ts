/** Rows: the images with one index H of an [N,H,W,C] tensor, by which networks can be streamed. */
import type { Node } from "../ir/graph.ts";
import type { Window } from "./window.ts";

/** For a row of the output, rows [first, end) of an input; those outside the input are padding. */
export type RowsRead = (row: number) => readonly [first: number, end: number];

export const sameRow: RowsRead = (row) => [row, row + 1];

/** Elementwise operators: an operand as high as the output is read row by row, others all over. */
export const elementwiseRows = (node: Node, input: number): RowsRead | undefined => {
  const [x, y] = [node.inputs[input]!.type, node.outputs[0]!.type];
  return x.shape.length === y.shape.length && x.shape[1] === y.shape[1] ? sameRow : undefined;
};

/** `count` rows each from those of a list on, if that never goes back; −1 stands for none. */
export function listedRows(begins: ArrayLike<number>, count: number): RowsRead | undefined {
  let last = 0;
  const from = Array.from(begins, (b) => {
    if (b >= 0) last = b;
    return last;
  });
  if (from.some((b, i) => b < (from[i - 1] ?? 0))) return undefined;
  return (row) => [from[row]!, from[row]! + count];
}

/** Transposed convolutions: rows whose taps may reach a row of the output. */
export const transposedRows = ({ kernel, strides, dilations, padsBegin }: Window): RowsRead => {
  const reach = (kernel[0]! - 1) * dilations[0]!;
  return (row) => {
    const last = row + padsBegin[0]!;
    return [Math.ceil((last - reach) / strides[0]!), Math.floor(last / strides[0]!) + 1];
  };
};

/** Convolutions and pools over a window of rows. */
export const windowRows = ({ kernel, strides, dilations, padsBegin }: Window): RowsRead => {
  const extent = (kernel[0]! - 1) * dilations[0]! + 1;
  return (row) => {
    const first = row * strides[0]! - padsBegin[0]!;
    return [first, first + extent];
  };
};
