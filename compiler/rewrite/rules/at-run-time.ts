/** Operators that read at run time what decides shapes: with every list, as int64. */
import { constant, type Node, type Value } from "../../ir/graph.ts";
import { int64s, scalar } from "../../ir/tensor.ts";
import { build } from "../../ops/build.ts";
import { declaredShape } from "../../ops/operator.ts";
import { onnxCode } from "../../ops/typing.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";

const asLong = (v: Value): Value =>
  v.type.elem === "int64" ? v : build("Cast", [v], { to: onnxCode("int64") });

const range = (count: number): Value =>
  constant(int64s(Array.from({ length: count }, (_, i) => i)));

const isOpen = (node: Node): boolean => declaredShape(node) !== undefined;

const slice: Rule = {
  name: "slice-of-all-lists",
  example: `graph imported "g" {
    %0: float32[4, 3] = Input
    %1: int32[1] = Input
    %2: int32[1] = Input
    %3: float32[2, 3] = Slice(%0, %1, %2) {declared: [2, 3]}
    return %3 as "y"
  }`,
  pattern: op("Slice", undefined, {
    where: (n) => isOpen(n) && [1, 2, 3, 4].some((i) => n.inputs[i]?.type.elem !== "int64"),
  }),
  replace: ({ root, origins }) => {
    const [x, starts, ends, axes, steps] = root.inputs as readonly Value[];
    const count = starts!.type.shape[0]!;
    const ones = constant(int64s(Array.from({ length: count }, () => 1)));
    const lists = [starts!, ends!, axes ?? range(count), steps ?? ones].map(asLong);
    return build("Slice", [x, ...lists], root.attrs, { origins });
  },
};

const pad: Rule = {
  name: "pad-of-all-lists",
  example: `graph imported "g" {
    %0: float32[4, 3] = Input
    %1: int64[4] = Input
    %2: float32[5, 3] = Pad(%0, %1) {declared: [5, 3]}
    return %2 as "y"
  }`,
  pattern: op("Pad", undefined, {
    where: (n) =>
      isOpen(n) && (!n.inputs[2] || [1, 3].some((i) => n.inputs[i]?.type.elem !== "int64")),
  }),
  replace: ({ root, origins }) => {
    const [x, pads, value, axes] = root.inputs as readonly Value[];
    const fill = value ?? constant(scalar(x!.type.elem, 0));
    const places = axes ?? range(x!.type.shape.length);
    return build("Pad", [x, asLong(pads!), fill, asLong(places)], root.attrs, { origins });
  },
};

export const runTimeRules: readonly Rule[] = [slice, pad];
