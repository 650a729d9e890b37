/** Float kernels: arithmetic, functions, softmax. */
import { type Attrs, type Node, num, str } from "../ir/graph.ts";
import { softmaxSpan } from "../ops/softmax.ts";
import { clampFields } from "./conv.ts";
import { broadcastFields, softmaxRows } from "./elementwise.ts";
import {
  count,
  type Fields,
  hasTypes,
  inputType,
  type Kernel,
  oneInput,
  outputType,
} from "./kernel.ts";
import { elementRows } from "./order.ts";

const isFloat = (node: Node): boolean => hasTypes(node, ["float32", "float32"], "float32");

// ---- two operands ----

const broadcastOf = (node: Node): Fields =>
  broadcastFields(inputType(node, 0).shape, inputType(node, 1).shape, outputType(node).shape);

/** `clamps`: the operator can clamp its result. */
const binary = (name: string, op: string, clamps: boolean, instructions: number): Kernel => ({
  name: `${name}_f32`,
  header: "binary_f32.h",
  ops: [op],
  serves: (node) => isFloat(node) && node.inputs.length === 2,
  inPlace: [0, 1],
  rowsAtOnce: elementRows,
  cost: (node) => count(node) * instructions,
  bind: (node) => ({
    inputs: [0, 1],
    constants: [],
    takesRows: false,
    struct: clamps ? "mote_arithmetic_f32_shape" : "mote_binary_f32_shape",
    shape: { broadcast: broadcastOf(node), ...(clamps && clampFields(node)) },
  }),
});

const binaries: readonly Kernel[] = [
  binary("add", "Add", true, 10),
  binary("sub", "Sub", true, 10),
  binary("mul", "Mul", true, 10),
  binary("div", "Div", true, 24),
  binary("pow", "Pow", false, 200),
  {
    ...binary("fmod", "Mod", false, 60),
    serves: (node) => isFloat(node) && num(node, "fmod") === 1,
  },
  {
    ...binary("mod", "Mod", false, 70),
    serves: (node) => isFloat(node) && num(node, "fmod") !== 1,
  },
  binary("max", "Max", false, 9),
  binary("min", "Min", false, 9),
  binary("prelu", "PRelu", false, 9),
];

// ---- one operand ----

interface Unary {
  readonly name: string;
  readonly op: string;
  readonly instructions: number;
  /** The C struct's alpha and beta. */
  readonly parameters?: (attrs: Attrs) => readonly number[];
  readonly fits?: (node: Node) => boolean;
}

const unary = ({ name, op, instructions, parameters, fits }: Unary): Kernel => ({
  name: `${name}_f32`,
  header: op === "Gelu" ? "gelu_f32.h" : "unary_f32.h",
  ops: [op],
  serves: (node) => isFloat(node) && (fits?.(node) ?? true),
  inPlace: [0],
  rowsAtOnce: elementRows,
  cost: (node) => count(node) * instructions,
  bind: (node) => {
    const [alpha = 0, beta = 0] = parameters?.(node.attrs) ?? [];
    const shape = { count: count(node), alpha: { float: alpha }, beta: { float: beta } };
    return oneInput("mote_unary_f32_shape", shape);
  },
});

export const snakeCase = (op: string): string =>
  op.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

const plain = (instructions: number, ...ops: string[]): Unary[] =>
  ops.map((op) => ({ name: snakeCase(op), op, instructions }));

const alpha =
  (absent: number): Unary["parameters"] =>
  (attrs) => [num({ attrs }, "alpha", absent)];

const parametric = (instructions: number, op: string, parameters: Unary["parameters"]): Unary => ({
  name: snakeCase(op),
  op,
  instructions,
  parameters: parameters!,
});

const usesTanh = (node: Node): boolean => str(node, "approximate", "none") === "tanh";

const unaries: readonly Unary[] = [
  ...plain(6, "Abs", "Neg", "Sign"),
  ...plain(20, "Sqrt", "Reciprocal", "Floor", "Ceil", "Round", "Softsign", "HardSwish"),
  ...plain(45, "Exp", "Sigmoid", "Tanh", "Mish"),
  ...plain(100, "Log", "Sin", "Cos", "Erf"),
  ...plain(150, "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh"),
  ...plain(250, "Asinh", "Acosh", "Atanh", "Softplus"),
  { name: "gelu", op: "Gelu", instructions: 70, fits: (node) => !usesTanh(node) },
  { name: "gelu_tanh", op: "Gelu", instructions: 55, fits: usesTanh },
  parametric(60, "Selu", (attrs) => [
    num({ attrs }, "alpha", 1.6732632423543772),
    num({ attrs }, "gamma", 1.0507009873554805),
  ]),
  parametric(12, "HardSigmoid", (attrs) => [
    num({ attrs }, "alpha", 0.2),
    num({ attrs }, "beta", 0.5),
  ]),
  parametric(50, "Swish", alpha(1)),
  parametric(60, "Elu", alpha(1)),
  parametric(8, "LeakyRelu", alpha(0.01)),
  {
    ...parametric(60, "Celu", alpha(1)),
    fits: (node) => num(node, "alpha", 1) > 0,
  },
  parametric(8, "ThresholdedRelu", alpha(1)),
  parametric(10, "Shrink", (attrs) => [num({ attrs }, "bias", 0), num({ attrs }, "lambd", 0.5)]),
];

const clampAll: Kernel = {
  name: "clamp_all_f32",
  header: "unary_f32.h",
  ops: ["Clamp"],
  serves: isFloat,
  inPlace: [0],
  rowsAtOnce: elementRows,
  cost: (node) => count(node) * 8,
  bind: (node) => oneInput("mote_clamp_f32_shape", { count: count(node), ...clampFields(node) }),
};

// ---- along an axis ----

const softmax = (name: string, op: string): Kernel => ({
  name,
  header: "softmax_f32.h",
  ops: [op],
  serves: isFloat,
  inPlace: [0],
  rowsAtOnce: softmaxRows,
  cost: (node) => count(node) * 65,
  bind: (node) =>
    oneInput("mote_softmax_f32_shape", { ...softmaxSpan(outputType(node).shape, node.attrs) }),
});

export const floatKernels: readonly Kernel[] = [
  ...binaries,
  ...unaries.map(unary),
  clampAll,
  softmax("softmax_f32", "Softmax"),
  softmax("log_softmax_f32", "LogSoftmax"),
];
