/** Operators whose arguments are those of ONNX: one for each that the compiler has. */
import { type Attrs, type AttrValue, constant, type Node, type Value } from "../../ir/graph.ts";
import type { Tensor } from "../../ir/tensor.ts";
import { type AttrType, attrType, type Operator, operandSpec } from "../../ops/operator.ts";
import type { ArgumentKind, ArgumentSpec, LayerOperator, Lifted, Plain } from "./operator.ts";

/** `GlobalAveragePool` → `global_average_pool`, `ReduceL1` → `reduce_l1`. */
export const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();

const kindOf: Record<AttrType, ArgumentKind> = {
  int: "int",
  float: "number",
  string: "string",
  ints: "ints",
  floats: "numbers",
  strings: "strings",
  tensor: "constant",
};

/** Attributes that no operand has taken the place of since. */
function attributesOf({ attrs, inputs }: Operator): [string, AttrType][] {
  const operands = new Set(inputs.map((text) => snakeCase(operandSpec(text).name)));
  return Object.entries(attrs).flatMap(([name, kind]): [string, AttrType][] =>
    operands.has(name) ? [] : [[name, attrType(kind)]],
  );
}

/** What a node may have beside: the layers that it stands for, and in a lowered graph a type. */
const ofArgument: ArgumentSpec = { name: "of", kinds: ["strings"], named: true, optional: true };
const typeArgument: ArgumentSpec = { name: "type", kinds: ["type"], named: true, optional: true };

/** What the operator is of: the language, ONNX, or mote's lowered graphs. */
export type SchemaKind = "own" | "onnx" | "mote";

const moreOf: Readonly<Record<SchemaKind, readonly ArgumentSpec[]>> = {
  own: [],
  onnx: [ofArgument],
  mote: [typeArgument, ofArgument],
};

/** Arguments of ONNX's operators: operands by place or name, attributes by name. */
function argumentsOf(operator: Operator, kind: SchemaKind): ArgumentSpec[] {
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
  const more = operator.outputs === 1 ? moreOf[kind] : [outputs, ...moreOf[kind]];
  return [...operands, ...attributes, ...more];
}

/** ONNX's floats are of 32 bits. */
function attributeValue(value: Plain, kind: AttrType): AttrValue {
  if (typeof value === "boolean") return Number(value);
  if (kind === "float") return Math.fround(value as number);
  if (kind === "floats") return [value as number | readonly number[]].flat().map(Math.fround);
  return kind === "ints" ? [value as number | readonly number[]].flat() : value;
}

const outputsOf = ({ outputs }: Operator): number => (outputs === "any" ? 1 : outputs);

/** A node as a call of its operator by ONNX's rules. */
export function liftSchema(node: Node, operator: Operator): Lifted {
  const tensors: Record<string, Value | readonly Value[]> = {};
  const plain: Record<string, Plain> = {};
  operator.inputs.map(operandSpec).forEach(({ name, repeated }, i) => {
    const given = repeated ? node.inputs.slice(i) : node.inputs[i];
    if (given !== undefined) tensors[snakeCase(name)] = given as Value | readonly Value[];
  });
  for (const [name, value] of Object.entries(node.attrs))
    if (operator.attrs[name] === "tensor") tensors[name] = constant(value as Tensor);
    else plain[name] = value as Plain;
  if (node.outputs.length !== outputsOf(operator)) plain.outputs = node.outputs.length;
  return { tensors, plain, parameters: {} };
}

/** The operator by its schema alone. */
export function schemaOperator(
  operator: Operator,
  name = snakeCase(operator.name),
  kind: SchemaKind = "own",
): LayerOperator {
  const args = argumentsOf(operator, kind);
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
      for (const [attr, of] of attributesOf(operator)) {
        const value = of === "tensor" ? call.constant(attr) : call.maybePlain(attr);
        if (value !== undefined)
          attrs[attr] = of === "tensor" ? (value as AttrValue) : attributeValue(value as Plain, of);
      }
      const fixed = outputsOf(operator);
      const outputCount =
        operator.outputs === 1 ? 1 : (call.maybePlain<number>("outputs") ?? fixed);
      const said = kind === "own" ? undefined : call.maybePlain<readonly string[]>("of");
      const origins = kind === "mote" ? (said ?? []) : said;
      const stored = kind === "mote" ? call.storedType() : undefined;
      return call.node(operator.name, inputs, attrs, { outputCount, origins, stored }).outputs;
    },
  };
}
