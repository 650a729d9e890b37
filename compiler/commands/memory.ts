/** What is said of a program's memory. */
import Table from "cli-table3";
import type { Program } from "../compile.ts";
import { arenaOf } from "./arena.ts";
import { grouped } from "./session.ts";

type Memory = Program["memory"];

/** What is proved of the arena's size, for the schedule that it has. */
export const certificate = (bytes: number, { lowerBoundBytes, isProved }: Memory): string =>
  isProved
    ? "proved the smallest for its schedule"
    : `at least ${grouped(lowerBoundBytes)} for its schedule, gap ${grouped(bytes - lowerBoundBytes)}`;

export const boundText = (bytes: number, { lowerBoundBytes, isProved }: Memory): string =>
  `arena ${grouped(bytes)}, lower bound ${grouped(lowerBoundBytes)}, gap ` +
  `${grouped(bytes - lowerBoundBytes)}: ${isProved ? "" : "not "}proved the smallest for its schedule.`;

/** Bytes in each memory of a target that has several. */
const inPools = ({ graph, emitted }: Program) => [
  ...graph.plan.pools.map(({ memory, begin, end }) => ({
    memory,
    kind: "ram",
    bytes: end - begin,
  })),
  ...emitted.flash.map(({ memory, bytes }) => ({ memory, kind: "flash", bytes })),
];

export function poolLines(program: Program): string[] {
  const pools = inPools(program).map(({ memory, bytes }) => `${memory} ${grouped(bytes)}`);
  return pools.length > 0 ? [`  memories ${pools.join(", ")}`] : [];
}

export function poolsJson(program: Program): object {
  const pools = inPools(program);
  return pools.length > 0 ? { memories: pools } : {};
}

/** Which order of layers was found, how, and what it needs layer by layer. */
export function orderText({ order }: Pick<Memory, "order">): string {
  if (!order) return "order of the plan that was given";
  const { exact, states, peakBytes, givenBytes, isGiven } = order;
  const how = exact ? "exact" : `heuristic after ${grouped(states)} states`;
  const peak = `${grouped(peakBytes)} bytes layer by layer`;
  if (peakBytes === givenBytes) return `order ${how}: the graph's own, ${peak}`;
  const kept = isGiven ? ", kept: no worse when placed" : "";
  return `order ${how}: ${peak}, ${grouped(givenBytes)} in the graph's own${kept}`;
}

export const pointJson = ({ bytes, flash, instructions }: Memory["frontier"][number]) => ({
  arenaBytes: bytes,
  flashBytes: flash,
  instructions: Math.round(instructions),
});

/** What is in use at the peak, and every buffer with the ticks [begin, end) of its life. */
export function memoryJson({ graph: { plan } }: Program): object {
  const { layer, bytes, inUse } = arenaOf(plan).peak;
  const buffers = plan.buffers.map(({ label, bytes, offset, parts }) => {
    const begin = Math.min(...parts.map((p) => p.begin));
    return { label, bytes, offset, begin, end: Math.max(...parts.map((p) => p.end)) };
  });
  return { peak: { layer, bytes, inUse }, buffers };
}

/** The programs between the fastest and the smallest, as predicted. */
export function frontierText({ frontier }: Memory): string {
  const table = new Table({
    head: ["arena", "flash", "instructions", "of the fastest"],
    colAligns: ["right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  const [fastest] = frontier;
  for (const { bytes, flash, instructions } of frontier)
    table.push([
      ...[bytes, flash, Math.round(instructions)].map(grouped),
      (instructions / fastest!.instructions).toFixed(2),
    ]);
  return `${table.toString()}\nPredicted for one run; arena and flash (weights and code) in bytes.`;
}
