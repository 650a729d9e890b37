/** Files that Python's library wrote, our own, and such as lie. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementTypes } from "../../compiler/ir/types.ts";
import { packagePath } from "../../compiler/paths.ts";
import {
  parseSafetensors,
  SafetensorsError,
  writeSafetensors,
} from "../../compiler/read/safetensors.ts";
import { Random } from "../support/random.ts";

const data = (name: string) => readFileSync(packagePath("test", "read", "data", name));
const kinds = data("kinds.safetensors");

const loaded = (bytes: Uint8Array): [string, Tensor][] =>
  [...parseSafetensors(bytes).tensors].map(([name, stored]) => [name, stored.load()]);

describe("files that Python's safetensors wrote", () => {
  const { tensors, metadata } = parseSafetensors(kinds);

  it.each(elementTypes.filter((t) => t !== "bool" && !/int[24]$/.test(t)))("hold %s", (elem) => {
    const stored = tensors.get(`a.${elem}`)!;
    const first = elem.startsWith("u") ? 0 : -20;
    const values = Array.from({ length: 6 }, (_, i) => first + 9 * i);
    expect([stored.elem, stored.shape]).toEqual([elem, [2, 3]]);
    expect(stored.load().shape).toEqual([2, 3]);
    expect(Array.from(stored.load().data, Number)).toEqual(values);
  });

  it("hold booleans, scalars, nothing, and names of any letters", () => {
    expect(tensors.get("a.bool")!.load()).toEqual(tensorOf("bool", [3], [1, 0, 1]));
    expect(tensors.get("scalar")!.load()).toEqual(tensorOf("float32", [], [1.5]));
    expect(tensors.get("empty")!.load()).toEqual(tensorOf("float32", [0, 4], []));
    expect(tensors.get('ünï "quoted"')!.load()).toEqual(tensorOf("int8", [1], [7]));
    expect(tensors.size).toBe(15);
  });

  it("hold metadata", () => {
    const texts = { framework: "numpy", note: "line\nbreak" };
    expect(Object.fromEntries(metadata)).toEqual(texts);
  });

  it("hold bfloat16, which is read as float32", () => {
    const { elem, load } = parseSafetensors(data("bfloat16.safetensors")).tensors.get("w")!;
    expect(elem).toBe("float32");
    expect(load()).toEqual(tensorOf("float32", [4], [1, -2, Infinity, 2 ** -133]));
  });

  it("are written back with the same tensors' bytes", () => {
    const ours = writeSafetensors(new Map(loaded(kinds)), metadata);
    expect(Buffer.from(ours.subarray(-272)).equals(kinds.subarray(-272))).toBe(true);
    expect(parseSafetensors(ours).metadata).toEqual(metadata);
  });
});

describe("what is written", () => {
  const random = new Random(61);
  const byName = elementTypes.map((elem, i): [string, Tensor] => [
    `${11 - i}`,
    random.tensor(elem === "float16" ? "int8" : elem, [i, 3]),
  ]);
  const half = tensorOf("float16", [5], [0.5, -65504, 2 ** -24, -0, Infinity]);
  const tensors = new Map([...byName, ["__not_metadata__", half]]);
  const bytes = writeSafetensors(tensors);
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + headerBytes)).toString());

  it("reads back", () => {
    expect(new Map(loaded(bytes))).toEqual(tensors);
  });

  it("is aligned, in a header of a multiple of 8 bytes", () => {
    expect(headerBytes % 8).toBe(0);
    for (const [name, { elem }] of tensors) {
      const size = { float64: 8, int64: 8, uint64: 8, float16: 2, int16: 2, uint16: 2 }[
        elem as string
      ];
      const align = size ?? (/8|bool|int[24]$/.test(elem) ? 1 : 4);
      expect(header[name].data_offsets[0] % align).toBe(0);
    }
  });

  it("keeps the order of tensors of one size, even if their names are numbers", () => {
    const few = ["b", "10", "a", "2"].map((n): [string, Tensor] => [n, tensorOf("int8", [1], [1])]);
    expect(loaded(writeSafetensors(new Map(few))).map(([name]) => name)).toEqual([
      "b",
      "10",
      "a",
      "2",
    ]);
  });

  it("may be nothing", () => {
    expect(Buffer.from(writeSafetensors(new Map())).toString("latin1")).toBe(
      "\x08\0\0\0\0\0\0\0{}      ",
    );
    expect(loaded(writeSafetensors(new Map()))).toEqual([]);
  });

  it.each(["__metadata__", "__proto__"])("has no tensor named %s", (name) => {
    expect(() => writeSafetensors(new Map([[name, half]]))).toThrow(SafetensorsError);
  });
});

/** A file of this header, with a length that is right unless it is given. */
function fileOf(header: string | Uint8Array, dataBytes = 0, length?: bigint): Uint8Array {
  const text = Buffer.from(header);
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([head, text, Buffer.alloc(dataBytes)]);
}

