/** Exact placement against brute force over all offsets, which shares no code with it. */
import { describe, expect, it } from "vitest";
import { placementProblems } from "../../compiler/plan/placement/check.ts";
import { placeGreedily } from "../../compiler/plan/placement/greedy.ts";
import { arranged } from "../../compiler/plan/placement/partition.ts";
import { fits, minimize } from "../../compiler/plan/placement/placement.ts";
import { lowerBound, prepare } from "../../compiler/plan/placement/problem.ts";
import { Race } from "../../compiler/plan/placement/race.ts";
import { Search } from "../../compiler/plan/placement/search.ts";
import type { Buffer, Part } from "../../compiler/plan/placement/types.ts";
import { Random } from "../support/random.ts";

const soak = process.env.MOTE_SOAK === "1";
const count = soak ? 5000 : 400;
const ticks = 8;

const randomPart = (random: Random, size: number, lower: number, upper: number): Part => {
  const from = random.int(0, size - 1);
  const begin = random.int(lower, upper - 1);
  return {
    from,
    to: random.int(from + 1, size),
    lower: begin,
    upper: random.int(begin + 1, upper),
  };
};

interface Kind {
  readonly buffersMax: number;
  readonly sizeMax: number;
  readonly aligns: readonly number[];
  /** How many of 10 buffers have parts. */
  readonly withParts: number;
}

function randomBuffers(random: Random, kind: Kind): Buffer[] {
  return Array.from({ length: random.int(1, kind.buffersMax) }, () => {
    const size = random.int(1, kind.sizeMax);
    const lower = random.int(0, ticks - 1);
    const upper = random.int(lower + 1, ticks);
    const align = random.pick(kind.aligns);
    if (random.int(0, 9) >= kind.withParts) return { size, lower, upper, align };
    const parts = Array.from({ length: random.int(0, 4) }, () =>
      randomPart(random, size, lower, upper),
    );
    return { size, lower, upper, align, parts };
  });
}

/** Buffers that first fit does not place within the bound: these have to be searched. */
function hardBuffers(random: Random, kind: Kind): Buffer[] {
  for (;;) {
    const buffers = randomBuffers(random, kind);
    if (placeGreedily(buffers).bytes > lowerBound(buffers)) return buffers;
  }
}

const partsOf = (b: Buffer): readonly Part[] =>
  b.parts ?? [{ from: 0, to: b.size, lower: b.lower, upper: b.upper }];

/** Pairs of parts in use in one tick. */
const together = (a: Buffer, b: Buffer): [Part, Part][] =>
  partsOf(a).flatMap((p) =>
    partsOf(b).flatMap((q): [Part, Part][] =>
      p.lower < q.upper && q.lower < p.upper ? [[p, q]] : [],
    ),
  );

/** Whether two buffers may lie at two offsets. */
type Allowed = (pairs: readonly [Part, Part][], a: number, b: number) => boolean;

const apart: Allowed = (pairs, a, b) =>
  pairs.every(([p, q]) => a + p.to <= b + q.from || b + q.to <= a + p.from);

const stacked: Allowed = (pairs, a, b) =>
  pairs.every(([p, q]) => a + p.to <= b + q.from) ||
  pairs.every(([p, q]) => b + q.to <= a + p.from);

/** Whether any offsets at all do: every offset of every buffer is tried. */
function anyFits(buffers: readonly Buffer[], capacity: number, allowed: Allowed): boolean {
  const inTime = [...buffers].sort((a, b) => a.lower - b.lower);
  const pairs = inTime.map((a, i) => inTime.slice(0, i).map((b) => together(b, a)));
  const offsets: number[] = [];
  const isFree = (i: number, offset: number): boolean => {
    for (let j = 0; j < i; j++) if (!allowed(pairs[i]![j]!, offsets[j]!, offset)) return false;
    return true;
  };
  const put = (i: number): boolean => {
    const buffer = inTime[i];
    if (buffer === undefined) return true;
    for (let o = 0; o + buffer.size <= capacity; o += buffer.align ?? 1) {
      offsets[i] = o;
      if (isFree(i, o) && put(i + 1)) return true;
    }
    return false;
  };
  return put(0);
}

function leastCapacity(buffers: readonly Buffer[], allowed: Allowed): number {
  let capacity = busiest(buffers);
  while (!anyFits(buffers, capacity, allowed)) capacity++;
  return capacity;
}

/** The most bytes in use in one tick, byte by byte. */
function busiest(buffers: readonly Buffer[]): number {
  return Math.max(
    ...Array.from({ length: ticks }, (_, tick) =>
      buffers
        .map((b) => {
          const live = partsOf(b).filter((p) => p.lower <= tick && tick < p.upper);
          return Array.from({ length: b.size }, (_, byte) => byte).filter((byte) =>
            live.some((p) => p.from <= byte && byte < p.to),
          ).length;
        })
        .reduce((sum, bytes) => sum + bytes, 0),
    ),
    ...buffers.map((b) => b.size),
  );
}

