import type { Node, Value } from "./graph.ts";

/**
 * A piece of the arena: `bytes` from `offset`, in use from step `begin` to step `end`, both
 * included.
 */
export interface Buffer {
  readonly id: number;
  readonly bytes: number;
  readonly offset: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * Rows `rowBegin` to `rowEnd` (excluded) of a value, stored from `byteOffset` of a buffer. A row is
 * all elements with one index H of an NHWC tensor; other tensors have a single row.
 */
export interface Region {
  readonly value: Value;
  readonly buffer: number;
  readonly byteOffset: number;
  readonly rowBegin: number;
  readonly rowEnd: number;
}

/** Memory that a step uses for itself, from `byteOffset` of a buffer. */
export interface Scratch {
  readonly buffer: number;
  readonly byteOffset: number;
  readonly bytes: number;
}

/** One call of a kernel. `inputs` leaves out constants, which live in flash. */
export interface Step {
  readonly node: Node;
  readonly inputs: readonly (Region | undefined)[];
  readonly outputs: readonly Region[];
  readonly scratch?: Scratch;
}

export interface Plan {
  readonly arenaBytes: number;
  readonly alignBytes: number;
  readonly buffers: readonly Buffer[];
  readonly steps: readonly Step[];
  /** Where the graph's inputs and outputs are before and after a run; constants have none. */
  readonly inputs: readonly Region[];
  readonly outputs: readonly (Region | undefined)[];
}
