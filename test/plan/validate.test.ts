/** The validator finds every kind of broken plan: a good one, damaged in one way each. */
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import type { Buffer, Plan, Region, Step } from "../../compiler/ir/plan.ts";
import { validate } from "../../compiler/plan/validate.ts";
import { bundled, modelFile } from "../support/models.ts";

const planned = (name: string): Graph<"planned"> => compile(modelFile(name)).program!.graph;

const damaged = (graph: Graph<"planned">, change: (plan: Plan) => Partial<Plan>): string[] =>
  validate({ ...graph, plan: { ...graph.plan, ...change(graph.plan) } });

const overlapInTime = (a: Buffer, b: Buffer) => a.begin <= b.end && b.begin <= a.end;

/** Whether a region holds what the step makes, through any number of views. */
function shows(region: Region | undefined, { outputs }: Step): boolean {
  let value = region?.value;
  while (value?.node.attrs.kernel === "view") value = value.node.inputs[0];
  return outputs.some((r) => r.value === value);
}

describe.each(bundled)("%s", (name) => {
  const graph = planned(name);
  const { buffers, steps } = graph.plan;
  const withBuffer = (id: number, change: Partial<Buffer>) =>
    damaged(graph, () => ({
      buffers: buffers.map((b) => (b.id === id ? { ...b, ...change } : b)),
    }));

  it("is sound as it is", () => {
    expect(validate(graph)).toEqual([]);
  });

  it("two buffers on each other", () => {
    for (const a of buffers)
      for (const b of buffers.filter((o) => o.id !== a.id && overlapInTime(a, o)))
        expect(withBuffer(a.id, { offset: b.offset }), `${a.id} on ${b.id}`).not.toEqual([]);
  });

  it("buffers that share their last byte", () => {
    for (const a of buffers)
      for (const b of buffers.filter((o) => o.id !== a.id && overlapInTime(a, o))) {
        const offset = b.offset + b.bytes - 1;
        expect(withBuffer(a.id, { offset })).not.toEqual([]);
      }
  });

  it("a buffer that is one byte short", () => {
    for (const { id, bytes } of buffers)
      expect(withBuffer(id, { bytes: bytes - 1 }), `buffer ${id}`).not.toEqual([]);
  });

  it("a buffer outside the arena", () => {
    for (const { id } of buffers) {
      expect(withBuffer(id, { offset: -4 })).not.toEqual([]);
      expect(withBuffer(id, { offset: graph.plan.arenaBytes })).not.toEqual([]);
    }
  });

  it("an arena that is one byte short", () => {
    expect(damaged(graph, (p) => ({ arenaBytes: p.arenaBytes - 1 }))).not.toEqual([]);
  });

  it("two steps in the wrong order", () => {
    for (let i = 1; i < steps.length; i++) {
      if (!steps[i]!.inputs.some((r) => shows(r, steps[i - 1]!))) continue;
      const swapped = steps.with(i - 1, steps[i]!).with(i, steps[i - 1]!);
      expect(
        damaged(graph, () => ({ steps: swapped })),
        `steps ${i - 1}, ${i}`,
      ).not.toEqual([]);
    }
  });

  it("a step left out", () => {
    for (let i = 0; i < steps.length; i++)
      expect(
        damaged(graph, () => ({ steps: steps.toSpliced(i, 1) })),
        `step ${i}`,
      ).not.toEqual([]);
  });

  it("a region at another place of its buffer", () => {
    const moved = (r: Region): Region => ({ ...r, byteOffset: r.byteOffset + 1 });
    const change = (step: Step): Step[] => [
      { ...step, outputs: step.outputs.map(moved) },
      { ...step, inputs: step.inputs.map((r) => r && moved(r)) },
    ];
    for (const [i, step] of steps.entries())
      for (const other of change(step))
        expect(damaged(graph, () => ({ steps: steps.with(i, other) }))).not.toEqual([]);
  });

  it("an input or output that lies elsewhere", () => {
    const moved = (r: Region | undefined) => r && { ...r, byteOffset: -1 };
    expect(damaged(graph, (p) => ({ outputs: p.outputs.map(moved) }))).not.toEqual([]);
    expect(damaged(graph, (p) => ({ inputs: p.inputs.map((r) => moved(r)!) }))).not.toEqual([]);
  });
});

it("a value that is overwritten before its last reader: a residual's buffer cut short", () => {
  const graph = planned("ic");
  const early = graph.plan.buffers.map((b) => ({ ...b, end: Math.min(b.end, b.begin + 1) }));
  const residual = graph.plan.buffers.filter((b) => b.end > b.begin + 1);
  expect(residual.length).toBeGreaterThan(0);
  const [victim] = residual;
  const thief = graph.plan.buffers.find(
    (b) => b.begin > victim!.begin && b.begin < victim!.end && b.bytes <= victim!.bytes,
  )!;
  const buffers = early.map((b) => (b.id === thief.id ? { ...b, offset: victim!.offset } : b));
  const said = damaged(graph, () => ({ buffers }));
  expect(said.some((s) => s.includes("was overwritten before its last use"))).toBe(true);
});
