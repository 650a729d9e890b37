/**
 * Gives every node of a lowered graph the cheapest kernel that serves it, as attribute `kernel`.
 */
import { type Graph, makeGraph, makeNode, type Node, str, type Value } from "../ir/graph.ts";
import type { Profile } from "../ops/numerics.ts";
import { OperatorError } from "../ops/operator.ts";
import { candidates, kernelNamed } from "./catalogue.ts";
import { type Forced, forcedKernel } from "./forced.ts";
import { type Kernel, type MeasuredCosts, partsOf } from "./kernel.ts";
import { layerSignature, type Tuning } from "./tuning.ts";

export const hasKernel = (node: Node): boolean => node.op !== "Input" && node.op !== "Constant";

/** The kernel that `select` chose. */
export const kernelOf = (node: Node): Kernel => kernelNamed(str(node, "kernel"))!;

/** A shape may have more separate axes than a kernel has loops, which only binding tells. */
function canBind(kernel: Kernel, node: Node): boolean {
  if (kernel.isView) return true;
  try {
    for (const part of partsOf(kernel, node)) part.kernel.bind(part.node, "fast");
    return true;
  } catch (problem) {
    if (problem instanceof OperatorError) return false;
    throw problem;
  }
}

/** Kernels that can run a node, cheapest first: as measured where they were, else as estimated. */
export function ranked(node: Node, options: SelectOptions): Kernel[] {
  const { isa, profile, tuning, optimize } = options;
  const usable = candidates(node, isa).filter((kernel) => canBind(kernel, node));
  const score = optimize === "size" ? predictedFlash : predictedTime;
  const scores = new Map(usable.map((kernel) => [kernel, score(node, kernel, options)]));
  usable.sort((a, b) => scores.get(a)! - scores.get(b)!);
  if (optimize === "size") return usable;
  const tuned = tuning?.get(layerSignature(node, profile));
  if (!tuned || !usable.every((k) => k.name in tuned)) return usable;
  return usable.sort((a, b) => tuned[a.name]! - tuned[b.name]!);
}

const measuredOf = ({ name, measuredAs }: Kernel, { costs }: SelectOptions) =>
  costs?.[name] ?? costs?.[measuredAs ?? name];

/** The sum of the parts' own estimates, each by its factor. */
const weighed = (node: Node, kernel: Kernel, factor: (part: Kernel) => number): number =>
  partsOf(kernel, node).reduce((sum, p) => sum + p.kernel.cost(p.node) * factor(p.kernel), 0);

/** Instructions of one run: the kernel's own estimate, by what calibration measured. */
export const predictedInstructions = (node: Node, kernel: Kernel, options: SelectOptions): number =>
  weighed(node, kernel, (part) => measuredOf(part, options)?.instructions ?? 1);

/** Cycles an instruction of the kernels that were measured; undefined without a model of them. */
function meanCycles(costs: SelectOptions["costs"] = {}): number | undefined {
  const known = Object.values(costs).filter((c) => c.cycles !== undefined);
  const [cycles, instructions] = [sum(known.map((c) => c.cycles!)), sum(known.map(instructionsOf))];
  return known.length > 0 ? cycles / instructions : undefined;
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const instructionsOf = (c: MeasuredCosts): number => c.instructions;

/** Cycles of one run; undefined where the target has no model of them. */
export function predictedCycles(
  node: Node,
  kernel: Kernel,
  options: SelectOptions,
): number | undefined {
  const mean = meanCycles(options.costs);
  if (mean === undefined) return undefined;
  return weighed(node, kernel, (part) => {
    const known = measuredOf(part, options);
    return known?.cycles ?? (known?.instructions ?? 1) * mean;
  });
}

/** Cycles, or instructions where there is no model of cycles. */
const predictedTime = (node: Node, kernel: Kernel, options: SelectOptions): number =>
  predictedCycles(node, kernel, options) ?? predictedInstructions(node, kernel, options);

/** Bytes of flash: the layer's constants, and code as measured. */
export function predictedFlash(node: Node, kernel: Kernel, options: SelectOptions): number {
  if (kernel.isView) return 0;
  return partsOf(kernel, node).reduce((total, part) => {
    const { constants } = part.kernel.bind(part.node, options.profile);
    const bytes = constants.reduce((sum, c) => sum + (c ? c.data.byteLength : 0), 0);
    return total + bytes + (measuredOf(part.kernel, options)?.codeBytes ?? 0);
  }, 0);
}

export interface SelectOptions {
  /** The processor's features. */
  readonly isa: readonly string[];
  readonly profile: Profile;
  readonly tuning?: Tuning | undefined;
  /** What the user chose. */
  readonly forced?: Forced | undefined;
  /** By kernel. */
  readonly costs?: Readonly<Record<string, MeasuredCosts>>;
  /** What to choose by: time (the default), or bytes of flash. */
  readonly optimize?: "speed" | "size" | undefined;
}

export interface Selection {
  readonly graph: Graph<"lowered">;
  /** Nodes that no kernel serves. */
  readonly unserved: readonly Node[];
}

function chosenFor(node: Node, options: SelectOptions): Kernel | undefined {
  const usable = ranked(node, options);
  return usable.find((k) => k.name === forcedKernel(node, options.forced)) ?? usable[0];
}

export function select(graph: Graph<"lowered">, options: SelectOptions): Selection {
  const unserved: Node[] = [];
  const made = new Map<Value, Value>();
  for (const node of graph.nodes) {
    const kernel = hasKernel(node) ? chosenFor(node, options) : undefined;
    if (hasKernel(node) && !kernel) unserved.push(node);
    const inputs = node.inputs.map((v) => v && made.get(v)!);
    const types = node.outputs.map((v) => v.type);
    const names = node.outputs.map((v) => v.name);
    const attrs = kernel ? { ...node.attrs, kernel: kernel.name } : node.attrs;
    const chosen = hasKernel(node) ? makeNode({ ...node, inputs, attrs, types, names }) : node;
    node.outputs.forEach((value, i) => made.set(value, chosen.outputs[i]!));
  }
  const outputs = graph.outputs.map((o) => ({ ...o, value: made.get(o.value)! }));
  return { graph: makeGraph("lowered", graph.name, graph.inputs, outputs), unserved };
}
