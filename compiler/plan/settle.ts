/** What the operations are settled on: their order, their ways and where their memory lies. */
import type { Graph, Node } from "../ir/graph.ts";
import { elementBytes } from "../ir/types.ts";
import { type Goal, Goals, timeOf, undominated } from "./goal.ts";
import { type Network, networkOf } from "./network.ts";
import type { Order } from "./order/order.ts";
import { place } from "./place.ts";
import { groupsOf, type InPools, type PoolSpec, placeInPools } from "./pools.ts";
import { reorder } from "./reorder.ts";
import { type Candidate, type Choice, Search } from "./search.ts";
import { type Costs, type Way, waysOf } from "./ways.ts";

/** A network in one order, and what there is to choose. */
export interface Task {
  readonly nodes: readonly Node[];
  readonly network: Network;
  readonly ways: readonly (readonly Way[])[];
  readonly search: Search;
}

function taskOf(graph: Graph, nodes: readonly Node[], costs: Costs, goal: Goal): Task {
  const network = networkOf(graph, nodes);
  const isTight = goal.optimize === "size" || goal.maxFlash !== undefined;
  const ways = waysOf(network.operations, costs, isTight);
  return { nodes, network, ways, search: new Search(network, ways, costs.code) };
}

/** Tables hold offsets of 16 bits, in units. */
const unitsMax = 65535;

/** What rows that lie apart are aligned to: an element, and more in an arena of over 64 KB. */
function unitFor({ tensors }: Network, bytes: number): number {
  let unit = Math.max(1, ...tensors.map((t) => elementBytes(t.value.type.elem)));
  if (tensors.every((t) => elementBytes(t.value.type.elem) === 1)) unit = 1;
  while (bytes / unit > unitsMax) unit *= 2;
  return unit;
}

/** How often a smaller budget is tried where the placement needs more than the bytes in use. */
const placementTries = 6;

/** What the caller's arena must be aligned to. */
export const arenaAlignBytes = 16;

export interface Placed extends InPools {
  /** What rows that lie apart are aligned to. */
  readonly unit: number;
  /** No placement of the blocks needs fewer bytes. */
  readonly lowerBound: number;
  readonly isProved: boolean;
}

/** In one arena, or in several where that has no room in the fastest memory. */
function placed(
  { search, network }: Task,
  choice: Choice,
  pools: readonly PoolSpec[],
  memories?: ReadonlyMap<string, string>,
): Placed {
  const [fastest] = pools;
  let unit = unitFor(network, 0);
  for (;;) {
    const { memory, slices, methods } = search.draft(choice, unit);
    const { offsets, bytes, lowerBound, status } = place(memory.blocks);
    const arena = fastest ? [{ memory: fastest.name, begin: 0, end: bytes }] : [];
    const one: InPools = { offsets, pools: arena, bytes, delay: 0, missing: 0 };
    const isFree = !memories || memories.size === 0;
    const isOne = !fastest || (bytes <= fastest.bytes && isFree);
    const groups = () => groupsOf(network, methods, slices, memory, memories);
    const found = isOne ? one : placeInPools(memory, groups(), pools, arenaAlignBytes);
    const isProved = found.bytes === lowerBound || (isOne && status === "optimal");
    const widest = Math.max(bytes, ...found.pools.map((p) => p.end - p.begin));
    if (unitFor(network, widest) <= unit) return { ...found, unit, lowerBound, isProved };
    unit = unitFor(network, widest);
  }
}

interface Option {
  readonly candidate: Candidate;
  readonly placed: Placed;
}

const totalTime = ({ candidate, placed }: Option): number => candidate.time + placed.delay;

/** The smallest of those that are fast enough with what slower memories cost them. */
function bestOf(options: readonly Option[], { optimize }: Goal): Option {
  const missing = Math.min(...options.map((o) => o.placed.missing));
  const fitting = options.filter((o) => o.placed.missing === missing);
  const least = Math.min(...fitting.map(totalTime));
  const bySize = optimize === "sram" || optimize === "size";
  const isDelayed = fitting.some((o) => o.placed.delay > 0);
  const fast = fitting.filter(
    (o) => bySize || !isDelayed || totalTime(o) <= timeOf(least, optimize),
  );
  return fast.reduce((best, o) => {
    const smaller = o.placed.bytes - best.placed.bytes || totalTime(o) - totalTime(best);
    return smaller < 0 ? o : best;
  });
}

