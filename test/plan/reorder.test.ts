/** The order in which layers run, through the compiler, against all orders. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { layerGraph } from "../../compiler/commands/tune.ts";
import {
  type CompileOptions,
  compile,
  type Program,
  programOf as programOfLayer,
} from "../../compiler/compile.ts";
import {
  constant,
  type Graph,
  input,
  makeGraph,
  type Node,
  type Value,
} from "../../compiler/ir/graph.ts";
import { layersOf } from "../../compiler/ir/plan.ts";
import { numbers } from "../../compiler/ir/tensor.ts";
import { typeBytes } from "../../compiler/ir/types.ts";
import { accumulators } from "../../compiler/kernels/catalogue.ts";
import { inPlaceInputs } from "../../compiler/kernels/kernel.ts";
import { kernelOf } from "../../compiler/kernels/select.ts";
import { build } from "../../compiler/ops/build.ts";
import { loadTarget } from "../../compiler/target.ts";
import { type Case, runBatch } from "../support/batch.ts";
import { modelFile } from "../support/models.ts";
import { largestDifference } from "../support/near.ts";
import { runSamples } from "../support/programs.ts";
import { Random } from "../support/random.ts";

const count = process.env.MOTE_SOAK === "1" ? 2000 : 100;
const operationsMax = 7;

const vector = (elements: number) => ({ elem: "float32", shape: [1, elements] }) as const;
const lengthOf = (v: Value): number => v.type.shape[1]!;

function dense(r: Random, x: Value, elements: number): Value {
  return build("MatMul", [x, constant(r.tensor("float32", [lengthOf(x), elements], -0.3, 0.3))]);
}

/** Vectors of multiples of 16 bytes, so that none needs to be aligned. */
function randomVectors(r: Random): Graph<"imported"> {
  const x = input("x", vector(4 * r.int(1, 9)));
  const values: Value[] = [x];
  const free = () => values.filter((v) => !values.some((w) => w.node.inputs.includes(v)));
  const grow = (y: Value): readonly Value[] => {
    const other = r.pick(values.filter((v) => lengthOf(v) === lengthOf(y)));
    switch (r.pick(["dense", "dense", "dense", "add", "tanh", "concat"])) {
      case "add":
        return [build("Add", [y, other])];
      case "tanh":
        return [build("Tanh", [y])];
      case "concat":
        return [build("Concat", [y, r.pick(values)], { axis: 1 })];
      default:
        return [dense(r, y, 4 * r.int(1, 30))];
    }
  };
  for (let i = r.int(2, operationsMax - 1); i > 0; i--) values.push(...grow(r.pick(values)));
  const ends = free();
  const end = ends.length === 1 ? ends[0]! : build("Concat", ends, { axis: 1 });
  return makeGraph("imported", "vectors", [x], [{ name: "y", value: end }]);
}

/** Chains from one vector that meet again. */
function randomBranches(r: Random): Graph<"imported"> {
  const x = input("x", vector(4 * r.int(1, 9)));
  const count = r.int(2, 3);
  const ends = Array.from({ length: count }, () => {
    let y = x;
    for (let i = r.int(1, (operationsMax - 1) / count); i > 0; i--) {
      const elements = 4 * r.pick([1, 2, r.int(1, 30)]);
      y = r.int(0, 4) === 0 ? build("Tanh", [y]) : dense(r, y, elements);
    }
    return y;
  });
  return makeGraph(
    "imported",
    "branches",
    [x],
    [{ name: "y", value: build("Concat", ends, { axis: 1 }) }],
  );
}

interface Layers {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  readonly outputs: ReadonlySet<Value>;
  /** Made in their places of a larger value. */
  readonly joined: ReadonlySet<Value>;
}

const isView = ({ attrs }: Node): boolean => attrs.kernel === "view";

/** The value of another form that a view shows. */
const stored = (v: Value): Value =>
  isView(v.node) && v.node.op !== "Concat" ? stored(v.node.inputs[0]!) : v;

/** What a value is made of: views are what they show, joined values their parts. */
function shown(v: Value): Value[] {
  return isView(v.node) ? v.node.inputs.flatMap((part) => shown(part!)) : [v];
}

const readsOf = ({ inputs }: Node): Value[] =>
  inputs.flatMap((v) => (v ? shown(v).filter((part) => part.node.op !== "Constant") : []));

const layersIn = ({ graph }: Program): Layers => ({
  nodes: layersOf(graph.plan),
  inputs: graph.inputs,
  outputs: new Set(graph.outputs.flatMap((o) => shown(o.value))),
  joined: new Set(
    graph.nodes
      .filter((n) => n.op === "Concat" && isView(n))
      .flatMap((n) => n.inputs.map((v) => stored(v!))),
  ),
});

const bytesOf = (values: Iterable<Value>): number =>
  [...values].reduce((sum, v) => sum + typeBytes(v.type), 0);

