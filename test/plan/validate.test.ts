/** The validator finds every kind of broken plan: a good one, damaged in one way each. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import type { Buffer, Part, Place, Plan, Region, Step } from "../../compiler/ir/plan.ts";
import { validate } from "../../compiler/plan/validate/validate.ts";
import { bundled, modelFile } from "../support/models.ts";

type Optimize = "speed" | "sram";

const planned = (name: string, optimize: Optimize): Graph<"planned"> =>
  compile(modelFile(name), { optimize }).program!.graph;

const damaged = (graph: Graph<"planned">, change: Partial<Plan>): string[] =>
  validate({ ...graph, plan: { ...graph.plan, ...change } });

const meetInTime = (a: Part, b: Part) => a.begin < b.end && b.begin < a.end;
const areTogether = (a: Buffer, b: Buffer): boolean =>
  a.id !== b.id && a.parts.some((p) => b.parts.some((q) => meetInTime(p, q)));

/** Of many, some from all over. */
const some = <T>(list: readonly T[], count = 12): T[] =>
  list.filter((_, i) => i % Math.ceil(list.length / count) === 0);

const moved = (place: Place, by: number): Place => ({
  offset: place.offset + by,
  ...(place.rows && { rows: place.rows.map((r) => r + by) }),
});

/** Whether a region holds rows that the step makes, through any number of views. */
function shows(region: Region | undefined, { outputs }: Step): boolean {
  let value = region?.value;
  while (value?.node.attrs.kernel === "view") value = value.node.inputs[0];
  return outputs.some(
    (r) => r.value === value && r.rowBegin < region!.rowEnd && region!.rowBegin < r.rowEnd,
  );
}

const cases = bundled.flatMap((name) => [
  { name, optimize: "speed" as const },
  { name, optimize: "sram" as const },
]);

describe.each(cases)("$name for $optimize", ({ name, optimize }) => {
  const graph = planned(name, optimize);
  const { buffers, steps, places } = graph.plan;
  const withBuffer = (id: number, change: Partial<Buffer>) =>
    damaged(graph, { buffers: buffers.map((b) => (b.id === id ? { ...b, ...change } : b)) });

  it("is sound as it is", () => {
    expect(validate(graph)).toEqual([]);
  });

  it("two buffers on each other", () => {
    for (const a of some(buffers))
      for (const b of some(
        buffers.filter((o) => areTogether(a, o)),
        4,
      ))
        if (a.parts.length === 1 && b.parts.length === 1)
          expect(withBuffer(a.id, { offset: b.offset }), `${a.id} on ${b.id}`).not.toEqual([]);
  });

  it("a buffer that is one byte short", () => {
    for (const { id, bytes } of some(buffers))
      expect(withBuffer(id, { bytes: bytes - 1 }), `buffer ${id}`).not.toEqual([]);
  });

  it("a buffer that is never in use", () => {
    for (const { id } of some(buffers))
      expect(withBuffer(id, { parts: [] }), `buffer ${id}`).not.toEqual([]);
  });

  it("an arena that is one byte short", () => {
    expect(damaged(graph, { arenaBytes: graph.plan.arenaBytes - 1 })).not.toEqual([]);
  });

  it("a value at another place", () => {
    for (const [value, place] of some([...places]))
      for (const by of [1, -graph.plan.arenaBytes, graph.plan.arenaBytes])
        expect(
          damaged(graph, { places: new Map(places).set(value, moved(place, by)) }),
        ).not.toEqual([]);
  });

  it("two rows at one place", () => {
    for (const [value, place] of places) {
      if (!place.rows) continue;
      const rows = place.rows.with(1, place.rows[0]!);
      expect(
        damaged(graph, { places: new Map(places).set(value, { ...place, rows }) }),
      ).not.toEqual([]);
    }
  });

  it("two steps in the wrong order", () => {
    const followers = steps.flatMap((step, i) =>
      i > 0 && step.inputs.some((r) => shows(r, steps[i - 1]!)) ? [i] : [],
    );
    for (const i of some(followers)) {
      const swapped = steps.with(i - 1, steps[i]!).with(i, steps[i - 1]!);
      expect(damaged(graph, { steps: swapped }), `steps ${i - 1}, ${i}`).not.toEqual([]);
    }
  });

  it("a step left out", () => {
    for (const i of some(steps.map((_, at) => at)))
      expect(damaged(graph, { steps: steps.toSpliced(i, 1) }), `step ${i}`).not.toEqual([]);
  });

  it("scratch memory at another place, or outside the arena", () => {
    for (const step of some(steps.filter((s) => s.scratch))) {
      const i = steps.indexOf(step);
      for (const offset of [-4, graph.plan.arenaBytes, step.scratch!.offset + 1]) {
        const other = { ...step, scratch: { ...step.scratch!, offset } };
        expect(damaged(graph, { steps: steps.with(i, other) })).not.toEqual([]);
      }
    }
  });

  it("rows that there are not", () => {
    for (const step of some(steps)) {
      const wrong = step.outputs.map((r) => ({ ...r, rowBegin: -1 }));
      const changed = steps.with(steps.indexOf(step), { ...step, outputs: wrong });
      expect(damaged(graph, { steps: changed })).not.toEqual([]);
    }
  });
});
