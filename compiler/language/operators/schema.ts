/** Operators whose arguments are those of ONNX: one for each that the compiler has. */
import type { Attrs, AttrValue, Value } from "../../ir/graph.ts";
import { type AttrKind, type Operator, operandSpec } from "../../ops/operator.ts";
import type { ArgumentKind, ArgumentSpec, LayerOperator, Plain } from "./operator.ts";

/** `GlobalAveragePool` → `global_average_pool`, `ReduceL1` → `reduce_l1`. */
export const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();

const kindOf: Record<AttrKind, ArgumentKind> = {
  int: "int",
  float: "number",
  string: "string",
  ints: "ints",
  floats: "numbers",
  strings: "strings",
  tensor: "constant",
};

/** Attributes by name; those that newer opsets have as operands are left out. */
function attributesOf({ inputs, attrs }: Operator): [string, AttrKind][] {
  const operands = inputs.map((text) => snakeCase(operandSpec(text).name));
  return Object.entries(attrs).filter(([name]) => !operands.includes(name));
}

/** Arguments of ONNX's operators: operands by place or name, attributes by name. */
function argumentsOf(operator: Operator): ArgumentSpec[] {
  const operands = operator.inputs.map((text): ArgumentSpec => {
    const { name, optional, repeated, letter } = operandSpec(text);
    const only = operator.types?.[letter];
    return {
      name: snakeCase(name),
      kinds: [repeated ? "tensors" : "tensor"],
      optional,
      like: letter,
      ...(only && !only.includes("float32") && { elem: only[0]! }),
    };
  });
  const attributes = attributesOf(operator).map(
    ([name, kind]): ArgumentSpec => ({
      name,
      kinds: kind === "int" ? ["int", "boolean"] : [kindOf[kind]],
      named: true,
      optional: true,
    }),
  );
  const outputs: ArgumentSpec = { name: "outputs", kinds: ["int"], named: true, optional: true };
  return [...operands, ...attributes, ...(operator.outputs === 1 ? [] : [outputs])];
}

const attributeValue = (value: Plain): AttrValue =>
  typeof value === "boolean" ? Number(value) : value;

/** The operator by ONNX's rules alone. */
export function schemaOperator(operator: Operator, name = snakeCase(operator.name)): LayerOperator {
  const args = argumentsOf(operator);
  const operands = operator.inputs.map(operandSpec);
  return {
    name,
    docs: `ONNX ${operator.name}`,
    args,
    build: (call) => {
      const inputs = operands.flatMap(({ repeated }, i): readonly (Value | undefined)[] => {
        const arg = args[i]!.name;
        return repeated ? call.tensors(arg) : [call.maybeTensor(arg)];
      });
      while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop();
      const attrs: Record<string, Attrs[string]> = {};
      for (const [attr, kind] of attributesOf(operator)) {
        const value = kind === "tensor" ? call.constant(attr) : call.maybePlain(attr);
        if (value !== undefined)
          attrs[attr] = kind === "tensor" ? (value as AttrValue) : attributeValue(value as Plain);
      }
      const fixed = operator.outputs === "any" ? 1 : operator.outputs;
      const outputCount =
        operator.outputs === 1 ? 1 : (call.maybePlain<number>("outputs") ?? fixed);
      return call.node(operator.name, inputs, attrs, { outputCount }).outputs;
    },
  };
}
