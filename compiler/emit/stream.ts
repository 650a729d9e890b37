/**
 * Layers that run row by row: a loop over a table that says whose turn it is. Rows of a tensor lie
 * where a table of offsets says, in units that all offsets are multiples of.
 */
import type { Graph, Value } from "../ir/graph.ts";
import type { Place, Plan, Region, Step } from "../ir/plan.ts";
import { elementBytes } from "../ir/types.ts";
import { geometry } from "../kernels/conv.ts";
import { type Binding, type Part, partsOf } from "../kernels/kernel.ts";
import { isSliced, rowNode } from "../kernels/rows.ts";
import { kernelOf } from "../kernels/select.ts";
import { inputsOf, type Layers, wrapped } from "./layers.ts";
import { type Addresses, bytesOf, deliveryText, pointerText } from "./place.ts";

export interface StreamLayer {
  /** Of its constants. */
  readonly name: string;
  /** In traces. */
  readonly number: number;
  readonly comment: string;
  readonly steps: Step[];
}

/** The largest power of two that divides all of them. */
function commonUnit(numbers: readonly number[]): number {
  const any = numbers.reduce((bits, n) => bits | n, 0);
  return any === 0 ? 1 << 15 : any & -any;
}

/** The rows by which a step goes on: of its output, or of the input that it gathers. */
const advancing = ({ node, inputs, outputs }: Step): Region =>
  kernelOf(node).accumulates ? inputs[0]! : outputs[0]!;

/** Rows that the layer's call `n` makes of a part of the output, or takes, if it gathers them. */
function rowsOf({ steps }: StreamLayer, { node, rowStep }: Part) {
  const isPart = node !== steps[0]!.node && rowStep > 1;
  const [count, all] = [advancing(steps[0]!).rowEnd, advancing(steps.at(-1)!).rowEnd];
  const last = steps.length - 1;
  const each = Math.ceil(count / rowStep);
  const height = isPart ? geometry(node).window.output[0]! : all;
  const begin = each === 1 ? "n" : `${each} * n`;
  const end =
    height === each * steps.length
      ? `${begin} + ${each}`
      : `n < ${last} ? ${begin} + ${each} : ${height}`;
  return { text: `${begin}, ${end}`, isIdleAtLast: isPart && height === each * last };
}

export class Stream {
  readonly #plan: Plan;
  readonly #addresses: Addresses;
  readonly #inputs: readonly Value[];
  readonly #layers: Layers;
  readonly #of: readonly StreamLayer[];
  readonly #trace: boolean;
  /** log2 of what offsets in tables are multiples of. */
  readonly #shift: number;
  readonly #tables = new Map<Value, string>();

  constructor(
    { plan, inputs }: Graph<"planned">,
    addresses: Addresses,
    layers: Layers,
    of: readonly StreamLayer[],
    trace: boolean,
  ) {
    this.#plan = plan;
    this.#addresses = addresses;
    this.#inputs = inputs;
    this.#layers = layers;
    this.#of = of;
    this.#trace = trace;
    this.#shift = Math.log2(commonUnit(this.#offsets()));
    if (this.#offsets().some((offset) => offset >> this.#shift > 65535))
      throw new RangeError("rows lie beyond the reach of 16-bit offsets");
  }

  /** The address in its pool. */
  #inPool(offset: number): number {
    return offset - this.#addresses.base(offset).begin;
  }

