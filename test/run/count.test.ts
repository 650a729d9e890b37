import { describe, expect, test } from "vitest";
import { parseDisassembly, profile, subtractCounts } from "../../compiler/run/count.ts";
import { loadTarget } from "../../compiler/target.ts";

const listing = parseDisassembly(
  [
    "program.elf:     file format elf32-littlearm",
    "00000100 <first>:",
    "     100:\tpush\t{r4-r7, lr}",
    "     102:\tldr\tr0, [r1, #0]",
    "     104:\tldrb.w\tr2, [r1], #1",
    "     108:\tsmull\tr2, r3, r0, r2",
    "     10c:\tmla\tr2, r3, r0, r2",
    "     110:\tstr\tr2, [r1, #0]",
    "     112:\tsubs\tr4, #1",
    "     114:\tbne.n\t102 <first+0x2>",
    "     116:\tbl\t120 <second>",
    "     11a:\tpop\t{r4-r7, pc}",
    "00000120 <second>:",
    "     120:\tsdiv\tr0, r0, r1",
    "     124:\tbx\tlr",
    "     126:\t.word\t0x00000000",
  ].join("\n"),
);

/** A loop of ten rounds, then a call. */
const counts = new Map([
  [0x100, 1],
  ...[0x102, 0x104, 0x108, 0x10c, 0x110, 0x112, 0x114].map((at) => [at, 10] as const),
  ...[0x116, 0x11a, 0x120, 0x124].map((at) => [at, 1] as const),
]);

const cyclesOn = (target: string) =>
  profile(listing, counts, loadTarget(target).cycles).functions.map(({ name, cycles }) => [
    name,
    cycles,
  ]);

describe("cycles", () => {
  test("Cortex-M4, as armprof counts them", () => {
    // push 6; ten rounds of 2 + 1 + 1 + 1 + 1 + 1 + 1; nine branches taken 2 more; bl 3; pop 6
    expect(cyclesOn("cortex-m4")).toEqual([
      ["first", 6 + 80 + 18 + 3 + 6],
      ["second", 7 + 3],
    ]);
  });

  test("Cortex-M3: long multiplication, multiply-accumulate and the return cost more", () => {
    expect(cyclesOn("cortex-m3")).toEqual([
      ["first", 6 + 120 + 18 + 3 + 8],
      ["second", 7 + 3],
    ]);
  });

  test("Cortex-M0+: every load and store takes two, a taken branch two", () => {
    expect(cyclesOn("cortex-m0plus")[0]).toEqual(["first", 6 + 107 + 3 + 8 + 2]);
  });

  test("none without a table", () => {
    expect(profile(listing, counts, null)).toMatchObject({
      instructions: 75,
      cycles: null,
      functions: [
        { name: "first", instructions: 73 },
        { name: "second", instructions: 2 },
      ],
    });
  });
});

test("a longer run minus a shorter one", () => {
  const shorter = new Map([...counts].map(([address, count]) => [address, count * 3]));
  const longer = new Map([...counts].map(([address, count]) => [address, count * 4]));
  expect(subtractCounts(longer, shorter)).toEqual(counts);
});
