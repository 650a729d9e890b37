/** One C function for each layer signature: kernel, constants present, literal shape. */
import { constantOf, type Node } from "../ir/graph.ts";
import { elementCount, type TensorType } from "../ir/types.ts";
import {
  type Binding,
  type ConstantArray,
  type Core,
  type Kernel,
  tableArray,
  weightsArray,
} from "../kernels/kernel.ts";
import type { Profile } from "../ops/numerics.ts";
import { operatorOf } from "../ops/registry.ts";
import { cType, structLiteral } from "./c.ts";
import { Constants } from "./constants.ts";
import type { Sections } from "./sections.ts";

interface Parameter {
  readonly type: string;
  readonly name: string;
}

const shapeText = ({ shape }: TensorType): string => shape.join("x") || "scalar";

const signatureComment = (node: Node): string =>
  `${shapeText(node.inputs[0]!.type)} -> ${shapeText(node.outputs[0]!.type)}`;

const inputName = ({ inputs }: Binding, input: number | undefined): string => {
  if (input === undefined) return "NULL";
  return inputs.length === 1 ? "x" : `x${input}`;
};

/** The inputs that are not missing. */
export const inputsOf = ({ inputs }: Binding): number[] => inputs.filter((i) => i !== undefined);

function inputParameters(node: Node, binding: Binding): Parameter[] {
  return inputsOf(binding).map((i) => ({
    type: `const ${cType(node.inputs[i]!.type.elem)} *`,
    name: inputName(binding, i),
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
export function wrapped(
  head: string,
  parts: readonly string[],
  tail: string,
  indent: string,
): string {
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

/** How often a run reads a byte of a node's weights: once a pixel of the output. */
function readsOf(node: Node): number {
  const macs = operatorOf(node).macs?.(node) ?? 0;
  return Math.max(1, macs / Math.max(1, elementCount(node.inputs[1]?.type.shape ?? [])));
}

/** Emits what layers call, each function, core and constant once. */
export class Layers {
  readonly #prefix: string;
  readonly profile: Profile;
  readonly #functions = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #texts: string[] = [];
  #cores = 0;
  readonly headers = new Set<string>();
  readonly constants: Constants;

  constructor(prefix: string, profile: Profile, sections: Sections) {
    this.#prefix = prefix;
    this.profile = profile;
    this.constants = new Constants(prefix, sections);
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

  /**
   * The name of the function for this kernel and shape, emitted when it is new.
   * @param hasTable whether rows of the input are found by a table; else the C compiler shall know.
   */
  functionFor(node: Node, kernel: Kernel, binding: Binding, hasTable = false): string {
    const given = [...binding.inputs.map((i) => i !== undefined), ...binding.constants];
    const present = given.map((c) => (c ? "1" : "0")).join("");
    this.headers.add(kernel.header);
    const core = binding.core && this.#core(binding.core);
    const key = `${kernel.name}(${core},${present},${hasTable})${structLiteral(binding.shape)}`;
    const known = this.#functions.get(key);
    if (known) return known;
    const name = this.#functionName(kernel);
    this.#functions.set(key, name);
    this.#texts.push(this.#definition(name, node, kernel, binding, hasTable));
    return name;
  }

  #definition(
    name: string,
    node: Node,
    kernel: Kernel,
    binding: Binding,
    hasTable: boolean,
  ): string {
    const rows = hasTable
      ? "rows"
      : "(mote_rows){rows.out_begin, rows.out_end, rows.in_begin, NULL, 0}";
    const parameters = parametersOf(node, kernel, binding).map((p) => `${p.type}${p.name}`);
    const given = [
      ...(binding.core ? [this.#core(binding.core)] : []),
      ...binding.inputs.map((i) => inputName(binding, i)),
      ...node.outputs.map((_, i) => (i === 0 ? "y" : `y${i}`)),
      ...(kernel.scratchBytes ? ["scratch"] : []),
      ...binding.constants.map((c) => c?.name ?? "NULL"),
      ...(binding.takesRows ? [rows] : []),
    ];
    const head = wrapped(`static MOTE_NOINLINE void ${name}(`, parameters, ")", "    ");
    const body = callText(`    mote_${kernel.name}(`, given, binding);
    return `/* ${signatureComment(node)} */\n${head}\n{\n${body}\n}\n`;
  }

  /** The names of a binding's constants, those that are missing aside. */
  constantsOf({ constants }: Binding, layer: string, node: Node): string[] {
    const present = constants.filter((c): c is ConstantArray => c !== undefined);
    return present.map((c) => this.constants.name(c, layer, readsOf(node)));
  }

  /** The name of an input that is a constant. */
  constantInput(node: Node, input: number, layer: string): string {
    const tensor = constantOf(node.inputs[input])!;
    return this.constants.name(weightsArray(`input_${input}`, tensor.elem, tensor.data), layer);
  }

  /** The name of a table of 16-bit numbers. */
  table(name: string, numbers: readonly number[], layer: string): string {
    return this.constants.name(tableArray(name, "uint16", Uint16Array.from(numbers)), layer);
  }

  /** The name of a table of numbers below 256. */
  bytes(name: string, numbers: readonly number[], layer: string): string {
    return this.constants.name(tableArray(name, "uint8", Uint8Array.from(numbers)), layer);
  }

  /** The functions' definitions. */
  text(): string {
    return this.#texts.join("\n");
  }
}
