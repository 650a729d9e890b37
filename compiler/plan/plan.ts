/** A lowered graph with kernels → a schedule of kernel calls over buffers of one arena. */
import { type Graph, type Node, str, type Value } from "../ir/graph.ts";
import type { Buffer, Plan, Region, Step } from "../ir/plan.ts";
import { elementBytes } from "../ir/types.ts";
import { type Allocation, allocate, type TraitsOf } from "./lifetimes.ts";
import { liveBytesMax, placeBySize } from "./place.ts";

/** Every buffer begins at a multiple of this, so that words of any kernel are aligned. */
const bufferAlignBytes = 4;
/** What the caller's arena must be aligned to. */
const arenaAlignBytes = 16;

/** Whether a value is made as planes [N,C,H,W]; other images are [N,H,W,C]. */
const isPlanar = ({ node }: Value): boolean =>
  str(node, "y_layout") === "NCHW" ||
  (!node.op.startsWith("Conv") && str(node, "x_layout") === "NCHW");

/** Rows of a value: the height of an image; anything else is one row. */
export const rowCount = (value: Value): number => {
  const { shape } = value.type;
  return shape.length === 4 ? shape[isPlanar(value) ? 2 : 1]! : 1;
};

function regionOf({ bufferOf }: Allocation, value: Value): Region | undefined {
  const buffer = bufferOf.get(value);
  if (buffer === undefined) return undefined;
  return { value, buffer, byteOffset: 0, rowBegin: 0, rowEnd: rowCount(value) };
}

function buffersOf(allocation: Allocation, align: number): Buffer[] {
  const offsets = placeBySize(allocation.lifetimes, align);
  return allocation.lifetimes.map((l, id) => ({ id, ...l, offset: offsets[id]! }));
}

function stepOf(allocation: Allocation, node: Node, index: number): Step {
  const buffer = allocation.scratchOf[index];
  const bytes = buffer === undefined ? 0 : allocation.lifetimes[buffer]!.bytes;
  return {
    node,
    inputs: node.inputs.map((v) => v && regionOf(allocation, v)),
    outputs: node.outputs.map((v) => regionOf(allocation, v)!),
    ...(buffer !== undefined && { scratch: { buffer, byteOffset: 0, bytes } }),
  };
}

export interface Planned {
  readonly graph: Graph<"planned">;
  /** No placement of these buffers needs fewer bytes. */
  readonly lowerBoundBytes: number;
}

export function plan(graph: Graph<"lowered">, traits: TraitsOf): Planned {
  const allocation = allocate(graph, traits);
  const widest = Math.max(
    ...graph.nodes.flatMap((n) => n.outputs.map((v) => elementBytes(v.type.elem))),
  );
  const buffers = buffersOf(allocation, Math.max(bufferAlignBytes, widest));
  const steps = allocation.steps.map((node, i) => stepOf(allocation, node, i));
  const planned: Plan = {
    arenaBytes: Math.max(1, ...buffers.map((b) => b.offset + b.bytes)),
    alignBytes: arenaAlignBytes,
    buffers,
    steps,
    inputs: graph.inputs.map((v) => regionOf(allocation, v)!),
    outputs: graph.outputs.map((o) => regionOf(allocation, o.value)),
  };
  return {
    graph: { ...graph, level: "planned", plan: planned },
    lowerBoundBytes: liveBytesMax(allocation.lifetimes),
  };
}