/** What each static order ends with, for itself and without first fit. */
function outcomesOf(buffers: readonly Buffer[], capacity: number): string[] {
  const problem = prepare(buffers);
  return problem.partitions.flatMap((partition) =>
    (["AW", "WA"] as const).flatMap((by) =>
      [true, false].map((isByTotal) =>
        new Search(arranged(problem, partition, by), isByTotal).run(capacity, 100_000),
      ),
    ),
  );
}

const kinds: Record<string, Kind> = {
  "plain buffers": { buffersMax: 8, sizeMax: 4, aligns: [1], withParts: 0 },
  "aligned buffers": { buffersMax: 5, sizeMax: 9, aligns: [1, 2, 4, 8], withParts: 0 },
  "buffers of one alignment": { buffersMax: 6, sizeMax: 9, aligns: [4], withParts: 0 },
  "buffers with parts": { buffersMax: 5, sizeMax: 6, aligns: [1], withParts: 10 },
  "some with parts, aligned": { buffersMax: 5, sizeMax: 6, aligns: [1, 2, 4], withParts: 5 },
};

describe.each(Object.entries(kinds))("%s", (name, kind) => {
  it(`${count} random cases agree with brute force`, { timeout: 1e7 }, () => {
    const random = new Random(name.length);
    let proved = 0;
    for (let i = 0; i < count; i++) {
      const buffers = i % 2 === 0 ? randomBuffers(random, kind) : hardBuffers(random, kind);
      const what = JSON.stringify(buffers);
      const least = leastCapacity(buffers, stacked);
      const found = minimize(buffers);
      expect(placementProblems(buffers, found.offsets, found.bytes), what).toEqual([]);
      expect(found.bytes, what).toBe(least);
      expect(found.lowerBound, what).toBeLessThanOrEqual(least);
      if (found.status === "optimal") proved++;
      const below = fits(buffers, least - 1).outcome;
      expect(below, what).not.toBe("fits");
      if (kind.withParts === 0) expect(below, what).toBe("infeasible");
      if (kind.withParts === 0)
        expect(new Set(outcomesOf(buffers, least)), what).toEqual(new Set(["found"]));
      const greedy = placeGreedily(buffers);
      expect(placementProblems(buffers, greedy.offsets, greedy.bytes), what).toEqual([]);
    }
    expect(proved).toBeGreaterThanOrEqual(kind.withParts === 0 ? count : 0.97 * count);
  });

  it(`${count} lower bounds are sound`, { timeout: 1e7 }, () => {
    const random = new Random(7 * name.length);
    for (let i = 0; i < count; i++) {
      const buffers = randomBuffers(random, { ...kind, buffersMax: 4 });
      const bound = lowerBound(buffers);
      expect(bound, JSON.stringify(buffers)).toBeLessThanOrEqual(leastCapacity(buffers, apart));
      expect(bound, JSON.stringify(buffers)).toBeGreaterThanOrEqual(busiest(buffers));
    }
  });
});

/** Rows of a chain of layers, each of its own lifetime, as row streaming has them. */
function rows(random: Random, layers: number, height: number): Buffer[] {
  return Array.from({ length: layers }, (_, layer) => {
    const size = random.int(4, 40) * 16;
    const [delay, window] = [random.int(1, 2) + 2 * layer, random.int(2, 4)];
    return Array.from({ length: height }, (_, row) => ({
      size,
      lower: 3 * row + delay,
      upper: 3 * (row + window) + delay,
      align: 16,
    }));
  }).flat();
}

/** A tensor that is read row by row, from the first to the last, or written so. */
function stream(random: Random, height: number): Buffer {
  const bytes = random.int(1, 8);
  const lower = random.int(0, 20);
  const [begin, end] = [random.int(0, 1), random.int(0, 1)];
  const parts = Array.from({ length: height }, (_, row) => ({
    from: row * bytes,
    to: (row + 1) * bytes,
    lower: lower + begin * row,
    upper: lower + height + end * row,
  }));
  return { size: height * bytes, lower, upper: lower + 2 * height, parts };
}

/** A rectangle of ticks and bytes cut into buffers: they fill it without a gap. */
function dissection(random: Random, cuts: number, width: number, height: number): Buffer[] {
  const pieces = [{ lower: 0, upper: width, from: 0, to: height }];
  for (let i = 0; i < cuts; i++) {
    const p = random.pick(pieces);
    const piece = { ...p };
    const isInTime = random.int(0, 1) === 0;
    if ((isInTime ? p.upper - p.lower : p.to - p.from) < 2) continue;
    if (isInTime) piece.lower = p.upper = random.int(p.lower + 1, p.upper - 1);
    else piece.from = p.to = random.int(p.from + 1, p.to - 1);
    pieces.push(piece);
  }
  const keyed = pieces.map((p) => ({ p, key: random.real() })).sort((a, b) => a.key - b.key);
  return keyed.map(({ p: { lower, upper, from, to } }) => ({ size: to - from, lower, upper }));
}

