/**
 * The choice of a way for every operation: the fastest within numbers of bytes, or the smallest
 * within a time. Times and constants add up; bytes of SRAM are those of the schedule that follows
 * from all ways together.
 */
import type { Kernel } from "../kernels/kernel.ts";
import { disjoint, type Memory, memoryOf } from "./buffers.ts";
import type { Network } from "./network.ts";
import { placedBytes } from "./place.ts";
import { type Slice, schedule } from "./schedule.ts";
import type { Way } from "./ways.ts";

/** A way for each operation, by its index. */
export type Choice = readonly number[];

export interface Draft {
  readonly slices: readonly Slice[];
  readonly memory: Memory;
}

export interface Candidate {
  readonly choice: Choice;
  /** Of an arena that is found quickly. */
  readonly bytes: number;
  /** Of constants, and of code as measured. */
  readonly flash: number;
  readonly time: number;
  readonly instructions: number;
}

/** Bytes that a candidate may take. */
export interface Limits {
  readonly bytes: number;
  readonly flash: number;
}

/** The bytes in use at every tick. */
export function usage({ blocks, ticks }: Memory): Int32Array {
  const bytes = new Int32Array(ticks.at(-1)! + 2);
  for (const block of blocks)
    for (const { from, to, begin, end } of disjoint(block)) {
      bytes[begin]! += to - from;
      bytes[end]! -= to - from;
    }
  for (let t = 1; t < bytes.length; t++) bytes[t]! += bytes[t - 1]!;
  return bytes;
}

/** The most bytes in use at a time. */
export const liveBytes = (memory: Memory): number =>
  usage(memory).reduce((a, b) => Math.max(a, b), 0);

export class Search {
  readonly #network: Network;
  readonly #ways: readonly (readonly Way[])[];
  readonly #code: (kernel: Kernel) => number;

  /** @param code bytes of a kernel's code. */
  constructor(
    network: Network,
    ways: readonly (readonly Way[])[],
    code: (kernel: Kernel) => number,
  ) {
    this.#network = network;
    this.#ways = ways;
    this.#code = code;
  }

  /** @param unit that rows which lie apart are aligned to. */
  draft(choice: Choice, unit = 1): Draft {
    const { operations } = this.#network;
    const methods = this.#chosen(choice).map((w) => w.method);
    const paces = methods.map(({ rows, accumulates }, i) => {
      const { height, inputHeight } = operations[i]!;
      return { rows, accumulates, height: accumulates ? inputHeight : height };
    });
    const slices = schedule(operations, paces);
    return { slices, memory: memoryOf(this.#network, methods, slices, unit) };
  }

  #chosen(choice: Choice): Way[] {
    return choice.map((way, i) => this.#ways[i]![way]!);
  }

  #flash(choice: Choice): number {
    const ways = this.#chosen(choice);
    const kernels = new Set(ways.map((w) => w.kernel));
    const code = [...kernels].reduce((sum, k) => sum + this.#code(k), 0);
    return ways.reduce((sum, w) => sum + w.constants, code);
  }

  candidate(choice: Choice): Candidate {
    const ways = this.#chosen(choice);
    return {
      choice,
      bytes: placedBytes(this.draft(choice).memory.blocks),
      flash: this.#flash(choice),
      time: ways.reduce((sum, w) => sum + w.time, 0),
      instructions: ways.reduce((sum, w) => sum + w.instructions, 0),
    };
  }

  /** Every operation at what is least by these numbers, the first of which counts most. */
  #least(by: (way: Way) => readonly number[]): Candidate {
    const isLess = (a: readonly number[], b: readonly number[]): boolean => {
      const i = a.findIndex((n, at) => n !== b[at]);
      return i >= 0 && a[i]! < b[i]!;
    };
    return this.candidate(
      this.#ways.map((ways) => {
        const sizes = ways.map(by);
        return sizes.reduce((best, size, i) => (isLess(size, sizes[best]!) ? i : best), 0);
      }),
    );
  }

  /** Every operation at its fastest. */
  fastest(): Candidate {
    return this.#least((w) => [w.time]);
  }

  /** Every operation by its fewest rows, and of these with the least scratch memory. */
  finest(): Candidate {
    const whole = ({ method }: Way) => (method.accumulates ? 0 : 1);
    return this.#least((w) => [w.method.rows, whole(w), w.method.scratchBytes]);
  }

  /** Every operation with the least flash. */
  leanest(): Candidate {
    return this.#least((w) => [w.constants + this.#code(w.kernel), w.time]);
  }

  #isWithin(choice: Choice, { bytes, flash }: Limits): boolean {
    if (flash !== Infinity && this.#flash(choice) > flash) return false;
    if (bytes === Infinity) return true;
    const { memory } = this.draft(choice);
    return liveBytes(memory) <= bytes && placedBytes(memory.blocks) <= bytes;
  }

  /** Faster ways wherever the limits allow, those first that save the most time. */
  fasten(from: Candidate, limits: Limits): Candidate {
    const choice = [...from.choice];
    let isBetter = true;
    for (let round = 0; isBetter && round < 3; round++) {
      isBetter = false;
      const saving = (i: number) => this.#ways[i]![choice[i]!]!.time - this.#ways[i]![0]!.time;
      const order = choice.map((_, i) => i).filter((i) => saving(i) > 0);
      for (const i of order.sort((a, b) => saving(b) - saving(a) || a - b)) {
        const own = choice[i]!;
        for (let way = 0; way < own; way++) {
          choice[i] = way;
          if (this.#isWithin(choice, limits)) {
            isBetter = true;
            break;
          }
          choice[i] = own;
        }
      }
    }
    return this.candidate(choice);
  }

  /** Faster ways, those first that save the most time for their flash, until the time is met. */
  hasten(from: Candidate, time: number): Candidate {
    const choice = [...from.choice];
    for (let left = from.time - time; left > 0; ) {
      let best: { i: number; way: number; worth: number; saved: number } | undefined;
      for (const [i, own] of choice.entries())
        for (let way = 0; way < own; way++) {
          const [a, b] = [this.#ways[i]![own]!, this.#ways[i]![way]!];
          const saved = a.time - b.time;
          const flash = b.constants + this.#code(b.kernel) - a.constants - this.#code(a.kernel);
          const worth = saved / Math.max(1, flash);
          if (saved > 0 && worth > (best?.worth ?? 0)) best = { i, way, worth, saved };
        }
      if (!best) break;
      choice[best.i] = best.way;
      left -= best.saved;
    }
    return this.candidate(choice);
  }
}
