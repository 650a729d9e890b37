/** int8 sums of operands of one shape on Helium. */
import type { Node } from "../ir/graph.ts";
import { elementCount, sameShape } from "../ir/types.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { inputType, type Kernel, outputType } from "./kernel.ts";

const add = elementwiseKernels.find((kernel) => kernel.name === "add_s8")!;
const shapeOf = (node: Node, i: number) => inputType(node, i).shape;

/** The portable kernel's struct serves, with all elements in its last axis. */
export const addFlat: Kernel = {
  ...add,
  name: "add_flat_s8",
  header: "add_flat_s8.h",
  isa: ["mve"],
  serves: (node) =>
    add.serves(node) &&
    sameShape(shapeOf(node, 0), outputType(node).shape) &&
    sameShape(shapeOf(node, 1), outputType(node).shape),
  cost: (node) => elementCount(outputType(node).shape) * 2.25 + 20,
  bind: (node, profile) => {
    const binding = add.bind(node, profile);
    const size = [1, 1, 1, elementCount(outputType(node).shape)];
    const steps = [0, 0, 0, 1];
    const broadcast = { size, a: steps, b: steps };
    return { ...binding, shape: { ...binding.shape, broadcast } };
  },
};
