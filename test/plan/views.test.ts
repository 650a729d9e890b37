/** Slices, splits and joins of memory: no code copies them, and the arena is smaller for it. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type CompileOptions, compile, type Program } from "../../compiler/compile.ts";
import { constant, input, makeGraph, type Node, type Value } from "../../compiler/ir/graph.ts";
import { float32s, int64s } from "../../compiler/ir/tensor.ts";
import { build, buildNode } from "../../compiler/ops/build.ts";
import { validate } from "../../compiler/plan/validate/validate.ts";
import { runBatch } from "../support/batch.ts";
import { expectNear } from "../support/near.ts";
import { Random } from "../support/random.ts";

const list = (...xs: number[]): Value => constant(int64s(xs));
const given = (...shape: number[]): Value => input("x", { elem: "float32", shape });

/** What copies is named, so that a kernel can be forced on it. */
const moving = { origins: ["moved"] };
const concat = (axis: number, ...xs: Value[]): Value => build("Concat", xs, { axis }, moving);
const slice = (x: Value, axis: number, from: number, to: number): Value =>
  build("Slice", [x, list(from), list(to), list(axis)], {}, moving);
const halves = (x: Value, axis: number): readonly Value[] =>
  buildNode("Split", [x], { axis, num_outputs: 2 }, { ...moving, outputCount: 2 }).outputs;

const weights = (...shape: number[]): Value =>
  constant(new Random(shape[0]!).tensor("float32", shape, -0.3, 0.3));
const conv = (x: Value, filters: number): Value =>
  build("Conv", [x, weights(filters, x.type.shape[1]!, 3, 1)], { pads: [1, 0, 1, 0] });
const dense = (x: Value, features: number): Value =>
  build("Gemm", [x, weights(features, x.type.shape[1]!)], { transB: 1 });
const flat = (x: Value): Value => build("Reshape", [x, list(1, -1)]);

interface Case {
  readonly y: (x: Value) => Value;
  readonly shape: readonly number[];
  /** The kernel that copies where it is forced to. */
  readonly copy: string;
  /** Of the arena: what two layers that follow each other read and make. */
  readonly bytes: number;
}

/** Arenas of float32, everything in one piece. */
const cases: Readonly<Record<string, Case>> = {
  "a slice of rows": {
    shape: [1, 2, 12, 8],
    y: (x) => conv(slice(conv(x, 4), 2, 2, 10), 4),
    copy: "copy_32",
    bytes: 4 * (12 * 8 * 4 + 8 * 8 * 4),
  },
  "the end of a list": {
    shape: [1, 16],
    y: (x) => dense(slice(dense(x, 100), 1, 60, 100), 10),
    copy: "copy_32",
    bytes: 4 * (16 + 100),
  },
  "halves of a list": {
    shape: [1, 16],
    y: (x) => {
      const [a, b] = halves(dense(x, 64), 1);
      return build("Mul", [build("Tanh", [a!]), build("Sigmoid", [b!])]);
    },
    copy: "copy_32",
    bytes: 4 * (64 + 32),
  },
  "two heads joined": {
    shape: [1, 2, 8, 8],
    y: (x) => {
      const trunk = conv(x, 2);
      return concat(1, flat(conv(trunk, 4)), flat(conv(trunk, 6)));
    },
    copy: "concat_2",
    bytes: 4 * 8 * 8 * (2 + 4 + 6),
  },
  "rows joined": {
    shape: [1, 2, 6, 8],
    y: (x) => conv(concat(2, conv(x, 4), build("Relu", [conv(x, 4)])), 4),
    copy: "concat_2",
    bytes: 4 * 12 * 8 * (4 + 4),
  },
  "joined, of what is joined, and cut again": {
    shape: [1, 16],
    y: (x) => {
      const [a, b] = [dense(x, 20), dense(x, 24)];
      const inner = concat(1, a, b);
      const outer = concat(1, dense(x, 8), inner);
      return dense(build("Add", [slice(outer, 1, 8, 28), a]), 4);
    },
    copy: "concat_2",
    bytes: 4 * (16 + 8 + 44),
  },
};

function programOf({ shape, y }: Case, name: string, options: CompileOptions): Program {
  const x = given(...shape);
  const graph = makeGraph("imported", "views", [x], [{ name: "y", value: y(x) }]);
  const { program, diagnostics } = compile(graph, {
    target: "host",
    ioLayout: "nhwc",
    optimize: "speed",
    name,
    ...options,
  });
  expect(diagnostics).toEqual([]);
  return program!;
}

const moves = ({ node }: { readonly node: Node }): boolean =>
  /^(copy|concat)_/.test(String(node.attrs.kernel));

/** As it is and checked, on the host with sanitizers. */
async function expectReference(programs: readonly Program[]): Promise<void> {
  const runs = programs.flatMap((program) => {
    const inputs = program.graph.inputs.map((v) => new Random(7).tensor("float32", v.type.shape));
    return [
      { program, inputs },
      { program, inputs, isChecked: true },
    ];
  });
  const outputs = await runBatch(runs);
  for (const [i, { program, inputs }] of runs.entries())
    expectNear(outputs[i]![0]!, evaluate(program.graph, inputs)[0]!);
}

