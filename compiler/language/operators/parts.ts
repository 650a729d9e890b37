/** Arguments and parameters that several operators have. */
import type { Value } from "../../ir/graph.ts";
import { fail } from "../../ops/operator.ts";
import type { ArgumentSpec, LayerCall, ParameterSpec, Plain } from "./operator.ts";

export const x: ArgumentSpec = { name: "x", kinds: ["tensor"] };
export const int = (name: string): ArgumentSpec => ({ name, kinds: ["int"] });
export const weightArgument: ArgumentSpec = {
  name: "weight",
  kinds: ["tensor"],
  named: true,
  optional: true,
};
export const biasArgument: ArgumentSpec = {
  name: "bias",
  kinds: ["boolean", "tensor"],
  named: true,
  initial: true,
};

/** A given weight, or the layer's own. */
export function weightOf(call: LayerCall, spec: ParameterSpec): Value {
  const given = call.maybeTensor("weight");
  if (!given) return call.parameter(spec);
  const { shape } = given.type;
  if (shape.join() !== spec.shape.join())
    fail(`'weight' must be [${spec.shape.join(", ")}], but is [${shape.join(", ")}]`);
  return given;
}

/** A given bias, the layer's own, or none. */
export function biasOf(call: LayerCall, count: number): Value[] {
  if (call.isTensor("bias")) return [call.tensor("bias")];
  const spec = { name: "bias", shape: [count], axis: 0, role: "bias" } as const;
  return call.plain<boolean>("bias") ? [call.parameter(spec)] : [];
}

export const positive = (value: number, what: string): number =>
  Number.isInteger(value) && value > 0
    ? value
    : fail(`'${what}' must be a positive whole number, not ${value}`);

/** What is not what an argument is when it is absent. */
export const differing = (
  plain: Readonly<Record<string, Plain>>,
  initial: Readonly<Record<string, Plain>>,
): Record<string, Plain> =>
  Object.fromEntries(Object.entries(plain).filter(([name, value]) => value !== initial[name]));
