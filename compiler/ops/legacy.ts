/** Forms of nodes before opset 7, as those of opset 7: what their attributes said then. */
import { type Attrs, constant, num, str, type Value } from "../ir/graph.ts";
import { int64s } from "../ir/tensor.ts";
import { build } from "./build.ts";
import { type AttrKind, fail, type RawNode } from "./operator.ts";
import { onnxCode } from "./typing.ts";
import { attributeToInput } from "./upgrade.ts";

/** What an old node says beyond the attributes of the newest, and its newer form. */
interface Legacy {
  readonly attrs: Readonly<Record<string, AttrKind>>;
  readonly renew: (node: RawNode, opset: number) => RawNode;
}

const without = (attrs: Attrs, ...names: readonly string[]): Attrs =>
  Object.fromEntries(Object.entries(attrs).filter(([name]) => !names.includes(name)));

const dropped = (...names: readonly string[]): Legacy => ({
  attrs: Object.fromEntries(names.map((name) => [name, "int" as const])),
  renew: (node) => ({ ...node, attrs: without(node.attrs, ...names) }),
});

/** `v` with axes of one element behind it, so that its first axis falls on `axis` of `rank`. */
function alignedTo(v: Value, axis: number, rank: number): Value {
  const { shape } = v.type;
  const behind = rank - axis - shape.length;
  if (behind < 0) fail(`the second operand [${shape}] has too many axes from ${axis} on`);
  const ones = Array.from({ length: behind }, () => 1);
  return behind === 0 ? v : build("Reshape", [v, constant(int64s([...shape, ...ones]))]);
}

function twoInputs({ inputs: [a, b] }: RawNode): readonly [Value, Value] {
  return a && b ? [a, b] : fail("takes two inputs");
}

/** The second operand lay along the axes of the first from `axis` on, or along its last ones. */
const broadcast: Legacy = {
  attrs: { axis: "int", broadcast: "flag" },
  renew: (node) => {
    const { op, attrs } = node;
    const [a, b] = twoInputs(node);
    const rank = a.type.shape.length;
    const given = attrs.axis === undefined ? rank - b.type.shape.length : num({ attrs }, "axis");
    const axis = given < 0 ? given + rank : given;
    const isBroadcast = num({ attrs }, "broadcast") === 1;
    const second = isBroadcast && axis >= 0 ? alignedTo(b, axis, rank) : b;
    return { op, inputs: [a, second], attrs: without(attrs, "axis", "broadcast") };
  },
};

/** One slope for each channel, which is axis 1. */
const prelu: Legacy = {
  attrs: {},
  renew: (node) => {
    const [x, slope] = twoInputs(node);
    const { shape } = slope.type;
    const isByChannel = shape.length === 1 && shape[0] !== 1;
    const aligned = isByChannel ? alignedTo(slope, 1, x.type.shape.length) : slope;
    return { ...node, inputs: [x, aligned] };
  },
};

const names: Readonly<Record<string, Parameters<typeof onnxCode>[0]>> = {
  FLOAT: "float32",
  FLOAT16: "float16",
  DOUBLE: "float64",
  INT8: "int8",
  UINT8: "uint8",
  INT16: "int16",
  UINT16: "uint16",
  INT32: "int32",
  UINT32: "uint32",
  INT64: "int64",
  UINT64: "uint64",
  BOOL: "bool",
};

const cast: Legacy = {
  attrs: { to: "string" },
  renew: (node) => {
    const to = str(node, "to");
    const elem = names[to] ?? fail(`the type '${to}' is not supported`);
    return { ...node, attrs: { to: onnxCode(elem) } };
  },
};

const oldAttributes: Readonly<Record<string, string>> = { paddings: "pads" };

const renamed: Legacy = {
  attrs: { paddings: "ints" },
  renew: (node) => ({
    ...node,
    attrs: Object.fromEntries(
      Object.entries(node.attrs).map(([name, value]) => [oldAttributes[name] ?? name, value]),
    ),
  }),
};

/** The batch's own statistics and random zeros are for training. */
const inference: Legacy = {
  attrs: { is_test: "flag" },
  renew: (node) => {
    if (num(node, "is_test") !== 1) fail("'is_test' 0 (training) cannot be compiled");
    return { ...node, attrs: without(node.attrs, "is_test") };
  },
};

const arithmetic = "Add Sub Mul Div Pow And Or Xor Equal Greater Less".split(" ");

const legacies: Readonly<Record<string, Legacy>> = {
  ...Object.fromEntries(arithmetic.map((op) => [op, broadcast])),
  PRelu: prelu,
  Pad: renamed,
  BatchNormalization: inference,
  Dropout: inference,
  Gemm: dropped("broadcast"),
  GRU: dropped("output_sequence"),
  LSTM: dropped("output_sequence"),
  RNN: dropped("output_sequence"),
  Reshape: {
    attrs: { shape: "ints" },
    renew: (node) => attributeToInput(node, "shape", 1),
  },
  Concat: {
    attrs: {},
    renew: (node, opset) => ({
      ...node,
      attrs: opset < 4 ? { axis: 1, ...node.attrs } : node.attrs,
    }),
  },
};

/** Whether operators overwrote their inputs, which says nothing of results. */
const consumed = { consumed_inputs: "ints" } as const;

/** A Cast's type was a text until opset 6. */
const legacyOf = (op: string, opset: number): Legacy | undefined =>
  op === "Cast" ? (opset < 6 ? cast : undefined) : legacies[op];

/** The attributes that a node may have by an opset before 7, beside the newest ones. */
export const legacyAttrs = (op: string, opset: number): Readonly<Record<string, AttrKind>> =>
  opset < 7 ? { ...consumed, ...legacyOf(op, opset)?.attrs } : {};

/** The node by opset 7. */
export function fromLegacy(node: RawNode, opset: number): RawNode {
  if (opset >= 7) return node;
  const plain = { ...node, attrs: without(node.attrs, "consumed_inputs") };
  return legacyOf(node.op, opset)?.renew(plain, opset) ?? plain;
}
