/**
 * Whether a plan keeps every byte until its last reader. It plays the schedule on an arena in which
 * every range of bytes remembers what was written there last, and shares no code with the planner.
 */
import { type Graph, type Node, str, type Value } from "../../ir/graph.ts";
import type { Place, Plan, Region, Step } from "../../ir/plan.ts";
import { statesOf } from "../../ir/states.ts";
import { inPlaceInputs, type Kernel, partsOf } from "../../kernels/kernel.ts";
import { kernelOf } from "../../kernels/select.ts";
import { imageOf, isView, madeIn, needed, type Range, shown, sizeOf, viewProblem } from "./rows.ts";

/** Bytes [begin, end) of the arena that hold those from `from` on of a value. */
interface Span {
  readonly begin: number;
  readonly end: number;
  readonly from: number;
}

interface Held extends Span {
  readonly value: Value;
}

const endOf = (spans: readonly Span[]): number => Math.max(...spans.map(({ end }) => end));

const meet = (a: Span, b: Span): boolean => a.begin < b.end && b.begin < a.end;

class Arena {
  #held: Held[] = [];
  readonly #plan: Plan;
  readonly #kept = new Map<Node, Value>();
  readonly #taken = new Map<Node, number>();
  readonly problems = new Set<string>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  #check(begin: number, end: number, when: string): void {
    if (begin < 0 || end > this.#plan.arenaBytes || !(begin <= end))
      this.problems.add(`${when}: bytes ${begin} to ${end} lie outside the arena`);
  }

  /** Where rows of a value lie: each at its own place, or in one piece of one or more planes. */
  spans(value: Value, [begin, end]: Range, layout: string, when: string): Span[] {
    const place = this.#plan.places.get(value);
    const { rows, planes } = imageOf(value, layout);
    if (!place || begin < 0 || end > rows || (place.rows && place.rows.length !== rows)) {
      this.problems.add(`${when}: rows ${begin} to ${end} of a value have no place`);
      return [];
    }
    const row = sizeOf(value) / Math.max(1, rows * planes);
    const spans = Array.from({ length: planes }, (_, plane): Span[] => {
      const from = (plane * rows + begin) * row;
      const count = (end - begin) * row;
      if (!place.rows)
        return [{ begin: place.offset + from, end: place.offset + from + count, from }];
      return place.rows
        .slice(begin, end)
        .map((at, i) => ({ begin: at, end: at + row, from: from + i * row }));
    });
    const elementBytes = sizeOf({ ...value, type: { ...value.type, shape: [] } });
    for (const span of spans.flat()) {
      this.#check(span.begin, span.end, when);
      if (span.begin % elementBytes > 0)
        this.problems.add(`${when}: elements of ${elementBytes} bytes begin at byte ${span.begin}`);
    }
    return spans.flat();
  }

  /** Whether parts of one buffer that are in use during a step cover the bytes. */
  isInUse({ begin, end }: Pick<Span, "begin" | "end">, step: Step): boolean {
    return this.#plan.buffers.some(({ offset, bytes, parts }) => {
      if (offset > begin || offset + bytes < end) return false;
      let at = begin;
      for (const p of [...parts].sort((a, b) => a.from - b.from))
        if (p.begin < step.end && p.end > step.begin && offset + p.from <= at)
          at = Math.max(at, offset + p.to);
      return at >= end;
    });
  }

  /** Stands for what a node that gathers rows keeps from call to call. */
  keptBy(node: Node): Value {
    const kept = this.#kept.get(node) ?? { ...node.outputs[0]! };
    this.#kept.set(node, kept);
    return kept;
  }

  takenOf(node: Node): number {
    return this.#taken.get(node) ?? 0;
  }

  take(node: Node, rows: number): void {
    this.#taken.set(node, rows);
  }

  placesOf(regions: readonly (Region | undefined)[]): (Place | undefined)[] {
    return regions.map((r) => r && this.#plan.places.get(r.value));
  }

  /** What was there before is lost. */
  forget({ begin, end }: Pick<Span, "begin" | "end">, when: string): void {
    this.#check(begin, end, when);
    this.#held = this.#held
      .flatMap((h) => [
        { ...h, end: Math.min(h.end, begin) },
        { ...h, begin: Math.max(h.begin, end), from: h.from + Math.max(0, end - h.begin) },
      ])
      .filter((h) => h.begin < h.end);
  }

  write(value: Value, spans: readonly Span[], when: string): void {
    for (const span of spans) this.forget(span, when);
    this.#held.push(...spans.map((span) => ({ ...span, value })));
  }

  read(value: Value, spans: readonly Span[], when: string): void {
    const parts = spans.flatMap(({ begin, end, from }) => {
      let at = begin;
      return shown(value, from, end - begin).map((part) => {
        at += part.bytes;
        return { ...part, begin: at - part.bytes, end: at };
      });
    });
    const wanted = new Set(parts.map((p) => p.value));
    const held = this.#held.filter((h) => wanted.has(h.value)).sort((a, b) => a.begin - b.begin);
    for (const { begin, end, from, value: own } of parts) {
      let at = begin;
      for (const h of held)
        if (h.value === own && h.begin <= at && at < h.end && h.from - h.begin === from - begin)
          at = h.end;
      if (at < end)
        this.problems.add(
          `${when}: what lay in bytes ${begin} to ${end} was overwritten before its last use`,
        );
    }
  }
}

