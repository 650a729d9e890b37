/** What each layer costs on the target: plain data, which crosses threads. */
import { type CompileOptions, compile, type Program } from "../compile.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { Node } from "../ir/graph.ts";
import { layersOf, type Plan } from "../ir/plan.ts";
import { kernelOf, predictedInstructions } from "../kernels/select.ts";

export interface LayerCost {
  readonly kernel: string;
  /** Predicted, of one run. */
  readonly instructions: number;
  /** In use in the arena while it runs, at the most. */
  readonly liveBytes: number;
  /** Layers that are one in the program. */
  readonly fused: readonly string[];
}

export interface Costs {
  readonly target: string;
  readonly arenaBytes: number;
  readonly layers: ReadonlyMap<string, LayerCost>;
}

/** Bytes of the arena that something lies in during a tick. */
function bytesInUse({ buffers }: Plan, tick: number): number {
  const alive = buffers.flatMap(({ offset, parts }) =>
    parts
      .filter(({ begin, end }) => begin <= tick && tick < end)
      .map(({ from, to }) => [offset + from, offset + to] as const),
  );
  alive.sort(([a], [b]) => a - b);
  let [bytes, reached] = [0, 0];
  for (const [from, to] of alive) {
    bytes += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return bytes;
}

function liveBytes(node: Node, plan: Plan): number {
  const own = plan.steps.filter((s) => s.node === node);
  const ticks = own.flatMap(({ begin, end }) =>
    Array.from({ length: end - begin }, (_, i) => begin + i),
  );
  return Math.max(...ticks.map((tick) => bytesInUse(plan, tick)));
}

function costOf(node: Node, { graph, target, profile }: Program): LayerCost {
  const kernel = kernelOf(node);
  return {
    kernel: kernel.name,
    instructions: Math.round(predictedInstructions(node, kernel, { ...target, profile })),
    liveBytes: liveBytes(node, graph.plan),
    fused: node.origins,
  };
}

export interface CostQuestion {
  readonly file: string;
  /** With the texts that an editor has open. */
  readonly options: CompileOptions;
}

export interface Compiled {
  /** Absent where the model has errors, or does not fit the target. */
  readonly costs?: Costs;
  readonly diagnostics: readonly Diagnostic[];
}

export function costsOf({ file, options }: CostQuestion): Compiled {
  const { program, diagnostics } = compile(file, options);
  if (!program) return { diagnostics };
  const layers = new Map<string, LayerCost>();
  for (const node of layersOf(program.graph.plan)) {
    const cost = costOf(node, program);
    for (const name of node.origins) layers.set(name, cost);
  }
  const { arenaBytes } = program.graph.plan;
  return { diagnostics, costs: { target: program.target.name, arenaBytes, layers } };
}
