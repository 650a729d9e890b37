/** C expressions for where values lie in the arena `a`. */
import type { Value } from "../ir/graph.ts";
import type { Place, Region } from "../ir/plan.ts";
import { elementBytes } from "../ir/types.ts";
import { cType } from "./c.ts";

/** A pointer to elements of a value at an address. */
export function pointerText({ type }: Value, address: string, isConst: boolean): string {
  const elem = cType(type.elem);
  return isConst
    ? `(const ${elem} *)(const void *)(${address})`
    : `(${elem} *)(void *)(${address})`;
}

/** Where element `start` of a value that is one piece lies. */
export const addressText = ({ type }: Value, { offset }: Place, start = 0): string =>
  `a + ${offset + start * elementBytes(type.elem)}`;

/** Bytes of so many rows of an image. */
export const bytesOf = ({ value }: Region, rows: number): number =>
  value.type.shape.slice(2).reduce((a, b) => a * b, rows) * elementBytes(value.type.elem);

/** The application's rows of input `index` from row `begin` on, as many as the region has. */
export function deliveryText(
  index: number,
  region: Region,
  begin: string,
  to: string,
  indent: string,
): string {
  const count = region.rowEnd - region.rowBegin;
  if (count === 1) return `${indent}read(context, ${index}, (int)(${begin}), ${to});`;
  return [
    `${indent}for (int32_t r = 0; r < ${count}; r++) {`,
    `${indent}    read(context, ${index}, (int)(${begin} + r), ${to} + ${bytesOf(region, 1)} * r);`,
    `${indent}}`,
  ].join("\n");
}
