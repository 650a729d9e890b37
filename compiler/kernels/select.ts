/**
 * Gives every node of a lowered graph the cheapest kernel that serves it, as attribute `kernel`.
 */
import { type Graph, makeGraph, makeNode, type Node, str, type Value } from "../ir/graph.ts";
import { chosenFor } from "../ir/layers.ts";
import type { Profile } from "../ops/numerics.ts";
import { OperatorError } from "../ops/operator.ts";
import { candidates, kernelNamed } from "./catalogue.ts";
import { type Kernel, partsOf } from "./kernel.ts";
import { layerSignature, type Tuning } from "./tuning.ts";
import { joins, view } from "./views.ts";

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
  let [cycles, instructions] = [0, 0];
  for (const known of Object.values(costs))
    if (known.cycles !== undefined) {
      cycles += known.cycles;
      instructions += known.instructions;
    }
  return instructions > 0 ? cycles / instructions : undefined;
}

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

/** Cycles are an estimate: of nearly as many, fewer instructions are better. */
const instructionWeight = 0.05;

/** Cycles, or instructions where there is no model of cycles. */
export function predictedTime(node: Node, kernel: Kernel, options: SelectOptions): number {
  const instructions = predictedInstructions(node, kernel, options);
  const cycles = predictedCycles(node, kernel, options);
  return cycles === undefined ? instructions : cycles + instructionWeight * instructions;
}

/** What tuning measured for the very layer, over what is predicted; 1 without tuning. */
export function measuredRatio(node: Node, kernel: Kernel, options: SelectOptions): number {
  const tuned = options.tuning?.get(layerSignature(node, options.profile))?.[kernel.name];
  return tuned === undefined ? 1 : tuned / Math.max(1, predictedTime(node, kernel, options));
}

/** Bytes of a layer's constants in flash. */
export const constantBytes = (node: Node, kernel: Kernel, { profile }: SelectOptions): number =>
  kernel.isView
    ? 0
    : partsOf(kernel, node)
        .flatMap((part) => part.kernel.bind(part.node, profile).constants)
        .reduce((sum, c) => sum + (c ? c.data.byteLength : 0), 0);

/** Bytes of a kernel's code, as measured. */
export const codeBytes = (kernel: Kernel, options: SelectOptions): number =>
  measuredOf(kernel, options)?.codeBytes ?? 0;

/** Bytes of flash: the layer's constants and code. */
export function predictedFlash(node: Node, kernel: Kernel, options: SelectOptions): number {
  if (kernel.isView) return 0;
  const parts = partsOf(kernel, node).map((part) => codeBytes(part.kernel, options));
  return parts.reduce((a, b) => a + b, constantBytes(node, kernel, options));
}

/** What a program is made for: least SRAM at little cost of time, least time, flash, or SRAM. */
export type Optimize = "balanced" | "speed" | "size" | "sram";

export interface SelectOptions {
  /** The processor's features. */
  readonly isa: readonly string[];
  readonly profile: Profile;
  readonly tuning?: Tuning | undefined;
  /** What the user chose, by layer. */
  readonly forced?: ReadonlyMap<string, string> | undefined;
  /** By kernel: by what its own estimate is multiplied, and bytes of code. */
  readonly costs?: Readonly<
    Record<string, { instructions: number; cycles?: number; codeBytes: number }>
  >;
  /** What to choose by: time, but for "size", which goes by bytes of flash. */
  readonly optimize?: Optimize | undefined;
}

export interface Selection {
  readonly graph: Graph<"lowered">;
  /** Nodes that no kernel serves. */
  readonly unserved: readonly Node[];
}

/** The graph with these kernels, by name, as the nodes' attribute `kernel`. */
export function withKernels(
  graph: Graph<"lowered">,
  kernels: ReadonlyMap<Node, string>,
): Graph<"lowered"> {
  const made = new Map<Value, Value>();
  for (const node of graph.nodes) {
    const kernel = kernels.get(node);
    const inputs = node.inputs.map((v) => v && made.get(v)!);
    const types = node.outputs.map((v) => v.type);
    const names = node.outputs.map((v) => v.name);
    const attrs = kernel ? { ...node.attrs, kernel } : node.attrs;
    const chosen = hasKernel(node) ? makeNode({ ...node, inputs, attrs, types, names }) : node;
    node.outputs.forEach((value, i) => made.set(value, chosen.outputs[i]!));
  }
  const outputs = graph.outputs.map((o) => ({ ...o, value: made.get(o.value)! }));
  return makeGraph("lowered", graph.name, graph.inputs, outputs);
}

/** What the user chose for a node. */
export const chosenKernel = (node: Node, { forced }: SelectOptions): string | undefined =>
  forced && chosenFor(node, forced);

/** Kernels that may serve a node, the best first; the user's choice alone, if there is one. */
export function eligible(node: Node, options: SelectOptions): Kernel[] {
  const usable = ranked(node, options);
  const forced = usable.find((k) => k.name === chosenKernel(node, options));
  return forced ? [forced] : usable;
}

export function select(graph: Graph<"lowered">, options: SelectOptions): Selection {
  const unserved: Node[] = [];
  const kernels = new Map<Node, string>();
  for (const node of graph.nodes.filter(hasKernel)) {
    const [kernel] = eligible(node, options);
    if (kernel) kernels.set(node, kernel.name);
    else unserved.push(node);
  }
  const chosen = withKernels(graph, kernels);
  const joined = [...joins(chosen)].filter((n) => !chosenKernel(n, options));
  const graphOfViews = withKernels(chosen, new Map(joined.map((n) => [n, view.name])));
  return { graph: graphOfViews, unserved };
}
