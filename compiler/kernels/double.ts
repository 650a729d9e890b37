/** Elementwise kernels on doubles, and what floats are: infinite, or no numbers. */
import { type Node, num } from "../ir/graph.ts";
import type { ElementType } from "../ir/types.ts";
import { broadcastFields } from "./elementwise.ts";
import { snakeCase } from "./float.ts";
import { count, hasTypes, inputType, type Kernel, oneInput, outputType } from "./kernel.ts";

const hasNoClamp = ({ attrs }: Node): boolean =>
  attrs.clamp_min === undefined && attrs.clamp_max === undefined;

const binary = (name: string, op: string, fits: (node: Node) => boolean = hasNoClamp): Kernel => ({
  name: `${name}_f64`,
  header: "double.h",
  ops: [op],
  serves: (node) =>
    hasTypes(node, ["float64", "float64"], "float64") && node.inputs.length === 2 && fits(node),
  inPlace: [0, 1],
  cost: (node) => count(node) * 60,
  bind: (node) => {
    const [a, b] = [inputType(node, 0).shape, inputType(node, 1).shape];
    const broadcast = broadcastFields(a, b, outputType(node).shape);
    return { ...oneInput("mote_binary_f64_shape", { broadcast }), inputs: [0, 1] };
  },
});

const unary = (op: string): Kernel => ({
  name: `${snakeCase(op)}_f64`,
  header: "double.h",
  ops: [op],
  serves: (node) => hasTypes(node, ["float64"], "float64"),
  inPlace: [0],
  cost: (node) => count(node) * 400,
  bind: (node) => oneInput("mote_unary_f64_shape", { count: count(node) }),
});

const unaries =
  "Exp Log Sqrt Reciprocal Abs Neg Floor Ceil Round Sign Erf Sin Cos Tan Asin Acos Atan Sinh " +
  "Cosh Tanh Asinh Acosh Atanh Sigmoid";

const is = (op: string, name: string, elem: ElementType): Kernel => ({
  name,
  header: "is.h",
  ops: [op],
  serves: (node) => hasTypes(node, [elem], "bool"),
  cost: (node) => count(node) * 8,
  bind: (node) =>
    oneInput("mote_is_shape", {
      count: count(node),
      positive: num(node, "detect_positive", 1),
      negative: num(node, "detect_negative", 1),
    }),
});

export const doubleKernels: readonly Kernel[] = [
  ...["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min"].map((op) => binary(op.toLowerCase(), op)),
  binary("fmod", "Mod", (node) => num(node, "fmod") === 1),
  ...unaries.split(" ").map(unary),
  is("IsNaN", "is_nan_f32", "float32"),
  is("IsNaN", "is_nan_f64", "float64"),
  is("IsInf", "is_inf_f32", "float32"),
  is("IsInf", "is_inf_f64", "float64"),
];
