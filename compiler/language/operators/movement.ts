/** Operators that move elements, with their sizes and axes as numbers. */
import { constantOf, ints, type Node, num } from "../../ir/graph.ts";
import { float32s, int64s, numbers } from "../../ir/tensor.ts";
import { fail } from "../../ops/operator.ts";
import type { LayerOperator, Plain } from "./operator.ts";
import { x } from "./parts.ts";

/** The numbers of an operand that is a list of 64-bit integers, as the language's own lists are. */
function listOf(node: Node, input: number): number[] | undefined {
  const tensor = constantOf(node.inputs[input]);
  if (tensor?.elem !== "int64" || tensor.shape.length !== 1) return undefined;
  const list = Array.from(numbers(tensor));
  return list.every(Number.isSafeInteger) ? list : undefined;
}

const hasOnly = (node: Node, ...names: string[]): boolean =>
  Object.keys(node.attrs).every((name) => names.includes(name));

const reshape: LayerOperator = {
  name: "reshape",
  docs: "the same elements in another shape; -1 stands for what is left, 0 for a size that stays",
  args: [x, { name: "shape", kinds: ["ints"] }],
  build: (call) => {
    const shape = call.plain<number | readonly number[]>("shape");
    const list = typeof shape === "number" ? [shape] : shape;
    return call.node("Reshape", [call.tensor("x"), call.literal(int64s(list))]).outputs;
  },
  lift: (node) => {
    const shape = node.op === "Reshape" && hasOnly(node) ? listOf(node, 1) : undefined;
    return shape && { tensors: { x: node.inputs[0]! }, plain: { shape }, parameters: {} };
  },
};

const transpose: LayerOperator = {
  name: "transpose",
  docs: "axes in another order; the reverse unless told",
  args: [x, { name: "perm", kinds: ["ints"], optional: true }],
  build: (call) => {
    const perm = call.maybePlain<readonly number[]>("perm");
    return call.node("Transpose", [call.tensor("x")], perm ? { perm } : {}).outputs;
  },
  lift: (node) => {
    if (node.op !== "Transpose") return undefined;
    const perm = ints(node, "perm");
    const plain: Record<string, Plain> = perm.length > 0 ? { perm } : {};
    return { tensors: { x: node.inputs[0]! }, plain, parameters: {} };
  },
};

const concat: LayerOperator = {
  name: "concat",
  docs: "tensors one after the other along an axis",
  args: [
    { name: "tensors", kinds: ["tensors"] },
    { name: "axis", kinds: ["int"], named: true, initial: 1 },
  ],
  build: (call) =>
    call.node("Concat", call.tensors("tensors"), { axis: call.plain<number>("axis") }).outputs,
  lift: (node) => {
    if (node.op !== "Concat" || !hasOnly(node, "axis")) return undefined;
    const axis = num(node, "axis");
    const plain: Record<string, Plain> = axis === 1 ? {} : { axis };
    return { tensors: { tensors: node.inputs.map((v) => v!) }, plain, parameters: {} };
  },
};

const split: LayerOperator = {
  name: "split",
  docs: "several tensors of one: so many equal ones, or of these sizes",
  args: [
    x,
    { name: "parts", kinds: ["int", "ints"] },
    { name: "axis", kinds: ["int"], named: true, initial: 1 },
  ],
  build: (call) => {
    const parts = call.plain<number | readonly number[]>("parts");
    const axis = call.plain<number>("axis");
    const { shape } = call.tensor("x").type;
    const size = shape[axis < 0 ? axis + shape.length : axis];
    if (size === undefined) return fail(`axis ${axis} is outside a tensor of rank ${shape.length}`);
    if (typeof parts === "number" && (parts < 1 || size % parts !== 0))
      return fail(`${size} elements along axis ${axis} are no ${parts} equal parts`);
    const sizes =
      typeof parts === "number" ? Array.from({ length: parts }, () => size / parts) : parts;
    const operands = [call.tensor("x"), call.literal(int64s(sizes))];
    return call.node("Split", operands, axis === 0 ? {} : { axis }, { outputCount: sizes.length })
      .outputs;
  },
  lift: (node) => {
    const sizes = node.op === "Split" && hasOnly(node, "axis") ? listOf(node, 1) : undefined;
    if (!sizes) return undefined;
    const axis = num(node, "axis");
    const parts = sizes.length > 1 && sizes.every((n) => n === sizes[0]) ? sizes.length : sizes;
    const plain: Record<string, Plain> = { parts, ...(axis === 1 ? {} : { axis }) };
    return { tensors: { x: node.inputs[0]! }, plain, parameters: {} };
  },
};

const relu6: LayerOperator = {
  name: "relu6",
  docs: "x between 0 and 6",
  args: [x],
  build: (call) => {
    const limits = [0, 6].map((n) => call.literal(float32s([], [n])));
    return call.node("Clip", [call.tensor("x"), ...limits]).outputs;
  },
  lift: (node) => {
    if (node.op !== "Clip" || node.inputs.length !== 3) return undefined;
    const isLimit = (input: number, value: number) => {
      const t = constantOf(node.inputs[input]);
      return t?.elem === "float32" && t.shape.length === 0 && t.data[0] === value;
    };
    const plainly = isLimit(1, 0) && isLimit(2, 6);
    return plainly ? { tensors: { x: node.inputs[0]! }, plain: {}, parameters: {} } : undefined;
  },
};

const upsample: LayerOperator = {
  name: "upsample",
  docs: "images several times as large, by the nearest pixel",
  args: [x, { name: "scale", kinds: ["ints"], initial: 2 }],
  build: (call) => {
    const { shape } = call.tensor("x").type;
    const scale = call.plain<number | readonly number[]>("scale");
    const each = typeof scale === "number" ? shape.slice(2).map(() => scale) : scale;
    if (each.length !== shape.length - 2)
      fail(`'scale' has ${each.length} numbers for ${shape.length - 2} axes`);
    const scales = call.literal(float32s([shape.length], [1, 1, ...each]));
    const attrs = {
      coordinate_transformation_mode: "asymmetric",
      mode: "nearest",
      nearest_mode: "floor",
    };
    return call.node("Resize", [call.tensor("x"), undefined, scales], attrs).outputs;
  },
};

export const movements: readonly LayerOperator[] = [
  reshape,
  transpose,
  concat,
  split,
  relu6,
  upsample,
];
