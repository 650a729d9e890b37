/**
 * The choice of a way for every operation: the fastest within numbers of bytes, or the smallest
 * within a time. Times and constants add up; bytes of SRAM are those of the schedule that follows
 * from all ways together.
 */
import type { Kernel } from "../kernels/kernel.ts";
import { disjoint, type Memory, type Method, memoryOf } from "./buffers.ts";
import type { Network } from "./network.ts";
import { placedBytes } from "./place.ts";
import { type Slice, schedule } from "./schedule.ts";
import type { Way } from "./ways.ts";

/**
 * A way for each operation, by its index; then for each operation 1 if those after it wait for all
 * of its rows, else 0.
 */
export type Choice = readonly number[];

export interface Draft {
  readonly methods: readonly Method[];
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
  /** No arena of its schedule is smaller. */
  readonly liveBytes: number;
}

/** Bytes that a candidate may take. */
export interface Limits {
  readonly bytes: number;
  readonly flash: number;
}

/** Of so many blocks, only what is settled on is placed: other choices go by bytes in use. */
const manyBlocks = 700;
const lazyTries = 4;
const shrinkRounds = 3;
/** How many calls of kernels, over all choices, are looked at on the way. */
const shrinkWork = 1.5e7;

/** How many choices are looked at on the way to fewer bytes. */
const slimTries = 500;

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

/** What is remembered of a choice. */
interface Outlook {
  /** Bytes in use by tick, the most of them, and when each slice of which operation begins. */
  readonly usage: Int32Array;
  readonly live: number;
  readonly ticks: Int32Array;
  readonly operations: Int32Array;
  /** Bytes of an arena, once it has been placed; and what would have been enough then. */
  placed?: number;
  enough?: number;
}

/** Bytes that remembered choices may take. */
const outlooksBytes = 1 << 26;