/** Plays one step: rows together, or block by block where the kernel works in that order. */
class Play {
  readonly #arena: Arena;
  readonly #step: Step;
  readonly #when: string;
  readonly #kernel: Kernel;

  constructor(arena: Arena, step: Step, when: string) {
    this.#arena = arena;
    this.#step = step;
    this.#when = when;
    this.#kernel = kernelOf(step.node);
  }

  #layout(input: number): string {
    return input === 0 ? str(this.#step.node, "x_layout") : "";
  }

  /** Bytes of an input that rows of the output need. */
  #reads(input: number, made: Range): Span[] {
    const { node, outputs } = this.#step;
    const value = node.inputs[input]!;
    const { rows: height } = imageOf(value, this.#layout(input));
    const all = imageOf(outputs[0]!.value, madeIn(node)).rows;
    return needed(node, input, made, all, height).flatMap((rows) =>
      this.#arena.spans(value, rows, this.#layout(input), this.#when),
    );
  }

  #writes({ value }: Region, rows: Range): Span[] {
    return this.#arena.spans(value, rows, madeIn(this.#step.node), this.#when);
  }

  /** Rows that are made, of a value made all at once those of its layout. */
  #made({ value, rowBegin, rowEnd }: Region): Range {
    const { rows } = imageOf(value, madeIn(this.#step.node));
    return rowBegin === 0 && rowEnd > rows ? [0, rows] : [rowBegin, rowEnd];
  }

  #readAll(made: Range): void {
    this.#step.inputs.forEach((region, i) => {
      if (region) this.#arena.read(region.value, this.#reads(i, made), this.#when);
    });
  }

  /** Whether an input may be written over by the step: the output begins there and is no longer. */
  #isTaken(input: number, written: readonly Span[]): boolean {
    const region = this.#step.inputs[input];
    if (!region || !inPlaceInputs(this.#kernel, this.#step.node).includes(input)) return false;
    const { value, rowBegin, rowEnd } = region;
    const { rows } = imageOf(value, this.#layout(input));
    const given: Range = [rowBegin, Math.min(rowEnd, rows)];
    const spans = this.#arena.spans(value, given, this.#layout(input), this.#when);
    return spans[0]?.begin === written[0]?.begin && endOf(written) <= endOf(spans);
  }

  /** Whatever a step touches is in use in some buffer while it runs. */
  #inUse(spans: readonly Pick<Span, "begin" | "end">[], what: string): void {
    for (const span of spans)
      if (!this.#arena.isInUse(span, this.#step))
        this.#arena.problems.add(
          `${this.#when}: ${what} lies in bytes ${span.begin} to ${span.end}, outside its buffer`,
        );
  }

  #checkUse(made: Range, written: readonly Span[]): void {
    const { inputs, scratch } = this.#step;
    this.#inUse(written, "the output");
    inputs.forEach((region, i) => {
      if (region) this.#inUse(this.#reads(i, made), `input ${i}`);
    });
    if (scratch)
      this.#inUse(
        [{ begin: scratch.offset, end: scratch.offset + scratch.bytes }],
        "scratch memory",
      );
  }

  /** A call writes its rows one after the other, and reads them so where it takes no table. */
  #follow(made: Range, written: readonly Span[]): void {
    const { node, inputs, outputs } = this.#step;
    const isOne = (spans: readonly Span[]) =>
      spans.every((s, i) => i === 0 || s.begin === spans[i - 1]!.end);
    const places = this.#arena.placesOf([...inputs, ...outputs]);
    if (places.at(-1)?.rows && !isOne(written))
      this.#arena.problems.add(`${this.#when}: rows of the output lie apart`);
    inputs.forEach((region, i) => {
      if (!region || !places[i]?.rows || isOne(this.#reads(i, made))) return;
      const calls = partsOf(this.#kernel, node).map((p) => p.kernel.bind(p.node, "fast"));
      const takesTable = i === 0 && calls.every((c) => c.takesRows === "scattered");
      if (!takesTable) this.#arena.problems.add(`${this.#when}: rows of input ${i} lie apart`);
    });
  }

  /** A call that is told no rows reads from where its operands begin. */
  #begin(made: Range): void {
    const { node, inputs, outputs } = this.#step;
    const all = imageOf(outputs[0]!.value, madeIn(node)).rows;
    const calls = partsOf(this.#kernel, node).map((p) => p.kernel.bind(p.node, "fast"));
    if (made[1] - made[0] === all || calls.some((c) => c.takesRows)) return;
    inputs.forEach((region, i) => {
      if (!region) return;
      const { rows: height } = imageOf(node.inputs[i]!, this.#layout(i));
      const [first] = needed(node, i, made, all, height);
      if (first && first[0] !== region.rowBegin)
        this.#arena.problems.add(
          `${this.#when}: it reads input ${i} from row ${first[0]} on, not ${region.rowBegin}`,
        );
    });
  }

  /** Nothing that the step reads may be where it writes, unless its kernel is made for that. */
  #apart(made: Range, written: readonly Span[]): void {
    const { scratch, inputs, node } = this.#step;
    if (this.#kernel.readsFirst?.(node)) return;
    const own = scratch
      ? [{ begin: scratch.offset, end: scratch.offset + scratch.bytes, from: 0 }]
      : [];
    if (written.some((w) => own.some((s) => meet(w, s))))
      this.#arena.problems.add(`${this.#when}: the output lies in scratch memory`);
    inputs.forEach((region, i) => {
      const read = region ? this.#reads(i, made) : [];
      const isMet = read.some((r) => written.some((w) => meet(r, w)));
      if (isMet && !this.#isTaken(i, written))
        this.#arena.problems.add(`${this.#when}: the output lies over input ${i}`);
    });
  }

  #useScratch(made: Range): void {
    const { scratch, node } = this.#step;
    const needed = this.#kernel.scratchBytes?.(node) ?? 0;
    if ((scratch?.bytes ?? 0) < needed)
      this.#arena.problems.add(`${this.#when}: it needs ${needed} bytes of scratch memory`);
    if (!scratch) return;
    const over = this.#kernel.scratchOver?.(node);
    const x = this.#step.inputs[0] ? this.#reads(0, made) : [];
    const isOver = over !== undefined && x[0] !== undefined && scratch.offset === x[0].begin + over;
    if (!isOver && scratch.offset % 4 > 0)
      this.#arena.problems.add(`${this.#when}: scratch memory begins at byte ${scratch.offset}`);
    const span = { begin: scratch.offset, end: scratch.offset + scratch.bytes };
    if (!isOver) this.#arena.forget(span, this.#when);
    if (!isOver) this.#readAll(made);
    this.#arena.forget(span, this.#when);
  }

  run(): void {
    if (this.#kernel.accumulates) this.#gather();
    else this.#make();
  }

  /** Rows of the input are taken as they come; output and scratch memory stay as they were left. */
  #gather(): void {
    const { inputs, outputs, scratch, node } = this.#step;
    const [x, y] = [inputs[0]!, outputs[0]!];
    const taken = this.#arena.spans(x.value, [x.rowBegin, x.rowEnd], this.#layout(0), this.#when);
    const written = this.#writes(y, this.#made(y));
    const span = scratch && { begin: scratch.offset, end: scratch.offset + scratch.bytes, from: 0 };
    const kept = this.#arena.keptBy(node);
    if (this.#arena.takenOf(node) !== x.rowBegin)
      this.#arena.problems.add(`${this.#when}: rows up to ${x.rowBegin} have not been taken`);
    this.#arena.take(node, x.rowEnd);
    if (x.rowBegin > 0) {
      this.#arena.read(y.value, written, this.#when);
      if (span) this.#arena.read(kept, [span], this.#when);
    }
    if (span) this.#arena.write(kept, [span], this.#when);
    this.#arena.write(y.value, written, this.#when);
    this.#arena.read(x.value, taken, this.#when);
    this.#inUse([...taken, ...written, ...(span ? [span] : [])], "what it works on");
  }

  #make(): void {
    const { node, inputs, outputs } = this.#step;
    const made = this.#made(outputs[0]!);
    const [rowBegin, rowEnd] = made;
    this.#readAll(made);
    this.#useScratch(made);
    const written = outputs.flatMap((o) => this.#writes(o, this.#made(o)));
    this.#follow(made, written);
    this.#begin(made);
    this.#checkUse(made, written);
    const order = inputs.some((_, i) => this.#isTaken(i, written))
      ? Infinity
      : (this.#kernel.rowsAtOnce?.(node) ?? Infinity);
    if (order === Infinity || outputs.length > 1) {
      this.#apart(made, written);
      for (const o of outputs)
        this.#arena.write(o.value, this.#writes(o, this.#made(o)), this.#when);
      return;
    }
    for (let row = rowBegin; row < rowEnd; row++) {
      const needed: Range = [Math.max(rowBegin, row - order + 1), row + 1];
      this.#readAll(needed);
      const one = this.#writes(outputs[0]!, [row, row + 1]);
      this.#apart(needed, one);
      this.#arena.write(outputs[0]!.value, one, this.#when);
    }
  }
}

/** No two parts of different buffers may be at one place at one time. */
function clashes({ buffers }: Plan): string[] {
  const parts = buffers.flatMap((b) =>
    b.parts.map((p) => ({ ...p, id: b.id, from: p.from + b.offset, to: p.to + b.offset })),
  );
  const problems = new Set<string>();
  for (const [i, a] of parts.entries())
    for (const b of parts.slice(i + 1)) {
      const inTime = a.begin < b.end && b.begin < a.end;
      const inSpace = a.from < b.to && b.from < a.to;
      if (a.id !== b.id && inTime && inSpace) problems.add(`buffers ${a.id} and ${b.id} overlap`);
    }
  return [...problems];
}

/** Pools follow each other from the first byte to the last, and nothing lies in two of them. */
function strays({ pools, buffers, places, arenaBytes }: Plan): string[] {
  if (pools.length === 0) return [];
  const problems: string[] = [];
  pools.forEach(({ memory, begin, end }, i) => {
    if (begin !== (pools[i - 1]?.end ?? 0) || end < begin)
      problems.push(`pool ${memory} does not follow the one before`);
  });
  if (pools.at(-1)!.end !== arenaBytes) problems.push("pools and arena end apart");
  const at = (byte: number) => pools.findIndex((p) => byte >= p.begin && byte < p.end);
  for (const { id, offset, bytes } of buffers)
    if (at(offset) !== at(offset + Math.max(1, bytes) - 1))
      problems.push(`buffer ${id} lies in two pools`);
  for (const { offset, rows = [] } of places.values())
    if (rows.some((row) => at(row) !== at(offset)))
      problems.push("rows of a value lie in two pools");
  return problems;
}

/** What is wrong with the plan; empty for a sound one. */
export function validate(graph: Graph<"planned">): string[] {
  const { plan } = graph;
  const arena = new Arena(plan);
  const whole = (value: Value, when: string) =>
    arena.spans(value, [0, imageOf(value, "").rows], "", when);
  for (const value of graph.inputs)
    if (plan.places.has(value)) arena.write(value, whole(value, "input"), "input");
  for (const [i, step] of plan.steps.entries())
    new Play(arena, step, `step ${i} (${step.node.op})`).run();
  for (const { node } of plan.steps)
    if (kernelOf(node).accumulates && arena.takenOf(node) !== node.inputs[0]!.type.shape[1])
      arena.problems.add(`output: ${node.op} has not taken all rows`);
  for (const { value } of graph.outputs)
    if (value.node.op !== "Constant") arena.read(value, whole(value, "output"), "output");
  // What is not made in a state's own memory is copied there at the end.
  for (const { value, next } of statesOf(graph))
    if (plan.places.get(value)?.offset !== plan.places.get(next)?.offset)
      arena.read(value, whole(value, "output"), "output");
  for (const node of graph.nodes.filter(isView)) {
    const problem = viewProblem(node);
    if (problem) arena.problems.add(problem);
  }
  return [...clashes(plan), ...strays(plan), ...arena.problems];
}
