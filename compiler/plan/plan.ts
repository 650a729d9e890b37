/** A lowered graph with kernels → a schedule of kernel calls over rows of values in one arena. */
import type { Graph, Value } from "../ir/graph.ts";
import type { Buffer, Place, Plan, Region, Step } from "../ir/plan.ts";
import { type Chunk, type Memory, type Method, memoryOf } from "./buffers.ts";
import { type Network, networkOf } from "./network.ts";
import { liveBytesMax, placeBlocks } from "./place.ts";
import { type Slice, schedule } from "./schedule.ts";

/** What the caller's arena must be aligned to. */
const arenaAlignBytes = 16;

function placeOf(
  { layout }: Network["tensors"][number],
  chunks: readonly Chunk[],
  offsets: readonly number[],
): Place {
  if (chunks.length === 1) return { offset: offsets[chunks[0]!.block]! };
  const rows = chunks.flatMap(({ begin, end, block }) =>
    Array.from({ length: end - begin }, (_, i) => offsets[block]! + i * layout.bytes),
  );
  return { offset: Math.min(...rows), rows };
}

function placesOf(network: Network, memory: Memory, offsets: readonly number[]) {
  const own = network.tensors.map((t, i) => placeOf(t, memory.chunks[i]!, offsets));
  const places = new Map<Value, Place>();
  for (const [value, tensor] of network.tensorOf) places.set(value, own[tensor]!);
  return places;
}

function stepOf(
  network: Network,
  { operation, begin, end }: Slice,
): Pick<Step, "node" | "inputs" | "outputs"> {
  const { node, operands, results, height } = network.operations[operation]!;
  const rows = (tensor: number) => network.tensors[tensor]!.layout.count;
  const inputs = operands.map((o, i): Region | undefined => {
    if (!o) return undefined;
    const [rowBegin, rowEnd] = o.map
      ? [o.map.first[begin]!, o.map.end[end - 1]!]
      : [0, rows(o.tensor)];
    return { value: node.inputs[i]!, rowBegin, rowEnd };
  });
  const outputs = results.map((tensor, i): Region => {
    const [rowBegin, rowEnd] = height === 1 ? [0, rows(tensor)] : [begin, end];
    return { value: node.outputs[i]!, rowBegin, rowEnd };
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
    const bytes = methods[slice.operation]!.scratchBytes;
    const place = own && blocks[own.block] && { offset: offsets[own.block]! + own.offset, bytes };
    const [begin, end] = [ticks[s]!, ticks[s + 1]!];
    return { ...stepOf(network, slice), ...(place && { scratch: place }), begin, end };
  });
}

export interface Planned {
  readonly graph: Graph<"planned">;
  /** No placement of these buffers needs fewer bytes. */
  readonly lowerBoundBytes: number;
}

/** @param methodOf how a node's kernel is called. */
export function plan(
  graph: Graph<"lowered">,
  methodsOf: (network: Network) => readonly Method[],
): Planned {
  const network = networkOf(graph);
  const methods = methodsOf(network);
  const slices = schedule(
    network.operations,
    methods.map((m) => m.rows),
  );
  const memory = memoryOf(network, methods, slices);
  const offsets = placeBlocks(memory.blocks);
  const buffers = memory.blocks.flatMap(({ label, bytes, parts }, i): Omit<Buffer, "id">[] =>
    parts.length > 0 ? [{ label, bytes, offset: offsets[i]!, parts }] : [],
  );
  const planned: Plan = {
    arenaBytes: Math.max(1, ...buffers.map((b) => b.offset + b.bytes)),
    alignBytes: arenaAlignBytes,
    buffers: buffers.map((b, id) => ({ id, ...b })),
    places: placesOf(network, memory, offsets),
    steps: stepsOf(network, slices, memory, offsets, methods),
  };
  return {
    graph: { ...graph, level: "planned", plan: planned },
    lowerBoundBytes: liveBytesMax(memory.blocks),
  };
}
