/** int8 sums and products of operands of one shape, by SIMD instructions. */
import type { Node } from "../ir/graph.ts";
import { sameShape } from "../ir/types.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { count, inputType, type Kernel, outputType } from "./kernel.ts";

const shapeOf = (node: Node, i: number) => inputType(node, i).shape;

/** The portable kernel's struct serves, with all elements in its last axis. */
function flat(name: string, portable: string): Kernel {
  const kernel = elementwiseKernels.find((k) => k.name === portable)!;
  return {
    ...kernel,
    name,
    header: `${name}.h`,
    isa: ["dsp"],
    serves: (node) =>
      kernel.serves(node) &&
      sameShape(shapeOf(node, 0), outputType(node).shape) &&
      sameShape(shapeOf(node, 1), outputType(node).shape),
    cost: (node) => count(node) * 8 + 30,
    bind: (node, profile) => {
      const binding = kernel.bind(node, profile);
      const size = [1, 1, 1, count(node)];
      const steps = [0, 0, 0, 1];
      const broadcast = { size, a: steps, b: steps };
      return { ...binding, shape: { ...binding.shape, broadcast } };
    },
  };
}

export const flatKernels: readonly Kernel[] = [
  flat("add_flat_s8", "add_s8"),
  flat("mul_flat_s8", "mul_s8"),
];
