/** Pieces of a text with numbers of what is known of them: flat, to cross threads fast. */
import type { Span } from "../language/ast.ts";

/** `start, end, number` of each piece, one behind the other. */
export type Rows = Int32Array;

export interface Row extends Span {
  readonly number: number;
}

const width = 3;

export function rowsOf(rows: readonly Row[]): Rows {
  const data = new Int32Array(rows.length * width);
  rows.forEach(({ start, end, number }, i) => data.set([start, end, number], i * width));
  return data;
}

const rowAt = (rows: Rows, at: number): Row => ({
  start: rows[at]!,
  end: rows[at + 1]!,
  number: rows[at + 2]!,
});

export function* eachRow(rows: Rows): Iterable<Row> {
  for (let at = 0; at < rows.length; at += width) yield rowAt(rows, at);
}

/** The shortest that an offset is in, its end included. */
export function innermost(rows: Rows, offset: number): Row | undefined {
  let [best, size] = [-1, Infinity];
  for (let at = 0; at < rows.length; at += width) {
    const [start, end] = [rows[at]!, rows[at + 1]!];
    if (start <= offset && offset <= end && end - start < size) [best, size] = [at, end - start];
  }
  return best < 0 ? undefined : rowAt(rows, best);
}
