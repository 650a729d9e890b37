/** Rows of values and of nodes: what a network can be streamed by. */
import { type Graph, makeNode, type Node, num, str, type Value } from "../ir/graph.ts";
import { elementBytes, elementCount, type TensorType, typeBytes } from "../ir/types.ts";
import { operatorOf } from "../ops/registry.ts";

/**
 * How a value's rows lie, one after the other: `count` rows in each of `planes` planes. Of a value
 * that is no image of one batch the whole is one row.
 */
export interface RowLayout {
  readonly count: number;
  readonly planes: number;
  /** Of a row in one plane. */
  readonly bytes: number;
}

/** Whether a node's output is stored as planes; pools keep the layout of their input. */
export const makesPlanes = (node: Node): boolean =>
  str(node, node.op.startsWith("Conv") ? "y_layout" : "x_layout") === "NCHW";

/** Images stored as planes [1,C,H,W], which convolutions at the boundary read and write. */
export function planarValues({ nodes }: Graph): Set<Value> {
  const planar = new Set<Value>();
  for (const node of nodes) {
    if (str(node, "x_layout") === "NCHW") planar.add(node.inputs[0]!);
    if (makesPlanes(node)) planar.add(node.outputs[0]!);
  }
  return planar;
}

export function rowLayout({ type }: Value, isPlanar: boolean): RowLayout {
  const { shape, elem } = type;
  const bytes = typeBytes(type);
  if (shape.length !== 4 || shape[0] !== 1 || bytes === 0) return { count: 1, planes: 1, bytes };
  const [, a, b, c] = shape as [number, number, number, number];
  const size = elementBytes(elem);
  return isPlanar
    ? { count: b, planes: a, bytes: c * size }
    : { count: a, planes: 1, bytes: b * c * size };
}

/** For each row of the output, the first row of an input that it needs, and the last one plus 1. */
export interface RowMap {
  readonly first: Int32Array;
  readonly end: Int32Array;
  /** Rows of the input in all, and whether it is read as planes. */
  readonly height: number;
  readonly isPlanar: boolean;
}

/** The height of an image as a node reads it. */
const heightOf = (node: Node, { type }: Value): number =>
  type.shape[str(node, "x_layout") === "NCHW" ? 2 : 1]!;

/**
 * The rows of an input that rows of the output [1,H,W,C] need; undefined where any row may need all
 * of it, or the output has no rows.
 */
export function rowMap(node: Node, input: number): RowMap | undefined {
  const [x, y] = [node.inputs[input]!, node.outputs[0]!];
  const isImage = [x, y].every(({ type }) => type.shape.length === 4 && type.shape[0] === 1);
  if (node.outputs.length !== 1 || !isImage || makesPlanes(node)) return undefined;
  const read = operatorOf(node).rows?.(node, input);
  if (!read) return undefined;
  const [rows, height] = [y.type.shape[1]!, heightOf(node, x)];
  const [first, end] = [new Int32Array(rows), new Int32Array(rows)];
  for (let row = 0; row < rows; row++) {
    const [from, to] = read(row);
    first[row] = Math.min(height - 1, Math.max(0, from));
    end[row] = Math.min(height, Math.max(first[row]!, to));
  }
  return { first, end, height, isPlanar: str(node, "x_layout") === "NCHW" };
}

const withRows = (type: TensorType, axis: number, rows: number): TensorType => ({
  ...type,
  shape: type.shape.map((d, i) => (i === axis ? rows : d)),
});

/**
 * The node with so many rows of output, none of which sees padding above or below: what it costs to
 * make them, and for elementwise nodes, what makes them.
 */
export function rowNode(node: Node, rows: number): Node {
  const y = node.outputs[0]!;
  const middle = Math.floor((y.type.shape[1]! - rows) / 2);
  const axis = str(node, "x_layout") === "NCHW" ? 2 : 1;
  const inputs = node.inputs.map((value, i): Value | undefined => {
    const map = value && value.node.op !== "Constant" ? rowMap(node, i) : undefined;
    if (!value || !map) return value;
    const read = operatorOf(node).rows!(node, i)!;
    const count = read(middle + rows - 1)[1] - read(middle)[0];
    return { ...value, type: withRows(value.type, axis, count) };
  });
  const pads = node.attrs.pads as readonly number[] | undefined;
  const attrs = pads ? { ...node.attrs, pads: [0, pads[1]!, 0, pads[3]!] } : node.attrs;
  return makeNode({ ...node, inputs, attrs, types: [withRows(y.type, 1, rows)], names: [y.name] });
}

/** Whether constants of an elementwise node are the same for all rows. */
const hasEvenConstants = (node: Node): boolean =>
  node.inputs.every((v) => v?.node.op !== "Constant" || (v.type.shape.at(-3) ?? 1) === 1);

/** Operators that make rows by calls of their own, on nodes of so many rows. */
export const isSliced = (node: Node): boolean =>
  !["Conv2D", "ConvTranspose2D", "AveragePool2D", "MaxPool2D", "Pad"].includes(node.op) &&
  node.inputs.some((v, i) => v && operatorOf(node).rows?.(node, i)) &&
  hasEvenConstants(node) &&
  elementCount(node.outputs[0]!.type.shape) > 0 &&
  num(node, "axis", 3) > 1;
