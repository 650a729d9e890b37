/** Every place of several files where a name stands that one declaration binds. */
import type { Place } from "../diagnostics.ts";
import type { Span } from "../language/ast.ts";
import { readNames } from "../read/dsl/check.ts";
import type { OpenFiles } from "../read/dsl/files.ts";
import type { Names } from "../read/dsl/names.ts";
import { placeOf } from "../read/dsl/problems.ts";

export interface ReferencesQuestion {
  /** Where the name is declared. */
  readonly file: string;
  readonly start: number;
  readonly files: readonly string[];
  readonly open: OpenFiles;
  /** The name that it is to get. */
  readonly newName?: string | undefined;
}

export interface References {
  readonly places: readonly Place[];
  /** Where the new name means something else already. */
  readonly taken?: Place;
}

const touches = (a: Span, b: Span): boolean => a.start <= b.end && b.start <= a.end;

function isTaken({ visible, file }: Names, span: Span, newName: string): boolean {
  return (
    file.names.has(newName) ||
    visible.some((v) => v.declared.name.text === newName && touches(v, span))
  );
}

export function referencesTo(question: ReferencesQuestion): References {
  const { file, start, files, open, newName } = question;
  const places = new Map<string, Place>();
  let taken: Place | undefined;
  for (const path of files) {
    const read = readNames(path, open);
    if (!read) continue;
    const { names, source } = read;
    const isIt = (d: { name: Span; source: { file: string } } | undefined) =>
      d?.source.file === file && d.name.start === start;
    const spans = [
      ...names.declared.filter(isIt).map((d) => d.name),
      ...names.references.filter((r) => isIt(r.declared)).map((r) => r.name),
    ];
    for (const span of spans) {
      const { excerpt: _, ...place } = placeOf({ source, span });
      places.set(`${place.file} ${span.start}`, place);
      if (newName !== undefined && isTaken(names, span, newName)) taken ??= place;
    }
  }
  return { places: [...places.values()], ...(taken && { taken }) };
}