it(`${count} dissected rectangles are put together again, in every order`, { timeout: 1e7 }, () => {
  const random = new Random(11);
  for (let i = 0; i < count; i++) {
    const buffers = dissection(random, random.int(5, 40), 40, 1000);
    const outcomes = outcomesOf(buffers, 1000);
    expect(outcomes, JSON.stringify(buffers)).not.toContain("exhausted");
    if (buffers.length < 12) expect(outcomes).not.toContain("limit");
    const fit = fits(buffers, 1000);
    if (fit.outcome === "fits") expect(placementProblems(buffers, fit.offsets, 1000)).toEqual([]);
    expect(fit.outcome).not.toBe("infeasible");
  }
});

const scattered = (random: Random, n: number): Buffer[] =>
  Array.from({ length: n }, () => {
    const lower = random.int(0, n);
    return { size: random.int(1, 64) * 16, lower, upper: lower + random.int(1, n >> 2) };
  });

describe("large instances", () => {
  const random = new Random(2023);
  const instances: Record<string, Buffer[]> = {
    "500 rows": rows(random, 10, 50),
    "60 tensors by rows": Array.from({ length: 60 }, () => stream(random, 12)),
    "300 buffers": scattered(random, 300),
    "1000 buffers": scattered(random, 1000),
  };

  it.each(Object.entries(instances))("%s stay within the limit", (_, buffers) => {
    const nodes = 20_000;
    const found = minimize(buffers, { nodes });
    expect(found.nodes).toBeLessThanOrEqual(nodes);
    expect(placementProblems(buffers, found.offsets, found.bytes)).toEqual([]);
    expect(found.bytes).toBeGreaterThanOrEqual(found.lowerBound);
    expect(found.bytes).toBeLessThanOrEqual(placeGreedily(buffers).bytes);
    expect(found.status === "optimal").toBe(found.bytes === found.lowerBound);
    expect(minimize([...buffers], { nodes })).toEqual(found);
  });

  it("5000 buffers in a row are no deeper than the stack of calls", () => {
    const chain = Array.from({ length: 5000 }, (_, i) => ({ size: 8, lower: i, upper: i + 2 }));
    expect(outcomesOf(chain, 16)).toEqual(["found", "found", "found", "found"]);
  });

  it("rows of a chain are packed without a gap", () => {
    for (let i = 0; i < 10; i++) {
      const buffers = rows(random, random.int(2, 8), 30);
      expect(minimize(buffers)).toMatchObject({ status: "optimal", bytes: lowerBound(buffers) });
    }
  });
});

describe("parts", () => {
  const row = (from: number, lower: number, upper = lower + 1): Part => ({
    from,
    to: from + 1,
    lower,
    upper,
  });

  it("let a tensor follow into the rows of another", () => {
    const dying = [0, 1, 2, 3].map((r) => row(r, 0, r + 1));
    const born = [0, 1, 2, 3].map((r) => row(r, r + 1, 5));
    const buffers = [dying, born].map((parts) => ({ size: 4, lower: 0, upper: 5, parts }));
    expect(lowerBound(buffers)).toBe(4);
    expect(minimize(buffers)).toMatchObject({ bytes: 4, status: "optimal" });
  });

  it("may go round in a circle of above; then nothing is proved by exhaustion", () => {
    const buffers = [0, 1, 2].map((i) => ({
      size: 5,
      lower: 0,
      upper: 3,
      parts: [row(0, i), row(4, (i + 1) % 3)],
    }));
    expect(leastCapacity(buffers, stacked)).toBe(5);
    expect(fits(buffers, 5)).toMatchObject({ outcome: "fits" });
    expect(new Race(prepare(buffers), [0, 1, 2]).run(5, 1000, [])).toBe("limit");
    expect(minimize(buffers)).toMatchObject({ bytes: 5, status: "optimal" });
  });

  it("of which none is in use take a place that may be anyone's", () => {
    const buffers = [
      { size: 8, lower: 0, upper: 4, parts: [] },
      { size: 6, lower: 0, upper: 4 },
    ];
    expect(minimize(buffers)).toMatchObject({ bytes: 8, status: "optimal" });
  });
});

it("has a place for no buffers", () => {
  expect(minimize([])).toMatchObject({ offsets: [], bytes: 0, lowerBound: 0, status: "optimal" });
});
