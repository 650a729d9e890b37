/**
 * What a program built with MOTE_CHECK_ARENA goes by: bytes that come into use with a step, which
 * must be as the end of their last life left them, and bytes whose life ends with a step.
 */
import type { Part, Plan } from "../ir/plan.ts";

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Bytes of a range that none of the others cover. */
function uncovered(range: Range, others: readonly Range[]): Range[] {
  let left: Range[] = [range];
  for (const { from, to } of others)
    left = left
      .flatMap((r) => [
        { from: r.from, to: Math.min(r.to, from) },
        { from: Math.max(r.from, to), to: r.to },
      ])
      .filter((r) => r.from < r.to);
  return left;
}

/** Ranges in their order, those that meet as one. */
function merged(ranges: readonly Range[]): Range[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

/** What lies in each pool. */
function lines(step: number, ranges: readonly Range[], pools: readonly Range[]): string[] {
  return pools.flatMap(({ from: begin, to: end }, pool) => {
    const own = ranges.map(({ from, to }) => ({
      from: Math.max(from, begin),
      to: Math.min(to, end),
    }));
    return merged(own.filter((r) => r.from < r.to)).map(
      ({ from, to }) => `    {${step}, ${pool}, ${from - begin}, ${to - from}},`,
    );
  });
}

/** The initialisers of the two tables, step by step. */
export function checkTables({ buffers, steps, pools: given, arenaBytes }: Plan): {
  opened: string;
  closed: string;
} {
  const parts = buffers.flatMap((b) =>
    b.parts.map((p): Part => ({ ...p, from: p.from + b.offset, to: p.to + b.offset })),
  );
  const across = (tick: number) => parts.filter((p) => p.begin < tick && p.end > tick);
  const opened: string[] = [];
  const whole = [{ begin: 0, end: arenaBytes }];
  const pools = (given.length > 0 ? given : whole).map((p) => ({ from: p.begin, to: p.end }));
  const first = steps[0]?.begin ?? 1;
  const closed = lines(0, uncovered({ from: 0, to: arenaBytes }, across(first)), pools);
  steps.forEach(({ begin, end }, s) => {
    const before = across(begin);
    const after = across(end);
    const opens = parts.filter((p) => p.begin >= begin && p.begin < end);
    const closes = parts.filter((p) => p.end > begin && p.end <= end);
    opened.push(
      ...lines(
        s,
        opens.flatMap((p) => uncovered(p, before)),
        pools,
      ),
    );
    closed.push(
      ...lines(
        s + 1,
        closes.flatMap((p) => uncovered(p, after)),
        pools,
      ),
    );
  });
  return { opened: opened.join("\n"), closed: closed.join("\n") };
}
