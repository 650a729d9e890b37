/** Every kernel there is, and which of them can do an operator's work. */
import type { Node } from "../ir/graph.ts";
import { runTimeKernels } from "./at-run-time.ts";
import { boundedKernels } from "./bounded.ts";
import { convKernels } from "./conv.ts";
import { phaseKernels } from "./conv-transpose.ts";
import { doubleKernels } from "./double.ts";
import { dspKernels } from "./dsp/kernels.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { floatKernels } from "./float.ts";
import { fpuKernels } from "./fpu.ts";
import { indexingKernels } from "./indexing.ts";
import { integerKernels } from "./integers.ts";
import type { Kernel } from "./kernel.ts";
import { matmulKernels } from "./matmul.ts";
import { movementKernels } from "./movement.ts";
import { columnsKernel } from "./mve/depthwise.ts";
import { mveKernels } from "./mve/kernels.ts";
import { rowsKernel } from "./mve/rows.ts";
import { normaliseKernels } from "./normalise.ts";
import { padKernels } from "./pad.ts";
import { poolKernels } from "./pool.ts";
import { quantisationKernels } from "./quantisation.ts";
import { recurrentKernels } from "./recurrent.ts";
import { reduceKernels } from "./reduce.ts";
import { resizeKernels } from "./resize.ts";
import { samplingKernels } from "./sampling.ts";
import { selectionKernels } from "./selection.ts";
import { signalKernels } from "./signal.ts";
import { flatKernels } from "./simd-elementwise.ts";
import { spatialKernels } from "./spatial.ts";
import { treeEnsembleKernel } from "./tree-ensemble.ts";
import { typingKernels } from "./typing.ts";
import { v6mKernels } from "./v6m/kernels.ts";
import { view } from "./views.ts";
import { widened } from "./widened.ts";
import { winogradKernels } from "./winograd.ts";

const own: readonly Kernel[] = [
  view,
  ...convKernels,
  ...dspKernels,
  ...mveKernels,
  columnsKernel,
  rowsKernel,
  widened(columnsKernel),
  ...flatKernels,
  ...elementwiseKernels,
  ...poolKernels,
  ...floatKernels,
  ...fpuKernels,
  ...matmulKernels,
  ...movementKernels,
  ...indexingKernels,
  ...selectionKernels,
  ...boundedKernels,
  ...padKernels,
  ...quantisationKernels,
  ...runTimeKernels,
  ...normaliseKernels,
  ...recurrentKernels,
  ...reduceKernels,
  ...signalKernels,
  ...resizeKernels,
  ...samplingKernels,
  ...spatialKernels,
  ...typingKernels,
  treeEnsembleKernel,
  ...integerKernels,
  ...doubleKernels,
  ...v6mKernels,
  ...winogradKernels,
];

const kernels: readonly Kernel[] = [...own, ...phaseKernels(own)];

const byName = new Map(kernels.map((kernel) => [kernel.name, kernel]));
const byOperator = new Map<string, Kernel[]>();
for (const kernel of kernels)
  for (const op of kernel.ops) byOperator.set(op, [...(byOperator.get(op) ?? []), kernel]);

/** Kernels that serve a node on a processor with these features, the cheapest first. */
const serving = (node: Node, isa: readonly string[]): Kernel[] =>
  (byOperator.get(node.op) ?? [])
    .filter((kernel) => (kernel.isa ?? []).every((feature) => isa.includes(feature)))
    .filter((kernel) => kernel.serves(node))
    .sort((a, b) => a.cost(node) - b.cost(node));

/** Kernels that can run a node on a processor with these features, the cheapest first. */
export const candidates = (node: Node, isa: readonly string[]): Kernel[] =>
  serving(node, isa).filter((kernel) => !kernel.accumulates);

/** Kernels that can run a node from rows of its input as they come. */
export const accumulators = (node: Node, isa: readonly string[]): Kernel[] =>
  serving(node, isa).filter((kernel) => kernel.accumulates);

export const kernelNamed = (name: string): Kernel | undefined => byName.get(name);

export const allKernels = (): readonly Kernel[] => kernels;