/** Whether the output takes the place of an operand that nothing reads from step `at` on. */
function isInPlace(
  { joined }: Layers,
  node: Node,
  at: number,
  lastRead: ReadonlyMap<Value, number>,
): boolean {
  const reads = readsOf(node);
  const [y] = node.outputs;
  return inPlaceInputs(kernelOf(node), node).some((i) => {
    const parts = shown(node.inputs[i]!);
    if (joined.has(stored(node.inputs[i]!)) || joined.has(y!)) return false;
    const isAlone = parts.every((v) => reads.filter((u) => u === v).length === 1);
    const isLast = parts.every((v) => lastRead.get(v) === at);
    return isAlone && isLast && bytesOf(parts) === typeBytes(y!.type);
  });
}

/** The most bytes that whole tensors take in an order, by the last reader of each. */
function peakIn(layers: Layers, order: readonly Node[]): number {
  const { inputs, outputs } = layers;
  const lastRead = new Map<Value, number>();
  order.forEach((node, at) => {
    for (const v of readsOf(node)) lastRead.set(v, at);
  });
  for (const v of outputs) lastRead.set(v, order.length);
  let live = [...inputs];
  let peak = bytesOf(live);
  order.forEach((node, at) => {
    live.push(...node.outputs);
    const reused = isInPlace(layers, node, at, lastRead) ? typeBytes(node.outputs[0]!.type) : 0;
    const scratch = kernelOf(node).scratchBytes?.(node) ?? 0;
    peak = Math.max(peak, bytesOf(live) + scratch - reused);
    live = live.filter((v) => (lastRead.get(v) ?? -1) > at);
  });
  return peak;
}

/** The least of all orders. */
function leastPeak(layers: Layers): number {
  let least = Infinity;
  const visit = (order: readonly Node[], made: ReadonlySet<Value>) => {
    if (order.length === layers.nodes.length) least = Math.min(least, peakIn(layers, order));
    for (const node of layers.nodes)
      if (!order.includes(node) && readsOf(node).every((v) => made.has(v)))
        visit([...order, node], new Set([...made, ...node.outputs]));
  };
  visit([], new Set(layers.inputs));
  return least;
}

function programOf(graph: Graph<"imported">, options: CompileOptions): Program {
  const { program, diagnostics } = compile(graph, { target: "host", ...options });
  if (!program) throw new Error(diagnostics.map((d) => d.text).join(" "));
  return program;
}

/** Of the program, and built with MOTE_CHECK_ARENA. */
function casesOf(program: Program, r: Random): Case[] {
  const inputs = program.graph.inputs.map((v) => r.tensor(v.type.elem, v.type.shape, -1, 1));
  return [
    { program, inputs },
    { program, inputs, isChecked: true },
  ];
}

async function expectReference(cases: readonly Case[]): Promise<void> {
  const outputs = await runBatch(cases);
  for (const [i, { program, inputs }] of cases.entries()) {
    const want = evaluate(program.graph, inputs, { profile: program.profile });
    for (const [k, made] of outputs[i]!.entries())
      expect(largestDifference(numbers(made), numbers(want[k]!)), program.name).toBeLessThan(1e-4);
  }
}

it(`${count} random networks of whole tensors run in an order of the least peak`, {
  timeout: 1e6,
}, async () => {
  const pick = (seed: number) => (seed % 2 === 0 ? randomVectors : randomBranches);
  const programs = Array.from({ length: count }, (_, seed) =>
    programOf(pick(seed)(new Random(seed)), { optimize: "speed", name: `v${seed}` }),
  );
  let [tight, other] = [0, 0];
  for (const program of programs) {
    const layers = layersIn(program);
    const least = leastPeak(layers);
    const { lowerBoundBytes } = program.memory;
    const order = program.memory.order!;
    expect(order, program.name).toMatchObject({ exact: true, peakBytes: least });
    expect(peakIn(layers, layers.nodes), program.name).toBe(least);
    expect(lowerBoundBytes, program.name).toBeGreaterThanOrEqual(least);
    // Joined values lie side by side, which may cost bytes.
    if (layers.joined.size === 0) expect(lowerBoundBytes, program.name).toBe(least);
    if (program.graph.plan.arenaBytes === least) tight++;
    if (order.isGiven) expect(order.givenBytes, program.name).toBe(least);
    else other++;
    expect(order.givenBytes > least, program.name).toBe(!order.isGiven);
  }
  expect(tight).toBeGreaterThan(0.8 * count);
  expect(other).toBeGreaterThan(0.1 * count);
  const r = new Random(1);
  const run = programs.filter((p) => !p.memory.order!.isGiven).slice(0, 20);
  await expectReference(run.flatMap((p) => casesOf(p, r)));
});

/** A branch that is kept, named first, and one that is large before its small end. */
it("begins with the branch that is large inside", async () => {
  const r = new Random(2);
  const x = input("x", vector(8));
  const [kept, small] = [dense(r, x, 100), dense(r, dense(r, x, 400), 4)];
  const y = build("Concat", [kept, small], { axis: 1 });
  const graph = makeGraph("imported", "late", [x], [{ name: "y", value: y }]);
  const program = programOf(graph, { optimize: "speed" });
  const peaks = { peakBytes: 4 * (8 + 400 + 4), givenBytes: 4 * (100 + 8 + 400) };
  // While the large end is made, the input still waits for the other branch.
  expect(program.memory.order).toMatchObject({ ...peaks, exact: true, isGiven: false });
  expect(program.graph.plan.arenaBytes).toBe(peaks.peakBytes);
  await expectReference(casesOf(program, r));
});

