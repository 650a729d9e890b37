/** Constant arrays of a program: each once, however many layers read it. */
import { createHash } from "node:crypto";
import { tensorBytes } from "../ir/tensor.ts";
import { elementBytes } from "../ir/types.ts";
import type { ConstantArray } from "../kernels/kernel.ts";
import { arrayLines, cType, Identifiers } from "./c.ts";
import { assigned, type Sections, type Sized, weightsSection } from "./sections.ts";

const contentKey = ({ elem, data }: ConstantArray): string =>
  `${elem}:${createHash("sha256")
    .update(tensorBytes({ elem, shape: [], data }))
    .digest("hex")}`;

interface Definition extends Sized {
  readonly type: string;
  readonly name: string;
  readonly length: number;
  readonly lines: string;
}

/** Bytes of constants in a memory. */
export interface InFlash {
  readonly memory: string;
  readonly bytes: number;
}

export class Constants {
  readonly #prefix: string;
  readonly #sections: Sections;
  readonly #names = new Map<string, string>();
  readonly #identifiers = new Identifiers();
  readonly #definitions: Definition[] = [];
  weightsBytes = 0;
  tablesBytes = 0;

  constructor(prefix: string, sections: Sections) {
    this.#prefix = prefix;
    this.#sections = sections;
  }

  /**
   * The C name of the array; `layer` names it when it is new.
   * @param reads how often a byte is read in a run.
   */
  name(array: ConstantArray, layer: string, reads = 1): string {
    const key = contentKey(array);
    const known = this.#names.get(key);
    if (known) return known;
    const name = `${this.#prefix}_${this.#identifiers.take(`${layer}_${array.name}`)}`;
    this.#names.set(key, name);
    this.#define(array, name, reads);
    return name;
  }

  #define({ elem, data, kind }: ConstantArray, name: string, reads: number): void {
    const bytes = data.length * elementBytes(elem);
    if (kind === "weights") this.weightsBytes += bytes;
    else this.tablesBytes += bytes;
    const [type, length] = [cType(elem), Math.max(1, data.length)];
    this.#definitions.push({ type, name, length, lines: arrayLines(elem, data), bytes, reads });
  }

  /** Of each definition, the index of its memory. */
  #memories(): number[] {
    return assigned(this.#definitions, this.#sections.flash);
  }

  /** What lies in which memory, where the target has several. */
  inFlash(): InFlash[] {
    const memories = this.#memories();
    return this.#sections.flash.map(({ name: memory }, i) => ({
      memory,
      bytes: this.#definitions.reduce((n, d, k) => n + (memories[k] === i ? d.bytes : 0), 0),
    }));
  }

  text(): string {
    const { flash, given } = this.#sections;
    const memories = this.#memories();
    const sectionOf = (i: number): string | undefined => {
      const memory = flash[memories[i]!];
      return memory ? weightsSection(this.#sections, memory.name) : given.get("weights");
    };
    const text = ({ type, name, length, lines }: Definition, i: number): string => {
      const section = sectionOf(i);
      const place = section ? ` MOTE_SECTION("${section}")` : "";
      return `static const ${type} ${name}[${length}]${place} = {\n${lines}\n};\n`;
    };
    return this.#definitions.map(text).join("\n");
  }
}
