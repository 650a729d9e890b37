/** Text of C: literals, identifiers, types. */
import { halfBits } from "../ir/half.ts";
import type { TensorData } from "../ir/tensor.ts";
import type { ElementType } from "../ir/types.ts";
import type { Field, Fields } from "../kernels/kernel.ts";

const types: Record<ElementType, string> = {
  float32: "float",
  float16: "uint16_t",
  float64: "double",
  int8: "int8_t",
  uint8: "uint8_t",
  int16: "int16_t",
  uint16: "uint16_t",
  int32: "int32_t",
  uint32: "uint32_t",
  int64: "int64_t",
  uint64: "uint64_t",
  int4: "int8_t",
  uint4: "uint8_t",
  int2: "int8_t",
  uint2: "uint8_t",
  bool: "uint8_t",
};

export const cType = (elem: ElementType): string => types[elem];

const keywords = new Set(
  `auto break case char const continue default do double else enum extern float for goto if inline int
  long register restrict return short signed sizeof static struct switch typedef union unsigned void
  volatile while bool true false class new delete this public private protected template namespace
  operator try catch throw using virtual friend main`.split(/\s+/),
);

/** Headers of the C library, and of mote's own: a program's must not be found in their place. */
const headers = new Set(
  `assert complex ctype errno fenv float inttypes iso646 limits locale math memory setjmp signal
  stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath
  threads time uchar unistd wchar wctype mote arm_mve`.split(/\s+/),
);

/** The name of a program: prefix of its symbols, and its files'. */
export function programName(name: string): string {
  const own = identifier(name);
  return headers.has(own.toLowerCase()) ? `${own}_` : own;
}

/** A name as a C (and C++) identifier. */
export function identifier(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "");
  const led = /^[0-9]/.test(plain) || plain === "" ? `m${plain && `_${plain}`}` : plain;
  return keywords.has(led) ? `${led}_` : led;
}

/** Gives each name an identifier of its own. */
export class Identifiers {
  readonly #used = new Set<string>();

  take(name: string): string {
    const base = identifier(name).toLowerCase();
    let candidate = base;
    for (let i = 2; this.#used.has(candidate); i++) candidate = `${base}_${i}`;
    this.#used.add(candidate);
    return candidate;
  }
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?");

/** Any text inside a comment: nothing that ends or opens one, no trigraph. */
export const commentText = (text: string): string =>
  printable(text)
    .replace(/\*\//g, "* /")
    .replace(/\/\*/g, "/ *")
    .replace(/\?(?=\?)/g, "? ");

/** Any text inside a C string literal. */
export const stringText = (text: string): string =>
  printable(text).replace(/[\\"?]/g, (c) => `\\${c}`);

/** The shortest decimal that reads back as the same float32. */
export function floatLiteral(x: number): string {
  if (Number.isNaN(x)) return "NAN";
  if (x === Infinity) return "INFINITY";
  if (x === -Infinity) return "-INFINITY";
  for (let digits = 6; digits <= 9; digits++) {
    const text = String(Number(x.toPrecision(digits)));
    if (Math.fround(Number(text)) === Math.fround(x))
      return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
  }
  return `${x}f`;
}

const doubleLiteral = (x: number): string => (/[.e]/.test(`${x}`) ? `${x}` : `${x}.0`);

export const integerLiteral = (x: number): string =>
  x === -(2 ** 31) ? "(-2147483647 - 1)" : String(x);

/** A designated initialiser: `{.in_h = 49, .in_w = 10}`. */
export function structLiteral(fields: Fields): string {
  const parts = Object.entries(fields).map(([name, value]) => `.${name} = ${fieldLiteral(value)}`);
  return `{${parts.join(", ")}}`;
}

function fieldLiteral(value: Field): string {
  if (typeof value === "number") return integerLiteral(value);
  if (Array.isArray(value)) return `{${value.map(integerLiteral).join(", ")}}`;
  if ("float" in value && typeof value.float === "number") return floatLiteral(value.float);
  return structLiteral(value as Fields);
}

function elementLiteral(elem: ElementType): (x: number | bigint) => string {
  switch (elem) {
    case "float32":
      return (x) => floatLiteral(Number(x));
    case "float64":
      return (x) => (Number.isFinite(x) ? doubleLiteral(Number(x)) : floatLiteral(Number(x)));
    case "float16":
      return (x) => String(halfBits(Number(x)));
    case "int64":
      return (x) => (x === -(2n ** 63n) ? "INT64_MIN" : `INT64_C(${x})`);
    case "uint64":
      return (x) => `UINT64_C(${x})`;
    case "uint32":
      return (x) => `${x}u`;
    default:
      return (x) => integerLiteral(Number(x));
  }
}

const columnsMax = 100;

/** The numbers of an array, in lines; a 0 where there are none, as C has no empty list. */
export function arrayLines(elem: ElementType, data: TensorData): string {
  if (data.length === 0) return "    0";
  const literal = elementLiteral(elem);
  const lines: string[] = [];
  let line = "   ";
  for (let i = 0; i < data.length; i++) {
    const text = ` ${literal(data[i]!)}${i + 1 < data.length ? "," : ""}`;
    if (line.length + text.length > columnsMax) {
      lines.push(line);
      line = "   ";
    }
    line += text;
  }
  lines.push(line);
  return lines.join("\n");
}