export class Search {
  readonly #outlooks = new Map<string, Outlook>();
  #outlooksBytes = 0;
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
      const isLast = choice[operations.length + i] === 1;
      return { rows, accumulates, height: accumulates ? inputHeight : height, isLast };
    });
    const slices = schedule(operations, paces);
    return { methods, slices, memory: memoryOf(this.#network, methods, slices, unit) };
  }

  #outlook(choice: Choice): Outlook {
    const key = choice.join();
    const known = this.#outlooks.get(key);
    if (known) return known;
    const { slices, memory } = this.draft(choice);
    const bytes = usage(memory);
    const outlook = {
      usage: bytes,
      live: bytes.reduce((a, b) => Math.max(a, b), 0),
      ticks: memory.ticks,
      operations: Int32Array.from(slices, (s) => s.operation),
    };
    this.#outlooksBytes += 4 * (bytes.length + 2 * slices.length) + 2 * key.length;
    if (this.#outlooksBytes < outlooksBytes) this.#outlooks.set(key, outlook);
    return outlook;
  }

  /** Bytes of an arena that is found quickly; no search for less than `enough`. */
  #placedBytes(choice: Choice, enough = 0): number {
    const outlook = this.#outlook(choice);
    const { placed = Infinity, enough: before = Infinity } = outlook;
    if (placed <= enough || placed > before) return placed;
    outlook.placed = placedBytes(this.draft(choice).memory.blocks, enough);
    outlook.enough = enough;
    return outlook.placed;
  }

  #chosen(choice: Choice): Way[] {
    return this.#ways.map((ways, i) => ways[choice[i]!]!);
  }

  #flash(choice: Choice): number {
    const ways = this.#chosen(choice);
    const kernels = new Set(ways.map((w) => w.kernel));
    const code = [...kernels].reduce((sum, k) => sum + this.#code(k), 0);
    return ways.reduce((sum, w) => sum + w.constants, code);
  }

  /** Whether placing its blocks takes long. */
  isLarge({ choice }: Candidate): boolean {
    return this.draft(choice).memory.blocks.length > manyBlocks;
  }

  candidate(choice: Choice): Candidate {
    const ways = this.#chosen(choice);
    return {
      choice,
      liveBytes: this.#outlook(choice).live,
      bytes: this.#placedBytes(choice),
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
    const ways = this.#ways.map((own) => {
      const sizes = own.map(by);
      return sizes.reduce((best, size, i) => (isLess(size, sizes[best]!) ? i : best), 0);
    });
    return this.candidate([...ways, ...ways.map(() => 0)]);
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

  /** Other ways wherever fewer bytes are in use at the most. */
  shrink(from: Candidate, flashMax: number): Candidate {
    const choice = [...from.choice];
    let least = from.liveBytes;
    let isBetter = true;
    let work = 0;
    for (let round = 0; isBetter && round < shrinkRounds; round++) {
      isBetter = false;
      for (const i of this.#shrinkable(choice, least))
        for (let way = 0; way < this.#countAt(i) && work < shrinkWork; way++) {
          const own = choice[i]!;
          if (way === own) continue;
          choice[i] = way;
          const { live, operations } = this.#outlook(choice);
          work += operations.length;
          if (live >= least || this.#flash(choice) > flashMax) choice[i] = own;
          else {
            isBetter = true;
            least = live;
          }
        }
    }
    return this.candidate(choice);
  }

  #countAt(i: number): number {
    return this.#ways[i]?.length ?? 2;
  }

  /** Places in a choice, the last first; where all are too many, those that the peak depends on. */
  #shrinkable(choice: Choice, live: number): number[] {
    const tries = choice.reduce((sum, _, i) => sum + this.#countAt(i) - 1, 0);
    const calls = this.#outlook(choice).operations.length;
    const all = choice.map((_, i) => i).reverse();
    if (tries * calls <= shrinkWork / shrinkRounds) return all;
    const { hot } = this.#excess(choice, live - 1);
    return all.filter((i) => hot.has(i % this.#ways.length));
  }

  /** Every operation with the least flash. */
  leanest(): Candidate {
    return this.#least((w) => [w.constants + this.#code(w.kernel), w.time]);
  }

  /** The bytes of a choice, or Infinity if these or its flash are beyond the limits. */
  #bytesWithin(choice: Choice, { bytes, flash }: Limits, isPlaced: boolean): number {
    if (flash !== Infinity && this.#flash(choice) > flash) return Infinity;
    if (bytes === Infinity) return 0;
    const { live } = this.#outlook(choice);
    if (live > bytes) return Infinity;
    const placed = isPlaced ? this.#placedBytes(choice, bytes) : live;
    return placed <= bytes ? placed : Infinity;
  }

  /**
   * Faster ways wherever the limits allow, those first that save the most time. What is beyond the
   * limit of bytes at first may get no larger.
   */
  fasten(from: Candidate, limits: Limits): Candidate {
    if (!this.isLarge(from)) return this.#fastened(from, limits, true);
    let found = from;
    let live = limits.bytes;
    for (let i = 0; i < lazyTries; i++) {
      const start = { ...from, bytes: from.liveBytes };
      found = this.#fastened(start, { ...limits, bytes: live }, false);
      if (found.bytes <= limits.bytes || live <= from.liveBytes) return found;
      live = Math.max(from.liveBytes, live - (found.bytes - limits.bytes));
    }
    return found;
  }

  /** @param isPlaced whether the arena is held against the limit, not just the bytes in use. */
  #fastened(from: Candidate, limits: Limits, isPlaced: boolean): Candidate {
    const choice = [...from.choice];
    let most = Math.max(from.bytes, limits.bytes);
    let isBetter = true;
    for (let round = 0; isBetter && round < 3; round++) {
      isBetter = false;
      const saving = (i: number) => this.#ways[i]![choice[i]!]!.time - this.#ways[i]![0]!.time;
      const order = this.#ways.map((_, i) => i).filter((i) => saving(i) > 0);
      for (const i of order.sort((a, b) => saving(b) - saving(a) || a - b)) {
        const own = choice[i]!;
        for (let way = 0; way < own; way++) {
          choice[i] = way;
          const bytes = this.#bytesWithin(choice, { ...limits, bytes: most }, isPlaced);
          if (bytes < Infinity) {
            most = Math.max(bytes, limits.bytes);
            isBetter = true;
            break;
          }
          choice[i] = own;
        }
      }
    }
    return this.candidate(choice);
  }

  /** Bytes times ticks beyond a limit, and the operations that run then or touch what these do. */
  #excess(choice: Choice, limit: number): { area: number; hot: Set<number> } {
    const { usage: bytes, ticks, operations } = this.#outlook(choice);
    let area = 0;
    const hot = new Set<number>();
    operations.forEach((operation, s) => {
      let own = 0;
      for (let t = ticks[s]!; t < ticks[s + 1]!; t++) own += Math.max(0, bytes[t]! - limit);
      area += own;
      if (own > 0) hot.add(operation);
    });
    for (const i of [...hot])
      for (const operand of this.#network.operations[i]!.operands) {
        if (!operand) continue;
        const { made, readers } = this.#network.tensors[operand.tensor]!;
        for (const { operation } of [...made, ...readers]) hot.add(operation);
      }
    return { area, hot };
  }

  /**
   * Smaller ways where more bytes are in use than the limit, those first that take the least time
   * for what they save; then faster ones again wherever that leaves room.
   */
  slim(from: Candidate, limits: Limits, timeMax: number): Candidate {
    const choice = [...from.choice];
    let { area, hot } = this.#excess(choice, limits.bytes);
    let time = from.time;
    for (let tries = 0; area > 0 && time <= timeMax && tries < slimTries; ) {
      let best: { i: number; way: number; worth: number } | undefined;
      for (const i of [...hot].sort((a, b) => a - b))
        for (const [way, { time: needed }] of this.#ways[i]!.entries()) {
          const own = choice[i]!;
          if (way === own) continue;
          tries++;
          choice[i] = way;
          const left = this.#excess(choice, limits.bytes).area;
          choice[i] = own;
          const worth = (area - left) / Math.max(1, needed - this.#ways[i]![own]!.time);
          if (left < area && worth > (best?.worth ?? 0)) best = { i, way, worth };
        }
      if (!best) break;
      choice[best.i] = best.way;
      ({ area, hot } = this.#excess(choice, limits.bytes));
      time = this.#chosen(choice).reduce((sum, w) => sum + w.time, 0);
    }
    const found = this.candidate(choice);
    return found.bytes <= limits.bytes ? this.fasten(found, limits) : found;
  }

  /** Faster ways, those first that save the most time for their flash, until the time is met. */
  hasten(from: Candidate, time: number): Candidate {
    const choice = [...from.choice];
    for (let left = from.time - time; left > 0; ) {
      let best: { i: number; way: number; worth: number; saved: number } | undefined;
      for (const [i, own] of choice.slice(0, this.#ways.length).entries())
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