  /** All offsets that tables hold. */
  #offsets(): number[] {
    const steps = this.#of.flatMap((l) => l.steps);
    const regions = steps.flatMap((s) => [...s.inputs, ...s.outputs]);
    const rows = regions.flatMap((r) => (r && this.#plan.places.get(r.value)!.rows) ?? []);
    const scratch = steps.flatMap((s) => (s.scratch ? [s.scratch.offset] : []));
    return [...rows, ...scratch].map((offset) => this.#inPool(offset));
  }

  #table(value: Value, { rows }: Place, layer: string): string {
    const known = this.#tables.get(value);
    if (known) return known;
    const offsets = rows!.map((offset) => this.#inPool(offset) >> this.#shift);
    const name = this.#layers.table("rows", offsets, layer);
    this.#tables.set(value, name);
    return name;
  }

  /** An offset in a table, in bytes. */
  #entry(table: string, index: string): string {
    const entry = `${table}[${index}]`;
    return this.#shift === 0 ? entry : `((uint32_t)${entry} << ${this.#shift})`;
  }

  /** The address of element `start` of a row. */
  #row(region: Region, row: string, layer: string, start = 0): string {
    const place = this.#plan.places.get(region.value)!;
    const within = start * elementBytes(region.value.type.elem);
    if (!place.rows)
      return `${this.#addresses.at(place.offset + within)} + ${bytesOf(region, 1)} * (${row})`;
    const { name } = this.#addresses.base(place.offset);
    const entry = this.#entry(this.#table(region.value, place, layer), row);
    return within === 0 ? `${name} + ${entry}` : `${name} + ${entry} + ${within}`;
  }

