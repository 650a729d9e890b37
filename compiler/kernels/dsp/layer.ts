/** What int8 convolutions and fully connected layers for cores with DSP instructions share. */
import type { Node } from "../../ir/graph.ts";
import { elementCount } from "../../ir/types.ts";
import { geometry, hasConstantWeights } from "../conv.ts";
import { type Core, hasTypes, inputType } from "../kernel.ts";
import type { Rescaling } from "./pack.ts";

export const isInteger = (node: Node): boolean =>
  hasTypes(node, ["int8", "int8", "int32"], "int8") && hasConstantWeights(node);

export const core = (macro: string, first: readonly number[], r: Rescaling): Core =>
  r.raw
    ? { macro: `${macro}_RAW`, arguments: first }
    : { macro, arguments: [...first, ...r.arguments] };

export const tapsOf = (node: Node): number => {
  const { shape } = inputType(node, 1);
  return elementCount(shape) / shape[0]!;
};

/** Rows made at once where channels are innermost; of other layouts no order is promised. */
export function rowsAtOnce(node: Node, rows: number): number {
  const { x, y } = geometry(node);
  return x[1] === 1 && y[1] === 1 ? rows : Number.POSITIVE_INFINITY;
}

/** Groups of four filters that a call makes. */
export const groupsOf = (node: Node): number => {
  const filters = node.op === "Conv2D" ? geometry(node).filters : inputType(node, 1).shape[0]!;
  return Math.ceil(filters / 4);
};
