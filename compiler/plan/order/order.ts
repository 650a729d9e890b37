/**
 * The order of nodes that needs the fewest bytes at its fullest moment.
 *
 * Exact by best-first search over downsets, the sets of nodes that can have run: what is live
 * depends on the set only, so the least peak of each set suffices (Liberis & Lane 2019; Serenity,
 * MLSys 2020; HMCOS, DAC 2022). Where a graph has too many downsets, by beam search over them.
 */
import { Downsets, type State } from "./downsets.ts";
import { Heap } from "./heap.ts";

export interface OrderNode {
  /** Values that it reads; constants are none of these. */
  readonly inputs: readonly number[];
  /** Values that it makes; no other node does. */
  readonly outputs: readonly number[];
  /** Bytes of its own while it runs. */
  readonly scratchBytes?: number;
  /** Bytes that it needs less than all these where inputs end with it; more save no less. */
  readonly saved?: (ended: readonly number[]) => number;
}

export interface OrderGraph {
  /** In an order in which they can run. */
  readonly nodes: readonly OrderNode[];
  /** Bytes of each value. */
  readonly bytes: readonly number[];
  /** Live from the start. */
  readonly inputs: readonly number[];
  /** Live to the end. */
  readonly outputs: readonly number[];
}

export interface OrderLimits {
  /** Of the exact search. */
  readonly states?: number;
  /** States kept a step by the beam search. */
  readonly beam?: number;
}

export interface Order {
  readonly order: number[];
  readonly peakBytes: number;
  /** Of the given order. */
  readonly givenBytes: number;
  /** Whether no order has a lower peak. */
  readonly exact: boolean;
  /** States that were looked at. */
  readonly states: number;
}

const better = (a: State, b: State): number => a.peak - b.peak || a.live - b.live || a.id - b.id;

/** The most promising states of each size; with few, fast and good. */
function beamSearch(downsets: Downsets, width: number): State {
  let layer = [downsets.start];
  for (;;) {
    const goal = layer.find((s) => downsets.isEnd(s));
    if (goal) return goal;
    const next = new Map<string, State>();
    for (const state of layer)
      for (const after of downsets.successors(state)) {
        const known = next.get(after.key);
        if (known === undefined || better(after, known) < 0) next.set(after.key, after);
      }
    layer = [...next.values()].sort(better).slice(0, width);
  }
}

/** The best order, or undefined if there are more than `limit` states of lower peaks than `top`. */
function bestFirst(downsets: Downsets, top: State, limit: number): State | undefined {
  const heap = new Heap<State>((a, b) => a.peak - b.peak || b.count - a.count || a.id - b.id);
  const least = new Map<string, number>([[downsets.start.key, downsets.start.peak]]);
  heap.push(downsets.start);
  for (let seen = 0; ; seen++) {
    const state = heap.pop();
    if (state === undefined) return top;
    if (downsets.isEnd(state)) return state;
    if (state.peak > least.get(state.key)!) continue;
    if (seen >= limit) return undefined;
    for (const after of downsets.successors(state)) {
      if (after.peak >= top.peak || after.peak >= (least.get(after.key) ?? Infinity)) continue;
      least.set(after.key, after.peak);
      heap.push(after);
    }
  }
}

/**
 * The order with the least peak; beyond the limit of states a good one. The given order, unless
 * another has a lower peak.
 */
export function bestOrder(graph: OrderGraph, limits: OrderLimits = {}): Order {
  const downsets = new Downsets(graph);
  const given = downsets.inGivenOrder();
  const answer = (end: State, exact: boolean): Order => ({
    order: downsets.orderOf(end),
    peakBytes: end.peak,
    givenBytes: given.peak,
    exact,
    states: downsets.made,
  });
  let good = given;
  for (const width of [1, limits.beam ?? 32]) {
    if (good.peak === downsets.leastPeak) return answer(good, true);
    const end = beamSearch(downsets, width);
    if (end.peak < good.peak) good = end;
  }
  const best = bestFirst(downsets, good, limits.states ?? 50_000);
  return answer(best ?? good, best !== undefined);
}
