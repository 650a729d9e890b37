/**
 * The JSON header of a .safetensors file: objects of strings and lists of whole numbers, and nothing
 * deeper. It is read token by token, so that doubled names are seen and nesting costs nothing.
 */
import { visit } from "jsonc-parser";

/** What is wrong with a file, to follow "The file ". */
export class SafetensorsError extends Error {}

export function refuse(text: string): never {
  throw new SafetensorsError(text);
}

export type Field = string | readonly number[];
export type Fields = ReadonlyMap<string, Field>;

const tensorsMax = 100_000;
const axesMax = 64;

/** A name of any length in a message. */
export const quoted = (name: string): string =>
  `'${name.length > 60 ? `${name.slice(0, 60)}…` : name}'`;

const damaged = (): never => refuse("has a header that is damaged, or not of this format");

class HeaderBuilder {
  readonly objects = new Map<string, Fields>();
  readonly #text: string;
  #depth = 0;
  #fields = new Map<string, Field>();
  #name = "";
  #key = "";
  #list: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  beginObject(): void {
    if (this.#depth === 2) damaged();
    this.#depth++;
  }

  endObject(): void {
    this.#depth--;
  }

  property(name: string): void {
    if (this.#depth === 2) this.#field(name);
    else this.#tensor(name);
  }

  #tensor(name: string): void {
    if (name === "__proto__") refuse("has a tensor named '__proto__'");
    if (this.objects.has(name)) refuse(`has two tensors named ${quoted(name)}`);
    if (this.objects.size > tensorsMax) refuse(`has more than ${tensorsMax} tensors`);
    this.#name = name;
    this.#fields = new Map();
    this.objects.set(name, this.#fields);
  }

  #field(key: string): void {
    const known = ["dtype", "shape", "data_offsets"];
    if (this.#fields.has(key)) refuse(`gives ${quoted(key)} of ${quoted(this.#name)} twice`);
    if (this.#name !== "__metadata__" && !known.includes(key))
      refuse(`gives ${quoted(this.#name)} a field ${quoted(key)} that the format does not have`);
    this.#key = key;
  }

  beginList(): void {
    if (this.#depth !== 2 || this.#list) damaged();
    this.#list = [];
  }

  endList(): void {
    this.#fields.set(this.#key, this.#list!);
    this.#list = undefined;
  }

  literal(value: unknown, offset: number, length: number): void {
    if (this.#list) this.#number(this.#text.slice(offset, offset + length));
    else if (this.#depth === 2 && typeof value === "string") this.#fields.set(this.#key, value);
    else damaged();
  }

  #number(text: string): void {
    if (!/^\d{1,15}$/.test(text))
      refuse(`gives ${quoted(this.#name)} the ${this.#key} ${text.slice(0, 20)}`);
    if (this.#list!.length === axesMax)
      refuse(`gives ${quoted(this.#name)} more than ${axesMax} axes`);
    this.#list!.push(Number(text));
  }
}

/** The header's objects by name, in the file's order. @throws SafetensorsError */
export function parseHeader(text: string): ReadonlyMap<string, Fields> {
  if (!text.startsWith("{")) damaged();
  const builder = new HeaderBuilder(text);
  const visitor = {
    onObjectBegin: () => builder.beginObject(),
    onObjectEnd: () => builder.endObject(),
    onObjectProperty: (name: string) => builder.property(name),
    onArrayBegin: () => builder.beginList(),
    onArrayEnd: () => builder.endList(),
    onLiteralValue: (value: unknown, offset: number, length: number) =>
      builder.literal(value, offset, length),
    onError: damaged,
  };
  visit(text, visitor, { disallowComments: true });
  return builder.objects;
}
