/**
 * Placement of buffers in one arena, exactly: the smallest arena, or whether a given one is large
 * enough. "Optimal" and "infeasible" are proofs; for buffers with parts they hold among the
 * placements in which, of any two that meet, all that is in use of one lies above the other.
 */
import { placeProblem } from "./greedy.ts";
import { lowerBound, type Problem, prepare } from "./problem.ts";
import { Race } from "./race.ts";
import type { Outcome } from "./search.ts";
import { type Buffer, endOf, gcd, type Limits, type Placement } from "./types.ts";

const nodesOfFits = 20_000_000;
/** Nodes take the longer the more buffers there are. */
const nodesOfMinimize = (buffers: number): number =>
  Math.min(300_000, Math.ceil(60_000_000 / Math.max(1, buffers)));
/** A round of fewer nodes found nothing that more of them would. */
const rounding = 16;

export type Fit =
  | { readonly outcome: "fits"; readonly offsets: number[]; readonly nodes: number }
  | { readonly outcome: "infeasible" | "unknown"; readonly nodes: number };

export interface Minimum extends Placement {
  /** No placement needs fewer bytes. */
  readonly lowerBound: number;
  /** Optimal if proved to be. */
  readonly status: "optimal" | "feasible";
  readonly nodes: number;
}

/** All partitions of a problem, with one budget of nodes. */
class Solver {
  readonly problem: Problem;
  nodesLeft: number;
  readonly #races: readonly Race[];

  constructor(problem: Problem, nodes: number) {
    this.problem = problem;
    this.nodesLeft = nodes;
    this.#races = problem.partitions.map((partition) => new Race(problem, partition));
  }

  /** Whether `capacity` bytes are found to do, with at most `nodes`. */
  solve(capacity: number, nodes: number, offsets: number[]): Outcome {
    const stopAt = Math.max(0, this.nodesLeft - nodes);
    let outcome: Outcome = "found";
    for (const race of this.#races) {
      const ended = race.run(capacity, this.nodesLeft - stopAt, offsets);
      this.nodesLeft -= race.nodes;
      if (ended === "exhausted") return ended;
      if (ended === "limit") outcome = ended;
    }
    return outcome;
  }
}

export function fits(buffers: readonly Buffer[], capacity: number, limits: Limits = {}): Fit {
  if (lowerBound(buffers) > capacity) return { outcome: "infeasible", nodes: 0 };
  const problem = prepare(buffers);
  const greedy = placeProblem(problem);
  if (greedy.bytes <= capacity) return { outcome: "fits", offsets: greedy.offsets, nodes: 0 };
  const limit = limits.nodes ?? nodesOfFits;
  const solver = new Solver(problem, limit);
  const offsets: number[] = new Array(buffers.length).fill(0);
  const outcome = solver.solve(capacity, limit, offsets);
  const nodes = limit - solver.nodesLeft;
  if (outcome === "found") return { outcome: "fits", offsets, nodes };
  return { outcome: outcome === "exhausted" ? "infeasible" : "unknown", nodes };
}

/** All offsets that the search can find are multiples of it, and so are all ends. */
function unitOf({ buffers }: Problem): number {
  const lengths = buffers.flatMap((b) => [
    b.size,
    ...(b.parts ?? []).flatMap((p) => [p.from, p.to]),
  ]);
  let unit = lengths.reduce(gcd, 0) || 1;
  const aligns = [...new Set(buffers.map((b) => b.align ?? 1))];
  for (let odd: number | undefined = 1; odd !== undefined; ) {
    odd = aligns.find((a) => unit % a !== 0 && a % unit !== 0);
    if (odd !== undefined) unit = gcd(unit, odd);
  }
  return unit;
}

/**
 * Searches capacities between the bound and the best so far, the bound first and then by halves,
 * and again with twice the nodes for each until nothing is left to learn.
 */
export function minimize(buffers: readonly Buffer[], limits: Limits = {}): Minimum {
  const problem = prepare(buffers);
  let bound = lowerBound(buffers);
  let best: Placement = placeProblem(problem);
  const limit = limits.nodes ?? nodesOfMinimize(buffers.length);
  const answer = (nodes: number): Minimum => ({
    ...best,
    lowerBound: bound,
    status: best.bytes <= bound ? "optimal" : "feasible",
    nodes,
  });
  if (best.bytes <= bound) return answer(0);
  const solver = new Solver(problem, limit);
  const unit = unitOf(problem);
  bound = Math.ceil(bound / unit) * unit;
  for (let nodes = Math.ceil(limit / 16); solver.nodesLeft > 0 && bound < best.bytes; nodes *= 2) {
    const before = solver.nodesLeft;
    let [capacity, failed] = [bound, bound - unit];
    while (solver.nodesLeft > 0 && failed + unit < best.bytes) {
      const offsets: number[] = new Array(buffers.length).fill(0);
      const outcome = solver.solve(capacity, nodes, offsets);
      if (outcome === "found") best = { offsets, bytes: endOf(buffers, offsets) };
      else failed = capacity;
      if (outcome === "exhausted") bound = capacity + unit;
      const steps = Math.floor((best.bytes - failed) / unit / 2);
      capacity = failed + Math.max(1, steps) * unit;
    }
    if (solver.nodesLeft > before - rounding) break;
  }
  return answer(limit - solver.nodesLeft);
}
