/** Before: lowered operators. After: clamps are part of the operators that make their operands. */
import { sameQuantization } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { clampAttributes, clampOf, composeClamps } from "../../ops/clamp.ts";
import type { Rule } from "../engine.ts";
import { any, op } from "../pattern.ts";

const clampable = [
  "Conv2D",
  "ConvTranspose2D",
  "FullyConnected",
  "Add",
  "Sub",
  "Mul",
  "Div",
  "AveragePool2D",
  "MaxPool2D",
  "Clamp",
  "Requantize",
];

const clampIntoProducer: Rule = {
  name: "clamp-into-producer",
  example: `graph lowered "g" {
    %0: float32[1, 8] = Input
    %1: float32[4, 8] = Constant random 1
    %2: float32[1, 4] = FullyConnected(%0, %1) {clamp_max: 0.5}
    %3: float32[1, 4] = Clamp(%2) {clamp_min: 0, clamp_max: 6}
    return %3 as "y"
  }`,
  pattern: op("Clamp", [op(clampable, undefined, { as: "producer", onlyUse: true })]),
  replace: (m) => {
    const [producer, { type }] = [m.node("producer"), m.root.outputs[0]!];
    const before = producer.outputs[0]!.type;
    if (before.elem !== type.elem || !sameQuantization(before.quant, type.quant)) return undefined;
    const range = composeClamps(clampOf(producer.attrs), clampOf(m.root.attrs));
    const { clamp_min, clamp_max, ...attrs } = producer.attrs;
    const all = { ...attrs, ...clampAttributes(range) };
    return build(producer.op, producer.inputs, all, { origins: m.origins, stored: type });
  },
};

const clampNothing: Rule = {
  name: "clamp-nothing",
  example: `graph lowered "g" {
    %0: float32[1, 8] = Input
    %1: float32[1, 8] = Clamp(%0)
    %2: float32[1, 8] = Tanh(%1)
    return %2 as "y"
  }`,
  pattern: op("Clamp", [any("x")], {
    where: (n) => n.attrs.clamp_min === undefined && n.attrs.clamp_max === undefined,
  }),
  replace: (m) => {
    const [x, y] = [m.value("x").type, m.root.outputs[0]!.type];
    return x.elem === y.elem && sameQuantization(x.quant, y.quant) ? m.value("x") : undefined;
  },
};

export const clampRules: readonly Rule[] = [clampIntoProducer, clampNothing];
