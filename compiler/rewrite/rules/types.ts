/** Operators whose operands have types of their own, as those whose operands have one. */
import type { Value } from "../../ir/graph.ts";
import { type ElementType, isFloat } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { onnxCode } from "../../ops/typing.ts";
import type { Rule } from "../engine.ts";
import { op } from "../pattern.ts";

const castTo = (x: Value, elem: ElementType, origins: readonly string[] = []): Value =>
  x.type.elem === elem ? x : build("Cast", [x], { to: onnxCode(elem) }, { origins });

const castLike: Rule = {
  name: "castlike-to-cast",
  example: `graph imported "g" {
    %0: float32[3] = Input
    %1: int32[1] = Input
    %2: int32[3] = CastLike(%0, %1)
    return %2 as "y"
  }`,
  pattern: op("CastLike"),
  replace: ({ root, origins }) => castTo(root.inputs[0]!, root.outputs[0]!.type.elem, origins),
};

/** What a power is worked out in: the base's type, or double for a real one of a whole number. */
const powerType = (a: ElementType, b: ElementType): ElementType =>
  isFloat(b) && !isFloat(a) ? "float64" : a;

const power: Rule = {
  name: "pow-of-one-type",
  example: `graph imported "g" {
    %0: float32[3] = Input
    %1: int32[3] = Constant [2, 3, 1]
    %2: float32[3] = Pow(%0, %1)
    return %2 as "y"
  }`,
  pattern: op("Pow", undefined, {
    where: ({ inputs: [a, b] }) => a!.type.elem !== b!.type.elem,
  }),
  replace: ({ root, origins }) => {
    const [a, b] = root.inputs as [Value, Value];
    const elem = powerType(a.type.elem, b.type.elem);
    const y = build("Pow", [castTo(a, elem), castTo(b, elem)], {}, { origins });
    return castTo(y, a.type.elem);
  },
};

export const typeRules: readonly Rule[] = [castLike, power];
