/** Quantisation with its scales and zero points as numbers. */
import { type Attrs, constantOf, type Node, num, type Value } from "../../ir/graph.ts";
import { numbers, type Tensor, tensorOf } from "../../ir/tensor.ts";
import { type ElementType, elementTypes, integerRange, type Quantization } from "../../ir/types.ts";
import { fail } from "../../ops/operator.ts";
import type { ArgumentSpec, LayerCall, LayerOperator, Lifted, Plain } from "./operator.ts";
import { x } from "./parts.ts";

/** Element types by the names that the language has for them. */
export const elementsByName: ReadonlyMap<string, ElementType> = new Map([
  ...elementTypes.map((elem): [string, ElementType] => [elem, elem]),
  ["float", "float32"],
]);

export const elementName = (elem: ElementType): string => (elem === "float32" ? "float" : elem);

/** A quantisation as scale and zero point operands: scalars, or one for each index of its axis. */
export function quantizationOperands(elem: ElementType, quant: Quantization): Tensor[] {
  const { scale, zeroPoint, axis } = quant;
  const [low, high] = integerRange(elem);
  const bad = scale.find((s) => !(Math.fround(s) > 0) || !Number.isFinite(Math.fround(s)));
  if (bad !== undefined) fail(`the scale ${bad} is not a positive number`);
  if (zeroPoint.length !== scale.length && zeroPoint.length !== 1)
    fail(`${scale.length} scales but ${zeroPoint.length} zero points`);
  const far = zeroPoint.find((z) => !Number.isInteger(z) || z < low || z > high);
  if (far !== undefined) fail(`the zero point ${far} is no ${elem}`);
  const shape = axis === undefined ? [] : [scale.length];
  const zeros = scale.map((_, i) => zeroPoint[zeroPoint.length === 1 ? 0 : i]!);
  return [tensorOf("float32", shape, scale), tensorOf(elem, shape, zeros)];
}

const parameters: readonly ArgumentSpec[] = [
  { name: "scale", kinds: ["numbers"], optional: true },
  { name: "zero", kinds: ["ints"], initial: 0 },
  { name: "axis", kinds: ["int"], named: true, optional: true },
];

const listOf = (given: number | readonly number[]): readonly number[] =>
  typeof given === "number" ? [given] : given;

/** The parameters of a call: along an axis if there are several. */
function given(call: LayerCall): Quantization | undefined {
  const scale = call.maybePlain<number | readonly number[]>("scale");
  if (scale === undefined) return undefined;
  const axis = call.maybePlain<number>("axis") ?? (typeof scale === "number" ? undefined : 1);
  const zeroPoint = listOf(call.plain<number | readonly number[]>("zero"));
  return { scale: listOf(scale), zeroPoint, axis };
}

/** ONNX takes axis 1 where none is said. */
const attributes = ({ axis }: Quantization): Attrs =>
  axis === undefined || axis === 1 ? {} : { axis };

const operands = (call: LayerCall, elem: ElementType, quant: Quantization): Value[] =>
  quantizationOperands(elem, quant).map((t) => call.literal(t));

/** Scale and zero point operands that `quantizationOperands` would make. */
function plainOf(node: Node): Record<string, Plain> | undefined {
  const [scale, zero] = [constantOf(node.inputs[1]), constantOf(node.inputs[2])];
  const known = Object.keys(node.attrs).every((name) => name === "axis");
  if (!known || scale?.elem !== "float32" || !zero || zero.shape.length !== scale.shape.length)
    return undefined;
  const zeros = Array.from(numbers(zero));
  const same = zeros.every((z) => z === zeros[0]);
  const isScalar = scale.shape.length === 0;
  const list: Plain = isScalar ? (scale.data[0] as number) : Array.from(numbers(scale));
  const zeroText: Plain = same ? zeros[0]! : zeros;
  const axis = num(node, "axis", 1);
  return {
    scale: list,
    ...(zeroText === 0 ? {} : { zero: zeroText }),
    ...(isScalar || axis === 1 ? {} : { axis }),
  };
}

const lifted = (node: Node, plain: Record<string, Plain>): Lifted => ({
  tensors: { x: node.inputs[0]! },
  plain,
  parameters: {},
});

const quantize: LayerOperator = {
  name: "quantize",
  docs: "to integers: stored = round(x / scale) + zero, of type int8 unless told",
  args: [x, ...parameters, { name: "type", kinds: ["string"], named: true, initial: "int8" }],
  build: (call) => {
    const name = call.plain<string>("type");
    const elem = elementsByName.get(name) ?? fail(`'${name}' is no element type`);
    const quant = given(call) ?? fail("it needs a scale");
    const inputs = [call.tensor("x"), ...operands(call, elem, quant)];
    return call.node("QuantizeLinear", inputs, attributes(quant)).outputs;
  },
  lift: (node) => {
    const plain = node.op === "QuantizeLinear" ? plainOf(node) : undefined;
    const { elem } = node.outputs[0]!.type;
    return plain && lifted(node, { ...plain, ...(elem === "int8" ? {} : { type: elem }) });
  },
};

const sameList = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

/** Whether the parameters of a DequantizeLinear are those of its operand's type. */
function isTypes(node: Node): boolean {
  const quant = node.inputs[0]!.type.quant;
  const [scale, zero] = [constantOf(node.inputs[1]), constantOf(node.inputs[2])];
  if (!quant || !scale || !zero) return false;
  const isSame =
    sameList(Array.from(numbers(scale)), quant.scale) &&
    sameList(Array.from(numbers(zero)), quant.zeroPoint);
  return isSame && (quant.axis ?? 1) === num(node, "axis", 1);
}

const dequantize: LayerOperator = {
  name: "dequantize",
  docs: "to float: (x - zero) · scale, by the parameters of x itself unless told",
  args: [x, ...parameters],
  build: (call) => {
    const input = call.tensor("x");
    const quant =
      given(call) ?? input.type.quant ?? fail("its operand has no scale, so it needs one");
    const inputs = [input, ...operands(call, input.type.elem, quant)];
    return call.node("DequantizeLinear", inputs, attributes(quant)).outputs;
  },
  lift: (node) => {
    const plain = node.op === "DequantizeLinear" ? plainOf(node) : undefined;
    return plain && lifted(node, isTypes(node) ? {} : plain);
  },
};

export const quantisations: readonly LayerOperator[] = [quantize, dequantize];
