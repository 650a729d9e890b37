/** In which order kernels read rows of their first input and write rows of their output. */
import type { Node } from "../ir/graph.ts";
import { elementBytes, elementCount, type Shape, sameShape } from "../ir/types.ts";
import { type Fields, inputType, outputType } from "./kernel.ts";

/** For `rowsAtOnce`: no order of rows is promised. */
export const noOrder = Number.POSITIVE_INFINITY;

/** Rows are those of an image's height, or of what has not four axes those along the first one. */
const rowAxis = (shape: Shape): number => (shape.length === 4 ? 1 : 0);

/** For kernels that make images row by row along an axis. */
export function axisRows(node: Node, axis: number): number {
  const { shape } = outputType(node);
  return axis === rowAxis(shape) && elementCount(shape.slice(0, axis)) === 1 ? 1 : noOrder;
}

type Window = Readonly<Record<string, number>>;

/** Whether input and output are images whose pixels follow each other, channels innermost. */
const isDense = (w: Window): boolean =>
  w.x_channel === 1 &&
  w.x_column === w.in_c &&
  w.x_row === w.in_w! * w.in_c! &&
  w.y_channel === 1 &&
  w.y_column === w.out_c &&
  w.y_row === w.out_w! * w.out_c!;

/** Rows that are made together, where these are `rows`, of the C struct `mote_window`. */
export function windowRows(window: Fields, rows: number): number {
  const w = window as Window;
  return isDense(w) && w.batch === 1 ? Math.min(rows, w.out_h!) : noOrder;
}

/** Rows that a block of pixels lies in at most, the first one beginning at a row's first pixel. */
export function blockRows(window: Fields, pixels: number): number {
  const width = window.out_w as number;
  const rows = width % pixels === 0 ? 1 : Math.floor((width + pixels - 2) / width) + 1;
  return windowRows(window, rows);
}

/** The first pixel of the input, row by row, that may matter to a pixel of the output. */
function firstRead(w: Window, pixel: number): number {
  const row = Math.floor(pixel / w.out_w!) * w.stride_h! - w.pad_h!;
  const column = (pixel % w.out_w!) * w.stride_w! - w.pad_w!;
  return Math.max(0, row) * w.in_w! + Math.max(0, column);
}

/**
 * Whether blocks of pixels may be written to the input's own place, from its beginning on, if each
 * is read completely before it is written: what is written lies before all that is still read.
 */
export function blocksFitInPlace(node: Node, window: Fields, pixels: number): boolean {
  const w = window as Window;
  const [inBytes, outBytes] = [
    w.in_c! * elementBytes(inputType(node).elem),
    w.out_c! * elementBytes(outputType(node).elem),
  ];
  const total = w.out_h! * w.out_w!;
  if (!isDense(w) || total * outBytes > w.in_h! * w.in_w! * inBytes) return false;
  let first = Number.POSITIVE_INFINITY;
  for (let q = total - 1; q > 0; q--) {
    first = Math.min(first, firstRead(w, q));
    if (q % pixels === 0 && first * inBytes < q * outBytes) return false;
  }
  return true;
}

/** For kernels that read and write a few channels of a pixel after the others, each its own. */
export const channelsFitInPlace = (node: Node, window: Fields): boolean =>
  window.in_c === window.out_c && blocksFitInPlace(node, window, 1);

/** For kernels that go element by element, in order. */
export const elementRows = (node: Node): number =>
  sameShape(inputType(node).shape, outputType(node).shape) ? 1 : noOrder;
