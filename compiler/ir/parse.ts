/**
 * Reads the text that `print.ts` writes, and by hand in tests; `Constant random 7` makes weights
 * up.
 */
import { createToken, type IToken, Lexer } from "chevrotain";
import {
  type AttrValue,
  type Graph,
  type Level,
  makeGraph,
  makeNode,
  type Node,
  type Value,
} from "./graph.ts";
import type { Buffer, Place, Plan, Pool, Region, Step } from "./plan.ts";
import { newArray, type Tensor, tensorFromBytes, tensorOf } from "./tensor.ts";
import {
  type ElementType,
  elementBytes,
  elementCount,
  elementTypes,
  type TensorType,
} from "./types.ts";

const Blank = createToken({ name: "Blank", pattern: /\s+|\/\/[^\n]*/, group: Lexer.SKIPPED });
const Id = createToken({ name: "Id", pattern: /%\d+|%[a-z]\w*/ });
const Num = createToken({ name: "Num", pattern: /-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf|nan)\b/ });
const Str = createToken({ name: "Str", pattern: /"(?:[^"\\]|\\.)*"/ });
const Word = createToken({ name: "Word", pattern: /[A-Za-z_][\w.]*/ });
const Mark = createToken({ name: "Mark", pattern: /[@+]/ });
const punctuation = Object.fromEntries(
  ["{", "}", "(", ")", "[", "]", ":", ",", "="].map((p) => [
    p,
    createToken({ name: `P${p.charCodeAt(0)}`, pattern: p }),
  ]),
);
const allTokens = [Blank, Id, Num, Str, Word, Mark, ...Object.values(punctuation)];

/** A syntax or reference error, with its place in the text. */
export class GraphTextError extends Error implements TextPlace {
  readonly line: number;
  readonly column: number;
  constructor(text: string, token?: { startLine?: number; startColumn?: number }) {
    super(text);
    this.line = token?.startLine ?? 1;
    this.column = token?.startColumn ?? 1;
  }
}

/** A place in the text. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Sizes, offsets and times end here, and so do elements of a tensor. */
const most = 2 ** 31 - 1;

/** A small recursive reader over Chevrotain's tokens: the language is one statement a line. */
class Reader {
  readonly #tokens: readonly IToken[];
  readonly #weights: Uint8Array;
  readonly #values = new Map<string, Value>();
  readonly #nodes: Node[] = [];
  readonly places = new Map<Node | Step | Buffer, TextPlace>();
  #at = 0;

  constructor(text: string, weights: Uint8Array) {
    const { tokens, errors } = new Lexer(allTokens).tokenize(text);
    const [bad] = errors;
    if (bad)
      throw new GraphTextError(bad.message, { startLine: bad.line!, startColumn: bad.column! });
    this.#tokens = tokens;
    this.#weights = weights;
  }

