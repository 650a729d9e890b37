/**
 * Whether a plan keeps every value until its last reader. It plays the schedule on an arena in
 * which
 * every range of bytes remembers which value was written there last, and shares no code with the
 * planner.
 */
import { type Graph, str, type Value } from "../ir/graph.ts";
import type { Plan, Region, Scratch } from "../ir/plan.ts";

const sizeOf = ({ type }: Value): number => {
  const bits = /64/.test(type.elem)
    ? 64
    : /32/.test(type.elem)
      ? 32
      : /16/.test(type.elem)
        ? 16
        : 8;
  return type.shape.reduce((n, d) => n * d, bits / 8);
};

/** The value that a view shows, through any number of views. */
function shown(value: Value): Value {
  let v = value;
  while (str(v.node, "kernel") === "view") v = v.node.inputs[0]!;
  return v;
}

/** Bytes [begin, end) that hold a value. */
interface Held {
  readonly begin: number;
  readonly end: number;
  readonly value: Value;
}

class Arena {
  #held: Held[] = [];
  readonly #plan: Plan;
  readonly problems: string[] = [];

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** First and past-the-last byte of some bytes of a buffer; out of bounds is a problem. */
  #span({ buffer: id, byteOffset, bytes }: Scratch, what: string, when: string): [number, number] {
    const buffer = this.#plan.buffers[id];
    if (!buffer || byteOffset < 0 || byteOffset + bytes > buffer.bytes)
      this.problems.push(`${when}: ${what} does not fit its buffer`);
    const start = (buffer?.offset ?? 0) + byteOffset;
    if (start < 0 || start + bytes > this.#plan.arenaBytes)
      this.problems.push(`${when}: bytes ${start} to ${start + bytes} lie outside the arena`);
    return [start, start + bytes];
  }

  /** What was written before is lost where the new value lies. */
  write(region: Region, when: string): void {
    const [begin, end] = this.#span({ ...region, bytes: sizeOf(region.value) }, "a value", when);
    this.#forget(begin, end);
    this.#held.push({ begin, end, value: region.value });
  }

  #forget(begin: number, end: number): void {
    const rest = this.#held.flatMap((h) => [
      { ...h, end: Math.min(h.end, begin) },
      { ...h, begin: Math.max(h.begin, end) },
    ]);
    this.#held = rest.filter((h) => h.begin < h.end);
  }

  /** A step's own memory overwrites what lies there. */
  use(scratch: Scratch, when: string): void {
    this.#forget(...this.#span(scratch, "scratch memory", when));
  }

  read(region: Region, when: string): void {
    const [begin, end] = this.#span({ ...region, bytes: sizeOf(region.value) }, "a value", when);
    const wanted = shown(region.value);
    const whole = this.#held.some((h) => h.value === wanted && h.begin <= begin && end <= h.end);
    if (!whole)
      this.problems.push(
        `${when}: what lay in bytes ${begin} to ${end} was overwritten before its last use`,
      );
  }
}

function checkBuffers(plan: Plan): string[] {
  const problems: string[] = [];
  for (const [i, a] of plan.buffers.entries())
    for (const b of plan.buffers.slice(i + 1)) {
      const inTime = a.begin <= b.end && b.begin <= a.end;
      const inSpace = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
      if (inTime && inSpace) problems.push(`buffers ${a.id} and ${b.id} overlap`);
    }
  return problems;
}

/** What is wrong with the plan; empty for a sound one. */
export function validate(graph: Graph<"planned">): string[] {
  const { plan } = graph;
  const arena = new Arena(plan);
  for (const region of plan.inputs) arena.write(region, "input");
  for (const [i, step] of plan.steps.entries()) {
    const when = `step ${i} (${step.node.op})`;
    for (const region of step.inputs) if (region) arena.read(region, when);
    if (step.scratch) arena.use(step.scratch, when);
    for (const region of step.inputs) if (region && step.scratch) arena.read(region, when);
    for (const region of step.outputs) arena.write(region, when);
  }
  for (const region of plan.outputs) if (region) arena.read(region, "output");
  return [...checkBuffers(plan), ...arena.problems];
}
