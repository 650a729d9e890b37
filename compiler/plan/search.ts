/**
 * The choice of a way for every operation: the fastest within a number of bytes, or the smallest
 * within a time. Times add up; bytes are those of the schedule that follows from all ways together.
 */
import { disjoint, type Memory, memoryOf } from "./buffers.ts";
import type { Network } from "./network.ts";
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
  /** No arena that holds it is smaller. */
  readonly bytes: number;
  readonly time: number;
  readonly instructions: number;
  readonly constants: number;
}

/** The most bytes in use at a time. */
export function liveBytes({ blocks, ticks }: Memory): number {
  const change = new Int32Array(ticks.at(-1)! + 2);
  for (const block of blocks)
    for (const { from, to, begin, end } of disjoint(block)) {
      change[begin]! += to - from;
      change[end]! -= to - from;
    }
  let [now, most] = [0, 0];
  for (const c of change) {
    now += c;
    most = Math.max(most, now);
  }
  return most;
}

export class Search {
  readonly #network: Network;
  readonly #ways: readonly (readonly Way[])[];

  constructor(network: Network, ways: readonly (readonly Way[])[]) {
    this.#network = network;
    this.#ways = ways;
  }

  /** @param unit that rows which lie apart are aligned to. */
  draft(choice: Choice, unit = 1): Draft {
    const { operations } = this.#network;
    const methods = choice.map((way, i) => this.#ways[i]![way]!.method);
    const slices = schedule(
      operations,
      methods.map((m) => m.rows),
    );
    return { slices, memory: memoryOf(this.#network, methods, slices, unit) };
  }

  #bytes(choice: Choice): number {
    return liveBytes(this.draft(choice).memory);
  }

  #sum(choice: Choice, of: "time" | "instructions" | "constants"): number {
    return choice.reduce((sum, way, i) => sum + this.#ways[i]![way]![of], 0);
  }

  candidate(choice: Choice): Candidate {
    return {
      choice,
      bytes: this.#bytes(choice),
      time: this.#sum(choice, "time"),
      instructions: this.#sum(choice, "instructions"),
      constants: this.#sum(choice, "constants"),
    };
  }

  /** Every operation at its fastest. */
  fastest(): Candidate {
    return this.candidate(this.#ways.map(() => 0));
  }

  /** Every operation by its fewest rows, and of these with the least scratch memory. */
  finest(): Candidate {
    const size = ({ method }: Way) => method.rows * 2 ** 32 + method.scratchBytes;
    return this.candidate(
      this.#ways.map((ways) =>
        ways.reduce((best, w, i) => (size(w) < size(ways[best]!) ? i : best), 0),
      ),
    );
  }

  /** Faster ways wherever the bytes allow, those first that save the most. */
  fasten(from: Candidate, bytesMax: number): Candidate {
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
          if (this.#bytes(choice) <= bytesMax) {
            isBetter = true;
            break;
          }
          choice[i] = own;
        }
      }
    }
    return this.candidate(choice);
  }
}
