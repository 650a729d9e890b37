/**
 * Before: lowered operators between Quantize and Dequantize. After: operators on quantised types;
 * what has no integer form stays float between a Dequantize and a Quantize.
 */
import { constant, constantOf, type Node, type Value } from "../../ir/graph.ts";
import { numbers, scalar, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { type Quantization, sameQuantization, sameType, type TensorType } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { permutation } from "../../ops/movement.ts";
import { clamp, roundHalfAway } from "../../ops/numerics.ts";
import type { IntegerForm, OperandRole } from "../../ops/operator.ts";
import { dequantizeTensor, quantizeTensor } from "../../ops/quantisation.ts";
import { activationQuantization, quantizeWeights } from "../../ops/ranges.ts";
import { operatorOf } from "../../ops/registry.ts";
import type { Rule } from "../engine.ts";
import { any, constant as constantPattern, op } from "../pattern.ts";

const isInt8 = ({ elem, quant }: TensorType): boolean =>
  elem === "int8" && quant !== undefined && quant.scale.length === 1;

const integerForm = (node: Node): IntegerForm | undefined =>
  node.op === "Constant" || node.op === "Input" ? undefined : operatorOf(node).integer;

/** Operators that move one operand's elements, or choose among them. */
const isMove = (node: Node): boolean =>
  integerForm(node)?.output === "same" && node.op !== "Concat";

// ---- operands of an integer operator ----

/** The stored integers behind a Dequantize. */
const storedValue = (v: Value): Value | undefined =>
  v.node.op === "Dequantize" ? v.node.inputs[0] : undefined;

function activation(v: Value): Value | undefined {
  const stored = storedValue(v);
  if (stored) return isInt8(stored.type) ? stored : undefined;
  const tensor = constantOf(v);
  if (tensor?.elem !== "float32") return undefined;
  const list = Array.from(numbers(tensor));
  const quant = activationQuantization(Math.min(...list), Math.max(...list));
  return constant(quantizeTensor(tensor, "int8", quant), v.name, quant);
}

/** Weights with zero points of 0; others are moved to it where the numbers still fit. */
function weights(v: Value): Value | undefined {
  const stored = storedValue(v);
  const tensor = constantOf(stored ?? v);
  if (!tensor) return undefined;
  if (!stored) return tensor.elem === "float32" ? quantizeWeights(tensor, v.name) : undefined;
  const quant = stored.type.quant!;
  if (tensor.elem !== "int8" || (quant.axis !== undefined && quant.axis !== 0)) return undefined;
  if (quant.zeroPoint.every((z) => z === 0)) return stored;
  return centred(tensor, quant, v.name);
}

function centred(tensor: Tensor, quant: Quantization, name: string): Value | undefined {
  const each = tensor.data.length / quant.scale.length;
  const moved = Array.from(numbers(tensor), (w, i) => w - quant.zeroPoint[Math.floor(i / each)]!);
  if (moved.some((w) => w < -128 || w > 127)) return undefined;
  const zeroPoint = quant.zeroPoint.map(() => 0);
  return constant(tensorOf("int8", tensor.shape, moved), name, { ...quant, zeroPoint });
}

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * Math.abs(b);

/** An int32 bias with the scale of the products. */
function bias(v: Value, x: Value, w: Value): Value | undefined {
  const stored = storedValue(v);
  const tensor = constantOf(stored ?? v);
  if (!tensor) return undefined;
  const [scaleX, scaleW] = [x.type.quant!.scale[0]!, w.type.quant!.scale];
  const at = (list: readonly number[], c: number) => list[list.length === 1 ? 0 : c]!;
  const count = tensor.data.length;
  const wanted = Array.from({ length: count }, (_, c) => scaleX * at(scaleW, c));
  const scale = scaleW.length === 1 ? [Math.fround(wanted[0]!)] : wanted.map(Math.fround);
  const quant = { scale, zeroPoint: scale.map(() => 0), ...(scale.length > 1 && { axis: 0 }) };
  const own = stored?.type.quant;
  const exact =
    own && tensor.elem === "int32" && wanted.every((s, c) => close(at(own.scale, c), s));
  if (exact) return constant(tensor, v.name, quant);
  const real = numbers(own ? dequantizeTensor(tensor, own) : tensor);
  const limit = 2 ** 31 - 1;
  const data = Int32Array.from(wanted, (s, c) => clamp(roundHalfAway(real[c]! / s), -limit, limit));
  return constant({ elem: "int32", shape: tensor.shape, data }, v.name, quant);
}

function integerOperands(
  node: Node,
  roles: readonly OperandRole[],
): (Value | undefined)[] | undefined {
  const operands: (Value | undefined)[] = [];
  for (const [i, v] of node.inputs.entries()) {
    const role = roles[Math.min(i, roles.length - 1)]!;
    const made = v && operand(v, role, operands);
    if (v && !made) return undefined;
    operands.push(made);
  }
  return operands;
}

function operand(v: Value, role: OperandRole, before: readonly (Value | undefined)[]) {
  if (role === "activation") return activation(v);
  if (role === "weights") return weights(v);
  return role === "bias" ? bias(v, before[0]!, before[1]!) : v;
}

// ---- the rules ----

const requantize = (x: Value, to: TensorType, origins: readonly string[]): Value =>
  sameQuantization(x.type.quant, to.quant) && x.type.elem === to.elem
    ? x
    : build("Requantize", [x], {}, { origins, stored: to });

/** The accumulators themselves, where the result is int32 at the scale of the products. */
function isAccumulator(operands: readonly (Value | undefined)[], to: TensorType): boolean {
  const [x, w] = operands;
  const product = x!.type.quant!.scale[0]! * (w?.type.quant?.scale[0] ?? 0);
  return to.elem === "int32" && w?.type.quant?.scale.length === 1 && to.quant?.scale[0] === product;
}

/** What the operator makes: the wanted type, or the one its integer form is bound to. */
function integerResult(
  form: IntegerForm,
  operands: readonly (Value | undefined)[],
  to: TensorType,
): TensorType | undefined {
  if (form.roles.includes("weights") && isAccumulator(operands, to)) return to;
  if (!isInt8(to)) return undefined;
  const types = operands.map((v) => v?.type);
  if (form.accepts?.(types, to) ?? true) return to;
  return typeof form.output === "object" ? { ...to, quant: form.output } : undefined;
}

function toInteger(node: Node, to: TensorType, origins: readonly string[]): Value | undefined {
  const form = integerForm(node);
  if (!form || node.outputs.length !== 1) return undefined;
  const operands = integerOperands(node, form.roles);
  if (!operands?.some((v, i) => v && storedValue(node.inputs[i]!))) return undefined;
  if (form.output === "same") {
    const same = operands.map((v, i) =>
      form.roles[Math.min(i, form.roles.length - 1)] === "activation" && v
        ? requantize(v, { ...to, shape: v.type.shape }, origins)
        : v,
    );
    return isInt8(to) ? build(node.op, same, node.attrs, { origins, stored: to }) : undefined;
  }
  const result = integerResult(form, operands, to);
  if (!result) return undefined;
  const y = build(node.op, operands, node.attrs, { origins, stored: result });
  return requantize(y, to, origins);
}

/** DQ-op-Q: the operator's integer form, unless it is to stay float. */
const integerOperator = (isFloat: (node: Node) => boolean): Rule => ({
  name: "dq-op-q",
  example: `graph lowered "g" {
    %0: int8[1, 4](scale: 0.1, zero: 3) = Input
    %1: int8[2, 4](scale: 0.02, zero: 0) = Constant [1, 2, 3, 4, 5, 6, 7, 8]
    %2: int32[2](scale: 0.002, zero: 0) = Constant [100, -100]
    %3: float32[1, 4] = Dequantize(%0)
    %4: float32[2, 4] = Dequantize(%1)
    %5: float32[2] = Dequantize(%2)
    %6: float32[1, 2] = FullyConnected(%3, %4, %5) {clamp_min: 0}
    %7: int8[1, 2](scale: 0.05, zero: -128) = Quantize(%6)
    return %7 as "y"
  }`,
  pattern: op("Quantize", [
    op([], undefined, { as: "operator", onlyUse: true, where: (n) => !isFloat(n) }),
  ]),
  replace: (m) => toInteger(m.node("operator"), m.root.outputs[0]!.type, m.origins),
});

/** Per-channel parameters of a constant after a move; nothing when they do not survive it. */
function movedQuantization(node: Node, quant: Quantization): Quantization | undefined {
  if (quant.axis === undefined || quant.scale.length === 1) return quant;
  const [from, to] = [node.inputs[0]!.type.shape, node.outputs[0]!.type.shape];
  if (node.op === "Transpose")
    return { ...quant, axis: permutation(node.attrs, from.length).indexOf(quant.axis) };
  const keeps = node.op === "Reshape" && quant.axis === 0 && from[0] === to[0];
  return keeps ? quant : undefined;
}

/** A pad of real zeros, which is stored as the zero point. */
function padsWithZero(n: Node): boolean {
  const value = n.op === "Pad" ? n.inputs[2] : undefined;
  const tensor = constantOf(value);
  return value === undefined || (tensor !== undefined && numbers(tensor)[0] === 0);
}

/** Dequantised elements are moved as stored ones. */
const dequantizeDown: Rule = {
  name: "move-past-dequantize",
  example: `graph lowered "g" {
    %0: int8[2, 3](scale: 0.1, zero: 3) = Input
    %1: float32[2, 3] = Dequantize(%0)
    %2: float32[3, 2] = Transpose(%1) {perm: [1, 0]}
    return %2 as "y"
  }`,
  pattern: op([], undefined, {
    where: (n) => isMove(n) && n.inputs[0]?.node.op === "Dequantize" && padsWithZero(n),
  }),
  replace: (m) => {
    const { root } = m;
    const [x, ...operands] = root.inputs;
    const rest = root.op === "Pad" ? [operands[0], undefined, operands[2]] : operands;
    const stored = m.inside(x!).inputs[0]!;
    const quant = movedQuantization(root, stored.type.quant!);
    if (!quant) return undefined;
    const moved = build(root.op, [stored, ...rest], root.attrs, {
      origins: root.origins,
      stored: { elem: stored.type.elem, quant },
    });
    const isKnown = [stored, ...rest].every((v) => v === undefined || constantOf(v));
    return isKnown
      ? build("Dequantize", [moved], {}, { origins: x!.node.origins })
      : dequantized(moved, x!.node);
  },
};

/** Stored integers as float; those that are no bytes with operands that say how. */
function dequantized(stored: Value, { origins }: Pick<Node, "origins">): Value {
  const { elem, quant } = stored.type;
  if (elem === "int8" || elem === "uint8") return build("Dequantize", [stored], {}, { origins });
  const { scale, zeroPoint } = quant!;
  const parameters = [scalar("float32", scale[0]!), scalar(elem, zeroPoint[0]!)].map((t) =>
    constant(t),
  );
  return build("DequantizeLinear", [stored, ...parameters], {}, { origins });
}

/** Elements are quantised before they are moved. */
const quantizeUp: Rule = {
  name: "quantize-past-move",
  example: `graph lowered "g" {
    %0: float32[2, 3] = Input
    %1: float32[3, 2] = Transpose(%0) {perm: [1, 0]}
    %2: int8[3, 2](scale: 0.1, zero: 3) = Quantize(%1)
    return %2 as "y"
  }`,
  pattern: op("Quantize", [
    op(["Transpose", "Reshape", "Slice", "Gather", "Expand", "ResizeNearest"], undefined, {
      as: "move",
      onlyUse: true,
    }),
  ]),
  replace: (m) => {
    const { type } = m.root.outputs[0]!;
    if (type.quant!.axis !== undefined && type.quant!.scale.length > 1) return undefined;
    const [x, ...rest] = m.node("move").inputs;
    const stored = { elem: type.elem, quant: type.quant };
    const { op: name, attrs, origins } = m.node("move");
    const q = build("Quantize", [x], {}, { origins: m.root.origins, stored });
    return build(name, [q, ...rest], attrs, { origins, stored });
  },
};

const quantizeDequantize: Rule = {
  name: "dequantize-quantize",
  example: `graph lowered "g" {
    %0: int8[8](scale: 0.1, zero: 3) = Input
    %1: float32[8] = Dequantize(%0)
    %2: int8[8](scale: 0.2, zero: -5) = Quantize(%1)
    return %2 as "y"
  }`,
  pattern: op("Quantize", [op("Dequantize", [any("x")])]),
  replace: (m) => {
    const [x, to] = [m.value("x"), m.root.outputs[0]!.type];
    if (sameType(x.type, to)) return x;
    const single = x.type.quant!.scale.length === 1 && to.quant!.scale.length === 1;
    return single && to.elem !== "int32"
      ? build("Requantize", [x], {}, { origins: m.origins, stored: to })
      : undefined;
  },
};

const shiftOf = (from: TensorType, to: TensorType): number | undefined => {
  const sameScale =
    from.quant!.scale.length === to.quant!.scale.length &&
    from.quant!.scale.every((s, i) => s === to.quant!.scale[i]);
  const shifts = new Set(from.quant!.zeroPoint.map((z, i) => to.quant!.zeroPoint[i]! - z));
  return sameScale && shifts.size === 1 ? [...shifts][0] : undefined;
};

/** Signed to unsigned and back. */
const requantizeBack: Rule = {
  name: "requantize-back",
  example: `graph lowered "g" {
    %0: int8[8](scale: 0.1, zero: 3) = Input
    %1: uint8[8](scale: 0.1, zero: 131) = Requantize(%0)
    %2: int8[8](scale: 0.1, zero: 3) = Requantize(%1)
    %3: float32[8] = Dequantize(%2)
    return %3 as "y"
  }`,
  pattern: op("Requantize", [op("Requantize", [any("x")], { as: "inner" })]),
  replace: (m) => {
    const [x, to, inner] = [m.value("x"), m.root.outputs[0]!.type, m.node("inner")];
    const clamps = (n: Node) => n.attrs.clamp_min !== undefined || n.attrs.clamp_max !== undefined;
    const lossless = Math.abs(shiftOf(x.type, inner.outputs[0]!.type) ?? 0) === 128;
    return lossless && sameType(x.type, to) && !clamps(inner) && !clamps(m.root) ? x : undefined;
  },
};

/** Unsigned elements that are only moved are moved as signed ones. */
const moveSigned: Rule = {
  name: "move-past-requantize",
  example: `graph lowered "g" {
    %0: int8[2, 3](scale: 0.1, zero: 3) = Input
    %1: uint8[2, 3](scale: 0.1, zero: 131) = Requantize(%0)
    %2: uint8[3, 2](scale: 0.1, zero: 131) = Transpose(%1) {perm: [1, 0]}
    return %2 as "y"
  }`,
  pattern: op([], undefined, {
    where: (n) =>
      isMove(n) &&
      n.op !== "Pad" &&
      n.inputs[0]?.node.op === "Requantize" &&
      n.outputs[0]!.type.elem === "uint8",
  }),
  replace: (m) => {
    const { root } = m;
    const [x, ...rest] = root.inputs;
    const signed = m.inside(x!).inputs[0]!;
    if (shiftOf(signed.type, x!.type) !== 128) return undefined;
    const o = { origins: root.origins };
    const moved = build(root.op, [signed, ...rest], root.attrs, { ...o, stored: signed.type });
    return build("Requantize", [moved], {}, { ...o, stored: root.outputs[0]!.type });
  },
};

const castConstant: Rule = {
  name: "storage-cast-constant",
  example: `graph lowered "g" {
    %0: int8[4] = Constant [1, 2, 3, 4]
    %1: int8[4](scale: 0.1, zero: 3) = StorageCast(%0)
    %2: float32[4] = Dequantize(%1)
    return %2 as "y"
  }`,
  pattern: op("StorageCast", [constantPattern("c")]),
  replace: (m) => constant(m.tensor("c"), m.value("c").name, m.root.outputs[0]!.type.quant),
};

const castNothing: Rule = {
  name: "storage-cast-nothing",
  example: `graph lowered "g" {
    %0: int8[4](scale: 0.1, zero: 3) = Input
    %1: int8[4](scale: 0.1, zero: 3) = StorageCast(%0)
    %2: float32[4] = Dequantize(%1)
    return %2 as "y"
  }`,
  pattern: op("StorageCast", [any("x")]),
  replace: (m) => (sameType(m.value("x").type, m.root.outputs[0]!.type) ? m.value("x") : undefined),
};

/** A value that is read as other stored integers than it was made as, in one cast. */
const castCast: Rule = {
  name: "storage-cast-twice",
  example: `graph lowered "g" {
    %0: int8[4] = Input
    %1: int8[4](scale: 0.1, zero: 3) = StorageCast(%0)
    %2: int8[4](scale: 0.2, zero: 3) = StorageCast(%1)
    %3: float32[4] = Dequantize(%2)
    return %3 as "y"
  }`,
  pattern: op("StorageCast", [op("StorageCast", [any("x")])]),
  replace: (m) =>
    build(
      "StorageCast",
      [m.value("x")],
      {},
      { origins: m.origins, stored: m.root.outputs[0]!.type },
    ),
};

/** Stored numbers of one scale are in the order of the real ones. */
const argumentOfStored = (isFloat: (node: Node) => boolean): Rule => ({
  name: "argument-of-stored",
  example: `graph lowered "g" {
    %0: int8[2, 5](scale: 0.1, zero: 3) = Input
    %1: float32[2, 5] = Dequantize(%0)
    %2: int64[2, 1] = ArgMax(%1) {axis: 1}
    return %2 as "y"
  }`,
  pattern: op(["ArgMax", "ArgMin"], [op("Dequantize", [any("x")])], { where: (n) => !isFloat(n) }),
  replace: (m) => {
    const x = m.value("x");
    if (x.type.quant?.scale.length !== 1) return undefined;
    return build(m.root.op, [x], m.root.attrs, { origins: m.origins });
  },
});

export const integerRules = (isFloat: (node: Node) => boolean): readonly Rule[] => [
  castConstant,
  castNothing,
  castCast,
  requantizeBack,
  moveSigned,
  quantizeDequantize,
  dequantizeDown,
  quantizeUp,
  argumentOfStored(isFloat),
  integerOperator(isFloat),
];

/** Weights that no integer operator took are float after all. */
export const leftoverRules: readonly Rule[] = [
  {
    name: "dequantize-constant",
    example: `graph lowered "g" {
    %0: float32[4] = Input
    %1: int8[4](scale: 0.1, zero: 3) = Constant [1, 2, 3, 4]
    %2: float32[4] = Dequantize(%1)
    %3: float32[4] = Add(%0, %2)
    return %3 as "y"
  }`,
    pattern: op("Dequantize", [constantPattern("c")]),
    replace: (m) =>
      constant(dequantizeTensor(m.tensor("c"), m.value("c").type.quant!), m.value("c").name),
  },
];