  /** The input of a kernel that makes rows of a window: all of it, and how to find its rows. */
  #window({ inputs }: Step, layer: string): { x: string; rest: string } {
    const { value } = inputs[0]!;
    const place = this.#plan.places.get(value)!;
    if (!place.rows)
      return { x: pointerText(value, this.#addresses.of(value, place), true), rest: "0, NULL, 0" };
    const shift = this.#shift - Math.log2(elementBytes(value.type.elem));
    return {
      x: pointerText(value, this.#addresses.base(place.offset).name, true),
      rest: `0, ${this.#table(value, place, layer)}, ${shift}`,
    };
  }

  #scratch({ steps, name }: StreamLayer): string {
    const offsets = steps.map((s) => s.scratch?.offset ?? 0);
    const [first] = offsets as [number];
    if (offsets.every((o) => o === first)) return this.#addresses.at(first);
    const units = offsets.map((o) => this.#inPool(o) >> this.#shift);
    const table = this.#layers.table("scratch", units, name);
    return `${this.#addresses.base(first).name} + ${this.#entry(table, "n")}`;
  }

  #arguments(layer: StreamLayer, step: Step, part: Part, binding: Binding) {
    const { steps, name } = layer;
    const { node, kernel, yStart } = part;
    const [first] = steps as [Step];
    const count = advancing(first).rowEnd;
    const begin = count === 1 ? "n" : `${count} * n`;
    const window = binding.takesRows ? this.#window(first, name) : undefined;
    const input = (i: number): string => {
      const region = step.inputs[i];
      if (!region) return this.#layers.constantInput(node, i, name);
      if (window && i === 0) return window.x;
      const isFixed = first.inputs[i]!.rowBegin === steps.at(-1)!.inputs[i]!.rowBegin;
      const row = isFixed ? `${region.rowBegin}` : begin;
      return pointerText(region.value, this.#row(region, row, name), true);
    };
    return [
      ...inputsOf(binding).map(input),
      pointerText(
        step.outputs[0]!.value,
        this.#row(step.outputs[0]!, kernel.accumulates ? "0" : begin, name, yStart),
        false,
      ),
      ...(kernel.scratchBytes ? [this.#scratch(layer)] : []),
      ...this.#layers.constantsOf(binding, name, node),
      ...(window ? [`(mote_rows){${rowsOf(layer, part).text}, ${window.rest}}`] : []),
    ];
  }

  /** The rows of an input that the application delivers. */
  #delivery({ name }: StreamLayer, { outputs: [region] }: Step, count: number, indent: string) {
    const begin = count === 1 ? "n" : `${count} * n`;
    const to = this.#row(region!, begin, name);
    return deliveryText(
      this.#inputs.indexOf(region!.value.node.inputs[0]!),
      region!,
      begin,
      to,
      indent,
    );
  }

  /** The call of a step, which stands for all steps of as many rows. */
  #call(layer: StreamLayer, step: Step, indent: string): string {
    const { node, outputs } = step;
    if (node.op === "RowInput")
      return this.#delivery(layer, step, layer.steps[0]!.outputs[0]!.rowEnd, indent);
    const kernel = kernelOf(node);
    const rows = outputs[0]!.rowEnd - outputs[0]!.rowBegin;
    const called = isSliced(node) ? rowNode(node, rows) : node;
    return partsOf(kernel, called)
      .map((part) => this.#partCall(layer, step, part, indent))
      .join("\n");
  }

  #partCall(layer: StreamLayer, step: Step, part: Part, indent: string): string {
    const { node, kernel } = part;
    const binding = kernel.bind(node, this.#layers.profile);
    const given = this.#arguments(layer, step, part, binding);
    const [x] = step.inputs;
    const hasTable = x !== undefined && this.#plan.places.get(x.value)?.rows !== undefined;
    const name = this.#layers.functionFor(node, kernel, binding, hasTable);
    const call = (within: string) => wrapped(`${within}${name}(`, given, ");", `${within}    `);
    if (!rowsOf(layer, part).isIdleAtLast) return call(indent);
    const last = layer.steps.length - 1;
    return `${indent}if (n < ${last}) {\n${call(`${indent}    `)}\n${indent}}`;
  }

  #traceCall({ number, steps, name }: StreamLayer): string {
    const region = steps[0]!.outputs[0]!;
    if (kernelOf(steps[0]!.node).accumulates) {
      const all = `mote_trace(${number}, ${this.#row(region, "0", name)}, ${bytesOf(region, 1)}u);`;
      return `            if (n == ${steps.length - 1}) {\n                ${all}\n            }`;
    }
    const [count, last] = [region.rowEnd, steps.at(-1)!.outputs[0]!];
    const row = this.#row(region, count === 1 ? "n" : `${count} * n`, name);
    const rest = last.rowEnd - last.rowBegin;
    const [all, tail] = [bytesOf(region, count), bytesOf(region, rest)];
    const bytes = all === tail ? `${all}u` : `n < ${steps.length - 1} ? ${all}u : ${tail}u`;
    return `            mote_trace(${number}, ${row}, ${bytes});`;
  }

  #case(layer: StreamLayer, index: number): string {
    const { steps, comment } = layer;
    const [first, last] = [steps[0]!, steps.at(-1)!];
    const count = first.outputs[0]!.rowEnd;
    const rest = last.outputs[0]!.rowEnd - last.outputs[0]!.rowBegin;
    const indent = "            ";
    const calls =
      rest === count || !isSliced(first.node)
        ? [this.#call(layer, first, indent)]
        : [
            `${indent}if (n < ${steps.length - 1}) {`,
            this.#call(layer, first, `${indent}    `),
            `${indent}} else {`,
            this.#call(layer, last, `${indent}    `),
            `${indent}}`,
          ];
    const trace = this.#trace ? [this.#traceCall(layer)] : [];
    return [`        case ${index}: /* ${comment} */`, ...calls, ...trace, `${indent}break;`].join(
      "\n",
    );
  }

  /** The text, with a comma before it, where rows are delivered. */
  #delivered(text: string): string {
    return this.#of.some(({ steps }) => steps[0]!.node.op === "RowInput") ? `, ${text}` : "";
  }

  /** The call of the loop. */
  call(prefix: string, name: string): string {
    return `    ${prefix}_${name}(a${this.#delivered("read, context")});`;
  }

  /** @param order whose turn it is, call by call. */
  text(prefix: string, name: string, order: readonly number[]): string {
    const cases = this.#of.map((layer, i) => this.#case(layer, i));
    const kind = this.#of.length > 256 ? "table" : "bytes";
    const table = this.#layers[kind]("order", order, name);
    return [
      `static MOTE_NOINLINE void ${prefix}_${name}(unsigned char *a${this.#delivered("mote_read_row read, void *context")})`,
      "{",
      `    int32_t calls[${this.#of.length}] = {0};`,
      `    for (int32_t i = 0; i < ${order.length}; i++) {`,
      `        const int32_t n = calls[${table}[i]]++;`,
      `        ${prefix.toUpperCase()}_STEP(a);`,
      `        switch (${table}[i]) {`,
      ...cases,
      "        default:",
      "            break;",
      "        }",
      "    }",
      "}",
      "",
    ].join("\n");
  }
}
