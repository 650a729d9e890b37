/** A lowered graph with kernels → a schedule of kernel calls over rows of values in one arena. */

import type { InUse } from "../diagnostics/memory.ts";
import type { Graph, Node, Value } from "../ir/graph.ts";
import type { Buffer, Place, Plan, Region, Step } from "../ir/plan.ts";
import { elementBytes } from "../ir/types.ts";
import { makesPlanes, rowLayout } from "../kernels/rows.ts";
import { withKernels } from "../kernels/select.ts";
import { type Chunk, disjoint, type Memory, type Method } from "./buffers.ts";
import { type Goal, Goals } from "./goal.ts";
import { type Network, networkOf } from "./network.ts";
import { type Piece, rowsWithin } from "./pieces.ts";
import { place } from "./place.ts";
import type { Slice } from "./schedule.ts";
import { type Candidate, type Choice, type Draft, Search, usage } from "./search.ts";
import { type Costs, waysOf } from "./ways.ts";

/** What the caller's arena must be aligned to. */
const arenaAlignBytes = 16;

function placeOf(
  piece: Piece,
  { layout }: Network["tensors"][number],
  chunks: readonly Chunk[],
  offsets: readonly number[],
): Place {
  if (chunks.length === 1) return { offset: offsets[chunks[0]!.block]! + piece.from };
  const all = chunks.flatMap(({ begin, end, block }) =>
    Array.from({ length: end - begin }, (_, i) => offsets[block]! + i * layout.bytes),
  );
  const rows = all.slice(...rowsWithin(layout, piece));
  return { offset: Math.min(...rows), rows };
}

function placesOf({ tensors, pieceOf }: Network, { chunks }: Memory, offsets: readonly number[]) {
  const places = new Map<Value, Place>();
  for (const [value, piece] of pieceOf) {
    const { tensor } = piece;
    places.set(value, placeOf(piece, tensors[tensor]!, chunks[tensor]!, offsets));
  }
  return places;
}

function stepOf(
  network: Network,
  { operation, begin, end }: Slice,
  { accumulates }: Method,
): Pick<Step, "node" | "inputs" | "outputs"> {
  const { node, operands, height } = network.operations[operation]!;
  const inputs = operands.map((o, i): Region | undefined => {
    if (!o) return undefined;
    if (accumulates) return { value: node.inputs[i]!, rowBegin: begin, rowEnd: end };
    const [rowBegin, rowEnd] = o.map
      ? [o.map.first[begin]!, o.map.end[end - 1]!]
      : [0, o.layout.count];
    return { value: node.inputs[i]!, rowBegin, rowEnd };
  });
  const outputs = node.outputs.map((value): Region => {
    const all = rowLayout(value, makesPlanes(node)).count;
    const [rowBegin, rowEnd] = height === 1 || accumulates ? [0, all] : [begin, end];
    return { value, rowBegin, rowEnd };
  });
  return { node, inputs, outputs };
}

function stepsOf(
  network: Network,
  slices: readonly Slice[],
  { scratch, ticks, blocks }: Memory,
  offsets: readonly number[],
  methods: readonly Method[],
): Step[] {
  return slices.map((slice, s): Step => {
    const own = scratch[s];
    const method = methods[slice.operation]!;
    const bytes = method.scratchBytes;
    const place = own && blocks[own.block] && { offset: offsets[own.block]! + own.offset, bytes };
    const [begin, end] = [ticks[s]!, ticks[s + 1]!];
    return { ...stepOf(network, slice, method), ...(place && { scratch: place }), begin, end };
  });
}

