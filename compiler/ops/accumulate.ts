/** Two elements of a type become one: in scatters, running sums and contractions. */
import { newArray, type TensorData } from "../ir/tensor.ts";
import { type ElementType, isFloat } from "../ir/types.ts";

/** A number, or for types of 64 bits a bigint. */
export type Element = number | bigint;
export type Combine = (a: Element, b: Element) => Element;

type Numeric = (a: number, b: number) => number;

/** JavaScript's operators serve numbers and bigints alike. */
const functions: Readonly<Record<string, Numeric>> = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  max: (a, b) => (b > a ? b : a),
  min: (a, b) => (b < a ? b : a),
};

export const combinerNames: readonly string[] = Object.keys(functions);

/** The result is as the type stores it: floats are rounded, integers wrap. */
export function combiner(name: string, elem: ElementType): Combine {
  const cell = newArray(elem, 1) as { 0: Element } & TensorData;
  const isNarrow = !isFloat(elem) && !elem.endsWith("int64");
  const f = name === "mul" && isNarrow ? Math.imul : functions[name]!;
  return (a, b) => {
    cell[0] = f(a as number, b as number) as never;
    return cell[0]!;
  };
}

/** The type's 0 or 1. */
export const element = (elem: ElementType, value: 0 | 1): Element =>
  elem.endsWith("int64") ? BigInt(value) : value;
