/** The schedule as C: one function for each layer signature, and the run that calls them. */
import type { Graph, Node } from "../ir/graph.ts";
import { constantOf } from "../ir/graph.ts";
import type { Region, Step } from "../ir/plan.ts";
import { elementBytes, type TensorType, typeBytes } from "../ir/types.ts";
import { geometry } from "../kernels/conv.ts";
import {
  type Binding,
  type ConstantArray,
  type Core,
  type Kernel,
  type Part,
  partsOf,
  weightsArray,
} from "../kernels/kernel.ts";
import { kernelOf } from "../kernels/select.ts";
import type { Profile } from "../ops/numerics.ts";
import { commentText, cType, Identifiers, structLiteral } from "./c.ts";
import { Constants } from "./constants.ts";

interface Parameter {
  readonly type: string;
  readonly name: string;
}

const shapeText = ({ shape }: TensorType): string => shape.join("x") || "scalar";

const signatureComment = (node: Node): string =>
  `${shapeText(node.inputs[0]!.type)} -> ${shapeText(node.outputs[0]!.type)}`;

function inputParameters(node: Node, { inputs }: Binding): Parameter[] {
  return inputs.map((i) => ({
    type: `const ${cType(node.inputs[i]!.type.elem)} *`,
    name: inputs.length === 1 ? "x" : `x${i}`,
  }));
}

function parametersOf(node: Node, kernel: Kernel, binding: Binding): Parameter[] {
  return [
    ...inputParameters(node, binding),
    ...node.outputs.map((v, i) => ({
      type: `${cType(v.type.elem)} *`,
      name: i === 0 ? "y" : `y${i}`,
    })),
    ...(kernel.scratchBytes ? [{ type: "void *", name: "scratch" }] : []),
    ...binding.constants.flatMap((c) =>
      c ? [{ type: `const ${cType(c.elem)} *`, name: c.name }] : [],
    ),
    ...(binding.takesRows ? [{ type: "mote_rows ", name: "rows" }] : []),
  ];
}

/** Breaks a list of arguments into lines of at most 100 columns. */
function wrapped(head: string, parts: readonly string[], tail: string, indent: string): string {
  const lines = [head];
  parts.forEach((part, i) => {
    const text = `${part}${i + 1 < parts.length ? ", " : tail}`;
    const line = lines.at(-1)!;
    if ((line + text).trimEnd().length > 100 && line.trim() !== "") lines.push(indent + text);
    else lines[lines.length - 1] = line + text;
  });
  return lines.map((l) => l.trimEnd()).join("\n");
}

/** Struct literals break after top-level fields. */
function structLines(head: string, shape: Binding["shape"], indent: string): string {
  const fields = Object.entries(shape).map(([name, value]) =>
    structLiteral({ [name]: value }).slice(1, -1),
  );
  return wrapped(`${indent}${head}{`, fields, "}", `${indent}    `);
}

/** A call with the struct as its last argument. */
function callText(head: string, given: readonly string[], binding: Binding): string {
  const { struct, shape, byAddress } = binding;
  if (!byAddress) {
    const call = wrapped(head, [...given, ""], "", "        ").trimEnd();
    return `${call}\n${structLines(`(${struct})`, shape, "        ")});`;
  }
  const constant = structLines(`static const ${struct} shape = `, shape, "    ");
  return `${constant};\n${wrapped(head, [...given, "&shape"], ");", "        ")}`;
}

export interface SourceParts {
  readonly headers: readonly string[];
  readonly constants: Constants;
  readonly functions: string;
  readonly calls: string;
}

/** Emits layer functions once a signature, and the calls in order. */
class SourceWriter {
  readonly #prefix: string;
  readonly #profile: Profile;
  readonly #graph: Graph<"planned">;
  readonly #trace: boolean;
  readonly #functions = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #texts: string[] = [];
  #cores = 0;
  readonly #layers = new Identifiers();
  readonly headers = new Set<string>();
  readonly constants: Constants;

  constructor(graph: Graph<"planned">, prefix: string, profile: Profile, trace: boolean) {
    this.#graph = graph;
    this.#prefix = prefix;
    this.#profile = profile;
    this.#trace = trace;
    this.constants = new Constants(prefix);
  }

