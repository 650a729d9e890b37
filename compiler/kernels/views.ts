/** Values that no code makes: they lie in the memory of others, or others are made in theirs. */
import { type Graph, type Node, num, str, type Value } from "../ir/graph.ts";
import { elementBytes, elementCount, typeBytes } from "../ir/types.ts";
import { fail, normalAxis } from "../ops/operator.ts";
import { mergeAxes } from "./axes.ts";
import { inputType, type Kernel, outputType } from "./kernel.ts";
import { hasConstantRest, sliceCopy } from "./movement.ts";
import { storedAs } from "./names.ts";

/** Only what has a type of few values already holds no others. */
const keepsValues = (node: Node): boolean => {
  const { elem } = outputType(node);
  return storedAs(elem) === elem || inputType(node).elem === elem;
};

/** Tensors begin at multiples of this many bytes, as kernels may expect. */
const wordBytes = 4;

/** The byte of its input at which a Slice begins, if that is one piece of memory. */
function sliceBegin(node: Node): number | undefined {
  const { sizes, x, y, xStart } = sliceCopy(node);
  const merged = mergeAxes({ sizes, steps: [x, y] });
  const isPiece = merged.sizes.length <= 1 && (merged.steps[0]![0] ?? 1) === 1;
  const begin = xStart * elementBytes(inputType(node).elem);
  return isPiece && begin % wordBytes === 0 && elementCount(sizes) > 0 ? begin : undefined;
}

/** The byte of its first input's memory at which a view begins. */
export const viewBegin = (node: Node): number => (node.op === "Slice" ? sliceBegin(node)! : 0);

export const isView = (node: Node): boolean => str(node, "kernel") === view.name;

/** Other names and types for the same bytes, or some of them. */
export const view: Kernel = {
  name: "view",
  header: "",
  ops: [
    "Reshape",
    "Identity",
    "StorageCast",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Cast",
    "BitCast",
    "Slice",
  ],
  serves: (node) => {
    const [from, to] = [storedAs(inputType(node).elem), storedAs(outputType(node).elem)];
    if (node.op === "Slice") return hasConstantRest(node) && sliceBegin(node) !== undefined;
    return node.op === "Cast"
      ? from === to && keepsValues(node)
      : elementBytes(from) === elementBytes(to);
  },
  isView: true,
  cost: () => 0,
  bind: () => fail("a view is not called"),
};

/** A Concat whose operands are made where its result lies. */
export const isJoin = (node: Node): boolean => node.op === "Concat" && isView(node);

/** What lies in the memory that a value shows all of. */
export function shownBy(value: Value): Value {
  let v = value;
  while (
    isView(v.node) &&
    !isJoin(v.node) &&
    typeBytes(v.node.inputs[0]!.type) === typeBytes(v.type)
  )
    v = v.node.inputs[0]!;
  return v;
}

/** The bytes of a Concat's result at which its operands begin, if these are pieces of it. */
export function joinBegins(node: Node): number[] | undefined {
  const { shape } = outputType(node);
  const axis = normalAxis(num(node, "axis"), shape.length);
  const sizes = node.inputs.map((v) => typeBytes(v!.type));
  const begins = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const isPieces = elementCount(shape.slice(0, axis)) === 1 && !sizes.includes(0);
  return isPieces && begins.every((b) => b % wordBytes === 0) ? begins : undefined;
}

/**
 * Concats that need no code, since each operand is, or shows all of, what an operation makes, which
 * lies in no other result and once in this one.
 */
export function joins({ nodes }: Graph): Set<Node> {
  const found = new Set<Node>();
  const placed = new Set<Value>();
  for (const node of nodes) {
    if (node.op !== "Concat" || !joinBegins(node)) continue;
    const made = node.inputs.map((v) => shownBy(v!));
    const isOwn = (v: Value, i: number) =>
      !["Input", "Constant"].includes(v.node.op) &&
      (!isView(v.node) || isJoin(v.node)) &&
      !placed.has(v) &&
      made.indexOf(v) === i;
    if (!made.every(isOwn)) continue;
    found.add(node);
    for (const v of made) placed.add(v);
  }
  return found;
}
