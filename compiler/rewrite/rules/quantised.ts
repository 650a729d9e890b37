/**
 * Before: a fused imported graph. After: ONNX's quantised operators are float ones between Quantize
 * and Dequantize, whose parameters are in the types.
 */
import { type Attrs, constantOf, type Node, type Value } from "../../ir/graph.ts";
import { numbers } from "../../ir/tensor.ts";
import type { Quantization, TensorType } from "../../ir/types.ts";
import { build } from "../../ops/build.ts";
import {
  integerProducts,
  parametersOf,
  qlinear,
  unitQuantization,
} from "../../ops/quantisation.ts";
import type { Rule } from "../engine.ts";
import { type Match, op } from "../pattern.ts";

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
  pattern: op("QuantizeLinear"),
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

const isConstantScale = (n: Node): boolean =>
  n.inputs.slice(1).every((v) => v === undefined || constantOf(v) !== undefined);

const dequantizeLinear: Rule = {
  name: "dequantizelinear",
  example: `graph imported "g" {
    %0: uint8[8] = Input
    %1: float32[] = Constant [0.01]
    %2: uint8[] = Constant [100]
    %3: float32[8] = DequantizeLinear(%0, %1, %2)
    return %3 as "y"
  }`,
  pattern: op("DequantizeLinear", undefined, { where: isConstantScale }),
  replace: ({ root, origins }) => {
    const [x, scale, zero] = root.inputs as [Value, Value, Value | undefined];
    return dequantized(x, parameters(x, scale, zero, root.attrs), { origins });
  },
};

function qlinearOperands(m: Match): Value[] {
  const { inputs } = m.root;
  const form = qlinear[m.root.op]!;
  return form.operands.map((at, i) => {
    const [x, scale, zero] = inputs.slice(at, at + 3) as [Value, Value, Value];
    return dequantized(
      x,
      parameters(x, scale, zero, { axis: form.op === "Conv" && i > 0 ? 0 : -1 }),
      m,
    );
  });
}

/** The int32 bias of a QLinearConv as float: its scale is that of the products. */
function qlinearBias(m: Match): Value | undefined {
  const at = qlinear[m.root.op]!.bias;
  const bias = at === undefined ? undefined : m.root.inputs[at];
  if (!bias) return undefined;
  const product = numbers(constantOf(m.root.inputs[1])!)[0]!;
  const scale = Array.from(numbers(constantOf(m.root.inputs[4])!), (s) => Math.fround(s * product));
  const quant = { scale, zeroPoint: scale.map(() => 0), ...(scale.length > 1 && { axis: 0 }) };
  return dequantized(bias, quant, m);
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
    const y = build(
      qlinear[m.root.op]!.op,
      [...qlinearOperands(m), qlinearBias(m)].filter((v) => v),
      attrs,
      o,
    );
    return build(
      "QuantizeLinear",
      [y, inputs[6], inputs[7]],
      {},
      { ...o, stored: outputs[0]!.type },
    );
  },
};

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
    where: (n) => n.inputs.slice(2).every((v) => v === undefined || constantOf(v)),
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
  quantizeLinear,
  dequantizeLinear,
];
