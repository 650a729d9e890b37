/**
 * Before: a fused imported graph. After: ONNX's quantised operators are float ones between Quantize
 * and Dequantize, whose parameters are in the types.
 */
import { type Attrs, constant, constantOf, type Node, num, type Value } from "../../ir/graph.ts";
import { float32s, numbers, scalar } from "../../ir/tensor.ts";
import { elementCount, type Quantization, type TensorType } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import { dequantizeLinearly, parametersOf } from "../../ops/quantisation.ts";
import { integerProducts, qlinear, unitQuantization } from "../../ops/quantised-products.ts";
import type { Rule } from "../engine.ts";
import { type Match, op } from "../pattern.ts";
import { isWeights } from "./values.ts";

type Origins = { readonly origins: readonly string[] };

/** The int8 type that stores an unsigned type's values: everything moved by 128. */
export function signedType({ elem, shape, quant }: TensorType): TensorType {
  if (elem !== "uint8" || !quant) return { elem, shape, quant };
  const zeroPoint = quant.zeroPoint.map((z) => z - 128);
  return { elem: "int8", shape, quant: { ...quant, zeroPoint } };
}

const quantizeLinear: Rule = {
  name: "quantizelinear",
  example: `graph imported "g" {
    %0: float32[8] = Input
    %1: float32[] = Constant [0.01]
    %2: uint8[] = Constant [100]
    %3: uint8[8](scale: 0.01, zero: 100) = QuantizeLinear(%0, %1, %2)
    return %3 as "y"
  }`,
  pattern: op("QuantizeLinear", undefined, { where: (n) => isByte(n.outputs[0]!.type) }),
  replace: ({ root, origins }) => {
    const { type } = root.outputs[0]!;
    const q = build("Quantize", [root.inputs[0]], {}, { origins, stored: signedType(type) });
    return type.elem === "uint8" ? build("Requantize", [q], {}, { origins, stored: type }) : q;
  },
};

/** Stored integers as float, through int8 where they are unsigned. */
function dequantized(x: Value, quant: Quantization, o: Origins): Value {
  const stored = { elem: x.type.elem, quant };
  const typed = build("StorageCast", [x], {}, { ...o, stored });
  const signed = signedType(typed.type);
  const s =
    signed.elem === typed.type.elem
      ? typed
      : build("Requantize", [typed], {}, { ...o, stored: signed });
  return build("Dequantize", [s], {}, o);
}

const parameters = (x: Value, scale: Value, zero: Value | undefined, attrs: Attrs): Quantization =>
  parametersOf(x.type.shape, constantOf(scale)!, constantOf(zero), attrs);

/** int8 or uint8 of one scale and zero point that are known. */
const isByte = ({ elem, quant }: TensorType): boolean =>
  ["int8", "uint8"].includes(elem) && quant?.scale.length === 1;

const hasKnownRest = (n: Node): boolean =>
  n.inputs.slice(1).every((v) => v === undefined || constantOf(v) !== undefined);

/** Weights, or bytes of one scale, whose parameters belong to a type. */
const isTyped = (n: Node): boolean =>
  hasKnownRest(n) &&
  n.outputs[0]!.type.elem === "float32" &&
  num(n, "block_size") === 0 &&
  (isWeights(n.inputs[0]!) ||
    (["int8", "uint8"].includes(n.inputs[0]!.type.elem) &&
      constantOf(n.inputs[1])!.data.length === 1));

const dequantizeLinear: Rule = {
  name: "dequantizelinear",
  example: `graph imported "g" {
    %0: uint8[8] = Input
    %1: float32[] = Constant [0.01]
    %2: uint8[] = Constant [100]
    %3: float32[8] = DequantizeLinear(%0, %1, %2)
    return %3 as "y"
  }`,
  pattern: op("DequantizeLinear", undefined, { where: isTyped }),
  replace: ({ root, origins }) => {
    const [x, scale, zero] = root.inputs as [Value, Value, Value | undefined];
    return dequantized(x, parameters(x, scale, zero, root.attrs), { origins });
  },
};