  #peek(image: string): boolean {
    return this.#tokens[this.#at]?.image === image;
  }

  #fail(expected: string): never {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1);
    throw new GraphTextError(`expected ${expected}, found '${token?.image ?? "the end"}'`, token);
  }

  /** One of the words; the place of an error is the word itself. */
  #oneOf<T extends string>(words: readonly T[], what: string): T {
    const image = this.#tokens[this.#at]?.image as T;
    if (!words.includes(image)) this.#fail(what);
    this.#at++;
    return image;
  }

  #next(kind: typeof Id, what: string): string {
    const token = this.#tokens[this.#at];
    if (token?.tokenType !== kind) this.#fail(what);
    this.#at++;
    return token!.image;
  }

  #expect(...images: string[]): void {
    for (const image of images) {
      if (!this.#peek(image)) this.#fail(`'${image}'`);
      this.#at++;
    }
  }

  #take(image: string): boolean {
    if (!this.#peek(image)) return false;
    this.#at++;
    return true;
  }

  #list<T>(open: string, close: string, item: () => T): T[] {
    const items: T[] = [];
    this.#expect(open);
    while (!this.#take(close)) {
      items.push(item());
      if (!this.#peek(close)) this.#expect(",");
    }
    return items;
  }

  #number(): number {
    const image = this.#next(Num, "a number");
    return image.endsWith("inf") ? (image[0] === "-" ? -Infinity : Infinity) : Number(image);
  }

  /** From 0 on. */
  #whole(): number {
    const token = this.#tokens[this.#at];
    const number = this.#number();
    if (!Number.isInteger(number) || number < 0 || number > most)
      throw new GraphTextError(`expected a whole number from 0 to ${most}`, token);
    return number;
  }

  #shape(): number[] {
    const token = this.#tokens[this.#at];
    const shape = this.#list("[", "]", () => this.#whole());
    if (elementCount(shape) > most) throw new GraphTextError("too many elements", token);
    return shape;
  }

  #text(): string {
    const token = this.#tokens[this.#at];
    const image = this.#next(Str, "a text");
    try {
      return JSON.parse(image) as string;
    } catch {
      throw new GraphTextError("this text has an escape that is none", token);
    }
  }

  /** Notes where something begins. */
  #located<T extends Node | Step | Buffer>(read: () => T): T {
    const { startLine: line = 1, startColumn: column = 1 } = this.#tokens[this.#at] ?? {};
    const made = read();
    this.places.set(made, { line, column });
    return made;
  }

  #numberOrList(): number[] {
    return this.#peek("[") ? this.#list("[", "]", () => this.#number()) : [this.#number()];
  }

  #named(name: string): number {
    this.#expect(name, ":");
    return this.#number();
  }

  #type(): TensorType {
    const elem: ElementType = this.#oneOf(elementTypes, "an element type");
    const shape = this.#shape();
    if (!this.#take("(")) return { elem, shape };
    this.#expect("scale", ":");
    const scale = this.#numberOrList();
    this.#expect(",", "zero", ":");
    const zero = this.#numberOrList();
    const axis = this.#take(",") ? this.#named("axis") : undefined;
    this.#expect(")");
    const zeroPoint = zero.length === scale.length ? zero : scale.map(() => zero[0]!);
    return { elem, shape, quant: { scale, zeroPoint, ...(axis !== undefined && { axis }) } };
  }

  #data({ elem, shape }: TensorType): Tensor {
    if (this.#take("random")) return randomTensor(elem, shape, this.#number());
    if (this.#take("@")) {
      const token = this.#tokens[this.#at];
      const at = this.#whole();
      const bytes = elementCount(shape) * elementBytes(elem);
      if (at + bytes > this.#weights.length)
        throw new GraphTextError(`the side file ends before byte ${at + bytes}`, token);
      return tensorFromBytes(elem, shape, this.#weights.subarray(at, at + bytes));
    }
    return this.#inlineData(elem, shape);
  }

  #inlineData(elem: ElementType, shape: readonly number[]): Tensor {
    const start = this.#tokens[this.#at];
    const images = this.#list("[", "]", () => this.#next(Num, "a number"));
    const count = elementCount(shape);
    if (images.length !== count)
      throw new GraphTextError(`expected ${count} numbers, found ${images.length}`, start);
    const data = newArray(elem, count);
    const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array;
    if (isBig && !images.every((image) => /^-?\d+$/.test(image)))
      throw new GraphTextError("expected whole numbers", start);
    if (isBig) images.forEach((image, i) => (data[i] = BigInt(image)));
    else data.set(tensorOf("float64", shape, images.map(parseNumber)).data as Float64Array);
    return { elem, shape, data };
  }

  #attr(): AttrValue {
    const token = this.#tokens[this.#at];
    if (token?.tokenType === Num) return this.#number();
    if (token?.tokenType === Str) return this.#text();
    if (token?.tokenType === Word) return this.#data(this.#type());
    const items = this.#list("[", "]", () =>
      this.#tokens[this.#at]?.tokenType === Str ? this.#text() : this.#number(),
    );
    return items as AttrValue;
  }

  #value(): Value | undefined {
    if (this.#take("_")) return undefined;
    const id = this.#next(Id, "a value");
    const value = this.#values.get(id);
    if (!value) throw new GraphTextError(`${id} is not defined`, this.#tokens[this.#at - 1]);
    return value;
  }

  #statement(): Node {
    const results: { id: string; name: string; type: TensorType }[] = [];
    do {
      const token = this.#tokens[this.#at];
      const id = this.#next(Id, "a value");
      if (this.#values.has(id)) throw new GraphTextError(`${id} is defined twice`, token);
      const name = this.#tokens[this.#at]?.tokenType === Str ? this.#text() : "";
      this.#expect(":");
      results.push({ id, name, type: this.#type() });
    } while (this.#take(","));
    this.#expect("=");
    const op = this.#next(Word, "an operator");
    const attrs: Record<string, AttrValue> = {};
    if (op === "Constant") attrs.value = this.#data(results[0]!.type);
    const inputs = this.#peek("(") ? this.#list("(", ")", () => this.#value()) : [];
    if (this.#peek("{"))
      this.#list("{", "}", () => {
        const name = this.#next(Word, "an attribute");
        this.#expect(":");
        attrs[name] = this.#attr();
      });
    const origins: string[] = [];
    if (this.#take("from"))
      do origins.push(this.#text());
      while (this.#take(","));
    const types = results.map((r) => r.type);
    const node = makeNode({ op, inputs, attrs, types, names: results.map((r) => r.name), origins });
    this.#nodes.push(node);
    results.forEach((r, i) => this.#values.set(r.id, node.outputs[i]!));
    return node;
  }

  #region(): Region | undefined {
    if (this.#take("_")) return undefined;
    return this.#rows();
  }

  #rows(): Region {
    const value = this.#value() ?? this.#fail("a value");
    this.#expect("rows");
    const token = this.#tokens[this.#at];
    const [rowBegin, rowEnd] = [this.#whole(), this.#whole()];
    if (rowBegin > rowEnd || rowEnd > Math.max(1, ...value.type.shape))
      throw new GraphTextError(`there are no rows ${rowBegin} to ${rowEnd}`, token);
    return { value, rowBegin, rowEnd };
  }

  #regions(): (Region | undefined)[] {
    return this.#list("(", ")", () => this.#region());
  }

  #ticks(): { begin: number; end: number } {
    this.#expect("ticks");
    return { begin: this.#whole(), end: this.#whole() };
  }

  #scratch(): Pick<Step, "scratch"> {
    if (!this.#take("scratch")) return {};
    return { scratch: { offset: this.#whole(), bytes: this.#whole() } };
  }

  #step(): Step {
    const node = this.#nodes[this.#whole()] ?? this.#fail("a node's number");
    const inputs = this.#regions();
    const outputs = this.#list("(", ")", () => this.#rows());
    return { node, inputs, outputs, ...this.#ticks(), ...this.#scratch() };
  }

  #buffer(): Buffer {
    const id = Number(this.#next(Word, "a buffer").slice(1));
    const label = this.#text();
    const bytes = this.#whole();
    this.#expect("at");
    const offset = this.#whole();
    const parts = this.#list("(", ")", () => {
      const [from, to] = [this.#whole(), this.#whole()];
      return { from, to, ...this.#ticks() };
    });
    return { id, label, bytes, offset, parts };
  }

  #place(): Place {
    this.#expect("at");
    const offset = this.#whole();
    if (!this.#take("rows")) return { offset };
    return { offset, rows: this.#list("(", ")", () => this.#whole()) };
  }

  #plan(): Plan {
    const arenaBytes = this.#whole();
    this.#expect("align");
    const alignBytes = this.#whole();
    this.#expect("{");
    const pools: Pool[] = [];
    while (this.#take("pool"))
      pools.push({ memory: this.#text(), begin: this.#number(), end: this.#number() });
    const buffers: Buffer[] = [];
    while (/^b\d+$/.test(this.#tokens[this.#at]?.image ?? ""))
      buffers.push(this.#located(() => this.#buffer()));
    const places = new Map<Value, Place>();
    while (this.#take("place")) places.set(this.#value() ?? this.#fail("a value"), this.#place());
    const steps: Step[] = [];
    while (this.#take("step")) steps.push(this.#located(() => this.#step()));
    this.#expect("}");
    return { arenaBytes, alignBytes, pools, buffers, places, steps };
  }

  graph(): Graph {
    this.#expect("graph");
    const level: Level = this.#oneOf(["imported", "lowered", "planned"], "a level");
    const name = this.#text();
    this.#expect("{");
    while (!this.#peek("return")) this.#located(() => this.#statement());
    this.#expect("return");
    const outputs: { value: Value; name: string }[] = [];
    do {
      const value = this.#value() ?? this.#fail("a value");
      this.#expect("as");
      outputs.push({ value, name: this.#text() });
    } while (this.#take(","));
    if (level === "planned") this.#expect("plan");
    const plan = level === "planned" ? this.#plan() : undefined;
    this.#expect("}");
    if (this.#at < this.#tokens.length) this.#fail("the end");
    const inputs = this.#nodes.filter((n) => n.op === "Input").map((n) => n.outputs[0]!);
    const graph = makeGraph("lowered", name, inputs, outputs);
    return { ...graph, level, plan } as Graph;
  }
}

const parseNumber = (image: string): number =>
  image.endsWith("inf") ? (image[0] === "-" ? -Infinity : Infinity) : Number(image);

/** Reproducible numbers: small ones for floats, the type's range for integers. */
export function randomTensor(elem: ElementType, shape: readonly number[], seed: number): Tensor {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const count = elementCount(shape);
  const draw = elem.startsWith("float")
    ? () => next() * 2 - 1
    : elem === "bool"
      ? () => Math.floor(next() * 2)
      : elem === "uint8"
        ? () => Math.floor(next() * 256)
        : () => Math.floor(next() * 255) - 127;
  return tensorOf(elem, shape, Array.from({ length: count }, draw));
}

/** A graph, and where its nodes, buffers and steps begin in the text. */
export interface LocatedGraph {
  readonly graph: Graph;
  readonly places: ReadonlyMap<Node | Step | Buffer, TextPlace>;
}

/** @throws GraphTextError with line and column. */
export function parseLocated(text: string, weights: Uint8Array = new Uint8Array()): LocatedGraph {
  const reader = new Reader(text, weights);
  return { graph: reader.graph(), places: reader.places };
}

/** @throws GraphTextError with line and column. */
export const parseGraph = (text: string, weights?: Uint8Array): Graph =>
  parseLocated(text, weights).graph;
