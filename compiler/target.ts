/** Targets are data: `targets/<name>/target.json`, checked against `targets/target.schema.json`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import {
  badTargetFile,
  type Diagnostic,
  fileNotFound,
  MoteError,
  unknownTarget,
} from "./diagnostics.ts";
import { packagePath } from "./paths.ts";

/** What a processor can do, as far as a kernel may need it. */
export type Feature = "thumb1" | "thumb2" | "scalar" | "dsp" | "fpu" | "mve";

/** One memory of the machine that the program is linked for. */
export interface Memory {
  readonly name: string;
  readonly kind: "flash" | "ram";
  /** Hexadecimal, as the linker takes it. */
  readonly origin: string;
  readonly bytes: number;
  /** Cycles to read or write a word; only pools have one: memories for tensors or constants. */
  readonly cost?: number;
}

/** A memory that the compiler puts tensors or constants in. */
export interface Pool {
  readonly name: string;
  readonly bytes: number;
  readonly cost: number;
}

/** Pools of a kind, the fastest first; of equals the smaller first. */
export const poolsOf = ({ memories }: Pick<Target, "memories">, kind: Memory["kind"]): Pool[] =>
  memories
    .flatMap(({ name, bytes, cost, ...m }) =>
      m.kind === kind && cost !== undefined ? [{ name, bytes, cost }] : [],
    )
    .sort((a, b) => a.cost - b.cost || a.bytes - b.bytes);

/** Cycles by class of instruction, for memory without wait states. */
export interface CycleTable {
  /** The document that the numbers are from. */
  readonly source: string;
  readonly other: number;
  /** MRS, MSR and barriers. */
  readonly system: number;
  /** Unconditional: B, BX, BLX, TBB, TBH. */
  readonly branch: number;
  readonly branchLink: number;
  /** Conditional, CBZ and loop ends. */
  readonly branchTaken: number;
  readonly branchNotTaken: number;
  readonly load: number;
  /** A load right after another load or a store. */
  readonly loadPaired: number;
  readonly store: number;
  /** LDRD and STRD. */
  readonly pair: number;
  /** LDM, STM, PUSH, POP: this and `multiplePerRegister` for each register. */
  readonly multiple: number;
  readonly multiplePerRegister: number;
  /** Added when the program counter is among the registers loaded. */
  readonly multipleToPc: number;
  readonly multiply: number;
  readonly multiplyAccumulate: number;
  readonly multiplyLong: number;
  readonly multiplyAccumulateLong: number;
  readonly divide: number;
  readonly floatMultiplyAccumulate: number;
  readonly floatDivide: number;
}

/** What a kernel was measured to cost on a target. */
export interface KernelCosts {
  /** Instructions by those that the kernel's cost function says. */
  readonly instructions: number;
  /** Cycles by the same, where the target has a model of them. */
  readonly cycles?: number;
  /** Bytes of code of a layer. */
  readonly codeBytes: number;
}

/** All that the compiler knows of a processor and of the machine that runs its programs. */
export interface Target {
  readonly name: string;
  readonly description: string;
  readonly isa: readonly Feature[];
  /** The C compiler's command. */
  readonly compiler: string;
  /** What stands before nm, size and objdump, such as `arm-none-eabi-`. */
  readonly binutils: string;
  /** Flags that choose the processor, for the compiler and the linker. */
  readonly cflags: readonly string[];
  readonly optimisation: readonly string[];
  /** The first flash holds the vectors, the last flash the program, the last ram the data. */
  readonly memories: readonly Memory[];
  /** Folder of the start-up code and linker script, absolute; empty for the host. */
  readonly familyFolder: string;
  /** QEMU's machine; null runs the program on this computer. */
  readonly machine: string | null;
  /** Room for the stack; null where the system provides it. */
  readonly stackBytes: number | null;
  /** Folders of `runtime-c/kernels` that come before the portable kernels, best first. */
  readonly variants: readonly string[];
  /** By kernel, from `costs.json` beside the target file, which `npm run calibrate` measures. */
  readonly costs: Readonly<Record<string, KernelCosts>>;
  /** Null where no honest model exists (dual issue, unpublished timing, the host). */
  readonly cycles: CycleTable | null;
}

type TargetFile = Omit<Target, "familyFolder" | "costs"> & { readonly family: string };

/** The names of the targets that come with mote, sorted. */
export function listTargets(): string[] {
  return readdirSync(packagePath("targets"))
    .filter((name) => existsSync(fileOfTarget(name)))
    .sort();
}

/** A target by its name, or by the path of a user's own target.json; throws a MoteError. */
export function loadTarget(name: string): Target {
  const file = looksLikePath(name) ? name : fileOfTarget(name);
  if (!existsSync(file)) {
    throw new MoteError(
      looksLikePath(name) ? fileNotFound(name) : unknownTarget(name, listTargets()),
    );
  }
  return parseTarget(readFileSync(file, "utf8"), file);
}

/** Checks the text of a target file; every problem is reported with its line and column. */
export function parseTarget(text: string, file: string): Target {
  const syntaxErrors: ParseError[] = [];
  const tree = parseTree(text, syntaxErrors);
  const at = (offset: number, problem: string) => problemAt(text, file, offset, problem);
  if (syntaxErrors.length > 0) {
    throw new MoteError(...syntaxErrors.map((e) => at(e.offset, syntaxProblem(e))));
  }
  if (tree === undefined) throw new MoteError(at(0, "the file is empty"));
  return fromTree(tree, file, at);
}

