/** Damaged files: a coded diagnostic or a graph, never another exception, never a hang. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codes, diagnoseBytes } from "../support/failures.ts";
import { modelFile } from "../support/models.ts";
import { Random } from "../support/random.ts";

const kws = readFileSync(modelFile("kws"));
const soak = process.env.MOTE_SOAK === "1";

describe("cut off", () => {
  const cuts = Array.from({ length: 100 }, (_, i) => Math.floor((kws.length * i) / 100));
  it.each([...new Set([1, 2, 3, 7, ...cuts, kws.length - 1])])("after %i bytes", (length) => {
    const said = diagnoseBytes(kws.subarray(0, length));
    expect(said.some((d) => d.severity === "error")).toBe(true);
  });
});

const many = soak ? 5000 : 300;

it(`${many} mutations of a few bytes`, { timeout: 1e6 }, () => {
  const random = new Random(13);
  for (let i = 0; i < many; i++) {
    const bytes = new Uint8Array(kws);
    for (let k = random.int(1, 8); k > 0; k--)
      bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
    diagnoseBytes(bytes);
  }
});

/** The structure lies between the weights: mutations there change names, shapes, attributes. */
it(`${many} mutations of the graph's structure`, { timeout: 1e6 }, () => {
  const random = new Random(14);
  const text = (b: number) => b >= 9 && b < 127;
  const structure = [...kws.keys()].filter((i) => text(kws[i]!) && text(kws[i + 1] ?? 0));
  for (let i = 0; i < many; i++) {
    const bytes = new Uint8Array(kws);
    for (let k = random.int(1, 4); k > 0; k--)
      bytes[random.pick(structure) + random.int(-2, 2)] ^= 1 << random.int(0, 7);
    diagnoseBytes(bytes);
  }
});

it("pieces left out or doubled", () => {
  const random = new Random(15);
  for (let i = 0; i < 100; i++) {
    const [a, b] = [random.int(0, kws.length), random.int(0, kws.length)];
    diagnoseBytes(Buffer.concat([kws.subarray(0, a), kws.subarray(b)]));
  }
});

it("random bytes", () => {
  const random = new Random(16);
  for (let i = 0; i < 200; i++) {
    const said = diagnoseBytes(random.bytes(random.int(0, 300)));
    expect(said.some((d) => d.severity === "error")).toBe(true);
  }
});

it("an empty file", () => {
  expect(codes(diagnoseBytes(new Uint8Array()))).toEqual([2001]);
});
