/** Arenas: no larger than TensorFlow Lite Micro's for the MLPerf Tiny networks. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { typeBytes } from "../../compiler/ir/types.ts";
import { bundled, modelFile } from "../support/models.ts";

const arenaBytesMax = { ic: 54_996, kws: 22_820, vww: 100_708, ad: 2_580 };

describe.each(bundled)("%s", (name) => {
  const { graph, arenaLowerBoundBytes } = compile(modelFile(name)).program!;
  const { plan } = graph;

  it("is within TensorFlow Lite Micro's arena", () => {
    expect(plan.arenaBytes).toBeLessThanOrEqual(arenaBytesMax[name]);
  });

  it("is not below what one layer needs", () => {
    const layers = plan.steps.map(({ inputs, outputs }) => {
      const buffers = new Map([...inputs, ...outputs].map((r) => [r?.buffer, r]));
      return [...buffers.values()].reduce((sum, r) => sum + (r ? typeBytes(r.value.type) : 0), 0);
    });
    expect(plan.arenaBytes).toBeGreaterThanOrEqual(Math.max(...layers));
    expect(arenaLowerBoundBytes).toBeGreaterThanOrEqual(Math.max(...layers));
    expect(plan.arenaBytes).toBeGreaterThanOrEqual(arenaLowerBoundBytes);
  });

  it("aligns every buffer", () => {
    expect(plan.buffers.filter((b) => b.offset % 4 !== 0)).toEqual([]);
    expect(plan.alignBytes).toBe(16);
  });
});
