/** Every kernel there is, and which of them can do an operator's work. */
import type { Node } from "../ir/graph.ts";
import { type ElementType, elementBytes } from "../ir/types.ts";
import { fail } from "../ops/operator.ts";
import { convKernels } from "./conv.ts";
import { phaseKernels } from "./conv-transpose.ts";
import { dspKernels } from "./dsp.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { floatKernels } from "./float.ts";
import { fpuKernels } from "./fpu.ts";
import { inputType, type Kernel, outputType } from "./kernel.ts";
import { matmulKernels } from "./matmul.ts";
import { movementKernels } from "./movement.ts";
import { mveKernels } from "./mve.ts";
import { columnsKernel } from "./mve-depthwise.ts";
import { rowsKernel } from "./mve-rows.ts";
import { padKernels } from "./pad.ts";
import { poolKernels } from "./pool.ts";
import { resizeKernels } from "./resize.ts";
import { flatKernels } from "./simd-elementwise.ts";
import { typingKernels } from "./typing.ts";
import { v6mKernels } from "./v6m.ts";
import { widened } from "./widened.ts";
import { winogradKernels } from "./winograd.ts";

const storedAs = (elem: ElementType): ElementType => (elem === "bool" ? "uint8" : elem);

/** Only what is a bool already is 0 or 1. */
const keepsTruth = (node: Node): boolean =>
  outputType(node).elem !== "bool" || inputType(node).elem === "bool";

/** Other names and types for the same bytes. */
const view: Kernel = {
  name: "view",
  header: "",
  ops: ["Reshape", "Identity", "StorageCast", "Squeeze", "Unsqueeze", "Flatten", "Cast"],
  serves: (node) => {
    const [from, to] = [storedAs(inputType(node).elem), storedAs(outputType(node).elem)];
    return node.op === "Cast"
      ? from === to && keepsTruth(node)
      : elementBytes(from) === elementBytes(to);
  },
  isView: true,
  cost: () => 0,
  bind: () => fail("a view is not called"),
};

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
  ...padKernels,
  ...resizeKernels,
  ...typingKernels,
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
