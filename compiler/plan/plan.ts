/** A lowered graph with kernels → a schedule of kernel calls over rows of values in one arena. */

import type { Graph, Node, Value } from "../ir/graph.ts";
import type { Buffer, Place, Plan, Region, Step } from "../ir/plan.ts";
import { makesPlanes, rowLayout } from "../kernels/rows.ts";
import { withKernels } from "../kernels/select.ts";
import type { Chunk, Memory, Method } from "./buffers.ts";
import type { Goal } from "./goal.ts";
import { type Network, networkOf } from "./network.ts";
import { type Peak, peakOf } from "./peak.ts";
import { type Piece, rowsWithin } from "./pieces.ts";
import type { PoolSpec } from "./pools.ts";
import type { Slice } from "./schedule.ts";
import { type Candidate, Search } from "./search.ts";
import { arenaAlignBytes, type ChosenOrder, settle } from "./settle.ts";
import type { Costs } from "./ways.ts";

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
  { accumulates, isSliced }: Method,
): Pick<Step, "node" | "inputs" | "outputs"> {
  const { node, operands, height } = network.operations[operation]!;
  const inputs = operands.map((o, i): Region | undefined => {
    if (!o) return undefined;
    if (accumulates) return { value: node.inputs[i]!, rowBegin: begin, rowEnd: end };
    const rows = isSliced && height > 1 ? o.seen : o.map;
    const [rowBegin, rowEnd] = rows
      ? [rows.first[begin]!, rows.end[end - 1]!]
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
  /** Bytes for which the pools have no room. */
  readonly missing: number;
  /** The pool that lacks them for what has to lie there. */
  readonly missingIn?: string | undefined;
  /** Absent for a plan that was given. */
  readonly order?: ChosenOrder;
  /** If asked for: programs none of which is better in SRAM and time, the fastest first. */
  readonly frontier: readonly Candidate[];
  readonly peak: Peak;
  /** As measured for the kernels. */
  readonly codeBytes: number;
  /** Predicted for one run. */
  readonly instructions: number;
}

/** The same nodes of a graph of the same form. */
function sameNodes(nodes: readonly Node[], from: Graph, to: Graph): Node[] {
  const same = new Map(from.nodes.map((node, i) => [node, to.nodes[i]!]));
  return nodes.map((node) => same.get(node)!);
}

/**
 * A lowered graph, with kernels that may be changed, to a plan.
 * @param pools memories for tensors, the fastest first; none for one arena anywhere.
 */
export function plan(
  graph: Graph<"lowered">,
  costs: Costs,
  goal: Goal,
  pools: readonly PoolSpec[] = [],
): Planned {
  const { settled, order, frontier } = settle(graph, costs, goal, pools);
  const { task, candidate, placed } = settled;
  const { ways } = task;
  const { choice, instructions } = candidate;
  const kernels = new Map(
    task.network.operations.map(({ node }, i) => [node, ways[i]![choice[i]!]!.kernel]),
  );
  const chosen = withKernels(graph, new Map([...kernels].map(([n, k]) => [n, k.name])));
  const network = networkOf(chosen, sameNodes(task.nodes, graph, chosen));
  const search = new Search(network, ways, costs.code);
  const { unit, offsets, bytes, lowerBound, isProved, missing, missingIn } = placed;
  const { memory, slices, methods } = search.draft(choice, unit);
  const buffers = memory.blocks.flatMap(({ label, bytes, parts }, i): Omit<Buffer, "id">[] =>
    parts.length > 0 ? [{ label, bytes, offset: offsets[i]!, parts }] : [],
  );
  const planned: Plan = {
    arenaBytes: bytes,
    alignBytes: arenaAlignBytes,
    pools: placed.pools,
    buffers: buffers.map((b, id) => ({ id, ...b })),
    places: placesOf(network, memory, offsets),
    steps: stepsOf(network, slices, memory, offsets, methods),
  };
  return {
    graph: { ...chosen, level: "planned", plan: planned },
    lowerBoundBytes: lowerBound,
    isProved,
    missing,
    missingIn,
    order,
    instructions,
    frontier,
    peak: peakOf(planned),
    codeBytes: [...new Set(kernels.values())].reduce((sum, k) => sum + costs.code(k), 0),
  };
}
