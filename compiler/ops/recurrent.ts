/** Recurrent cells: LSTM, GRU and RNN, and what they are lowered to. */
import { type Attrs, ints, type Node, num, str } from "../ir/graph.ts";
import { numbers, type Tensor, tensorOf } from "../ir/tensor.ts";
import { elementCount, type TensorType } from "../ir/types.ts";
import { type Activation, activationsOf } from "./cell-activations.ts";
import {
  type AttrKind,
  type EvalContext,
  fail,
  floats,
  type InferContext,
  type Operator,
} from "./operator.ts";

export type Cell = "LSTM" | "GRU" | "RNN";

/** Gates of a cell, in the order of the weights' rows, and the functions that it names. */
const cells: Readonly<Record<Cell, { gates: number; functions: readonly string[] }>> = {
  LSTM: { gates: 4, functions: ["Sigmoid", "Tanh", "Tanh"] },
  GRU: { gates: 3, functions: ["Sigmoid", "Tanh"] },
  RNN: { gates: 1, functions: ["Tanh"] },
};

/** Which of the operands is which: X, W, R, B, sequence_lens, initial_h, initial_c, P. */
export const operand = { x: 0, w: 1, r: 2, b: 3, lengths: 4, h: 5, c: 6, p: 7 } as const;

export interface Recurrence {
  readonly cell: Cell;
  readonly gates: number;
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly hidden: number;
  readonly directions: number;
  /** Whether the first direction runs backwards. */
  readonly isReverse: boolean;
  /** Bound of what goes into an activation. */
  readonly clip: number;
  readonly inputForget: boolean;
  readonly linearBeforeReset: boolean;
  /** By direction: a cell's functions f, g and h. */
  readonly functions: readonly (readonly Activation[])[];
}

const isBatchFirst = (attrs: Attrs): boolean => num({ attrs }, "layout") === 1;

/** Sizes and parameters of a cell, for X [steps, batch, inputs] or with the batch first. */
export function recurrenceOf(cell: Cell, types: readonly (TensorType | undefined)[], attrs: Attrs) {
  const [x, w, r] = types.map((t) => t?.shape ?? []);
  if (x!.length !== 3 || w!.length !== 3 || r!.length !== 3)
    fail(`X, W and R must have rank 3, not ${x!.length}, ${w!.length} and ${r!.length}`);
  const { gates, functions } = cells[cell];
  const direction = str({ attrs }, "direction", "forward");
  const directions = direction === "bidirectional" ? 2 : 1;
  const [steps, batch] = isBatchFirst(attrs) ? [x![1]!, x![0]!] : [x![0]!, x![1]!];
  const names = (attrs.activations as readonly string[] | undefined) ?? [];
  const count = functions.length * directions;
  if (names.length > 0 && names.length !== count)
    fail(`'activations' has ${names.length} names, not ${count}`);
  const given = names.length > 0 ? names : [...functions, ...functions].slice(0, count);
  const all = activationsOf(
    given,
    (attrs.activation_alpha as readonly number[] | undefined) ?? [],
    (attrs.activation_beta as readonly number[] | undefined) ?? [],
  );
  const clip = num({ attrs }, "clip");
  const recurrence: Recurrence = {
    cell,
    gates,
    steps,
    batch,
    inputs: x![2]!,
    hidden: r![2]!,
    directions,
    isReverse: direction === "reverse",
    clip: clip > 0 ? clip : Infinity,
    inputForget: num({ attrs }, "input_forget") !== 0,
    linearBeforeReset: num({ attrs }, "linear_before_reset") !== 0,
    functions: Array.from({ length: directions }, (_, d) =>
      all.slice(d * functions.length, (d + 1) * functions.length),
    ),
  };
  return recurrence;
}

