/** Recurrent cells: with packed weights, and with those of run time. */
import { constantOf, type Node } from "../ir/graph.ts";
import { numbers } from "../ir/tensor.ts";
import type { Activation } from "../ops/cell-activations.ts";
import {
  type Cell,
  cellOf,
  operand,
  type Recurrence,
  recurrenceOfNode,
  returned,
} from "../ops/recurrent.ts";
import { operatorOf } from "../ops/registry.ts";
import { inGroups } from "./fpu.ts";
import { alignUp, type Fields, hasTypes, isConstant, type Kernel, weightsArray } from "./kernel.ts";

const activation = ({ code, alpha, beta }: Activation): Fields => ({
  code,
  alpha: { float: alpha },
  beta: { float: beta },
});

/** The C struct `mote_cell_functions`; functions that a cell has not are its first. */
const functions = ([f, g = f, h = f]: readonly Activation[]): Fields => ({
  f: activation(f!),
  g: activation(g!),
  h: activation(h!),
});

/** The C struct `mote_recurrent_f32_shape`. */
function recurrentFields(node: Node): Fields {
  const c = recurrenceOfNode(node);
  const states = c.directions * c.batch * c.hidden;
  let end = 0;
  const place = (isAsked: boolean | undefined, elements: number) => {
    if (!isAsked) return -1;
    end += elements;
    return end - elements;
  };
  const [y, h, last] = returned(node.attrs);
  const clips = Number.isFinite(c.clip);
  return {
    steps: c.steps,
    batch: c.batch,
    directions: c.directions,
    inputs: c.inputs,
    hidden: c.hidden,
    reverse: c.isReverse ? 1 : 0,
    sequence: place(y, c.steps * states),
    last_h: place(h, states),
    last_c: place(last, states),
    coupled: (c.cell === "LSTM" ? c.inputForget : c.linearBeforeReset) ? 1 : 0,
    clips: clips ? 1 : 0,
    clip: { float: clips ? c.clip : 0 },
    forward: functions(c.functions[0]!),
    backward: functions(c.functions.at(-1)!),
  };
}

/** Rows of the gates by x, by h, or both, that one call of the core makes. */
interface Product {
  readonly first: number;
  readonly rows: number;
  readonly x: boolean;
  readonly h: boolean;
}

function productsOf({ cell, hidden, linearBeforeReset }: Recurrence): Product[] {
  const both = { x: true, h: true };
  if (cell === "LSTM") return [{ first: 0, rows: 4 * hidden, ...both }];
  if (cell === "RNN") return [{ first: 0, rows: hidden, ...both }];
  const [gates, own] = [
    { first: 0, rows: 2 * hidden, ...both },
    { first: 2 * hidden, rows: hidden, ...both },
  ];
  return linearBeforeReset ? [gates, { ...own, h: false }, { ...own, x: false }] : [gates, own];
}

/** The operands' numbers of one direction. */
function weightsOf(node: Node, c: Recurrence, direction: number) {
  const rows = c.gates * c.hidden;
  const part = (input: number, size: number) => {
    const tensor = constantOf(node.inputs[input]);
    const all = tensor ? numbers(tensor) : new Float32Array(size * c.directions);
    return Array.from({ length: size }, (_, i) => all[direction * size + i]!);
  };
  return {
    w: part(operand.w, rows * c.inputs),
    r: part(operand.r, rows * c.hidden),
    b: part(operand.b, 2 * rows),
  };
}

/** A product as the core takes it: x and h each have zeros up to a multiple of four. */
function packed(c: Recurrence, m: ReturnType<typeof weightsOf>, p: Product): number[] {
  const xSize = p.x ? alignUp(c.inputs, 4) : 0;
  const products = xSize + (p.h ? alignUp(c.hidden, 4) : 0);
  const weights = new Float32Array(p.rows * products);
  const bias = Array.from({ length: p.rows }, (_, o) => {
    const row = p.first + o;
    for (let k = 0; p.x && k < c.inputs; k++) weights[o * products + k] = m.w[row * c.inputs + k]!;
    for (let k = 0; p.h && k < c.hidden; k++)
      weights[o * products + xSize + k] = m.r[row * c.hidden + k]!;
    return (p.x ? m.b[row]! : 0) + (p.h ? m.b[c.gates * c.hidden + row]! : 0);
  });
  const f = { weights, bias, products, filters: p.rows };
  return inGroups(f, 8, alignUp(p.rows, 8), products);
}

