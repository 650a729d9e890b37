/** Casts, comparisons, logic of two operands, and choices. */
import type { Node } from "../ir/graph.ts";
import { type ElementType, elementBytes } from "../ir/types.ts";
import { broadcastSteps, nestOf } from "./axes.ts";
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
import { plainIntegers, plainName, shortNames, storedAs } from "./names.ts";

const operands = (node: Node): Fields =>
  broadcastFields(inputType(node, 0).shape, inputType(node, 1).shape, outputType(node).shape);

// ---- casts ----

const castable = Object.keys(shortNames) as ElementType[];

const cast = (from: ElementType, to: ElementType): Kernel => ({
  name: `cast_${shortNames[from]}_${shortNames[to]}`,
  header: "cast.h",
  ops: ["Cast"],
  serves: (node) => {
    const own = inputType(node).elem;
    return storedAs(own) === from && outputType(node).elem === to;
  },
  cost: (node) => count(node) * 6,
  bind: (node) => oneInput("mote_cast_shape", { count: count(node) }),
});

/** Every pair of different types. */
const casts: readonly Kernel[] = castable
  .filter((from) => storedAs(from) === from)
  .flatMap((from) => castable.filter((to) => to !== from).map((to) => cast(from, to)));

// ---- comparisons ----

const compare = (op: string, name: string, elem: ElementType): Kernel => ({
  name,
  header: "compare.h",
  ops: [op],
  serves: (node) => hasTypes(node, [elem, elem], "bool"),
  ...(elem === "bool" && { inPlace: [0, 1] }),
  cost: (node) => count(node) * 9,
  bind: (node) => ({
    ...oneInput("mote_compare_shape", { broadcast: operands(node) }),
    inputs: [0, 1],
  }),
});

const comparisons = {
  Equal: "equal",
  Less: "less",
  LessOrEqual: "less_or_equal",
  Greater: "greater",
  GreaterOrEqual: "greater_or_equal",
};

const compares: readonly Kernel[] = [
  ...Object.entries(comparisons).flatMap(([op, name]) => [
    compare(op, `${name}_f32`, "float32"),
    compare(op, `${name}_f64`, "float64"),
    ...plainIntegers.map((elem) => compare(op, `${name}_${plainName(elem)}`, elem)),
  ]),
  compare("And", "and_bool", "bool"),
  compare("Or", "or_bool", "bool"),
  compare("Xor", "xor_bool", "bool"),
  compare("Equal", "equal_bool", "bool"),
];

// ---- choices ----

/** The C struct `mote_where_shape`. */
function whereFields(node: Node): Fields {
  const { shape } = outputType(node);
  const steps = node.inputs.map((v) => broadcastSteps(v!.type.shape, shape));
  const nest = nestOf({ sizes: shape, steps }, 4);
  const [condition, a, b] = nest.steps.map((s) => [...s]);
  return { size: [...nest.sizes], condition: condition!, a: a!, b: b! };
}

const where = (bits: number): Kernel => ({
  name: `where_${bits}`,
  header: "where.h",
  ops: ["Where"],
  serves: (node) => {
    const { elem } = outputType(node);
    return elementBytes(elem) * 8 === bits && hasTypes(node, ["bool", elem, elem], elem);
  },
  inPlace: [1, 2],
  cost: (node) => count(node) * 12,
  bind: (node) => ({ ...oneInput("mote_where_shape", whereFields(node)), inputs: [0, 1, 2] }),
});

/** The application's own function: see emit/rows.ts. */
const rowInput: Kernel = {
  name: "row_input",
  header: "",
  ops: ["RowInput"],
  serves: () => true,
  cost: () => 0,
  bind: () => ({ inputs: [], constants: [], takesRows: false, struct: "", shape: {} }),
};

export const typingKernels: readonly Kernel[] = [
  rowInput,
  ...casts,
  ...compares,
  ...[8, 16, 32, 64].map(where),
];