/** Within the budgets and the pools, or what comes nearest to them. */
function chosen(
  goals: Goals,
  goal: Goal,
  pools: readonly PoolSpec[],
  placedBy: (choice: Choice) => Placed,
): Candidate {
  const options: Option[] = [];
  const consider = (candidate: Candidate): Option => {
    const option = { candidate, placed: placedBy(candidate.choice) };
    options.push(option);
    return option;
  };
  for (const candidate of goals.best())
    if (options.every(({ placed }) => candidate.liveBytes <= placed.bytes || placed.missing > 0))
      consider(candidate);
  const { maxSram = Infinity, maxFlash: flash = Infinity } = goal;
  if (options.every(({ placed }) => placed.delay > 0 || placed.missing > 0))
    consider(goals.within({ bytes: pools[0]!.bytes, flash }));
  if (options.every(({ placed }) => placed.missing > 0)) consider(goals.least());
  const best = bestOf(options, goal);
  if (best.placed.bytes <= maxSram) return best.candidate;
  for (let bytes = maxSram, i = 0; i < placementTries; i++) {
    const found = goals.within({ bytes, flash });
    const excess = placedBy(found.choice).bytes - maxSram;
    if (excess <= 0) return found;
    bytes -= excess;
  }
  const tight = goals.tightest().map((c) => ({ candidate: c, bytes: placedBy(c.choice).bytes }));
  return tight.reduce((best, c) => (c.bytes < best.bytes ? c : best)).candidate;
}

export interface Settled {
  readonly task: Task;
  readonly candidate: Candidate;
  readonly placed: Placed;
  readonly frontier: readonly Candidate[];
  /** Bytes for which the pools have no room; then see `Goals.shortfall`. */
  shortfall(): number[];
}

function settleIn(task: Task, goal: Goal, pools: readonly PoolSpec[]): Settled {
  const known = new Map<string, Placed>();
  const placedBy = (choice: Choice): Placed => {
    const key = choice.join();
    const found = known.get(key) ?? placed(task, choice, pools, goal.memories);
    known.set(key, found);
    return found;
  };
  const goals = new Goals(task.search, goal);
  const candidate = chosen(goals, goal, pools, placedBy);
  const own = placedBy(candidate.choice);
  const found = goal.pareto ? goals.frontier() : [];
  return {
    task,
    candidate,
    placed: own,
    frontier: found.map((c) => ({ ...c, bytes: placedBy(c.choice).bytes })),
    shortfall: () => [own.missing, ...goals.shortfall(candidate, own.bytes)],
  };
}

/** What was found of the order of operations, layer by layer, and which one they run in. */
export interface ChosenOrder extends Omit<Order, "order"> {
  /** The graph's own. */
  readonly isGiven: boolean;
}

/** The first, unless the other falls less short of the goal. */
function better(one: Settled, other: Settled): Settled {
  const [a, b] = [one.shortfall(), other.shortfall()];
  const at = a.findIndex((n, i) => n !== b[i]);
  return at >= 0 && b[at]! < a[at]! ? other : one;
}

/**
 * In the graph's own order; where another needs fewer bytes layer by layer, in the one that serves
 * the goal better, since rows may have it the other way round.
 */
export function settle(
  graph: Graph<"lowered">,
  costs: Costs,
  goal: Goal,
  pools: readonly PoolSpec[],
) {
  const task = taskOf(graph, graph.nodes, costs, goal);
  const { found, nodes } = reorder(graph, task.network, task.ways);
  const given = settleIn(task, goal, pools);
  if (!nodes)
    return { settled: given, order: { ...found, isGiven: true }, frontier: given.frontier };
  const other = settleIn(taskOf(graph, nodes, costs, goal), goal, pools);
  const settled = better(given, other);
  const frontier = undominated([...given.frontier, ...other.frontier]);
  return { settled, order: { ...found, isGiven: settled === given }, frontier };
}
