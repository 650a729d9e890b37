/** What a plan is made for, and the search for it. */
import type { Optimize } from "../kernels/select.ts";
import type { Candidate, Limits, Search } from "./search.ts";

/** What to weigh, and bytes that the program may take at the most. */
export interface Goal {
  readonly optimize: Optimize;
  readonly maxSram?: number | undefined;
  readonly maxFlash?: number | undefined;
  /** Memories that what layers make has to lie in. */
  readonly memories?: ReadonlyMap<string, string> | undefined;
  /** Whether the frontier is to be found as well. */
  readonly pareto?: boolean | undefined;
}

/** How much slower than the fastest program within the budgets one may be. */
const slowdown = { speed: 1, balanced: 1.02, size: 2, sram: 1.5 } as const;

/**
 * Steps of the search for a number of bytes; and how many numbers below that are tried, since what
 * is found within more bytes is not always found faster.
 */
const bisections = 8;
const bisectionsOfLarge = 4;
const samples = 6;
const samplesOfLarge = 1;

/** By instructions; cycles, where the target has a model of them, may lose twice as much. */
const isWithin = (c: Candidate, fastest: Candidate, factor: number): boolean =>
  c.instructions <= factor * fastest.instructions && c.time <= timeWithin(fastest, factor);

const timeWithin = ({ time }: Candidate, factor: number): number => (2 * factor - 1) * time;

/** Of two programs that one is as fast as the other by an optimisation. */
export const timeOf = (time: number, optimize: Optimize): number => time * slowdown[optimize];

/** From this part of the fastest program's bytes on, a way down from it is looked for. */
const slimmable = 0.5;

/** The smaller first; of equals the faster. */
const bySize = (a: Candidate, b: Candidate): number => a.bytes - b.bytes || a.time - b.time;

/** Each of them once. */
const distinct = (all: readonly Candidate[]): Candidate[] =>
  all.filter((c, i) => all.findIndex((d) => d.bytes === c.bytes && d.time === c.time) === i);

/** Those that no other is better than in bytes and time, the fastest first. */
export function undominated(found: readonly Candidate[]): Candidate[] {
  const isWorse = (a: Candidate, b: Candidate) =>
    b.bytes <= a.bytes && b.time <= a.time && (b.bytes < a.bytes || b.time < a.time);
  const all = distinct(found);
  return all.filter((c) => !all.some((d) => isWorse(c, d))).sort((a, b) => a.time - b.time);
}

/** So many are placed exactly. */
const finalists = 3;

export class Goals {
  readonly #search: Search;
  readonly #goal: Goal;
  readonly #flash: number;
  #smallestFound: Candidate | undefined;

  constructor(search: Search, goal: Goal) {
    this.#search = search;
    this.#goal = goal;
    this.#flash = goal.maxFlash ?? Infinity;
  }

  /** Where searches under a limit begin: the fewest bytes of SRAM, and of flash if that counts. */
  #start(): Candidate {
    if (this.#smallestFound) return this.#smallestFound;
    const finest = this.#within(this.#search.finest());
    const shrunk = this.#search.shrink(finest, this.#flash);
    this.#smallestFound = shrunk.bytes < finest.bytes ? shrunk : finest;
    return this.#smallestFound;
  }

  #within(finest: Candidate): Candidate {
    return finest.flash <= this.#flash ? finest : this.#search.leanest();
  }

  /** The fastest within the flash that there is. */
  #fastest(): Candidate {
    const fastest = this.#search.fastest();
    if (fastest.flash <= this.#flash) return fastest;
    return this.within({ bytes: Infinity, flash: this.#flash });
  }

  /**
   * The fastest within limits that it may fail to meet: from the smallest on by faster ways, or
   * from the fastest on by smaller ones.
   * @param timeMax what takes longer is of no use.
   */
  within(limits: Limits, timeMax = Infinity): Candidate {
    const up = this.#search.fasten(this.#start(), limits);
    const fastest = this.#search.fastest();
    if (this.#search.isLarge(up)) return up;
    const isNear = limits.bytes < fastest.bytes && limits.bytes >= slimmable * fastest.bytes;
    if (!isNear || fastest.flash > limits.flash) return up;
    const down = this.#search.slim(fastest, limits, timeMax);
    return down.bytes <= limits.bytes && (up.bytes > limits.bytes || down.time < up.time)
      ? down
      : up;
  }

  /** Those that are at most so much slower than the fastest, the smallest first. */
  #smallest(factor: number): Candidate[] {
    const fastest = this.#fastest();
    if (factor === 1) return [fastest];
    const start = this.#start();
    const all = [fastest, start];
    const time = timeWithin(fastest, factor);
    /** What is found within so many bytes; whether it is fast enough and small enough. */
    const isMet = (bytes: number): boolean => {
      const found = this.within({ bytes, flash: this.#flash }, time);
      all.push(found);
      if (!isWithin(found, fastest, factor) || found.bytes > bytes) return false;
      high = Math.min(bytes, found.bytes);
      return true;
    };
    const least = Math.min(start.liveBytes, fastest.bytes);
    let [low, high] = [least, fastest.bytes];
    const isLarge = this.#search.isLarge(start);
    for (let i = 0; i < (isLarge ? bisectionsOfLarge : bisections) && low < high; i++) {
      const bytes = i === 0 ? low : Math.floor((low + high) / 2);
      if (!isMet(bytes)) low = bytes + 1;
    }
    const [ratio, count] = [least / high, isLarge ? samplesOfLarge : samples];
    for (let i = 1; i <= count && ratio < 1; i++)
      if (least < high) isMet(Math.floor(high * ratio ** (i / (count + 1))));
    return distinct(all.filter((c) => isWithin(c, fastest, factor))).sort(bySize);
  }

  /** Without regard to the budget of SRAM; which of them is smallest, their placement tells. */
  best(): Candidate[] {
    const { optimize } = this.#goal;
    if (optimize !== "size") return this.#smallest(slowdown[optimize]).slice(0, finalists);
    const time = slowdown.size * this.#fastest().time;
    return [this.#search.hasten(this.#search.leanest(), time)];
  }

  /** What a candidate of this arena falls short by, what counts most first. */
  shortfall(candidate: Candidate, bytes: number): number[] {
    const { optimize, maxSram = Infinity } = this.#goal;
    const { flash, time } = candidate;
    const isMet = isWithin(candidate, this.#fastest(), slowdown[optimize]);
    const over = [Math.max(0, bytes - maxSram), Math.max(0, flash - this.#flash)];
    return isMet ? [...over, 0, bytes, time] : [...over, 1, time, bytes];
  }

  /** What comes nearest to a budget that is hard to meet; also what `sram` would choose. */
  tightest(): Candidate[] {
    return [this.least(), ...this.#smallest(slowdown.sram).slice(0, finalists)];
  }

  /** The smallest at any time. */
  least(): Candidate {
    const { bytes } = this.#start();
    return this.within({ bytes, flash: this.#flash });
  }

  /** Candidates none of which is better than another in bytes and time, the fastest first. */
  frontier(): Candidate[] {
    const [fastest, least] = [this.#fastest(), this.least()];
    const found = [fastest, least];
    for (let i = 1; i < frontierPoints; i++) {
      const bytes = Math.round(least.bytes * (fastest.bytes / least.bytes) ** (i / frontierPoints));
      found.push(this.within({ bytes, flash: this.#flash }));
    }
    return undominated(found);
  }
}

const frontierPoints = 16;