export interface Planned {
  readonly graph: Graph<"planned">;
  /** No placement of these buffers needs fewer bytes. */
  readonly lowerBoundBytes: number;
  /** No placement needs fewer bytes than this one. */
  readonly isProved: boolean;
  /** If asked for: programs none of which is better in SRAM and time, the fastest first. */
  readonly frontier: readonly Candidate[];
  /** What is in use while most bytes are, and the node that runs then. */
  readonly peak: { readonly node: Node | undefined; readonly inUse: readonly InUse[] };
  /** As measured for the kernels. */
  readonly codeBytes: number;
  /** Predicted for one run. */
  readonly instructions: number;
}

/** What a memory holds at its fullest. */
function peakOf({ memory, slices }: Draft, { operations }: Network): Planned["peak"] {
  const bytes = usage(memory);
  const tick = bytes.indexOf(bytes.reduce((a, b) => Math.max(a, b), 0));
  const inUse = new Map<string, number>();
  for (const block of memory.blocks)
    for (const { from, to, begin, end } of disjoint(block))
      if (begin <= tick && tick < end)
        inUse.set(block.label, (inUse.get(block.label) ?? 0) + to - from);
  const at = slices.findIndex((_, s) => memory.ticks[s]! <= tick && tick < memory.ticks[s + 1]!);
  const node = slices[at] && operations[slices[at].operation]!.node;
  return { node, inUse: [...inUse].map(([label, n]) => ({ label, bytes: n })) };
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

interface Placed {
  /** What rows that lie apart are aligned to. */
  readonly unit: number;
  readonly offsets: readonly number[];
  readonly bytes: number;
  /** No placement of the blocks needs fewer bytes. */
  readonly lowerBound: number;
  readonly isProved: boolean;
}

function placed(search: Search, network: Network, choice: Choice): Placed {
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
function settle(
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

/** A lowered graph, with kernels that may be changed, to a plan. */
export function plan(graph: Graph<"lowered">, costs: Costs, goal: Goal): Planned {
  const open = networkOf(graph);
  const isTight = goal.optimize === "size" || goal.maxFlash !== undefined;
  const ways = waysOf(open.operations, costs, isTight);
  const searched = new Search(open, ways, costs.code);
  const known = new Map<string, Placed>();
  const placedBy = (choice: Choice): Placed => {
    const key = choice.join();
    const found = known.get(key) ?? placed(searched, open, choice);
    known.set(key, found);
    return found;
  };
  const bytesOf = (choice: Choice): number => placedBy(choice).bytes;
  const goals = new Goals(searched, goal);
  const { choice } = settle(goals, goal, bytesOf);
  const frontier = goal.pareto ? goals.frontier() : [];
  const kernels = new Map(
    open.operations.map(({ node }, i) => [node, ways[i]![choice[i]!]!.kernel]),
  );
  const chosen = withKernels(graph, new Map([...kernels].map(([n, k]) => [n, k.name])));
  const network = networkOf(chosen);
  const search = new Search(network, ways, costs.code);
  const { unit, offsets, bytes, lowerBound, isProved } = placedBy(choice);
  const { memory, slices } = search.draft(choice, unit);
  const methods = ways.map((own, i) => own[choice[i]!]!.method);
  const buffers = memory.blocks.flatMap(({ label, bytes, parts }, i): Omit<Buffer, "id">[] =>
    parts.length > 0 ? [{ label, bytes, offset: offsets[i]!, parts }] : [],
  );
  const planned: Plan = {
    arenaBytes: bytes,
    alignBytes: arenaAlignBytes,
    buffers: buffers.map((b, id) => ({ id, ...b })),
    places: placesOf(network, memory, offsets),
    steps: stepsOf(network, slices, memory, offsets, methods),
  };
  return {
    graph: { ...chosen, level: "planned", plan: planned },
    lowerBoundBytes: lowerBound,
    isProved,
    instructions: searched.candidate(choice).instructions,
    frontier: frontier.map((c) => ({ ...c, bytes: bytesOf(c.choice) })),
    peak: peakOf({ memory, slices }, network),
    codeBytes: [...new Set(kernels.values())].reduce((sum, k) => sum + costs.code(k), 0),
  };
}
