/** Decoders in rows: no image that they make larger is ever whole. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../compiler/check/eval.ts";
import { type CompileOptions, compile, type Program } from "../../compiler/compile.ts";
import { constant, input, makeGraph, type Value } from "../../compiler/ir/graph.ts";
import { float32s, int64s } from "../../compiler/ir/tensor.ts";
import { build } from "../../compiler/ops/build.ts";
import { runBatch } from "../support/batch.ts";
import { expectNear } from "../support/near.ts";
import { Random } from "../support/random.ts";

const weights = (...shape: number[]): Value =>
  constant(new Random(shape[0]!).tensor("float32", shape, -0.3, 0.3));
const conv = (x: Value, filters: number): Value =>
  build("Conv", [x, weights(filters, x.type.shape[1]!, 3, 1)], { pads: [1, 0, 1, 0] });
const twice = constant(float32s([4], [1, 1, 2, 2]));
const resize = (x: Value, mode: string): Value => build("Resize", [x, undefined, twice], { mode });
const transposed = (x: Value, kernel: number, pad: number, stride = 2): Value =>
  build("ConvTranspose", [x, weights(x.type.shape[1]!, 8, kernel, kernel)], {
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
  });
const pad = (x: Value): Value =>
  build("Pad", [x, constant(int64s([0, 0, 3, 1, 0, 0, 2, 1]))], { mode: "constant" });

interface Case {
  readonly op: string;
  /** 8 channels of an image in, more pixels out. */
  readonly y: (x: Value) => Value;
}

const cases: Readonly<Record<string, Case>> = {
  "a nearest resize": { op: "ResizeNearest", y: (x) => resize(x, "nearest") },
  "a linear resize": { op: "Interpolate", y: (x) => resize(x, "linear") },
  "a cubic resize": { op: "Interpolate", y: (x) => resize(x, "cubic") },
  "a transposed convolution": { op: "ConvTranspose2D", y: (x) => transposed(x, 4, 1) },
  "one of a kernel that is no multiple": { op: "ConvTranspose2D", y: (x) => transposed(x, 3, 1) },
  "one of three phases": { op: "ConvTranspose2D", y: (x) => transposed(x, 5, 0, 3) },
  "a frame": { op: "Pad", y: (x) => build("Relu", [pad(x)]) },
};

function programOf({ y }: Case, name: string, options: CompileOptions): Program {
  const x = input("x", { elem: "float32", shape: [1, 2, 12, 8] });
  const made = y(conv(x, 8));
  const pooled = build("GlobalAveragePool", [build("Relu", [conv(made, 8)])]);
  const graph = makeGraph("imported", "streams", [x], [{ name: "y", value: pooled }]);
  return compile(graph, { ioLayout: "nhwc", target: "host", name, ...options }).program!;
}

describe.each(Object.entries(cases))("%s", (_, test) => {
  const program = programOf(test, "least", { optimize: "sram" });
  const steps = program.graph.plan.steps.filter(({ node }) => node.op === test.op);

  it("is made row by row", () => {
    expect(steps.length).toBeGreaterThan(1);
  });

  it("is never whole in memory", () => {
    const whole = steps[0]!.node.outputs[0]!.type.shape.reduce((a, b) => a * b, 4);
    expect(program.graph.plan.arenaBytes).toBeLessThan(whole);
  });

  it("is the reference's, also in a checked build", async () => {
    const inputs = [new Random(3).tensor("float32", program.graph.inputs[0]!.type.shape)];
    const fast = programOf(test, "fastest", { optimize: "speed" });
    const runs = [
      { program, inputs },
      { program, inputs, isChecked: true },
      { program: fast, inputs },
    ];
    const [want] = evaluate(program.graph, inputs);
    for (const [y] of await runBatch(runs)) expectNear(y!, want!, 1e-4);
  });
});
