/** Who uses which bytes of the arena, and when: what the maps of memory show. */
import type { InUse } from "../diagnostics/memory.ts";
import type { Node } from "../ir/graph.ts";
import type { Buffer, Part, Plan } from "../ir/plan.ts";
import { disjoint } from "../plan/buffers.ts";

interface Owner {
  /** What wrote it: a layer, or the input itself. */
  readonly layer: string;
  readonly isScratch: boolean;
}

/**
 * Bytes [from, to) of a buffer that one layer uses in ticks [begin, end). No two overlap: what
 * takes the place of an operand begins where that ends.
 */
export interface Piece extends Part, Owner {
  readonly buffer: Buffer;
  /** The part of the buffer that it is of. */
  readonly life: Part;
}

export const layerName = ({ origins, outputs, op }: Node): string =>
  origins[0] || outputs[0]?.name || op;

export const labelOf = ({ layer, isScratch }: Owner): string =>
  isScratch ? `${layer}: scratch` : layer;

/** The step that wrote a part is the one in which it begins; inputs begin before all steps. */
function ownerOf({ label, offset }: Buffer, { from, begin }: Part, { steps }: Plan): Owner {
  const step = steps.find((s) => s.begin <= begin && begin < s.end);
  if (!step) return { layer: label, isScratch: false };
  const { node, scratch } = step;
  const at = scratch ? offset + from - scratch.offset : -1;
  return { layer: layerName(node), isScratch: at >= 0 && at < scratch!.bytes };
}

export const piecesOf = (plan: Plan): Piece[] =>
  plan.buffers.flatMap((buffer) => {
    const parts = buffer.parts.map((life) => ({
      ...{ ...life, ...ownerOf(buffer, life, plan) },
      ...{ buffer, life },
    }));
    // What it cuts off keeps the part's other properties.
    return disjoint({ ...buffer, align: 1, parts, isShared: true }) as readonly Piece[];
  });

export const isAlive = ({ begin, end }: Part, tick: number): boolean => begin <= tick && tick < end;

/** Bytes in use in each tick. */
export function usageOf(pieces: readonly Piece[], ticks: number): number[] {
  const usage = new Array<number>(ticks).fill(0);
  for (const { from, to, begin, end } of pieces)
    for (let t = begin; t < end; t++) usage[t]! += to - from;
  return usage;
}

/** The first tick of those with most bytes in use. */
export interface Peak {
  readonly tick: number;
  readonly bytes: number;
  /** What runs then. */
  readonly layer: string;
  readonly inUse: readonly InUse[];
}

/** Ticks [begin, end) in which one layer runs, or several that take turns, row by row. */
export interface Span {
  readonly begin: number;
  readonly end: number;
  readonly layers: readonly string[];
}

/** The whole time, from the inputs' arrival until the outputs have been read. */
export function spansOf({ steps }: Plan): Span[] {
  const last = new Map(steps.map(({ node }, i) => [node, i]));
  const runs: Span[] = [];
  for (let first = 0; first < steps.length; ) {
    let end = first;
    for (let i = first; i <= end; i++) end = Math.max(end, last.get(steps[i]!.node)!);
    const nodes = new Set(steps.slice(first, end + 1).map((s) => s.node));
    const layers = [...nodes].map(layerName);
    runs.push({ begin: steps[first]!.begin, end: steps[end]!.end, layers });
    first = end + 1;
  }
  const [begin, end] = [runs[0]?.begin ?? 1, runs.at(-1)?.end ?? 1];
  return [
    { begin: 0, end: begin, layers: ["(inputs)"] },
    ...runs,
    { begin: end, end: end + 1, layers: ["(outputs)"] },
  ];
}

/** The layer of a tick. */
export const layerAt = ({ steps }: Plan, tick: number): string => {
  const step = steps.find((s) => s.begin <= tick && tick < s.end);
  if (step) return layerName(step.node);
  return tick < (steps[0]?.begin ?? 1) ? "(inputs)" : "(outputs)";
};

export function peakOf(plan: Plan, pieces: readonly Piece[]): Peak {
  const usage = usageOf(pieces, spansOf(plan).at(-1)!.end);
  const bytes = usage.reduce((a, b) => Math.max(a, b), 0);
  const tick = usage.indexOf(bytes);
  const byLabel = new Map<string, number>();
  for (const piece of pieces.filter((p) => isAlive(p, tick))) {
    const label = labelOf(piece);
    byLabel.set(label, (byLabel.get(label) ?? 0) + piece.to - piece.from);
  }
  const inUse = [...byLabel].map(([label, bytes]) => ({ label, bytes }));
  return {
    tick,
    bytes,
    layer: layerAt(plan, tick),
    inUse: inUse.sort((a, b) => b.bytes - a.bytes),
  };
}

/** All that the maps show of a plan. */
export interface Arena {
  readonly pieces: readonly Piece[];
  /** Layers with memory, in the order of their first use of it. */
  readonly layers: readonly string[];
  readonly spans: readonly Span[];
  readonly ticks: number;
  readonly peak: Peak;
}

export function arenaOf(plan: Plan): Arena {
  const pieces = piecesOf(plan);
  const inOrder = [...pieces].sort((a, b) => a.begin - b.begin);
  const layers = [...new Set(inOrder.map((p) => p.layer))];
  const spans = spansOf(plan);
  return { pieces, layers, spans, ticks: spans.at(-1)!.end, peak: peakOf(plan, pieces) };
}

/**
 * Where ticks lie on an axis of a width. Every span gets `least`, and of what remains as much as it
 * has ticks, so that layers of one tick are seen beside others of hundreds.
 */
export function timeScale(spans: readonly Span[], width: number, least: number) {
  const own = Math.min(least, width / spans.length);
  const rest = (width - own * spans.length) / spans.at(-1)!.end;
  return (tick: number): number => {
    const found = spans.findIndex((s) => tick < s.end);
    const i = found < 0 ? spans.length - 1 : found;
    const { begin, end } = spans[i]!;
    return own * (i + (tick - begin) / (end - begin)) + rest * tick;
  };
}
