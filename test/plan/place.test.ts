/** Placement on random lifetimes, checked by brute force: byte by byte, time by time. */
import { describe, expect, it } from "vitest";
import { type Lifetime, liveBytesMax, placeBySize } from "../../compiler/plan/place.ts";
import { Random } from "../support/random.ts";

const soak = process.env.MOTE_SOAK === "1";
const count = soak ? 100_000 : 3000;

function randomLifetimes(random: Random): Lifetime[] {
  const steps = random.int(1, 12);
  const bytesMax = random.pick([1, 4, 40, 200]);
  return Array.from({ length: random.int(0, 14) }, () => {
    const begin = random.int(0, steps - 1);
    return { bytes: random.int(1, bytesMax), begin, end: random.int(begin, steps - 1) };
  });
}

/** At every step, who holds each byte; two at once is a clash. */
function clashes(lifetimes: readonly Lifetime[], offsets: readonly number[]): number {
  let found = 0;
  for (let time = 0; time < 12; time++) {
    const taken = new Set<number>();
    lifetimes.forEach((l, i) => {
      if (time < l.begin || time > l.end) return;
      for (let b = 0; b < l.bytes; b++) {
        if (taken.has(offsets[i]! + b)) found++;
        taken.add(offsets[i]! + b);
      }
    });
  }
  return found;
}

const arena = (lifetimes: readonly Lifetime[], offsets: readonly number[]): number =>
  lifetimes.reduce((most, l, i) => Math.max(most, offsets[i]! + l.bytes), 0);

/** The most bytes in use at one time, time by time. */
const busiest = (lifetimes: readonly Lifetime[]): number =>
  Math.max(
    ...Array.from({ length: 12 }, (_, time) =>
      lifetimes
        .filter((l) => l.begin <= time && time <= l.end)
        .reduce((sum, l) => sum + l.bytes, 0),
    ),
  );

describe.each([1, 4, 8, 16])("%i-byte alignment", (align) => {
  it(`${count} random cases`, { timeout: 1e6 }, () => {
    const random = new Random(align);
    for (let i = 0; i < count; i++) {
      const lifetimes = randomLifetimes(random);
      const offsets = placeBySize(lifetimes, align);
      expect(clashes(lifetimes, offsets), JSON.stringify(lifetimes)).toBe(0);
      expect(offsets.every((o) => o >= 0 && o % align === 0)).toBe(true);
      const most = arena(lifetimes, offsets);
      expect(most).toBeGreaterThanOrEqual(busiest(lifetimes));
      const padded = lifetimes.reduce((s, l) => s + Math.ceil(l.bytes / align) * align, 0);
      expect(most).toBeLessThanOrEqual(padded);
    }
  });
});

it("the lower bound is the busiest time", () => {
  const random = new Random(99);
  for (let i = 0; i < 1000; i++) {
    const lifetimes = randomLifetimes(random);
    expect(liveBytesMax(lifetimes)).toBe(busiest(lifetimes));
  }
});

it("a chain needs its largest pair only", () => {
  const sizes = [100, 400, 50, 300, 20];
  const lifetimes = sizes.map((bytes, i) => ({ bytes, begin: i, end: i + 1 }));
  expect(arena(lifetimes, placeBySize(lifetimes, 4))).toBe(500);
});

it("buffers that are never alive together share their place", () => {
  const lifetimes = [0, 2, 4].map((begin) => ({ bytes: 64, begin, end: begin + 1 }));
  expect(placeBySize(lifetimes, 4)).toEqual([0, 0, 0]);
});

it("gives the same places again", () => {
  const random = new Random(5);
  for (let i = 0; i < 100; i++) {
    const lifetimes = randomLifetimes(random);
    expect(placeBySize(lifetimes, 4)).toEqual(placeBySize([...lifetimes], 4));
  }
});
