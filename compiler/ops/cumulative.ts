/** Running sums and products. */
import { num } from "../ir/graph.ts";
import { newArray, numbers } from "../ir/tensor.ts";
import type { ElementType } from "../ir/types.ts";
import { combiner, element } from "./accumulate.ts";
import { axisSpan } from "./axes.ts";
import { nearestIndex } from "./indexing.ts";
import { checkNumber, constantInts, indexTypes } from "./move.ts";
import { fail, floats, normalAxis, type Operator } from "./operator.ts";

export const cumulativeTypes: readonly ElementType[] = [
  ...floats,
  ...(["int32", "int64", "uint32", "uint64"] as const),
];

const cumulative = (name: string, how: "add" | "mul"): Operator => ({
  name,
  level: "any",
  inputs: ["x: T", "axis: I"],
  outputs: 1,
  attrs: { exclusive: "flag", reverse: "flag" },
  defaults: { exclusive: 0, reverse: 0 },
  types: { ...indexTypes, T: cumulativeTypes },
  infer: (context) => {
    const { elem, shape } = context.inputs[0]!;
    if (shape.length === 0) fail("its input has no axis");
    checkNumber(context, 1, "axis");
    if (context.constant(1)) normalAxis(constantInts(context, 1, "axis")[0]!, shape.length);
    return [{ elem, shape }];
  },
  evaluate: ({ inputs: [x, axis], attrs }) => {
    const { elem, shape } = x!;
    const { outer, size, inner } = axisSpan(shape, nearestIndex(numbers(axis!)[0]!, shape.length));
    const combine = combiner(how, elem);
    const [isExclusive, isReverse] = [num({ attrs }, "exclusive"), num({ attrs }, "reverse")];
    const data = newArray(elem, x!.data.length);
    for (let lane = 0; lane < outer * inner; lane++) {
      const first = Math.floor(lane / inner) * size * inner + (lane % inner);
      let acc = element(elem, how === "mul" ? 1 : 0);
      for (let k = 0; k < size; k++) {
        const at = first + (isReverse ? size - 1 - k : k) * inner;
        const next = combine(acc, x!.data[at]!);
        data[at] = isExclusive ? acc : next;
        acc = next;
      }
    }
    return [{ ...x!, data }];
  },
});

export const cumulativeOperators: readonly Operator[] = [
  cumulative("CumSum", "add"),
  cumulative("CumProd", "mul"),
];
