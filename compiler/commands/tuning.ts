/** The file that keeps measured costs: by target, for one version of mote. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as say from "../diagnostics.ts";
import { MoteError } from "../diagnostics.ts";
import type { Tuning } from "../kernels/tuning.ts";
import { moteVersion } from "../version.ts";

export const tuningName = "mote.tuning.json";

interface TuningFile {
  readonly mote: string;
  readonly targets: Record<string, Record<string, Record<string, number>>>;
}

const isTable = (x: unknown, holds: (entry: unknown) => boolean): boolean =>
  typeof x === "object" && x !== null && !Array.isArray(x) && Object.values(x).every(holds);
const isCost = (x: unknown): boolean => Number.isFinite(x);
const isLayer = (x: unknown): boolean => isTable(x, isCost);
const isTarget = (x: unknown): boolean => isTable(x, isLayer);

function parse(file: string): TuningFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new MoteError(say.fileNotFound(file));
  }
  try {
    const parsed = JSON.parse(text) as TuningFile;
    const isOwn = parsed.mote === moteVersion;
    if (isOwn ? isTable(parsed.targets, isTarget) : typeof parsed.mote === "string") return parsed;
  } catch {
    // Said below, as for JSON that is something else.
  }
  throw new MoteError(say.badTuningFile(file));
}

/** What was measured on a target. @throws MoteError, also for another version's file. */
export function readTuning(file: string, target: string): Tuning {
  const { mote, targets } = parse(file);
  if (mote !== moteVersion) throw new MoteError(say.oldTuningFile(file, mote, moteVersion));
  return new Map(Object.entries(targets[target] ?? {}));
}

/** Keeps what was measured, beside what the file holds of other targets. */
export function writeTuning(file: string, target: string, tuning: Tuning): void {
  const before = existsSync(file) ? parse(file) : undefined;
  const others = before?.mote === moteVersion ? before.targets : {};
  const sorted = Object.fromEntries([...tuning].sort(([a], [b]) => (a < b ? -1 : 1)));
  const targets = Object.fromEntries(
    Object.entries({ ...others, [target]: sorted }).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const next = `${file}.new`;
  try {
    writeFileSync(next, `${JSON.stringify({ mote: moteVersion, targets }, null, 2)}\n`);
    renameSync(next, file);
  } catch {
    throw new MoteError(say.cannotWrite(file, "the file cannot be written"));
  }
}
