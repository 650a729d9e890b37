/** In which order rows are made: depth first, so that rows are used as soon as they can be. */
import type { Operation } from "./network.ts";

/** Rows [begin, end) that an operation makes in one call, or takes, if it gathers them. */
export interface Slice {
  readonly operation: number;
  readonly begin: number;
  readonly end: number;
}

/** How an operation goes on: by so many rows a call, of as many in all. */
export interface Pace {
  readonly rows: number;
  readonly height: number;
  /** The rows are those of the first input. */
  readonly accumulates: boolean;
  /** Operations after it wait for all of its rows. */
  readonly isLast: boolean;
}

/** Whether the rows that rows up to `end` need have been made. */
function isReady(
  { operands }: Operation,
  { accumulates }: Pace,
  end: number,
  rowsMade: (operation: number) => number,
): boolean {
  return operands.every((operand) => {
    const needed = accumulates ? end : (operand?.map?.end[end - 1] ?? Infinity);
    return (
      operand?.sources.every(
        ({ operation, before = Infinity }) => needed + before <= rowsMade(operation),
      ) ?? true
    );
  });
}

/** By operation of [first, last), the last one that reads its rows, or itself. */
function lastReaders(operations: readonly Operation[], first: number, last: number): Int32Array {
  const readers = Int32Array.from({ length: last - first }, (_, i) => first + i);
  for (let i = first; i < last; i++)
    for (const operand of operations[i]!.operands)
      for (const { operation } of operand?.sources ?? [])
        if (operation >= first) readers[operation - first] = i;
  return readers;
}

/**
 * A run of operations [first, last) row by row: always the last one that can go on, so that a row
 * is made when all that can be made of the rows before it has been. When one has gone on, none that
 * comes after all its readers can.
 */
function stream(
  operations: readonly Operation[],
  paces: readonly Pace[],
  first: number,
  last: number,
  slices: Slice[],
): void {
  /** Infinity for all. */
  const made = new Map<number, number>();
  for (let i = first; i < last; i++) made.set(i, 0);
  const rowsMade = (operation: number) => made.get(operation) ?? Infinity;
  const next = new Int32Array(last - first);
  const readers = lastReaders(operations, first, last);
  let at = last - 1;
  for (let left = last - first; left > 0; ) {
    const end = () => Math.min(paces[at]!.height, next[at - first]! + paces[at]!.rows);
    while (
      next[at - first]! === paces[at]!.height ||
      !isReady(operations[at]!, paces[at]!, end(), rowsMade)
    )
      at--;
    const to = end();
    slices.push({ operation: at, begin: next[at - first]!, end: to });
    next[at - first] = to;
    const { height, accumulates } = paces[at]!;
    const isDone = to === height;
    made.set(at, isDone ? Infinity : accumulates ? 0 : to);
    if (isDone) left--;
    at = readers[at - first]!;
  }
}

/**
 * All calls in their order. Operations that make fewer rows a call than they have run together with
 * their neighbours of that kind; the others run when their turn comes, all at once.
 */
export function schedule(operations: readonly Operation[], paces: readonly Pace[]): Slice[] {
  const slices: Slice[] = [];
  const isStreamed = (i: number) => i < operations.length && paces[i]!.rows < paces[i]!.height;
  for (let i = 0; i < operations.length; )
    if (isStreamed(i)) {
      let last = i + 1;
      while (isStreamed(last) && !paces[last - 1]!.isLast) last++;
      stream(operations, paces, i, last, slices);
      i = last;
    } else {
      slices.push({ operation: i, begin: 0, end: paces[i]!.height });
      i++;
    }
  return slices;
}
