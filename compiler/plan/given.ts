/** A plan that was not made here but read, perhaps edited by hand: what is wrong with it. */
import type { Graph, Node, Value } from "../ir/graph.ts";
import { type Buffer, layersOf, type Region, type Step } from "../ir/plan.ts";
import { hasKernel, kernelOf } from "../kernels/select.ts";
import { peakOf } from "./peak.ts";
import type { Planned } from "./plan.ts";
import type { PoolSpec } from "./pools.ts";
import { validate } from "./validate/validate.ts";
import type { Costs } from "./ways.ts";

export interface Fault {
  /** What of the graph it is about, if that can be told. */
  readonly part?: Node | Step | Buffer | undefined;
  readonly problem: string;
}

/** Kernels that there are not, or that do not serve their nodes on the target. */
const kernelFaults = ({ nodes }: Graph, costs: Costs): Fault[] =>
  nodes.filter(hasKernel).flatMap((node): Fault[] => {
    const kernel = kernelOf(node);
    if ([...costs.kernels(node), ...costs.accumulators(node)].includes(kernel)) return [];
    return [{ part: node, problem: `kernel '${node.attrs.kernel}' cannot run ${node.op}` }];
  });

/** Whether regions stand for the values: for constants, and inputs by rows, there is none. */
function stand(
  { plan }: Graph<"planned">,
  regions: readonly (Region | undefined)[],
  values: readonly (Value | undefined)[],
): boolean {
  const needsNone = (v: Value | undefined): boolean => v === undefined || !plan.places.has(v);
  return (
    regions.length === values.length &&
    regions.every((r, i) => (r ? r.value === values[i] : needsNone(values[i])))
  );
}

/** Values without a place that are no constants, and are not delivered by rows. */
function unplaced({ nodes, plan }: Graph<"planned">): Fault[] {
  const runs = (n: Node) => hasKernel(n) && n.op !== "RowInput";
  const needs = (v: Value | undefined) => v && v.node.op !== "Constant" && !plan.places.has(v);
  return nodes
    .filter((node) => node.outputs.some((v) => hasKernel(node) && needs(v)))
    .concat(nodes.filter((node) => runs(node) && node.inputs.some(needs)))
    .map((part) => ({ part, problem: `a value that ${part.op} reads or makes has no place` }));
}

/** Steps that are no calls of nodes of the graph, in the order of their ticks. */
function stepFaults(graph: Graph<"planned">): Fault[] {
  const { steps } = graph.plan;
  const nodes = new Set(graph.nodes.filter(hasKernel));
  return steps.flatMap((part, i): Fault[] => {
    const { node, inputs, outputs, begin, end } = part;
    if (!nodes.has(node) || kernelOf(node).isView)
      return [{ part, problem: `there is nothing to run at ${node.op}` }];
    if (!stand(graph, inputs, node.inputs) || !stand(graph, outputs, node.outputs))
      return [{ part, problem: `these are not what ${node.op} reads and makes` }];
    if (begin >= end || begin < (steps[i - 1]?.end ?? 0))
      return [{ part, problem: "steps are not in the order of their ticks" }];
    return [];
  });
}

/** What the validator says, each beginning with the step, buffers or boundary that it is about. */
const playFaults = (graph: Graph<"planned">): Fault[] =>
  validate(graph).map((problem) => {
    const [, what, number] = /^(step|buffers|input|output) ?(\d*)/.exec(problem) ?? [];
    const { steps, buffers } = graph.plan;
    switch (what) {
      case "step":
        return { part: steps[Number(number)], problem };
      case "buffers":
        return { part: buffers.find((b) => b.id === Number(number)), problem };
      default:
        return { part: (what === "input" ? graph.inputs : outputsOf(graph))[0]?.node, problem };
    }
  });

/** Pools that the target has not, or that have less room there. */
const poolFaults = ({ plan }: Graph<"planned">, pools: readonly PoolSpec[]): Fault[] =>
  plan.pools.flatMap(({ memory, begin, end }): Fault[] => {
    const own = pools.find((p) => p.name === memory);
    if (!own) return [{ problem: `the target has no pool '${memory}'` }];
    if (end - begin <= own.bytes) return [];
    return [{ problem: `pool '${memory}' has ${own.bytes} bytes, not ${end - begin}` }];
  });

const outputsOf = ({ outputs }: Graph): Value[] => outputs.map((o) => o.value);

/** Empty for a plan that can be emitted as it stands. */
export function faultsOf(
  graph: Graph<"planned">,
  costs: Costs,
  pools: readonly PoolSpec[],
): Fault[] {
  const wrong = poolFaults(graph, pools);
  if (wrong.length > 0) return wrong;
  for (const find of [kernelFaults, unplaced, stepFaults, playFaults]) {
    const faults = find(graph, costs);
    if (faults.length > 0) return faults;
  }
  return [];
}

/** What is said of a plan that was given. */
export function asPlanned(graph: Graph<"planned">, costs: Costs): Planned {
  const { arenaBytes } = graph.plan;
  const peak = peakOf(graph.plan);
  const nodes = layersOf(graph.plan);
  const kernels = new Set(nodes.map(kernelOf));
  return {
    graph,
    lowerBoundBytes: Math.min(peak.bytes, arenaBytes),
    isProved: peak.bytes === arenaBytes,
    missing: 0,
    frontier: [],
    peak,
    codeBytes: [...kernels].reduce((sum, k) => sum + costs.code(k), 0),
    instructions: nodes.reduce((sum, n) => sum + costs.instructions(n, kernelOf(n)), 0),
  };
}