type Report = (offset: number, problem: string) => Diagnostic;

function fromTree(tree: Node, file: string, at: Report): Target {
  const value: unknown = getNodeValue(tree);
  const validate = schemaValidator();
  if (!validate(value)) {
    const errors = (validate.errors ?? []).filter(isCause);
    throw new MoteError(...errors.map((e) => at(offsetOf(tree, e), schemaProblem(e))));
  }
  const { family, ...rest } = value as TargetFile;
  const problem = inconsistency(rest);
  if (problem) throw new MoteError(at(offsetAt(tree, problem.path), problem.text));
  const familyFolder = findFamily(family, file);
  if (familyFolder === undefined) {
    throw new MoteError(at(offsetAt(tree, ["family"]), `there is no family '${family}'`));
  }
  return { ...rest, familyFolder, costs: readCosts(file) };
}

type TargetFacts = Omit<Target, "familyFolder" | "costs">;

/** Nothing for a target that was not calibrated. */
function readCosts(file: string): Target["costs"] {
  const costs = join(dirname(resolve(file)), "costs.json");
  return existsSync(costs) ? (JSON.parse(readFileSync(costs, "utf8")) as Target["costs"]) : {};
}

interface Inconsistency {
  readonly path: (string | number)[];
  readonly text: string;
}

/** Memories have names and addresses of their own, of 32 bits. */
function clash({ memories }: TargetFacts): Inconsistency | null {
  for (const [i, memory] of memories.entries()) {
    const begin = Number(memory.origin);
    if (begin + memory.bytes > 2 ** 32)
      return {
        path: ["memories", i, "bytes"],
        text: `${memory.name} ends beyond 32-bit addresses`,
      };
    for (const other of memories.slice(0, i)) {
      if (other.name.toLowerCase() === memory.name.toLowerCase())
        return { path: ["memories", i, "name"], text: `two memories are named '${memory.name}'` };
      const otherBegin = Number(other.origin);
      if (begin < otherBegin + other.bytes && otherBegin < begin + memory.bytes)
        return {
          path: ["memories", i, "origin"],
          text: `${memory.name} overlaps ${other.name}, which is ${other.bytes} bytes from ${other.origin}`,
        };
    }
  }
  return null;
}

/** What the schema cannot say: a target for a machine needs both kinds of memory and a stack. */
function inconsistency(target: TargetFacts): Inconsistency | null {
  const clashing = clash(target);
  if (clashing || target.machine === null) return clashing;
  const missing = (["flash", "ram"] as const).find(
    (kind) => !target.memories.some((memory) => memory.kind === kind),
  );
  if (missing) return { path: ["memories"], text: `a machine needs a memory of kind '${missing}'` };
  const stack = target.stackBytes === null;
  return stack ? { path: ["stackBytes"], text: "a machine needs room for the stack" } : null;
}

const looksLikePath = (name: string): boolean => /[/\\]|\.json$/.test(name);

const fileOfTarget = (name: string): string => packagePath("targets", name, "target.json");

/** A family of the user's own lies beside the target file and wins over mote's. */
function findFamily(family: string, file: string): string | undefined {
  const places = [join(dirname(resolve(file)), family), packagePath("targets", "families", family)];
  return places.find((place) => existsSync(place));
}

let compiledSchema: ValidateFunction | undefined;

function schemaValidator(): ValidateFunction {
  const schema = () =>
    JSON.parse(readFileSync(packagePath("targets", "target.schema.json"), "utf8"));
  compiledSchema ??= new Ajv({ allErrors: true, strict: false }).compile(schema());
  return compiledSchema;
}

/** Alternatives of a `oneOf` fail together; only the one that the user can have meant is told. */
function isCause(error: ErrorObject): boolean {
  const isNullAlternative = error.keyword === "type" && error.schemaPath.includes("/oneOf/0/");
  return error.keyword !== "oneOf" && !isNullAlternative;
}

const pathOf = (error: ErrorObject): (string | number)[] =>
  error.instancePath
    .split("/")
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));

function offsetOf(tree: Node, error: ErrorObject): number {
  const extra: unknown = error.params.additionalProperty;
  const path = pathOf(error);
  return offsetAt(tree, typeof extra === "string" ? [...path, extra] : path);
}

function offsetAt(tree: Node, path: (string | number)[]): number {
  const node = findNodeAtLocation(tree, path);
  const isProperty = node?.parent?.type === "property" && typeof path.at(-1) === "string";
  return (isProperty ? node.parent : node)?.offset ?? tree.offset;
}

function schemaProblem(error: ErrorObject): string {
  const subject = error.instancePath.slice(1).replaceAll("/", ".") || "the target";
  if (error.keyword === "additionalProperties") {
    return `${subject} has an unknown field '${error.params.additionalProperty}'`;
  }
  const allowed = Array.isArray(error.params.allowedValues)
    ? ` (${error.params.allowedValues.join(", ")})`
    : "";
  return `${subject} ${error.message}${allowed}`;
}

const syntaxProblem = (e: ParseError): string =>
  `${printParseErrorCode(e.error).replace(/(?<=.)[A-Z]/g, (c) => ` ${c.toLowerCase()}`)} in JSON`;

function problemAt(text: string, file: string, offset: number, problem: string): Diagnostic {
  const before = text.slice(0, offset).split("\n");
  return badTargetFile(file, before.length, before.at(-1)!.length + 1, problem);
}
