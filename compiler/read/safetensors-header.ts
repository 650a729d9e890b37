/**
 * The JSON header of a .safetensors file: an object of objects of texts and lists of whole numbers.
 * JSON.parse() would let doubled names pass, and take as deep a nesting as it is given.
 */

/** What is wrong with a file, to follow "The file ". */
export class SafetensorsError extends Error {}

export function refuse(text: string): never {
  throw new SafetensorsError(text);
}

export type Field = string | readonly number[];
export type Fields = ReadonlyMap<string, Field>;

const namesMax = 100_000;
const axesMax = 64;

/** A name of any length in a message. */
export const quoted = (name: string): string =>
  `'${name.length > 60 ? `${name.slice(0, 60)}…` : name}'`;

const damaged = (): never => refuse("has a header that is damaged, or not of this format");

function find(pattern: RegExp, text: string, from: number): RegExpExecArray | null {
  pattern.lastIndex = from;
  return pattern.exec(text);
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The first character of the next token, or nothing. */
  peek(): string {
    this.#at = find(/[^ \t\n\r]/g, this.#text, this.#at)?.index ?? this.#text.length;
    return this.#text[this.#at] ?? "";
  }

  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.#at++;
    return true;
  }

  expect(character: string): void {
    if (!this.take(character)) damaged();
  }

  /** Items between brackets, with commas between them. */
  items(open: string, close: string, item: () => void): void {
    this.expect(open);
    if (this.take(close)) return;
    do item();
    while (this.take(","));
    this.expect(close);
  }

  string(): string {
    if (this.peek() !== '"') damaged();
    const begin = this.#at;
    do this.#at = this.#text.indexOf('"', this.#at + 1);
    while (this.#at > 0 && this.#isEscaped());
    if (this.#at < 0) damaged();
    this.#at++;
    try {
      return JSON.parse(this.#text.slice(begin, this.#at)) as string;
    } catch {
      return damaged();
    }
  }

  /** Whether an odd number of backslashes stands before the quote. */
  #isEscaped(): boolean {
    let from = this.#at;
    while (this.#text[from - 1] === "\\") from--;
    return (this.#at - from) % 2 === 1;
  }

  /** What stands where a number should, of 20 characters at most. */
  word(): string {
    this.peek();
    const [word] = find(/[^\s,:[\]{}]{1,20}/y, this.#text, this.#at) ?? damaged();
    this.#at += word.length;
    return word;
  }
}

/** Calls `value` behind each name of an object. */
function readObject(scanner: Scanner, what: string, value: (name: string) => void): void {
  const names = new Set<string>();
  scanner.items("{", "}", () => {
    const name = scanner.string();
    if (names.has(name)) refuse(`has two ${what} named ${quoted(name)}`);
    if (names.size === namesMax) refuse(`has more than ${namesMax} ${what}`);
    names.add(name);
    scanner.expect(":");
    value(name);
  });
}

function readList(scanner: Scanner, tensor: string, field: string): number[] {
  const list: number[] = [];
  scanner.items("[", "]", () => {
    const word = scanner.word();
    if (!/^(0|[1-9]\d{0,14})$/.test(word)) refuse(`gives ${quoted(tensor)} the ${field} ${word}`);
    if (list.length === axesMax) refuse(`gives ${quoted(tensor)} more than ${axesMax} axes`);
    list.push(Number(word));
  });
  return list;
}

function readFields(scanner: Scanner, tensor: string): Fields {
  const fields = new Map<string, Field>();
  readObject(scanner, `fields of ${quoted(tensor)}`, (field) => {
    if (field === "dtype") fields.set(field, scanner.string());
    else if (field === "shape" || field === "data_offsets")
      fields.set(field, readList(scanner, tensor, field));
    else refuse(`gives ${quoted(tensor)} a field ${quoted(field)} that the format does not have`);
  });
  return fields;
}

function readMetadata(scanner: Scanner): Map<string, string> {
  const metadata = new Map<string, string>();
  readObject(scanner, "texts of metadata", (name) => metadata.set(name, scanner.string()));
  return metadata;
}

export interface Header {
  /** By name, in the file's order. */
  readonly tensors: ReadonlyMap<string, Fields>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** @throws SafetensorsError */
export function parseHeader(text: string): Header {
  if (!text.startsWith("{")) damaged();
  const scanner = new Scanner(text);
  const tensors = new Map<string, Fields>();
  let metadata = new Map<string, string>();
  readObject(scanner, "tensors", (name) => {
    if (name === "__metadata__") metadata = readMetadata(scanner);
    else if (name === "__proto__") refuse("has a tensor named '__proto__'");
    else tensors.set(name, readFields(scanner, name));
  });
  if (scanner.peek() !== "") damaged();
  return { tensors, metadata };
}