function packedWeights(node: Node): Float32Array {
  const c = recurrenceOfNode(node);
  const all: number[] = [];
  for (let d = 0; d < c.directions; d++) {
    const m = weightsOf(node, c, d);
    for (const p of productsOf(c)) for (const w of packed(c, m, p)) all.push(w);
  }
  return Float32Array.from(all);
}

/** [x, h], the cell's states, and the gates as the core writes them. */
function scratchBytes(node: Node): number {
  const c = recurrenceOfNode(node);
  const gates =
    c.cell === "GRU"
      ? alignUp(2 * c.hidden, 8) + 2 * alignUp(c.hidden, 8)
      : alignUp(c.gates * c.hidden, 8);
  return 4 * (alignUp(c.inputs, 4) + 2 * alignUp(c.hidden, 4) + gates);
}

const isFloat = (node: Node): boolean =>
  node.inputs.every((v, i) => !v || i === operand.lengths || v.type.elem === "float32") &&
  hasTypes(node, [], "float32");

const functionsCost = (node: Node): number => {
  const c = recurrenceOfNode(node);
  return c.steps * c.batch * c.directions * (c.hidden * (c.gates + 1) * 45 + c.inputs * 5 + 60);
};

const present = (node: Node, inputs: readonly number[]): (number | undefined)[] =>
  inputs.map((i) => (node.inputs[i] ? i : undefined));

const states: Readonly<Record<Cell, readonly number[]>> = {
  LSTM: [operand.lengths, operand.h, operand.c],
  GRU: [operand.lengths, operand.h],
  RNN: [operand.lengths, operand.h],
};

const plain = (cell: Cell): Kernel => ({
  name: `${cell.toLowerCase()}_f32`,
  header: "recurrent_f32.h",
  ops: ["Recurrent"],
  serves: (node) => cellOf(node) === cell && isFloat(node),
  scratchBytes,
  cost: (node) => operatorOf(node).macs!(node) * 6 + functionsCost(node),
  bind: (node) => ({
    inputs: [
      ...[operand.x, operand.w, operand.r],
      ...present(node, [operand.b, ...states[cell]]),
      ...(cell === "LSTM" ? present(node, [operand.p]) : []),
    ],
    constants: [],
    takesRows: false,
    struct: "mote_recurrent_f32_shape",
    shape: recurrentFields(node),
  }),
});

const hasConstantWeights = (node: Node): boolean =>
  [operand.w, operand.r, operand.b, operand.p].every(
    (i) => !node.inputs[i] || isConstant(node.inputs[i]),
  );

function peepholes(node: Node) {
  const tensor = constantOf(node.inputs[operand.p]);
  return tensor && weightsArray("peepholes", "float32", tensor.data);
}

const blocked = (cell: Cell): Kernel => ({
  name: `${cell.toLowerCase()}_f32_x8`,
  header: "recurrent_f32_x8.h",
  ops: ["Recurrent"],
  serves: (node) => cellOf(node) === cell && isFloat(node) && hasConstantWeights(node),
  scratchBytes,
  cost: (node) => operatorOf(node).macs!(node) * 2.2 + functionsCost(node),
  bind: (node) => ({
    core: { macro: "MOTE_CORE_F32_VECTOR", arguments: [0] },
    inputs: [operand.x, ...present(node, states[cell])],
    constants: [
      weightsArray("weights", "float32", packedWeights(node)),
      ...(cell === "LSTM" ? [peepholes(node)] : []),
    ],
    takesRows: false,
    struct: "mote_recurrent_f32_shape",
    shape: recurrentFields(node),
  }),
});

const all: readonly Cell[] = ["LSTM", "GRU", "RNN"];

export const recurrentKernels: readonly Kernel[] = [...all.map(plain), ...all.map(blocked)];