/** The shapes that the operands behind X must have. */
function checkShapes(c: Recurrence, context: InferContext): void {
  const { directions: d, gates, hidden, inputs, batch } = c;
  const state = isBatchFirst(context.attrs) ? [batch, d, hidden] : [d, batch, hidden];
  const wanted: readonly (readonly [string, readonly number[]] | undefined)[] = [
    undefined,
    ["W", [d, gates * hidden, inputs]],
    ["R", [d, gates * hidden, hidden]],
    ["B", [d, 2 * gates * hidden]],
    ["sequence_lens", [batch]],
    ["initial_h", state],
    ["initial_c", state],
    ["P", [d, 3 * hidden]],
  ];
  for (const [i, type] of context.inputs.entries()) {
    const [name, shape] = wanted[i] ?? [];
    if (type && shape && type.shape.join() !== shape.join())
      fail(`${name} has shape [${type.shape.join(", ")}], not [${shape.join(", ")}]`);
  }
  const size = num(context, "hidden_size", hidden);
  if (size !== hidden) fail(`'hidden_size' is ${size}, but R is of ${hidden}`);
  if (c.steps === 0 || batch === 0) fail("it has no steps");
}

/** One direction's operands for the reference, as plain numbers. */
interface Weights {
  readonly w: ArrayLike<number>;
  readonly r: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly p: ArrayLike<number>;
}

/** Row `row` of W, R and B by x and h; parts say which of the two. */
function product(c: Recurrence, m: Weights, row: number, x: number[], h: number[] | undefined) {
  let [sum, recurrent] = [m.b[row]!, m.b[c.gates * c.hidden + row]!];
  for (let i = 0; i < c.inputs; i++) sum += m.w[row * c.inputs + i]! * x[i]!;
  for (let i = 0; h && i < c.hidden; i++) recurrent += m.r[row * c.hidden + i]! * h[i]!;
  return { sum, recurrent };
}

interface States {
  readonly h: number[];
  readonly c: number[];
}

type Step = (c: Recurrence, m: Weights, f: readonly Activation[], x: number[], s: States) => States;

const clipped = (c: Recurrence, f: Activation, x: number): number =>
  f.f(Math.min(c.clip, Math.max(-c.clip, x)));

const lstmStep: Step = (c, m, [f, g, h], x, state) => {
  const at = (gate: number, j: number) => {
    const { sum, recurrent } = product(c, m, gate * c.hidden + j, x, state.h);
    return sum + recurrent;
  };
  const peep = (k: number, j: number, cell: number) => m.p[k * c.hidden + j]! * cell;
  const next = state.c.map((cell, j) => {
    const input = clipped(c, f!, at(0, j) + peep(0, j, cell));
    const forget = c.inputForget ? 1 - input : clipped(c, f!, at(2, j) + peep(2, j, cell));
    return forget * cell + input * clipped(c, g!, at(3, j));
  });
  const out = next.map((cell, j) => clipped(c, f!, at(1, j) + peep(1, j, cell)) * h!.f(cell));
  return { h: out, c: next };
};

const gruStep: Step = (c, m, [f, g], x, { h }) => {
  const gate = (k: number) =>
    h.map((_, j) => {
      const { sum, recurrent } = product(c, m, k * c.hidden + j, x, h);
      return clipped(c, f!, sum + recurrent);
    });
  const [z, r] = [gate(0), gate(1)];
  const reset = h.map((v, j) => r[j]! * v);
  const next = h.map((v, j) => {
    const row = 2 * c.hidden + j;
    const { sum, recurrent } = product(c, m, row, x, c.linearBeforeReset ? h : reset);
    const candidate = sum + (c.linearBeforeReset ? r[j]! : 1) * recurrent;
    return (1 - z[j]!) * clipped(c, g!, candidate) + z[j]! * v;
  });
  return { h: next, c: [] };
};

const rnnStep: Step = (c, m, [f], x, { h }) => {
  const next = h.map((_, j) => {
    const { sum, recurrent } = product(c, m, j, x, h);
    return clipped(c, f!, sum + recurrent);
  });
  return { h: next, c: [] };
};

const stepOf: Readonly<Record<Cell, Step>> = { LSTM: lstmStep, GRU: gruStep, RNN: rnnStep };

