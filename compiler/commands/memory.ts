/** What is said of a program's memory. */
import Table from "cli-table3";
import type { Program } from "../compile.ts";
import { grouped } from "./session.ts";

type Memory = Program["memory"];

/** What is proved of the arena's size, for the schedule that it has. */
export const certificate = (bytes: number, { lowerBoundBytes, isProved }: Memory): string =>
  isProved
    ? "proved the smallest for its schedule"
    : `at least ${grouped(lowerBoundBytes)} for its schedule, gap ${grouped(bytes - lowerBoundBytes)}`;

export const pointJson = ({ bytes, flash, instructions }: Memory["frontier"][number]) => ({
  arenaBytes: bytes,
  flashBytes: flash,
  instructions: Math.round(instructions),
});

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
