import type { Node, Value } from "./graph.ts";

/** Bytes [from, to) of a buffer, in use in ticks [begin, end). */
export interface Part {
  readonly from: number;
  readonly to: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * A piece of the arena: `bytes` from `offset`. A step takes one tick, or several where its kernel's
 * order lets part of an operand die within it.
 */
export interface Buffer {
  readonly id: number;
  /** What lies in it, in the model's words. */
  readonly label: string;
  readonly bytes: number;
  readonly offset: number;
  readonly parts: readonly Part[];
}

/**
 * Where a value lies in the arena: all of it from `offset` on, or each of its rows at an offset of
 * its own. A row is all elements with one index H of an NHWC tensor; other tensors have one row.
 */
export interface Place {
  readonly offset: number;
  readonly rows?: readonly number[];
}

/** Rows `rowBegin` to `rowEnd` (excluded) of a value. */
export interface Region {
  readonly value: Value;
  readonly rowBegin: number;
  readonly rowEnd: number;
}

/** Memory of the arena that a step uses for itself. */
export interface Scratch {
  readonly offset: number;
  readonly bytes: number;
}

/** One call of a kernel. `inputs` leaves out constants, which live in flash. */
export interface Step {
  readonly node: Node;
  readonly inputs: readonly (Region | undefined)[];
  readonly outputs: readonly Region[];
  readonly scratch?: Scratch;
  /** Ticks [begin, end). */
  readonly begin: number;
  readonly end: number;
}

/**
 * Bytes [begin, end) of the addresses of a plan, which lie in one memory of the target, in an arena
 * of their own.
 */
export interface Pool {
  /** The target's name of it. */
  readonly memory: string;
  readonly begin: number;
  readonly end: number;
}

export interface Plan {
  /** Of all pools together. */
  readonly arenaBytes: number;
  readonly alignBytes: number;
  /** In the order of their addresses; none where the arena lies wherever the program puts it. */
  readonly pools: readonly Pool[];
  readonly buffers: readonly Buffer[];
  /** Of every value but constants. */
  readonly places: ReadonlyMap<Value, Place>;
  readonly steps: readonly Step[];
}

/** The nodes that run, in the order of their first steps. */
export const layersOf = ({ steps }: Plan): Node[] => [...new Set(steps.map(({ node }) => node))];