/** The results of a cell on X [steps, batch, inputs]. */
export interface Results {
  /** [steps, directions, batch, hidden]; 0 behind the end of a sequence. */
  readonly y: Float64Array;
  /** [directions, batch, hidden] */
  readonly h: Float64Array;
  readonly c: Float64Array;
}

type Operands = readonly (ArrayLike<number> | undefined)[];

/** Sequence n in direction d. */
function runSequence(c: Recurrence, given: Operands, d: number, n: number, to: Results): void {
  const { hidden, inputs, steps, batch, directions, gates } = c;
  const part = (at: number, size: number): number[] => {
    const list = given[at];
    const begin = d * size;
    return Array.from({ length: size }, (_, i) => list?.[begin + i] ?? 0);
  };
  const m: Weights = {
    w: part(operand.w, gates * hidden * inputs),
    r: part(operand.r, gates * hidden * hidden),
    b: part(operand.b, 2 * gates * hidden),
    p: part(operand.p, 3 * hidden),
  };
  const own = (d * batch + n) * hidden;
  const initial = (at: number) =>
    Array.from({ length: hidden }, (_, j) => given[at]?.[own + j] ?? 0);
  let state: States = { h: initial(operand.h), c: initial(operand.c) };
  const length = Math.min(steps, Math.max(0, given[operand.lengths]?.[n] ?? steps));
  for (let k = 0; k < length; k++) {
    const t = d === 1 || c.isReverse ? length - 1 - k : k;
    const begin = (t * batch + n) * inputs;
    const x = Array.from({ length: inputs }, (_, i) => given[operand.x]![begin + i]!);
    state = stepOf[c.cell](c, m, c.functions[d]!, x, state);
    to.y.set(state.h, ((t * directions + d) * batch + n) * hidden);
  }
  to.h.set(state.h, own);
  to.c.set(state.c, own);
}

function run(c: Recurrence, given: Operands): Results {
  const states = c.directions * c.batch * c.hidden;
  const [y, h, cell] = [c.steps * states, states, states].map((n) => new Float64Array(n));
  const results: Results = { y: y!, h: h!, c: cell! };
  for (let d = 0; d < c.directions; d++)
    for (let n = 0; n < c.batch; n++) runSequence(c, given, d, n, results);
  return results;
}

/** The first two of `axes` swapped; the others stay. */
function swapped(data: ArrayLike<number>, axes: readonly number[]): Float64Array {
  const [a, b] = axes as [number, number];
  const inner = elementCount(axes.slice(2));
  const out = new Float64Array(data.length);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < inner; k++) out[(j * a + i) * inner + k] = data[(i * b + j) * inner + k]!;
  return out;
}

/** Y, Y_h and Y_c in the layout of the attributes. */
export function evaluateCell(cell: Cell, context: EvalContext): Float64Array[] {
  const { inputs, inputTypes, attrs } = context;
  const c = recurrenceOf(cell, inputTypes, attrs);
  const { steps, batch, directions, hidden } = c;
  const given = inputs.map((t) => t && numbers(t));
  if (!isBatchFirst(attrs)) {
    const { y, h, c: last } = run(c, given);
    return [y, h, last];
  }
  for (const i of [operand.x, operand.h, operand.c]) {
    const tensor = inputs[i];
    if (tensor) given[i] = swapped(numbers(tensor), tensor.shape);
  }
  const { y, h, c: last } = run(c, given);
  const moved = swapped(y, [steps * directions, batch, hidden]);
  const state = [directions, batch, hidden];
  return [moved, swapped(h, state), swapped(last, state)];
}

const tensors = (results: readonly Float64Array[], types: readonly TensorType[]): Tensor[] =>
  types.map(({ elem, shape }, i) => tensorOf(elem, shape, results[i]!));

/** The shapes of Y, Y_h and Y_c. */
function resultShapes(c: Recurrence, attrs: Attrs): number[][] {
  const { steps, batch, directions: d, hidden } = c;
  return isBatchFirst(attrs)
    ? [[batch, steps, d, hidden], ...[1, 2].map(() => [batch, d, hidden])]
    : [[steps, d, batch, hidden], ...[1, 2].map(() => [d, batch, hidden])];
}

