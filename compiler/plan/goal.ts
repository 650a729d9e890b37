/** What a plan is made for, and the search for it. */
import type { Optimize } from "../kernels/select.ts";
import type { Candidate, Search } from "./search.ts";

/** Bytes of SRAM and flash that a program may take. */
export interface Budgets {
  readonly sram?: number | undefined;
}

/** How much slower than the fastest program one of a goal may be. */
const slowdown: Readonly<Record<Optimize, number>> = {
  speed: 1,
  balanced: 1.02,
  size: Infinity,
  sram: 1.5,
};

/** Steps of the search for a number of bytes. */
const bisections = 8;

const isWithin = (c: Candidate, fastest: Candidate, factor: number): boolean =>
  c.time <= factor * fastest.time && c.instructions <= factor * fastest.instructions;

/** The smallest candidate that is at most so much slower than the fastest. */
function smallest(search: Search, factor: number): Candidate {
  const fastest = search.fastest();
  const finest = search.finest();
  if (factor === 1) return fastest;
  let best = fastest;
  let [low, high] = [Math.min(finest.bytes, fastest.bytes), fastest.bytes];
  for (let i = 0; i < bisections && low < high; i++) {
    const bytes = i === 0 ? low : Math.floor((low + high) / 2);
    const found = search.fasten(finest, bytes);
    if (found.bytes <= bytes && isWithin(found, fastest, factor)) {
      best = found.bytes < best.bytes ? found : best;
      high = Math.min(bytes, found.bytes);
    } else low = bytes + 1;
  }
  return best;
}

/** The candidate for a goal. */
export function candidateFor(search: Search, optimize: Optimize): Candidate {
  return smallest(search, slowdown[optimize]);
}
