/** Layers of unusual shapes get fast kernels where the processor has any; where not, it is said. */
import { describe, expect, it } from "vitest";
import { explainText } from "../../compiler/commands/explain.ts";
import { compile, type Program } from "../../compiler/compile.ts";
import { constant, input, makeGraph, type Value } from "../../compiler/ir/graph.ts";
import { tensorOf } from "../../compiler/ir/tensor.ts";
import { build } from "../../compiler/ops/build.ts";
import { Random } from "../support/random.ts";

interface Shape {
  readonly channels: number;
  readonly filters: number;
  readonly group: number;
  readonly kernel: number;
}

const shapes: Readonly<Record<string, Shape>> = {
  "4 groups, 3x3": { channels: 32, filters: 32, group: 4, kernel: 3 },
  "2 groups, 1x1": { channels: 32, filters: 64, group: 2, kernel: 1 },
  "depthwise, 2 filters a channel": { channels: 24, filters: 48, group: 24, kernel: 3 },
  "depthwise, 8 filters a channel": { channels: 8, filters: 64, group: 8, kernel: 3 },
  "depthwise, 13 channels": { channels: 13, filters: 13, group: 13, kernel: 3 },
};

const scalar = (elem: "float32" | "int8", x: number) => constant(tensorOf(elem, [], [x]));

function stored(x: Value, scale: number): Value {
  const parameters = [scalar("float32", scale), scalar("int8", 0)];
  return build("DequantizeLinear", [build("QuantizeLinear", [x, ...parameters]), ...parameters]);
}

function layer(shape: Shape, isStored: boolean, target: string): Program {
  const { channels, filters, group, kernel } = shape;
  const random = new Random(1);
  const own = (x: Value, scale: number) => (isStored ? stored(x, scale) : x);
  const x = input("x", { elem: "float32", shape: [1, channels, 12, 12] });
  const w = random.tensor("float32", [filters, channels / group, kernel, kernel], -1, 1);
  const pad = (kernel - 1) / 2;
  const attrs = { group, pads: [pad, pad, pad, pad] };
  const y = own(build("Conv", [own(x, 1 / 64), own(constant(w), 1 / 120)], attrs), 1 / 8);
  const graph = makeGraph("imported", "layer", [x], [{ name: "y", value: y }]);
  return compile(graph, { target, ioLayout: "nhwc" }).program!;
}

const chosen = (program: Program): string[] =>
  program.graph.plan.steps
    .filter(({ node }) => node.op === "Conv2D")
    .map(({ node }) => String(node.attrs.kernel));

const portable = ["conv_2d_s8", "depthwise_conv_2d_s8", "conv_2d_f32", "depthwise_conv_2d_f32"];

describe.each(Object.entries(shapes))("%s", (_, shape) => {
  it.each([
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "cortex-m55",
  ])("is served by a fast int8 kernel on %s", (target) =>
    expect(portable).not.toContain(chosen(layer(shape, true, target))[0]));

  it.each(["cortex-m4", "cortex-m55"])("is served by a fast float kernel on %s", (target) =>
    expect(portable).not.toContain(chosen(layer(shape, false, target))[0]));
});

describe("what no fast kernel serves", () => {
  const shape = shapes["4 groups, 3x3"]!;

  it("is portable, and explained to be so", () => {
    const program = layer(shape, false, "cortex-m3");
    expect(chosen(program)).toEqual(["conv_2d_f32"]);
    expect(explainText(layer(shape, true, "cortex-m4"))).not.toContain("no faster kernel");
    expect(explainText(layer(tooLarge, true, "cortex-m4"))).toMatch(
      /\* conv_2d_s8 \(no faster kernel serves it\)/,
    );
  });
});

/** Sums of more than 2^23, which packed pairs of filters have no room for. */
const tooLarge: Shape = { channels: 1200, filters: 2, group: 1, kernel: 1 };