const info = (shape: string, offsets: string, dtype = '"F32"'): string =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
const one = info("[1]", "[0,4]");
const many = (count: number) =>
  `{${Array.from({ length: count }, (_, i) => `"${i}":${info("[0]", "[0,0]")}`).join()}}`;

function problemOf(bytes: Uint8Array): unknown {
  try {
    return parseSafetensors(bytes);
  } catch (problem) {
    return problem;
  }
}

describe("a file that lies is refused:", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /is not a .safetensors file/],
    ["seven bytes", new Uint8Array(7), /is not a .safetensors file/],
    ["a header beyond the file", fileOf("{}", 0, 3n), /is cut off: its header takes 3 bytes of 2/],
    ["a header of 2^64 - 1 bytes", fileOf("{}", 0, 2n ** 64n - 1n), /claims a header of 184467/],
    ["a header of 100 MB and a byte", fileOf("{}", 0, 100_000_001n), /100000000 is the most/],
    ["an empty header", fileOf(""), /header that is damaged/],
    ["no JSON", fileOf("pickle"), /header that is damaged/],
    ["cut JSON", fileOf(`{"a":${one}`, 4), /header that is damaged/],
    ["JSON and more", fileOf(`{"a":${one}}}`, 4), /header that is damaged/],
    ["zeros behind JSON", fileOf(`{"a":${one}}\0\0`, 4), /header that is damaged/],
    ["a comma too many", fileOf(`{"a":${one},}`, 4), /header that is damaged/],
    ["a comment", fileOf(`{"a":/* */${one}}`, 4), /header that is damaged/],
    ["no UTF-8", fileOf(Uint8Array.from([0x7b, 0xff, 0x7d])), /not UTF-8/],
    ["a list", fileOf("[]"), /header that is damaged/],
    ["a number", fileOf("1"), /header that is damaged/],
    ["space before the brace", fileOf(" {}"), /header that is damaged/],
    ["deep lists", fileOf("[".repeat(5_000_000)), /header that is damaged/],
    ["deep lists in a tensor", fileOf(`{"a":{"shape":${"[".repeat(5e6)}`), /that is damaged/],
    ["deep objects", fileOf('{"a":'.repeat(1_000_000)), /gives 'a' a field 'a'/],
    ["deep objects in metadata", fileOf('{"__metadata__":{"a":{"b":1}}}'), /that is damaged/],
    ["a tensor that is a number", fileOf('{"a":1}'), /header that is damaged/],
    ["a tensor without fields", fileOf('{"a":{}}'), /does not say type, shape and place of 'a'/],
    ["a tensor without a type", fileOf('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4), /not say/],
    ["a field of null", fileOf(`{"a":${info("null", "[0,4]")}}`, 4), /header that is damaged/],
    [
      "metadata twice",
      fileOf('{"__metadata__":{},"__metadata__":{}}'),
      /two tensors named '__meta/,
    ],
    ["a size with a zero before", fileOf(`{"a":${info("[01]", "[0,4]")}}`, 4), /the shape 01/],
    ["a control character", fileOf('{"a\n":1}'), /header that is damaged/],
    ["an escape that is none", fileOf('{"\\x61":1}'), /header that is damaged/],
    ["a text without an end", fileOf('{"a\\"'), /header that is damaged/],
    ["20 MB of space", fileOf(`{${" ".repeat(2e7)}`), /header that is damaged/],
    ["20 MB of quotes", fileOf(`{"${'\\"'.repeat(1e7)}`), /header that is damaged/],
    [
      "a field twice",
      fileOf('{"a":{"dtype":"I8","dtype":"I8"}}'),
      /two fields of 'a' named 'dtype'/,
    ],
    ["an unknown field", fileOf('{"a":{"__proto__":[1]}}'), /a field '__proto__' that the format/],
    ["an unknown type", fileOf(`{"a":${info("[1]", "[0,4]", '"F8_E4M3"')}}`, 4), /type 'F8_E4M3'/],
    ["a type of Object's", fileOf(`{"a":${info("[1]", "[0,4]", '"toString"')}}`, 4), /'toString'/],
    [
      "a type that is a list",
      fileOf(`{"a":${info("[1]", "[0,4]", "[1]")}}`, 4),
      /header that is damaged/,
    ],
    ["a negative size", fileOf(`{"a":${info("[-1]", "[0,4]")}}`, 4), /gives 'a' the shape -1/],
    ["a fraction", fileOf(`{"a":${info("[1.5]", "[0,4]")}}`, 4), /gives 'a' the shape 1.5/],
    ["an exponent", fileOf(`{"a":${info("[1e0]", "[0,4]")}}`, 4), /gives 'a' the shape 1e0/],
    ["a text for a size", fileOf(`{"a":${info('["1"]', "[0,4]")}}`, 4), /gives 'a' the shape "1"/],
    ["a huge size", fileOf(`{"a":${info("[99999999999999999999]", "[0,4]")}}`, 4), /shape 99999/],
    ["a huge product", fileOf(`{"a":${info("[99999999,99999999]", "[0,4]")}}`, 4), /too large/],
    [
      "a product of no number",
      fileOf(`{"a":${info(`[${"999999999999999,".repeat(40)}0]`, "[0,0]")}}`),
      /too large/,
    ],
    ["a huge size of nothing", fileOf(`{"a":${info("[0,99999999999]", "[0,0]")}}`), /too large/],
    ["65 axes", fileOf(`{"a":${info(`[${"1,".repeat(64)}1]`, "[0,4]")}}`, 4), /more than 64 axes/],
    [
      "data too short",
      fileOf(`{"a":${info("[2]", "[0,4]")}}`, 4),
      /has 4 bytes for 'a', but F32\[2\] takes 8/,
    ],
    [
      "a place backwards",
      fileOf(`{"a":${info("[1]", "[4,0]")}}`, 4),
      /gives 'a' the place \[4,0\]/,
    ],
    ["a place of one", fileOf(`{"a":${info("[1]", "[4]")}}`, 4), /gives 'a' the place \[4\]/],
    ["a place of three", fileOf(`{"a":${info("[1]", "[0,4,4]")}}`, 4), /gives 'a' the place/],
    [
      "a place beyond the data",
      fileOf(`{"a":${one}}`, 3),
      /has 3 bytes of data, but its tensors take 4/,
    ],
    ["data left over", fileOf(`{"a":${one}}`, 5), /has 5 bytes of data, but its tensors take 4/],
    ["a hole at first", fileOf(`{"a":${info("[1]", "[4,8]")}}`, 8), /has a hole before 'a'/],
    [
      "a hole between",
      fileOf(`{"b":${info("[1]", "[8,12]")},"a":${one}}`, 12),
      /a hole before 'b'/,
    ],
    ["one place for two", fileOf(`{"a":${one},"b":${one}}`, 4), /two tensors in one place: 'b'/],
    [
      "an overlap",
      fileOf(`{"a":${info("[2]", "[0,8]")},"b":${info("[1]", "[4,8]")}}`, 8),
      /one place: 'b'/,
    ],
    [
      "a name twice",
      fileOf(`{"a":${one},"a":${info("[1]", "[4,8]")}}`, 8),
      /two tensors named 'a'/,
    ],
    ["a name twice, escaped", fileOf(`{"a":${one},"\\u0061":${one}}`, 8), /two tensors named 'a'/],
    ["__proto__", fileOf(`{"__proto__":${one}}`, 4), /a tensor named '__proto__'/],
    ["metadata of numbers", fileOf('{"__metadata__":{"a":1}}'), /header that is damaged/],
    ["metadata of lists", fileOf('{"__metadata__":{"a":[1]}}'), /header that is damaged/],
    ["metadata that is a text", fileOf('{"__metadata__":"a"}'), /header that is damaged/],
    ["a name of 1 MB", fileOf(`{"${"x".repeat(1e6)}":{}}`), /^does not say .{1,100}$/],
    ["100,001 tensors", fileOf(many(100_001)), /more than 100000 tensors/],
  ])("%s", (_, bytes, text) => {
    const began = performance.now();
    const problem = problemOf(bytes);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(problem).toBeInstanceOf(SafetensorsError);
    expect((problem as Error).message).toMatch(text);
  });
});

