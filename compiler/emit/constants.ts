/** Constant arrays of a program: each once, however many layers read it. */
import { createHash } from "node:crypto";
import { tensorBytes } from "../ir/tensor.ts";
import { elementBytes } from "../ir/types.ts";
import type { ConstantArray } from "../kernels/kernel.ts";
import { arrayLines, cType, Identifiers } from "./c.ts";

const contentKey = ({ elem, data }: ConstantArray): string =>
  `${elem}:${createHash("sha256")
    .update(tensorBytes({ elem, shape: [], data }))
    .digest("hex")}`;

export class Constants {
  readonly #prefix: string;
  readonly #names = new Map<string, string>();
  readonly #identifiers = new Identifiers();
  readonly #definitions: string[] = [];
  weightsBytes = 0;
  tablesBytes = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The C name of the array; `layer` names it when it is new. */
  name(array: ConstantArray, layer: string): string {
    const key = contentKey(array);
    const known = this.#names.get(key);
    if (known) return known;
    const name = `${this.#prefix}_${this.#identifiers.take(`${layer}_${array.name}`)}`;
    this.#names.set(key, name);
    this.#define(array, name);
    return name;
  }

  #define({ elem, data, kind }: ConstantArray, name: string): void {
    const bytes = data.length * elementBytes(elem);
    if (kind === "weights") this.weightsBytes += bytes;
    else this.tablesBytes += bytes;
    const declaration = `static const ${cType(elem)} ${name}[${Math.max(1, data.length)}]`;
    this.#definitions.push(`${declaration} = {\n${arrayLines(elem, data)}\n};\n`);
  }

  text(): string {
    return this.#definitions.join("\n");
  }
}
