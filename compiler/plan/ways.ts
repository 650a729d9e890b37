/** The ways in which an operation can be carried out: by which kernel, and how many rows a call. */
import type { Node } from "../ir/graph.ts";
import { type Binding, inPlaceInputs, type Kernel, partsOf } from "../kernels/kernel.ts";
import { isSliced, rowNode } from "../kernels/rows.ts";
import type { Method } from "./buffers.ts";
import type { Operation } from "./network.ts";

/** What kernels are predicted to cost; `time` is what the target is judged by. */
export interface Costs {
  /** Kernels that serve a node, the best first. */
  kernels(node: Node): readonly Kernel[];
  /** Kernels that take a node's input row by row as it comes. */
  accumulators(node: Node): readonly Kernel[];
  time(node: Node, kernel: Kernel): number;
  /** What was measured for the very node, over `time`; 1 where nothing was. */
  measured(node: Node, kernel: Kernel): number;
  instructions(node: Node, kernel: Kernel): number;
  /** Bytes of constants. */
  constants(node: Node, kernel: Kernel): number;
  /** Bytes of a kernel's code, however many layers call it. */
  code(kernel: Kernel): number;
}

export interface Way {
  readonly operation: Operation;
  readonly kernel: Kernel;
  readonly method: Method;
  readonly time: number;
  readonly instructions: number;
  readonly constants: number;
}

/** Instructions that a call in a loop over rows takes beside the kernel's own. */
const callInstructions = 60;

/** Kernels that take longer than the fastest one by this factor are not worth what they save. */
const slowest = 3;

/** Kernels that keep to no order say Infinity. */
function orderOf(kernel: Kernel, node: Node): number | undefined {
  const rows = kernel.rowsAtOnce?.(node);
  return rows === Infinity ? undefined : rows;
}

/** What all of a kernel's calls say. */
function takesRowsOf(node: Node, kernel: Kernel): Binding["takesRows"] {
  const calls = partsOf(kernel, node).map((p) => p.kernel.bind(p.node, "fast").takesRows);
  return calls.every((c) => c === "scattered") ? "scattered" : calls.every(Boolean);
}

function methodOf({ node, height }: Operation, kernel: Kernel, rows: number): Method {
  const sliced = isSliced(node);
  const takesRows = sliced ? false : takesRowsOf(node, kernel);
  return {
    rows: Math.min(rows, height),
    isScattered: takesRows === "scattered",
    isSliced: sliced,
    canSplit: sliced || takesRows !== false,
    scratchBytes: kernel.scratchBytes?.(node) ?? 0,
    scratchOver: kernel.scratchOver?.(node),
    inPlace: inPlaceInputs(kernel, node),
    readsFirst: kernel.readsFirst?.(node) ?? false,
    rowsAtOnce: orderOf(kernel, node),
    accumulates: kernel.accumulates === true,
  };
}

/** What blocks of pixels that are not full cost beside those that are. */
function filled(
  { outputs }: Node,
  rows: number,
  { pixelsAtOnce = 1, rowsFactor = 1 }: Kernel,
): number {
  const pixels = rows * (outputs[0]!.type.shape[2] ?? 1);
  return (rowsFactor * (Math.ceil(pixels / pixelsAtOnce) * pixelsAtOnce)) / pixels;
}

/** Rows whose parts are the same calls of each kernel: numbers of rows a call are multiples. */
const rowStepOf = (node: Node, kernel: Kernel): number =>
  Math.max(...partsOf(kernel, node).map((p) => p.rowStep * (p.kernel.rowsMultiple ?? 1)));

/** The sum over all calls, the last of which may make fewer rows. */
function overCalls(
  { node, height }: Operation,
  kernel: Kernel,
  rows: number,
  of: (n: Node) => number,
): number {
  if (rows >= height) return of(node);
  const [full, rest] = [Math.floor(height / rows), height % rows];
  if (kernel.parts) {
    const calls = Math.ceil(height / rows) * partsOf(kernel, node).length;
    return of(node) + calls * callInstructions;
  }
  const call = (count: number) =>
    of(rowNode(node, count)) * filled(node, count, kernel) + callInstructions;
  return full * call(rows) + (rest > 0 ? call(rest) : 0);
}