const mutations = process.env.MOTE_SOAK === "1" ? 100_000 : 2_000;

/** The header mostly: there the lies are. */
function mutated(random: Random): Uint8Array {
  const bytes = new Uint8Array(kinds);
  const headerEnd = bytes.length - 272;
  for (let k = random.int(1, 4); k > 0; k--) {
    const at = random.int(0, random.pick([7, headerEnd, headerEnd, bytes.length]) - 1);
    const [end, to] = [random.int(at, Math.min(at + 20, bytes.length)), random.int(0, headerEnd)];
    const how = random.int(0, 4);
    if (how === 0) bytes[at] = random.int(0, 255);
    else if (how === 1)
      bytes[at] = random.pick([...'0123456789{}[]",:-.e'].map((c) => c.charCodeAt(0)));
    else if (how === 2) bytes[at]! ^= 1 << random.int(0, 7);
    else if (how === 3) bytes.copyWithin(to, at, end);
    else if (random.int(0, 9) === 0) return bytes.subarray(0, at);
  }
  return bytes;
}

it(`${mutations} mutations of a file are tensors or a SafetensorsError`, { timeout: 1e6 }, () => {
  const random = new Random(62);
  const counts = { read: 0, refused: 0 };
  for (let i = 0; i < mutations; i++) {
    const bytes = mutated(random);
    const began = performance.now();
    try {
      for (const [, { shape, data }] of loaded(bytes))
        expect(data.length).toBe(shape.reduce((n, d) => n * d, 1));
      counts.read++;
    } catch (problem) {
      if (!(problem instanceof SafetensorsError)) throw problem;
      expect(problem.message).not.toMatch(/undefined|NaN|\[object/);
      counts.refused++;
    }
    expect(performance.now() - began).toBeLessThan(1000);
  }
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(mutations / 20);
});