  #functionName(kernel: Kernel): string {
    const n = this.#counts.get(kernel.name) ?? 0;
    this.#counts.set(kernel.name, n + 1);
    return `${this.#prefix}_${kernel.name}_${n}`;
  }

  /** The name of a core's function, emitted when it is new. */
  #core({ macro, arguments: given }: Core): string {
    const key = `${macro}(${given.join(", ")})`;
    const known = this.#functions.get(key);
    if (known) return known;
    const name = `${this.#prefix}_core_${this.#cores++}`;
    this.#functions.set(key, name);
    this.#texts.push(`${macro}(${[name, ...given].join(", ")})\n`);
    return name;
  }

  /** The name of the function for this kernel and shape, emitted when it is new. */
  #function(node: Node, kernel: Kernel, binding: Binding): string {
    const present = binding.constants.map((c) => (c ? "1" : "0")).join("");
    this.headers.add(kernel.header);
    const core = binding.core && this.#core(binding.core);
    const key = `${kernel.name}(${core},${present})${structLiteral(binding.shape)}`;
    const known = this.#functions.get(key);
    if (known) return known;
    const name = this.#functionName(kernel);
    this.#functions.set(key, name);
    this.#texts.push(this.#definition(name, node, kernel, binding));
    return name;
  }

  #definition(name: string, node: Node, kernel: Kernel, binding: Binding): string {
    const parameters = parametersOf(node, kernel, binding).map((p) => `${p.type}${p.name}`);
    const given = [
      ...(binding.core ? [this.#core(binding.core)] : []),
      ...inputParameters(node, binding).map((p) => p.name),
      ...node.outputs.map((_, i) => (i === 0 ? "y" : `y${i}`)),
      ...(kernel.scratchBytes ? ["scratch"] : []),
      ...binding.constants.map((c) => c?.name ?? "NULL"),
      ...(binding.takesRows ? ["rows"] : []),
    ];
    const head = wrapped(`static MOTE_NOINLINE void ${name}(`, parameters, ")", "    ");
    const body = callText(`    mote_${kernel.name}(`, given, binding);
    return `/* ${signatureComment(node)} */\n${head}\n{\n${body}\n}\n`;
  }

  #pointer(region: Region, isConst: boolean, start = 0): string {
    const { elem } = region.value.type;
    const from = this.#graph.plan.buffers[region.buffer]!.offset + region.byteOffset;
    const offset = from + start * elementBytes(elem);
    const type = cType(elem);
    return isConst
      ? `(const ${type} *)(const void *)(a + ${offset})`
      : `(${type} *)(void *)(a + ${offset})`;
  }

  #scratch({ scratch }: Step): string {
    if (!scratch) return "NULL";
    return `a + ${this.#graph.plan.buffers[scratch.buffer]!.offset + scratch.byteOffset}`;
  }

  #inputs({ node, inputs }: Step, binding: Binding, layer: string): string[] {
    return binding.inputs.map((i) => {
      const region = inputs[i];
      if (region) return this.#pointer(region, true);
      const tensor = constantOf(node.inputs[i])!;
      return this.constants.name(weightsArray(`input_${i}`, tensor.elem, tensor.data), layer);
    });
  }

  /** Rows that a call makes: those of its region, or all of a part's own. */
  #rows({ node: whole, outputs, inputs }: Step, node: Node): string {
    const { rowBegin, rowEnd } = outputs[0]!;
    const isPart = node !== whole;
    const made = isPart ? `0, ${geometry(node).window.output[0]}` : `${rowBegin}, ${rowEnd}`;
    return `(mote_rows){${made}, ${inputs[0]?.rowBegin ?? 0}, NULL, 0}`;
  }

  #partCall(step: Step, { node, kernel, yStart }: Part, layer: string): string {
    const binding = kernel.bind(node, this.#profile);
    const constants = binding.constants.filter((c): c is ConstantArray => c !== undefined);
    const given = [
      ...this.#inputs(step, binding, layer),
      ...step.outputs.map((region) => this.#pointer(region, false, yStart)),
      ...(kernel.scratchBytes ? [this.#scratch(step)] : []),
      ...constants.map((c) => this.constants.name(c, layer)),
      ...(binding.takesRows ? [this.#rows(step, node)] : []),
    ];
    const name = this.#function(node, kernel, binding);
    return wrapped(`    ${name}(`, given, ");", "        ");
  }

  #call(step: Step, index: number): string {
    const { node } = step;
    const layer = this.#layers.take(node.origins[0] ?? `${node.op}_${index}`);
    const calls = partsOf(kernelOf(node), node).map((part) => this.#partCall(step, part, layer));
    const comment = `    /* ${node.op}: ${originText(node)} */`;
    const trace = this.#trace ? [this.#traceCall(step, index)] : [];
    return [comment, ...calls, ...trace].join("\n");
  }

  #traceCall(step: Step, index: number): string {
    const region = step.outputs[0]!;
    return `    mote_trace(${index}, ${this.#pointer(region, true)}, ${typeBytes(region.value.type)}u);`;
  }

  write(): SourceParts {
    const calls = this.#graph.plan.steps.map((step, i) => this.#call(step, i)).join("\n");
    const headers = [...this.headers].sort();
    return { headers, constants: this.constants, functions: this.#texts.join("\n"), calls };
  }
}

/** The model's names behind a layer. */
const originText = ({ origins }: Node): string => commentText(origins.join(", ")) || "made by mote";

export const writeSource = (
  graph: Graph<"planned">,
  prefix: string,
  profile: Profile,
  trace: boolean,
): SourceParts => new SourceWriter(graph, prefix, profile, trace).write();