const attributes: Readonly<Record<string, AttrKind>> = {
  activation_alpha: "floats",
  activation_beta: "floats",
  activations: "strings",
  clip: "float",
  direction: ["forward", "reverse", "bidirectional"],
  hidden_size: "int",
  layout: "flag",
};
const defaults: Attrs = { direction: "forward", layout: 0 };
const ownAttributes: Readonly<Record<Cell, Readonly<Record<string, AttrKind>>>> = {
  LSTM: { input_forget: "flag" },
  GRU: { linear_before_reset: "flag" },
  RNN: {},
};

const operands = ["X: T", "W: T", "R: T", "B?: T", "sequence_lens?: I", "initial_h?: T"];
const cellOperands = [...operands, "initial_c?: T", "P?: T"];
const types: Operator["types"] = { T: floats, I: ["int32"] };

const recurrent = (cell: Cell): Operator => ({
  name: cell,
  level: "imported",
  inputs: cell === "LSTM" ? cellOperands : operands,
  outputs: "any",
  attrs: { ...attributes, ...ownAttributes[cell] },
  defaults: { ...defaults, input_forget: 0, linear_before_reset: 0 },
  types,
  infer: (context) => {
    const c = recurrenceOf(cell, context.inputs, context.attrs);
    checkShapes(c, context);
    const results = cell === "LSTM" ? 3 : 2;
    if (context.outputCount > results)
      fail(`has ${results} results, but ${context.outputCount} are asked for`);
    const { elem } = context.inputs[0]!;
    const shapes = resultShapes(c, context.attrs).slice(0, context.outputCount);
    return shapes.map((shape) => ({ elem, shape }));
  },
  evaluate: (context) => tensors(evaluateCell(cell, context), context.types),
});

export const cellOf = (node: { attrs: Attrs }): Cell => str(node, "cell", "LSTM") as Cell;

/** Which of Y, Y_h and Y_c a Recurrent has. */
export const returned = (attrs: Attrs): readonly boolean[] =>
  ints({ attrs }, "returns").map((x) => x !== 0);

export const recurrenceOfNode = (node: Node): Recurrence =>
  recurrenceOf(
    cellOf(node),
    node.inputs.map((v) => v?.type),
    node.attrs,
  );

/**
 * A cell over time: those of Y [steps, directions, batch, hidden], Y_h and Y_c that `returns` asks
 * for, joined along the first axis.
 */
const lowered: Operator = {
  name: "Recurrent",
  level: "lowered",
  inputs: cellOperands,
  outputs: 1,
  attrs: {
    ...attributes,
    ...ownAttributes.LSTM,
    ...ownAttributes.GRU,
    cell: "string",
    returns: "ints",
  },
  types,
  infer: (context) => {
    const cell = cellOf(context);
    const c = recurrenceOf(cell, context.inputs, context.attrs);
    checkShapes(c, context);
    const [y, h, last] = returned(context.attrs);
    if (last && cell !== "LSTM") fail(`${cell} has no cell states`);
    const rows = (y ? c.steps : 0) + (h ? 1 : 0) + (last ? 1 : 0);
    const shape = [rows, c.directions, c.batch, c.hidden];
    return [{ elem: context.inputs[0]!.elem, shape }];
  },
  evaluate: (context) => {
    const results = evaluateCell(cellOf(context), context);
    const wanted = results.filter((_, i) => returned(context.attrs)[i]);
    return tensors([Float64Array.from(wanted.flatMap((r) => [...r]))], context.types);
  },
  macs: (node) => {
    const c = recurrenceOfNode(node);
    return c.steps * c.batch * c.directions * c.gates * c.hidden * (c.inputs + c.hidden);
  },
};

export const recurrentOperators: readonly Operator[] = [
  recurrent("LSTM"),
  recurrent("GRU"),
  recurrent("RNN"),
  lowered,
];