const image = (name: string, side: number) =>
  input(name, { elem: "float32", shape: [1, 4, side, side] });

function conv(r: Random, x: Value, filters: number, kernel: number, group = 1): Value {
  const channels = x.type.shape[1]!;
  const w = r.tensor("float32", [filters, channels / group, kernel, kernel], -0.2, 0.2);
  const pad = (kernel - 1) / 2;
  return build("Conv", [x, constant(w)], { pads: [pad, pad, pad, pad], group });
}

/** As in NASNet: sums of pairs of what two earlier cells and the cell's own sums are made into. */
function cell(r: Random, states: readonly Value[]): Value {
  const all = [...states];
  const channels = states[0]!.type.shape[1]!;
  const pads = [1, 1, 1, 1];
  const made = (x: Value): Value => {
    const wide = r.pick([2, 4, 6]) * channels;
    switch (r.int(0, 4)) {
      case 0:
        return build("MaxPool", [x], { kernel_shape: [3, 3], pads });
      case 1:
        return conv(r, x, channels, 3);
      default:
        return conv(r, conv(r, conv(r, x, wide, 1), wide, 3, wide), channels, 1);
    }
  };
  for (let i = 0; i < 3; i++) all.push(build("Add", [made(r.pick(all)), made(r.pick(all))]));
  return conv(r, build("Concat", all, { axis: 1 }), channels, 1);
}

function cells(r: Random): Graph<"imported"> {
  const x = image("x", r.int(5, 10));
  const first = cell(r, [x]);
  const y = cell(r, [x, first]);
  return makeGraph("imported", "cells", [x], [{ name: "y", value: y }]);
}

const cellCount = process.env.MOTE_SOAK === "1" ? 30 : 3;

it(`${cellCount} networks of cells run as the reference says in orders of their own`, {
  timeout: 1e6,
}, async () => {
  const r = new Random(5);
  const cases: Case[] = [];
  let other = 0;
  for (let i = 0; i < cellCount; i++) {
    const graph = cells(r);
    const [whole, least] = (["speed", "sram"] as const).map((optimize) =>
      programOf(graph, { optimize, name: `c${i}_${optimize}`, ioLayout: "nhwc" }),
    ) as [Program, Program];
    const { lowerBoundBytes } = whole.memory;
    const order = whole.memory.order!;
    expect(order.exact).toBe(true);
    expect(lowerBoundBytes).toBe(order.peakBytes);
    expect(whole.graph.plan.arenaBytes).toBeLessThan(1.02 * order.peakBytes);
    expect(least.graph.plan.arenaBytes).toBeLessThanOrEqual(whole.graph.plan.arenaBytes);
    if (!order.isGiven) other++;
    cases.push(casesOf(whole, r)[0]!, casesOf(least, r)[1]!);
  }
  expect(other).toBeGreaterThan(0);
  await expectReference(cases);
});

describe("images that are delivered by rows", () => {
  /** The branch that is named first is the one to be run last. */
  const branches = (r: Random, x: Value) => {
    const small = conv(r, conv(r, x, 32, 3), 1, 3);
    return build("Concat", [conv(r, x, 8, 3), small], { axis: 1 });
  };

  it.each(["speed", "sram"] as const)("come first, for %s", async (optimize) => {
    const r = new Random(6);
    const x = image("x", 8);
    const outputs = [{ name: "y", value: branches(r, x) }];
    const graph = makeGraph("imported", "rows", [x], outputs);
    const program = programOf(graph, { optimize, rowInput: true });
    const order = program.memory.order!;
    expect(order.peakBytes).toBeLessThan(order.givenBytes);
    expect(layersIn(program).nodes[0]!.op).toBe("RowInput");
    const data = r.tensor("float32", program.graph.inputs[0]!.type.shape, -1, 1);
    const { outputs: made } = await runSamples(program, [data], { sanitize: true });
    const [want] = evaluate(program.graph, [data], { profile: program.profile });
    expect(largestDifference(numbers(made[0]!), numbers(want!))).toBeLessThan(1e-4);
  });
});

it("a layer alone may have no kernel but one that takes rows as they come", () => {
  const target = loadTarget("cortex-m4");
  const { graph } = compile(modelFile("kws"), { optimize: "speed" }).program!;
  const pool = layersOf(graph.plan).find((n) => accumulators(n, target.isa).length > 0)!;
  const [kernel] = accumulators(pool, target.isa);
  const alone = programOfLayer(layerGraph(pool, kernel!.name), {
    name: "pool",
    target,
    profile: "fast",
  });
  expect(layersOf(alone.graph.plan).map((n) => n.op)).toEqual([pool.op]);
});
