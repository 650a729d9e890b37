/** C expressions for where values lie: in the arena `a`, or in that of another memory. */
import type { Value } from "../ir/graph.ts";
import type { Place, Plan, Pool, Region } from "../ir/plan.ts";
import { elementBytes } from "../ir/types.ts";
import { cType } from "./c.ts";

/** A pointer to elements of a value at an address. */
export function pointerText({ type }: Value, address: string, isConst: boolean): string {
  const elem = cType(type.elem);
  return isConst
    ? `(const ${elem} *)(const void *)(${address})`
    : `(${elem} *)(void *)(${address})`;
}

/** A pool's arena, as the code of a run knows it. */
export interface Base {
  readonly name: string;
  /** The plan's address of its first byte. */
  readonly begin: number;
}

/** The arena of a memory besides the one that the caller gives. */
export const arenaOfPool = (prefix: string, { memory }: Pool): string =>
  `${prefix}_arena_${memory}`;

/** Where addresses of a plan are found. */
export class Addresses {
  readonly #bases: readonly (Base & { readonly end: number })[];

  constructor({ pools, arenaBytes }: Plan, prefix: string) {
    const others = pools.slice(1).map((p) => ({ ...p, name: arenaOfPool(prefix, p) }));
    this.#bases = [{ name: "a", begin: 0, end: pools[0]?.end ?? arenaBytes }, ...others];
  }

  base(offset: number): Base {
    return this.#bases.find(({ end }) => offset < end) ?? this.#bases.at(-1)!;
  }

  at(offset: number): string {
    const { name, begin } = this.base(offset);
    return `${name} + ${offset - begin}`;
  }

  /** Where element `start` of a value that is one piece lies. */
  of({ type }: Value, { offset }: Place, start = 0): string {
    const { name, begin } = this.base(offset);
    return `${name} + ${offset - begin + start * elementBytes(type.elem)}`;
  }
}

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
