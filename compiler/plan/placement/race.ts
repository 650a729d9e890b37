/** One partition, searched in several static orders by turns. */
import { arranged, type Partition } from "./partition.ts";
import type { Problem } from "./problem.ts";
import { type Outcome, Search } from "./search.ts";

/** Nodes of the first round, a buffer. */
const nodesPerBuffer = 8;
/** Of the nodes, from round to round. */
const growth = 4;

/** MiniMalloc's orders TWA, TAW and WAT, each begun anew with more nodes every round. */
export class Race {
  /** Of the last run. */
  nodes = 0;
  readonly #runners: readonly { partition: Partition; search: Search }[];
  readonly #isExhaustive: boolean;

  constructor(problem: Problem, buffers: readonly number[]) {
    const [wa, aw] = [arranged(problem, buffers, "WA"), arranged(problem, buffers, "AW")];
    this.#runners = [
      { partition: wa, search: new Search(wa, true) },
      { partition: aw, search: new Search(aw, true) },
      { partition: wa, search: new Search(wa, false) },
    ];
    this.#isExhaustive = wa.isMonotone || !mayCycle(wa);
  }

  /** Writes the problem's offsets if a placement is found. */
  run(capacity: number, nodesMax: number, offsets: number[]): Outcome {
    this.nodes = 0;
    let limit = this.#runners[0]!.partition.count * nodesPerBuffer;
    for (; this.nodes < nodesMax; limit *= growth)
      for (const { partition, search } of this.#runners) {
        const outcome = search.run(capacity, Math.min(limit, nodesMax - this.nodes));
        this.nodes += search.nodes;
        if (outcome === "found")
          for (const [i, b] of partition.buffers.entries()) offsets[b] = search.offsets[i]!;
        if (outcome === "exhausted" && !this.#isExhaustive) return "limit";
        if (outcome !== "limit") return outcome;
      }
    return "limit";
  }
}

/**
 * Whether "above" may have a cycle: whether separations along one add to 0 or less (Bellman-Ford;
 * the separations are scaled so that such a sum is a negative one).
 */
function mayCycle({ count, start, other, above }: Partition): boolean {
  const distance = new Float64Array(count);
  for (let round = 0; round <= count; round++) {
    let isSettled = true;
    for (let a = 0; a < count; a++)
      for (let i = start[a]!; i < start[a + 1]!; i++) {
        const through = distance[a]! + above[i]! * (count + 1) - 1;
        if (through >= distance[other[i]!]!) continue;
        distance[other[i]!] = through;
        isSettled = false;
      }
    if (isSettled) return false;
  }
  return true;
}
