/** AttributeProto → attributes of the IR, checked against the operator's schema. */
import type { Diagnostic, Place } from "../../diagnostics.ts";
import { operatorProblem, unknownAttribute } from "../../diagnostics.ts";
import type { Attrs, AttrValue } from "../../ir/graph.ts";
import { float32s, int64s, type Tensor } from "../../ir/tensor.ts";
import { type AttrType, attrType, type Operator } from "../../ops/operator.ts";
import { type AttributeProto, type NodeProto, toNumber, toText } from "./proto.ts";
import { TensorError, tensorFromProto } from "./tensors.ts";

const kinds: Record<number, AttrType> = {
  1: "float",
  2: "int",
  3: "string",
  4: "tensor",
  6: "floats",
  7: "ints",
  8: "strings",
};

/** Old exporters leave the type out; then the field that is filled tells. */
function kindOf(a: AttributeProto): AttrType | undefined {
  if (a.type !== 0) return kinds[a.type];
  if (a.ints.length > 0) return "ints";
  if (a.floats.length > 0) return "floats";
  if (a.strings.length > 0) return "strings";
  if (a.t) return "tensor";
  return a.s.length > 0 ? "string" : a.f !== 0 ? "float" : "int";
}

/** @throws TensorError for a tensor that cannot be read. */
export function attributeValue(a: AttributeProto, modelFile: string): AttrValue | undefined {
  switch (kindOf(a)) {
    case "float":
      return a.f;
    case "int":
      return toNumber(a.i);
    case "string":
      return toText(a.s);
    case "floats":
      return [...a.floats];
    case "ints":
      return a.ints.map(toNumber);
    case "strings":
      return a.strings.map(toText);
    case "tensor":
      return a.t ? tensorFromProto(a.t, modelFile) : undefined;
    default:
      return undefined;
  }
}

/** The node's attributes by a schema; unknown ones are reported and left out. */
export function readAttributes(
  node: NodeProto,
  schema: Operator["attrs"],
  place: Place,
  report: (d: Diagnostic) => void,
): Attrs {
  const attrs: Record<string, AttrValue> = {};
  for (const attribute of node.attribute) {
    const { name } = attribute;
    const expected = Object.hasOwn(schema, name) ? attrType(schema[name]!) : undefined;
    if (expected === undefined) {
      report(unknownAttribute(place, node.opType, name, Object.keys(schema)));
      continue;
    }
    const kind = kindOf(attribute);
    const value = attributeValue(attribute, place.file ?? "");
    if (kind === expected && value !== undefined) attrs[name] = value;
    else {
      const found = kind === expected ? "empty" : (kind ?? `number ${attribute.type}`);
      const text = `the attribute '${name}' must be of kind ${expected}, not ${found}`;
      report(operatorProblem(place, node.opType, text));
    }
  }
  return attrs;
}

/** What a Constant may say, by the attribute that says it. */
const constantKinds: Readonly<Record<string, AttrType>> = {
  value: "tensor",
  value_float: "float",
  value_floats: "floats",
  value_int: "int",
  value_ints: "ints",
};

/** What a Constant is of. @throws TensorError */
export function constantTensor(attribute: AttributeProto | undefined, file: string): Tensor {
  const name = attribute?.name ?? "";
  const kind = constantKinds[name];
  if (!attribute || !kind)
    throw new TensorError(`is a Constant of kind '${name}', which mote does not support`);
  const value = kindOf(attribute) === kind ? attributeValue(attribute, file) : undefined;
  if (value === undefined) throw new TensorError(`is a Constant whose '${name}' is no ${kind}`);
  if (kind === "tensor") return value as Tensor;
  const shape = typeof value === "number" ? [] : [(value as readonly number[]).length];
  const list = [value as number | readonly number[]].flat();
  return kind.startsWith("float") ? float32s(shape, list) : { ...int64s(list), shape };
}