describe.each(Object.entries(cases))("%s", (_, test) => {
  const program = programOf(test, "view", {});

  it("is not copied", () => {
    expect(program.graph.plan.steps.filter(moves)).toEqual([]);
    expect(program.emitted.files.get("view.c")).not.toMatch(/mote_(copy|concat)_/);
  });

  it("needs no memory of its own", () => {
    expect(program.graph.plan.arenaBytes).toBeLessThanOrEqual(test.bytes);
    const copied = programOf(test, "copy", {
      choices: { kernels: [{ layers: ["moved"], value: test.copy }] },
    });
    expect(copied.graph.plan.steps.filter(moves)).not.toEqual([]);
    expect(copied.graph.plan.arenaBytes).toBeGreaterThan(program.graph.plan.arenaBytes);
  });

  it("gives the reference's result, also by rows", async () => {
    await expectReference([program, programOf(test, "by_rows", { optimize: "sram" })]);
  });
});

describe("copies that stay", () => {
  const stays = (shape: readonly number[], y: (x: Value) => Value): Program =>
    programOf({ shape, y, copy: "", bytes: 0 }, "copy", {});

  it.each<[string, readonly number[], (x: Value) => Value]>([
    ["channels of an image", [1, 4, 5, 5], (x) => conv(slice(conv(x, 4), 1, 1, 3), 2)],
    [
      "every other row",
      [8, 4],
      (x) => {
        const rows = [dense(x, 4), list(0), list(8), list(0), list(2)];
        return dense(build("Slice", rows), 3);
      },
    ],
    ["an input of the network", [1, 4], (x) => concat(1, x, dense(x, 4))],
    ["a constant", [1, 4], (x) => concat(1, weights(1, 4), dense(x, 4))],
    [
      "an operand twice",
      [1, 4],
      (x) => {
        const a = dense(x, 4);
        return concat(1, a, a);
      },
    ],
    [
      "a part of another value",
      [1, 4],
      (x) => {
        const a = dense(x, 8);
        return concat(1, slice(a, 1, 4, 8), build("Tanh", [slice(a, 1, 0, 4)]));
      },
    ],
    ["channels side by side", [1, 2, 5, 5], (x) => conv(concat(1, conv(x, 2), conv(x, 3)), 2)],
  ])("%s", async (_, shape, y) => {
    const program = stays(shape, y);
    expect(program.graph.plan.steps.filter(moves)).toHaveLength(1);
    await expectReference([program]);
  });

  it("the second of two results that want one operand", async () => {
    const program = stays([1, 4], (x) => {
      const [a, b] = [dense(x, 4), dense(x, 8)];
      return build("Add", [concat(1, a, b), concat(1, b, a)]);
    });
    expect(program.graph.plan.steps.filter(moves)).toHaveLength(1);
    await expectReference([program]);
  });
});

describe("nothing to compute", () => {
  it.each<[string, readonly number[], (x: Value) => Value]>([
    ["a piece of the input", [1, 1, 20, 8], (x) => slice(x, 2, 6, 18)],
    [
      "a piece of nothing, joined",
      [1, 4],
      (x) => {
        const a = dense(x, 8);
        return concat(1, build("Tanh", [slice(a, 1, 8, 8)]), build("Tanh", [a]));
      },
    ],
  ])("%s", async (_, shape, y) => {
    const program = programOf({ shape, y, copy: "", bytes: 0 }, "nothing", {});
    expect(program.graph.plan.steps.filter(moves)).toEqual([]);
    await expectReference([program]);
  });
});

describe("rows of a view of what has none", () => {
  /** What is normalised lies in a tensor of five axes, and is divided row by row. */
  const normalised = (x: Value): Value => {
    const turned = build("Transpose", [x], { perm: [2, 0, 3, 4, 1] });
    const rows = build("Reshape", [turned, list(1, 4, 32, 16)]);
    const norm = build("ReduceL2", [rows, list(-1)], { keepdims: 1 });
    const floor = constant(float32s([], Float32Array.of(1e-3)));
    const wide = build("Expand", [build("Clip", [norm, floor]), list(1, 4, 32, 16)]);
    const unit = build("Div", [rows, wide]);
    const narrow = build("Tanh", [slice(unit, 3, 0, 2)]);
    return build("Mul", [narrow, slice(build("Add", [rows, wide]), 3, 0, 2)]);
  };
  const test = { shape: [1, 16, 1, 4, 32], y: normalised, copy: "", bytes: 0 };
  const program = programOf(test, "rows", { optimize: "sram" });
  const divisions = program.graph.plan.steps.filter((s) => s.node.op === "Div");

  it("are read where they are", async () => {
    expect(divisions.map((s) => s.inputs[0]?.rowBegin)).toEqual([0, 2]);
    await expectReference([program]);
  });

  it("are checked by the validator", () => {
    const { graph } = program;
    const steps = graph.plan.steps.map((step) =>
      divisions.includes(step)
        ? { ...step, inputs: step.inputs.map((r) => r && { ...r, rowBegin: 0, rowEnd: 4 }) }
        : step,
    );
    expect(validate({ ...graph, plan: { ...graph.plan, steps } }).join()).toMatch(
      "reads input 0 from row 2 on, not 0",
    );
  });
});

describe("the validator", () => {
  const { graph } = programOf(cases["two heads joined"]!, "view", {});
  const { plan } = graph;

  it("finds an operand that is not where the result wants it", () => {
    for (const [value, place] of plan.places) {
      const isOperand = value.node.op === "Conv2D";
      const places = new Map(plan.places).set(value, { offset: place.offset + 4 });
      if (isOperand) expect(validate({ ...graph, plan: { ...plan, places } })).not.toEqual([]);
    }
  });

  it("finds a result that is no row of its operands", () => {
    const nodes = graph.nodes.map((n) =>
      n.op === "Concat"
        ? {
            ...n,
            outputs: [{ ...n.outputs[0]!, type: { elem: "float32" as const, shape: [2, 320] } }],
          }
        : n,
    );
    expect(validate({ ...graph, nodes })).not.toEqual([]);
  });
});