/** Weights of several zero points or scales in blocks, which no type has. */
const dequantizeConstant: Rule = {
  name: "dequantize-blocks",
  example: `graph imported "g" {
    %0: float32[2, 4] = Input
    %1: int8[2, 4] = Constant [1, 2, 3, 4, 5, 6, 7, 8]
    %2: float32[2, 2] = Constant [0.1, 0.2, 0.3, 0.4]
    %3: float32[2, 4] = DequantizeLinear(%1, %2) {block_size: 2}
    %4: float32[2, 4] = Add(%0, %3)
    return %4 as "y"
  }`,
  pattern: op("DequantizeLinear", undefined, {
    where: (n) => constantOf(n.inputs[0]) !== undefined && hasKnownRest(n) && !isTyped(n),
  }),
  replace: ({ root }) => {
    const { elem } = root.outputs[0]!.type;
    return constant(dequantizeLinearly(root.inputs.map(constantOf), root.attrs, elem));
  },
};

const quantizeInteger: Rule = {
  name: "quantizelinear-of-integers",
  example: `graph imported "g" {
    %0: int32[8] = Input
    %1: float32[] = Constant [3.5]
    %2: int8[] = Constant [7]
    %3: int8[8](scale: 3.5, zero: 7) = QuantizeLinear(%0, %1, %2)
    return %3 as "y"
  }`,
  pattern: op("QuantizeLinear", undefined, { where: (n) => n.inputs[0]!.type.elem === "int32" }),
  replace: ({ root, origins }) => {
    const [x, ...parameters] = root.inputs;
    const real = build("Cast", [x], { to: 1 }, { origins });
    return build("QuantizeLinear", [real, ...parameters], root.attrs, { origins });
  },
};

/** ONNX's own function for it. */
const dynamicQuantize: Rule = {
  name: "dynamicquantizelinear",
  example: `graph imported "g" {
    %0: float32[8] = Input
    %1: uint8[8], %2: float32[], %3: uint8[] = DynamicQuantizeLinear(%0)
    return %1 as "y", %2 as "scale", %3 as "zero"
  }`,
  pattern: op("DynamicQuantizeLinear"),
  replace: ({ root, origins }) => {
    const o = { origins };
    const [x] = root.inputs;
    const number = (v: number) => constant(scalar("float32", v));
    const low = build("Min", [build("ReduceMin", [x], { keepdims: 0 }, o), number(0)], {}, o);
    const high = build("Max", [build("ReduceMax", [x], { keepdims: 0 }, o), number(0)], {}, o);
    const scale = build("Div", [build("Sub", [high, low], {}, o), number(255)], {}, o);
    const offset = build("Sub", [number(0), build("Div", [low, scale], {}, o)], {}, o);
    const rounded = build("Round", [build("Clip", [offset, number(0), number(255)], {}, o)], {}, o);
    const zero = build("Cast", [rounded], { to: 2 }, o);
    return [build("QuantizeLinear", [x, scale, zero], {}, o), scale, zero];
  },
};

/** Scales of half precision, which bytes do not need. */
const asFloat = (scale: Value, origins: readonly string[]): Value =>
  scale.type.elem === "float32" ? scale : build("Cast", [scale], { to: 1 }, { origins });

const single = (axis: number, scale: Value): Attrs =>
  elementCount(scale.type.shape) === 1 ? {} : { axis };

/** The int32 bias of a QLinearConv as float: its scale is that of the products. */
function qlinearBias({ root, origins }: Match): Value | undefined {
  const at = qlinear[root.op]!.bias;
  const bias = at === undefined ? undefined : root.inputs[at];
  if (!bias) return undefined;
  const [x, w] = [root.inputs[1]!, root.inputs[4]!];
  const scale = productScale(x, w, origins);
  const zero = constant({
    elem: "int32",
    shape: scale.type.shape,
    data: new Int32Array(elementCount(scale.type.shape)),
  });
  return build("DequantizeLinear", [bias, scale, zero], single(0, scale), { origins });
}

