/** What the operators share that move elements without changing them. */
import { constant } from "../ir/graph.ts";
import { int64s, newArray, numbers, type Tensor } from "../ir/tensor.ts";
import { elementCount, type Shape } from "../ir/types.ts";
import { type Declares, fail, type InferContext, type IntegerForm, indices } from "./operator.ts";

export const moves: IntegerForm = { roles: ["activation", "plain"], output: "same" };
export const indexTypes = { I: indices };

/** A constant list of integers that shapes depend on. */
export function constantInts(context: InferContext, at: number, what: string): number[] {
  const tensor = context.constant(at);
  if (tensor === undefined)
    return fail(`'${what}' must be known while compiling, but it is computed at run time`);
  return Array.from(numbers(tensor));
}

/** An input that is read at run time as one number. */
export function checkNumber(context: InferContext, at: number, what: string): void {
  const shape = context.inputs[at]?.shape;
  if (shape && elementCount(shape) !== 1) fail(`'${what}' has shape [${shape}]; it is one number`);
}

/** The declared shape of the first output is the constant input number `at`. */
export const declaredAsInput = (at: number): Declares => ({
  inputs: [at],
  take: (node, [shape]) => ({
    ...node,
    inputs: node.inputs.map((v, i) => (i === at ? constant(int64s(shape!)) : v)),
  }),
});

/** The elements of `x` at the given flat indices. */
export function gather(x: Tensor, shape: Shape, from: ArrayLike<number>): Tensor {
  const data = newArray(x.elem, from.length);
  for (let i = 0; i < data.length; i++) data[i] = x.data[from[i]!]!;
  return { elem: x.elem, shape, data };
}

/** Flat indices of a strided view: `start + Σ position·step`. */
export function viewIndex(shape: Shape, steps: readonly number[], start = 0): Int32Array {
  const at = new Int32Array(elementCount(shape));
  const position = shape.map(() => 0);
  for (let i = 0, offset = start; i < at.length; i++) {
    at[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += steps[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      offset -= steps[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return at;
}
