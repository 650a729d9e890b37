/** C expressions for where values lie in the arena `a`. */
import type { Value } from "../ir/graph.ts";
import type { Place } from "../ir/plan.ts";
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
