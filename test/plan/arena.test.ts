/** Arenas on Cortex-M4: what issue "Memory" asks for, and no less than the program's own steps need. */
import { describe, expect, it } from "vitest";
import { type CompileOptions, compile, type Program } from "../../compiler/compile.ts";
import { layersOf } from "../../compiler/ir/plan.ts";
import { kernelOf } from "../../compiler/kernels/select.ts";
import { bundled, modelFile } from "../support/models.ts";

const programOf = (name: string, options: CompileOptions): Program =>
  compile(modelFile(name), { ioLayout: "nhwc", ...options }).program!;

/** Bytes of an arena at the most. */
const smallest = { ic: 14_336, kws: 5_120, vww: 32_768, ad: 1_024 };
const balanced = { ic: 24_576, kws: 8_448, vww: 40_960, ad: 1_024 };

describe.each(bundled)("%s", (name) => {
  it("is as small as can be with --optimize sram", () => {
    const { graph } = programOf(name, { optimize: "sram" });
    expect(graph.plan.arenaBytes).toBeLessThanOrEqual(smallest[name]);
  });

  it("is small by default", () => {
    expect(programOf(name, {}).graph.plan.arenaBytes).toBeLessThanOrEqual(balanced[name]);
  });

  it("needs at most 10 % more with planar images", () => {
    const least = programOf(name, { optimize: "sram", ioLayout: "nchw" });
    expect(least.graph.plan.arenaBytes).toBeLessThanOrEqual(1.1 * smallest[name]);
    const usual = programOf(name, { ioLayout: "nchw" });
    expect(usual.graph.plan.arenaBytes).toBeLessThanOrEqual(1.1 * balanced[name]);
  });

  it("holds what each step reads, makes and uses for itself", () => {
    const { graph, memory } = programOf(name, { optimize: "sram" });
    const { plan } = graph;
    const largest = Math.max(...plan.steps.map((s) => s.scratch?.bytes ?? 0));
    expect(plan.arenaBytes).toBeGreaterThanOrEqual(largest);
    expect(plan.arenaBytes).toBeGreaterThanOrEqual(memory.lowerBoundBytes);
    if (memory.isProved) expect(plan.arenaBytes).toBe(memory.lowerBoundBytes);
  });

  it("makes each row once: the same multiply-accumulates as whole tensors", () => {
    const { plan } = programOf(name, { optimize: "sram" }).graph;
    for (const node of layersOf(plan)) {
      const own = plan.steps.filter((s) => s.node === node);
      const gathers = kernelOf(node).accumulates;
      const rows = own.map((s) => (gathers ? s.inputs[0]! : s.outputs[0]!));
      const ends = rows.map((r) => r.rowEnd);
      expect(rows.map((r) => r.rowBegin)).toEqual([0, ...ends.slice(0, -1)]);
      const { shape } = rows[0]!.value.type;
      if (own.length > 1) expect(ends.at(-1)).toBe(shape[1]);
    }
    if (name !== "ad") expect(plan.steps.length).toBeGreaterThan(layersOf(plan).length);
  });

  it("aligns the arena, and pieces of it as their elements", () => {
    const { plan } = programOf(name, {}).graph;
    expect(plan.alignBytes).toBe(16);
    expect(plan.steps.filter((s) => (s.scratch?.offset ?? 0) % 4 !== 0)).toEqual([]);
  });
});

it("vww with its image delivered by rows", () => {
  const { graph } = programOf("vww", { optimize: "sram", rowInput: true });
  expect(graph.plan.arenaBytes).toBeLessThanOrEqual(14_336);
});