function productScale(x: Value, w: Value, origins: readonly string[]): Value {
  const [xs, ws] = [constantOf(x), constantOf(w)];
  if (!xs || !ws) return build("Mul", [w, x], {}, { origins });
  const [product] = numbers(xs) as unknown as [number];
  return constant(
    float32s(
      ws.shape,
      Float32Array.from(numbers(ws), (s) => s * product),
    ),
  );
}

const qlinearRule: Rule = {
  name: "qlinear-to-qdq",
  example: `graph imported "g" {
    %0: int8[1, 4] = Input
    %1: float32[] = Constant [0.01]
    %2: int8[] = Constant [3]
    %3: int8[4, 2] = Constant [1, 2, 3, 4, 5, 6, 7, 8]
    %4: int8[] = Constant [0]
    %5: float32[] = Constant [0.02]
    %6: int8[1, 2](scale: 0.02, zero: 3) = QLinearMatMul(%0, %1, %2, %3, %1, %4, %5, %2)
    return %6 as "y"
  }`,
  pattern: op(Object.keys(qlinear)),
  replace: (m) => {
    const o = { origins: m.origins };
    const { inputs, outputs, attrs } = m.root;
    const form = qlinear[m.root.op]!;
    const operands = form.operands.map(({ at, axis }) => {
      const [x, scale, zero] = inputs.slice(at, at + 3) as [Value, Value, Value];
      const parameters = [x, asFloat(scale, m.origins), zero];
      return build("DequantizeLinear", parameters, single(axis, scale), o);
    });
    const bias = qlinearBias(m);
    const y = build(form.op, bias ? [...operands, bias] : operands, attrs, o);
    const stored = outputs[0]!.type;
    const own = single(form.axis, inputs[6]!);
    const parameters = [asFloat(inputs[6]!, m.origins), inputs[7]];
    return build("QuantizeLinear", [y, ...parameters], own, { ...o, stored });
  },
};

/** Whether the zero points are no more than the scales of a type can be. */
const isPlain = (n: Node): boolean =>
  n.inputs.slice(2).every((v) => v === undefined || v.type.shape.length <= 1);

const integerProduct: Rule = {
  name: "integer-product",
  example: `graph imported "g" {
    %0: int8[1, 4] = Input
    %1: int8[] = Constant [3]
    %2: int8[4, 2] = Constant [1, 2, 3, 4, 5, 6, 7, 8]
    %3: int32[1, 2] = MatMulInteger(%0, %2, %1)
    return %3 as "y"
  }`,
  pattern: op(Object.keys(integerProducts), undefined, {
    where: (n) => n.inputs.slice(1).every((v) => v === undefined || constantOf(v)) && isPlain(n),
  }),
  replace: ({ root, origins }) => {
    const o = { origins };
    const [x, w, zx, zw] = root.inputs as [Value, Value, Value | undefined, Value | undefined];
    const unit = (i: number, v: Value, zero: Value | undefined) =>
      unitQuantization(root.op, i, v.type.shape, constantOf(zero));
    const operands = [dequantized(x, unit(0, x, zx), o), dequantized(w, unit(1, w, zw), o)];
    const y = build(integerProducts[root.op]!, operands, root.attrs, o);
    const stored = { elem: "int32" as const, quant: { scale: [1], zeroPoint: [0] } };
    const q = build("Quantize", [y], {}, { ...o, stored });
    return build("StorageCast", [q], {}, { ...o, stored: { elem: "int32" } });
  },
};

export const quantisedRules: readonly Rule[] = [
  qlinearRule,
  integerProduct,
  dynamicQuantize,
  quantizeInteger,
  quantizeLinear,
  dequantizeConstant,
  dequantizeLinear,
];
