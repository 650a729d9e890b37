/** How problems leave the checker: once each, with the place, both sides, and how it came there. */
import type { Diagnostic, Label, Place } from "../../diagnostics.ts";
import type { Site } from "./source.ts";

/** Where a call or a loop stands that led here. */
export interface Frame {
  readonly site: Site;
  readonly text: string;
  readonly parent: Frame | undefined;
  /** The block that is called; absent for a loop. */
  readonly of?: object;
}

/** Has been reported; what depends on it is left out without a further message. */
export class Reported extends Error {}

export function reportedBefore(): never {
  throw new Reported();
}

export function placeOf({ source, span }: Site): Place {
  const [start, end] = [source.position(span.start), source.position(span.end)];
  return {
    file: source.file,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    excerpt: source.line(start.line),
  };
}

export const labelOf = (site: Site, text: string): Label => ({ place: placeOf(site), text });

const framesMax = 8;

/** "called from line 6, stage 2 of the loop", the innermost first. */
export function framesText(frame: Frame | undefined): string[] {
  const lines: string[] = [];
  for (let f = frame; f !== undefined && lines.length < framesMax; f = f.parent) {
    const { line } = f.site.source.position(f.site.span.start);
    lines.push(`${f.text} ${line}`);
  }
  return lines;
}

const problemsMax = 100;

/** Gathers diagnostics; the same one at the same place only once. */
export class Problems {
  readonly all: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  readonly #shown = { error: 0, warning: 0 };
  /** Also those that were there already: something failed again. */
  errors = 0;

  /** Whether no more errors are taken, so that looking for them is in vain. */
  get isFull(): boolean {
    return this.#shown.error >= problemsMax;
  }

  add(diagnostic: Diagnostic): void {
    const { code, place, severity } = diagnostic;
    if (severity === "error") this.errors++;
    const key = `${code} ${place.file} ${place.line} ${place.column}`;
    if (this.#seen.has(key) || this.#shown[severity] >= problemsMax) return;
    this.#seen.add(key);
    this.all.push(diagnostic);
    this.#shown[severity]++;
  }

  fail(diagnostic: Diagnostic): never {
    this.add(diagnostic);
    throw new Reported();
  }
}
