/**
 * A graph as text; `parse.ts` reads it back. Weights that are longer than a few numbers go to a
 * side
 * file, which the text refers to by byte offsets.
 *
 *     graph lowered "kws" {
 *       %0 "input": int8[1, 49, 10, 1](scale: 0.58, zero: 83) = Input
 *       %1 "w": int8[64, 10, 4, 1](scale: [0.1, …], zero: 0, axis: 0) = Constant @0
 *       %3 "y": int8[1, 25, 5, 64](scale: 0.2, zero: -128) = Conv2D(%0, %1, _) {strides: [2, 2]} from "conv_1"
 *       return %3 as "output"
 *     }
 */
import type { AttrValue, Graph, Node, Value } from "./graph.ts";
import type { Buffer, Plan, Region } from "./plan.ts";
import { isBig, numbers, type Tensor, tensorBytes } from "./tensor.ts";
import type { Quantization, TensorType } from "./types.ts";

/** Constants up to this many numbers are written in the text itself. */
const inlineElementsMax = 8;

export const numberText = (x: number): string =>
  Number.isNaN(x)
    ? "nan"
    : x === Infinity
      ? "inf"
      : x === -Infinity
        ? "-inf"
        : Object.is(x, -0)
          ? "-0"
          : String(x);

const listText = (list: readonly (number | string)[]): string =>
  `[${list.map((x) => (typeof x === "number" ? numberText(x) : JSON.stringify(x))).join(", ")}]`;

function quantizationText({ scale, zeroPoint, axis }: Quantization): string {
  if (scale.length === 1 && axis === undefined)
    return `(scale: ${numberText(scale[0]!)}, zero: ${zeroPoint[0]})`;
  const zero = zeroPoint.every((z) => z === zeroPoint[0]) ? zeroPoint[0] : listText(zeroPoint);
  return `(scale: ${listText(scale)}, zero: ${zero}, axis: ${axis})`;
}

const fullTypeText = ({ elem, shape, quant }: TensorType): string =>
  `${elem}[${shape.join(", ")}]${quant ? quantizationText(quant) : ""}`;

/** Inputs have names; those of constants are where they come from, and no part of the graph. */
const nameText = ({ name, node }: Value): string =>
  name === "" || node.op === "Constant" ? "" : ` ${JSON.stringify(name)}`;

class Printer {
  readonly #ids = new Map<Value, string>();
  readonly #side: Uint8Array[] = [];
  #sideBytes = 0;

  id(value: Value | undefined): string {
    return value === undefined ? "_" : this.#ids.get(value)!;
  }

  #data(tensor: Tensor): string {
    const { data } = tensor;
    if (data.length <= inlineElementsMax)
      return isBig(data) ? `[${data.join(", ")}]` : listText(Array.from(numbers(tensor)));
    const at = this.#sideBytes;
    const bytes = tensorBytes(tensor);
    const padding = (8 - (bytes.length % 8)) % 8;
    this.#side.push(bytes, new Uint8Array(padding));
    this.#sideBytes += bytes.length + padding;
    return `@${at}`;
  }

  #attr(value: AttrValue): string {
    if (typeof value === "number") return numberText(value);
    if (typeof value === "string") return JSON.stringify(value);
    if (Array.isArray(value)) return listText(value as readonly (number | string)[]);
    const tensor = value as Tensor;
    return `${tensor.elem}[${tensor.shape.join(", ")}] ${this.#data(tensor)}`;
  }

  node(node: Node): string {
    for (const value of node.outputs) this.#ids.set(value, `%${this.#ids.size}`);
    const results = node.outputs.map((v) => `${this.id(v)}${nameText(v)}: ${fullTypeText(v.type)}`);
    const from = node.origins.map((o) => JSON.stringify(o)).join(", ");
    return `${results.join(", ")} = ${this.#call(node)}${from && ` from ${from}`}`;
  }

  #call(node: Node): string {
    if (node.op === "Constant") return `Constant ${this.#data(node.attrs.value as Tensor)}`;
    const inputs = node.inputs.map((v) => this.id(v)).join(", ");
    const attrs = Object.entries(node.attrs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}: ${this.#attr(value)}`)
      .join(", ");
    return `${node.op}${inputs && `(${inputs})`}${attrs && ` {${attrs}}`}`;
  }

  side(): Uint8Array {
    return concatenate(this.#side, this.#sideBytes);
  }

  region(r: Region | undefined): string {
    return r ? `${this.id(r.value)} rows ${r.rowBegin} ${r.rowEnd}` : "_";
  }

  #buffer({ id, label, bytes, offset, parts }: Buffer): string {
    const lives = parts.map((p) => `${p.from} ${p.to} ticks ${p.begin} ${p.end}`);
    return `b${id} ${JSON.stringify(label)} ${bytes} at ${offset} (${lives.join(", ")})`;
  }

  plan(plan: Plan, numberOf: Map<Node, number>): string[] {
    const regions = (list: readonly (Region | undefined)[]) =>
      `(${list.map((r) => this.region(r)).join(", ")})`;
    return [
      `  plan ${plan.arenaBytes} align ${plan.alignBytes} {`,
      ...plan.pools.map((p) => `    pool ${JSON.stringify(p.memory)} ${p.begin} ${p.end}`),
      ...plan.buffers.map((b) => `    ${this.#buffer(b)}`),
      ...[...plan.places].map(
        ([value, { offset, rows }]) =>
          `    place ${this.id(value)} at ${offset}${rows ? ` rows (${rows.join(", ")})` : ""}`,
      ),
      ...plan.steps.map(
        (s) =>
          `    step ${numberOf.get(s.node)} ${regions(s.inputs)} ${regions(s.outputs)}` +
          ` ticks ${s.begin} ${s.end}` +
          (s.scratch ? ` scratch ${s.scratch.offset} ${s.scratch.bytes}` : ""),
      ),
      "  }",
    ];
  }
}

function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export interface GraphText {
  readonly text: string;
  /** The side file's bytes: large constants, each at a multiple of 8. */
  readonly weights: Uint8Array;
}

export function printGraph(graph: Graph): GraphText {
  const printer = new Printer();
  const nodes = graph.nodes.map((node) => `  ${printer.node(node)}`);
  const numberOf = new Map(graph.nodes.map((node, i) => [node, i]));
  const outputs = graph.outputs.map((o) => `${printer.id(o.value)} as ${JSON.stringify(o.name)}`);
  const lines = [
    `graph ${graph.level} ${JSON.stringify(graph.name)} {`,
    ...nodes,
    `  return ${outputs.join(", ")}`,
    ...(graph.plan ? printer.plan(graph.plan, numberOf) : []),
    "}",
    "",
  ];
  return { text: lines.join("\n"), weights: printer.side() };
}
