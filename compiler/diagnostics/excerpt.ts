/** The lines of a source that a message is about, with what it says of them underneath. */
import type { Label, Place } from "./diagnostic.ts";

const columnsMax = 160;

/** Columns [from, to) of a line, from 1; to its end where the place goes on behind it. */
function columnsOf({ line, column = 1, endLine, endColumn }: Place, text: string) {
  const to = endLine === line && endColumn !== undefined ? endColumn : text.length + 1;
  return { from: column, to: Math.max(to, column + 1) };
}

/** Tabs stay, so that what stands below stands below. */
const indentOf = (text: string, column: number): string =>
  text
    .slice(0, column - 1)
    .replace(/[^\t]/g, " ")
    .padEnd(column - 1);

/** Marks under the line: the last one with its text behind it, the others with theirs below. */
function marksOf(text: string, labels: readonly Label[]): string[] {
  const marks = labels
    .map((label) => ({ ...columnsOf(label.place, text), text: label.text }))
    .sort((a, b) => a.from - b.from);
  let line = "";
  for (const { from, to } of marks)
    if (from > line.length)
      line = `${line}${indentOf(text, from).slice(line.length)}${"~".repeat(to - from)}`;
  const last = marks.at(-1)!;
  const below = marks
    .slice(0, -1)
    .reverse()
    .filter((m) => m.text !== "")
    .map((m) => `${indentOf(text, m.from)}${m.text}`);
  return [`${line} ${last.text}`.trimEnd(), ...below];
}

/** The line of the place and those of the labels, each with its number. */
export function excerptOf(place: Place, labels: readonly Label[]): string[] {
  const own = labels.length > 0 ? labels : [{ place, text: "" }];
  const byLine = new Map<string, Label[]>();
  for (const label of own) {
    const { file, line, excerpt } = label.place;
    if (line === undefined || excerpt === undefined || excerpt.length > columnsMax) continue;
    const key = `${file}:${line}`;
    byLine.set(key, [...(byLine.get(key) ?? []), label]);
  }
  const groups = [...byLine.values()].sort((a, b) => a[0]!.place.line! - b[0]!.place.line!);
  const width = Math.max(0, ...groups.map(([g]) => String(g!.place.line).length)) + 2;
  return groups.flatMap((group) => {
    const { line, excerpt } = group[0]!.place;
    const marks = marksOf(excerpt!, group);
    return [
      `${String(line).padStart(width)} | ${excerpt}`,
      ...marks.map((mark) => `${"".padStart(width)} | ${mark}`),
    ];
  });
}
