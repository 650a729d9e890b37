/** What the operations are settled on: their order, their ways and where their memory lies. */
import type { Graph, Node } from "../ir/graph.ts";
import { elementBytes } from "../ir/types.ts";
import { type Goal, Goals, undominated } from "./goal.ts";
import { type Network, networkOf } from "./network.ts";
import type { Order } from "./order.ts";
import { place } from "./place.ts";
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

export interface Placed {
  /** What rows that lie apart are aligned to. */
  readonly unit: number;
  readonly offsets: readonly number[];
  readonly bytes: number;
  /** No placement of the blocks needs fewer bytes. */
  readonly lowerBound: number;
  readonly isProved: boolean;
}

function placed({ search, network }: Task, choice: Choice): Placed {
  let unit = unitFor(network, 0);
  for (;;) {
    const { memory } = search.draft(choice, unit);
    const { offsets, bytes, lowerBound, status } = place(memory.blocks);
    const isProved = status === "optimal";
    if (unitFor(network, bytes) <= unit) return { unit, offsets, bytes, lowerBound, isProved };
    unit = unitFor(network, bytes);
  }
}

/** Within the budgets, or what comes nearest to them. */
function chosen(
  goals: Goals,
  { maxSram = Infinity, maxFlash }: Goal,
  bytesOf: (choice: Choice) => number,
): Candidate {
  let best: { candidate: Candidate; bytes: number } | undefined;
  for (const candidate of goals.best()) {
    if (best && candidate.liveBytes > best.bytes) continue;
    const bytes = bytesOf(candidate.choice);
    const { time } = candidate;
    const isEqual = bytes === best?.bytes;
    if (!best || bytes < best.bytes || (isEqual && time < best.candidate.time))
      best = { candidate, bytes };
  }
  if (best!.bytes <= maxSram) return best!.candidate;
  const flash = maxFlash ?? Infinity;
  for (let bytes = maxSram, i = 0; i < placementTries; i++) {
    const found = goals.within({ bytes, flash });
    const excess = bytesOf(found.choice) - maxSram;
    if (excess <= 0) return found;
    bytes -= excess;
  }
  return goals.least();
}

export interface Settled {
  readonly task: Task;
  readonly candidate: Candidate;
  readonly placed: Placed;
  readonly frontier: readonly Candidate[];
  /** See `Goals.shortfall`. */
  shortfall(): number[];
}

function settleIn(task: Task, goal: Goal): Settled {
  const known = new Map<string, Placed>();
  const placedBy = (choice: Choice): Placed => {
    const key = choice.join();
    const found = known.get(key) ?? placed(task, choice);
    known.set(key, found);
    return found;
  };
  const bytesOf = (choice: Choice): number => placedBy(choice).bytes;
  const goals = new Goals(task.search, goal);
  const candidate = chosen(goals, goal, bytesOf);
  const own = placedBy(candidate.choice);
  const found = goal.pareto ? goals.frontier() : [];
  return {
    task,
    candidate,
    placed: own,
    frontier: found.map((c) => ({ ...c, bytes: bytesOf(c.choice) })),
    shortfall: () => goals.shortfall(candidate, own.bytes),
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
export function settle(graph: Graph<"lowered">, costs: Costs, goal: Goal) {
  const task = taskOf(graph, graph.nodes, costs, goal);
  const { found, nodes } = reorder(graph, task.network, task.ways);
  const given = settleIn(task, goal);
  if (!nodes)
    return { settled: given, order: { ...found, isGiven: true }, frontier: given.frontier };
  const other = settleIn(taskOf(graph, nodes, costs, goal), goal);
  const settled = better(given, other);
  const frontier = undominated([...given.frontier, ...other.frontier]);
  return { settled, order: { ...found, isGiven: settled === given }, frontier };
}
