/** The schedule as C: layers that run at once as calls, layers that run row by row as loops. */
import type { Graph, Node, Value } from "../ir/graph.ts";
import { layersOf, type Plan, type Step } from "../ir/plan.ts";
import { typeBytes } from "../ir/types.ts";
import { geometry } from "../kernels/conv.ts";
import { type Binding, type Part, partsOf } from "../kernels/kernel.ts";
import { makesPlanes } from "../kernels/rows.ts";
import { kernelOf } from "../kernels/select.ts";
import type { Profile } from "../ops/numerics.ts";
import { commentText, Identifiers } from "./c.ts";
import type { Constants } from "./constants.ts";
import { inputsOf, Layers, wrapped } from "./layers.ts";
import { Addresses, deliveryText, pointerText } from "./place.ts";
import type { Sections } from "./sections.ts";
import { Stream, type StreamLayer } from "./stream.ts";

export interface SourceParts {
  readonly headers: readonly string[];
  readonly constants: Constants;
  readonly functions: string;
  readonly calls: string;
}

/** The model's names behind a layer. */
const originText = ({ origins }: Node): string => commentText(origins.join(", ")) || "made by mote";

/** Steps that run one after the other: as calls, or as a loop over tables of rows. */
interface Run {
  readonly steps: Step[];
  readonly isStream: boolean;
}

/** Steps that make some rows of a layer, or find rows by tables, run in loops. */
function runsOf({ steps, places }: Plan): Run[] {
  const calls = new Map<Node, number>();
  for (const { node } of steps) calls.set(node, (calls.get(node) ?? 0) + 1);
  const runs: Run[] = [];
  for (const step of steps) {
    const isScattered = step.inputs.some((r) => r && places.get(r.value)?.rows);
    const isStream = isScattered || calls.get(step.node)! > 1;
    const last = runs.at(-1);
    if (isStream && last?.isStream) last.steps.push(step);
    else runs.push({ steps: [step], isStream });
  }
  return runs;
}

class SourceWriter {
  readonly #graph: Graph<"planned">;
  readonly #prefix: string;
  readonly #trace: boolean;
  readonly #layers: Layers;
  readonly #names = new Identifiers();
  /** Numbers of layers, for traces. */
  readonly #numbers = new Map<Node, number>();
  readonly #streams: string[] = [];
  readonly #addresses: Addresses;

  constructor(
    graph: Graph<"planned">,
    prefix: string,
    profile: Profile,
    sections: Sections,
    trace: boolean,
  ) {
    this.#graph = graph;
    this.#prefix = prefix;
    this.#trace = trace;
    this.#layers = new Layers(prefix, profile, sections);
    this.#addresses = new Addresses(graph.plan, prefix);
    for (const [number, node] of layersOf(graph.plan).entries()) this.#numbers.set(node, number);
  }

  #pointer(value: Value, isConst: boolean, start = 0): string {
    const place = this.#graph.plan.places.get(value)!;
    return pointerText(value, this.#addresses.of(value, place, start), isConst);
  }

  #inputs({ node, inputs }: Step, binding: Binding, layer: string): string[] {
    return inputsOf(binding).map((i) => {
      const region = inputs[i];
      if (region) return this.#pointer(region.value, true);
      return this.#layers.constantInput(node, i, layer);
    });
  }

  /** Rows that a call makes, all of them or of a part's own; or takes, if it gathers them. */
  #rows({ node: whole, inputs, outputs }: Step, node: Node): string {
    const isPart = node !== whole;
    const { shape } = outputs[0]!.value.type;
    const made = shape[makesPlanes(whole) ? 2 : 1]!;
    const own = kernelOf(whole).accumulates ? inputs[0]!.rowEnd : made;
    const count = isPart ? geometry(node).window.output[0]! : own;
    return `(mote_rows){0, ${count}, 0, NULL, 0}`;
  }

  #partCall(step: Step, { node, kernel, yStart }: Part, layer: string): string {
    const binding = kernel.bind(node, this.#layers.profile);
    const given = [
      ...this.#inputs(step, binding, layer),
      ...step.outputs.map(({ value }) => this.#pointer(value, false, yStart)),
      ...(kernel.scratchBytes
        ? [step.scratch ? this.#addresses.at(step.scratch.offset) : "NULL"]
        : []),
      ...this.#layers.constantsOf(binding, layer, node),
      ...(binding.takesRows ? [this.#rows(step, node)] : []),
    ];
    const name = this.#layers.functionFor(node, kernel, binding);
    return wrapped(`    ${name}(`, given, ");", "        ");
  }

  /** All rows of an input that the application delivers. */
  #delivery({ node, outputs: [region] }: Step): string {
    const { value } = region!;
    const to = this.#addresses.of(value, this.#graph.plan.places.get(value)!);
    return deliveryText(this.#graph.inputs.indexOf(node.inputs[0]!), region!, "0", to, "    ");
  }

  #nameOf(node: Node): string {
    return this.#names.take(node.origins[0] ?? `${node.op}_${this.#numbers.get(node)}`);
  }

  #call(step: Step): string {
    const { node } = step;
    const layer = this.#nameOf(node);
    const calls =
      node.op === "RowInput"
        ? [this.#delivery(step)]
        : partsOf(kernelOf(node), node).map((part) => this.#partCall(step, part, layer));
    const comment = `    /* ${node.op}: ${originText(node)} */`;
    const trace = this.#trace ? [this.#traceCall(step)] : [];
    return [comment, `    ${this.#prefix.toUpperCase()}_STEP(a);`, ...calls, ...trace].join("\n");
  }

  #traceCall({ node, outputs }: Step): string {
    const { value } = outputs[0]!;
    const number = this.#numbers.get(node);
    return `    mote_trace(${number}, ${this.#pointer(value, true)}, ${typeBytes(value.type)}u);`;
  }

  /** A loop over a table of layers, each of which makes its next rows. */
  #stream(steps: readonly Step[]): string {
    const layers = new Map<Node, StreamLayer>();
    for (const step of steps) {
      const known = layers.get(step.node);
      if (known) known.steps.push(step);
      else {
        const [name, number] = [this.#nameOf(step.node), this.#numbers.get(step.node)!];
        const comment = `${step.node.op}: ${originText(step.node)}`;
        layers.set(step.node, { name, number, comment, steps: [step] });
      }
    }
    const name = `rows_${this.#streams.length}`;
    const stream = new Stream(
      this.#graph,
      this.#addresses,
      this.#layers,
      [...layers.values()],
      this.#trace,
    );
    const order = steps.map(({ node }) => [...layers.keys()].indexOf(node));
    this.#streams.push(stream.text(this.#prefix, name, order));
    return stream.call(this.#prefix, name);
  }

  write(): SourceParts {
    const calls = runsOf(this.#graph.plan)
      .map((run) => (run.isStream ? this.#stream(run.steps) : this.#call(run.steps[0]!)))
      .join("\n");
    const headers = [...this.#layers.headers].sort();
    const functions = [this.#layers.text(), ...this.#streams].join("\n");
    return { headers, constants: this.#layers.constants, functions, calls };
  }
}

export const writeSource = (
  graph: Graph<"planned">,
  prefix: string,
  profile: Profile,
  sections: Sections,
  trace: boolean,
): SourceParts => new SourceWriter(graph, prefix, profile, sections, trace).write();