/** Rows a call that are worth a try. */
function rowCounts(height: number, step = 1): number[] {
  const counts = [1, 2, 3, 4, 6, 8, 12, 16].map((count) => count * step);
  const few = counts.filter((rows) => 2 * rows <= height);
  return [...few, height];
}

/** No worse in anything that memory depends on. */
const isAsSmall = (a: Way, b: Way): boolean =>
  a.method.rows === b.method.rows &&
  a.method.accumulates === b.method.accumulates &&
  a.method.scratchBytes <= b.method.scratchBytes &&
  (a.method.isScattered || !b.method.isScattered) &&
  b.method.inPlace.every((i) => a.method.inPlace.includes(i)) &&
  (a.method.readsFirst || !b.method.readsFirst) &&
  (a.method.scratchOver !== undefined || b.method.scratchOver === undefined) &&
  (a.method.rowsAtOnce ?? Infinity) <= (b.method.rowsAtOnce ?? Infinity);

/** @param isTight whether bytes of constants count as well. */
function isDominated(way: Way, ways: readonly Way[], isTight: boolean): boolean {
  return ways.some((other) => {
    if (other === way || !isAsSmall(other, way) || other.time > way.time) return false;
    if (isTight && other.constants > way.constants) return false;
    const isEqual = other.time === way.time && isAsSmall(way, other);
    return !isEqual || ways.indexOf(other) < ways.indexOf(way);
  });
}

/** More rows a call must save this part of the network's time over fewer ones. */
const worthwhile = 0.0005;

/** Without calls of a few more rows that hardly save time. */
function spaced(ways: readonly Way[], time: number): Way[] {
  const best = new Map<Kernel, number>();
  return [...ways]
    .sort((a, b) => a.method.rows - b.method.rows)
    .filter((way) => {
      const { kernel, operation, method } = way;
      const before = best.get(kernel) ?? Infinity;
      const isWorth = way.time < before - worthwhile * time;
      if (isWorth) best.set(kernel, way.time);
      return isWorth || (method.rows === operation.height && !method.accumulates);
    })
    .sort((a, b) => a.time - b.time || a.method.rows - b.method.rows);
}

/** The ways of all operations that are worth a try, each list by time. */
export function waysOf(
  operations: readonly Operation[],
  costs: Costs,
  isTight: boolean,
): readonly (readonly Way[])[] {
  const all = operations.map((o) => undominated(o, costs, isTight));
  const time = all.reduce((sum, ways) => sum + Math.min(...ways.map((w) => w.time)), 0);
  return all.map((ways) => spaced(ways, time));
}

/** Ways that take the input row by row; a call costs the row's share. */
function accumulating(operation: Operation, costs: Costs): Way[] {
  const { node, inputHeight } = operation;
  if (inputHeight === 1) return [];
  return costs.accumulators(node).flatMap((kernel) =>
    rowCounts(inputHeight).map((rows): Way => {
      const calls = Math.ceil(inputHeight / rows) * callInstructions;
      const method = { ...methodOf(operation, kernel, 1), rows };
      const time = costs.time(node, kernel) + calls;
      const instructions = costs.instructions(node, kernel) + calls;
      const constants = costs.constants(node, kernel);
      return { operation, kernel, method, time, instructions, constants };
    }),
  );
}

function undominated(operation: Operation, costs: Costs, isTight: boolean): Way[] {
  const { node, height } = operation;
  const kernels = costs.kernels(node);
  const timeOf = (k: Kernel) => costs.time(node, k) * costs.measured(node, k);
  const fastest = Math.min(...kernels.map(timeOf));
  const worth = kernels.filter((k) => isTight || timeOf(k) <= slowest * fastest);
  const ways = worth.flatMap((kernel) => {
    const whole = methodOf(operation, kernel, height);
    const counts = whole.canSplit ? rowCounts(height, rowStepOf(node, kernel)) : [height];
    const constants = costs.constants(node, kernel);
    return counts.map((rows): Way => {
      const own = costs.measured(node, kernel);
      const time = overCalls(operation, kernel, rows, (n) => own * costs.time(n, kernel));
      const instructions = overCalls(operation, kernel, rows, (n) => costs.instructions(n, kernel));
      const method = { ...whole, rows };
      return { operation, kernel, method, time, instructions, constants };
    });
  });
  const all = [...ways, ...accumulating(operation, costs)];
  return all.filter((way) => !isDominated(way, all, isTight));
}
