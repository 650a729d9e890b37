/** Arithmetic and functions of integers that are not quantised, and Not of bools. */
import { type Node, num, str } from "../ir/graph.ts";
import type { ElementType } from "../ir/types.ts";
import { broadcastFields } from "./elementwise.ts";
import {
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  oneInput,
  outputType,
} from "./kernel.ts";
import { plainIntegers, plainName } from "./names.ts";

const operands = (node: Node): Fields =>
  broadcastFields(inputType(node, 0).shape, inputType(node, 1).shape, outputType(node).shape);

/** Integers that are not quantised. */
const arithmetic = (
  name: string,
  op: string,
  elem: ElementType,
  fits: (node: Node) => boolean = () => true,
): Kernel => ({
  name: `${name}_${plainName(elem)}`,
  header: "binary_int.h",
  ops: [op],
  serves: (node) =>
    hasTypes(node, [elem, elem], elem) &&
    node.inputs.length === 2 &&
    !outputType(node).quant &&
    node.attrs.clamp_min === undefined &&
    node.attrs.clamp_max === undefined &&
    fits(node),
  inPlace: [0, 1],
  cost: (node) => count(node) * 9,
  bind: (node) => ({
    ...oneInput("mote_binary_int_shape", { broadcast: operands(node) }),
    inputs: [0, 1],
  }),
});

const takesSignOfDividend = (node: Node): boolean => num(node, "fmod") === 1;
const shiftsTo = (direction: string) => (node: Node) => str(node, "direction") === direction;

const arithmetics: readonly Kernel[] = [
  ...["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow"].flatMap((op) =>
    plainIntegers.map((elem) => arithmetic(op.toLowerCase(), op, elem)),
  ),
  ...["And", "Or", "Xor"].flatMap((op) =>
    plainIntegers.map((elem) => arithmetic(`bitwise_${op.toLowerCase()}`, `Bitwise${op}`, elem)),
  ),
  ...plainIntegers.flatMap((elem) => [
    arithmetic("rem", "Mod", elem, takesSignOfDividend),
    arithmetic("mod", "Mod", elem, (node) => !takesSignOfDividend(node)),
  ]),
  ...plainIntegers.flatMap((elem) => [
    arithmetic("shift_left", "BitShift", elem, shiftsTo("LEFT")),
    arithmetic("shift_right", "BitShift", elem, shiftsTo("RIGHT")),
  ]),
];

const unary = (op: string, name: string, elem: ElementType): Kernel => ({
  name,
  header: "unary_int.h",
  ops: [op],
  serves: (node) => hasTypes(node, [elem], elem) && !outputType(node).quant,
  inPlace: [0],
  cost: (node) => count(node) * 6,
  bind: (node) => oneInput("mote_unary_int_shape", { count: count(node) }),
});

const unaries: readonly Kernel[] = [
  ...Object.entries({ Abs: "abs", Neg: "neg", Sign: "sign", BitwiseNot: "bitwise_not" }).flatMap(
    ([op, name]) => plainIntegers.map((elem) => unary(op, `${name}_${plainName(elem)}`, elem)),
  ),
  unary("Not", "not_bool", "bool"),
];

export const integerKernels: readonly Kernel[] = [...arithmetics, ...unaries];
