/** docs/operators.md: what runs each ONNX operator, by the tables of operators, rules, kernels. */
import type { Graph } from "../ir/graph.ts";
import { parseGraph } from "../ir/parse.ts";
import { allKernels } from "../kernels/catalogue.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { computed, floats, type Operator } from "../ops/operator.ts";
import { allOperators } from "../ops/registry.ts";
import { composed } from "../read/onnx/composed.ts";
import type { Composed } from "../read/onnx/expansion.ts";
import type { Rule } from "../rewrite/engine.ts";
import { lowerRules } from "../rewrite/rules/lower.ts";
import { fuse, lower, simplify } from "../rewrite/stages.ts";
import { opsetsOf } from "./opsets.ts";

const isComputed = ({ op }: { op: string }): boolean => op !== "Input" && op !== "Constant";

const opsOf = ({ nodes }: Graph): string[] => nodes.filter(isComputed).map((n) => n.op);

const isMoved = ({ integer }: Operator): boolean => integer?.output === "same" && !integer.evaluate;

/** The lowered operators that a rule's example becomes; undefined where it is none. */
function madeOf(example: string): string[] | undefined {
  const log = new Map<string, number>();
  try {
    const graph = parseGraph(example);
    if (graph.level !== "imported") return undefined;
    return opsOf(lower(fuse(simplify(graph as Graph<"imported">, log), log), log));
  } catch {
    return undefined;
  }
}

/** The example of a rule with another of the operators that it is for. */
const exampleOf = ({ example }: Rule, from: readonly string[], to: string): string =>
  from.reduce((text, name) => text.replaceAll(`= ${name}(`, `= ${to}(`), example);

/** By imported operator, the lowered ones that the examples of its rules become. */
function loweredTo(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const rule of lowerRules) {
    if (rule.pattern.kind !== "op") continue;
    const { ops } = rule.pattern;
    for (const op of ops) {
      const set = found.get(op) ?? new Set();
      for (const name of madeOf(exampleOf(rule, ops, op)) ?? madeOf(rule.example) ?? [])
        if (name !== op) set.add(name);
      found.set(op, set);
    }
  }
  return found;
}

const kernelsOf = (ops: ReadonlySet<string>): Kernel[] =>
  allKernels().filter((k) => k.ops.some((op) => ops.has(op)));

/** Features that kernels of their own are there for. */
const faster = (kernels: readonly Kernel[]): string => {
  const features = new Set(kernels.flatMap((k) => k.isa ?? []));
  const names = [...features].sort().map((f) => f.toUpperCase());
  return names.filter((name) => name !== "SCALAR").join(", ");
};

const first = ({ inputs, types }: Operator) => types?.[inputs[0]?.split(": ")[1] ?? ""];

/** Those of quantised networks, whose operands are integers themselves. */
const takesIntegers = (operator: Operator): boolean =>
  first(operator)?.every((elem) => elem === "int8" || elem === "uint8") ?? false;

/** How an operator runs on int8: integers, moved as they are, or in float between DQ and Q. */
function integerForm(operator: Operator, lowered: readonly Operator[]): string {
  if (takesIntegers(operator)) return "yes";
  if (operator.integer) return isMoved(operator) ? "moved" : "yes";
  const computing = lowered.filter((o) => !isMoved(o));
  if (lowered.length > 0 && computing.length === 0) return "moved";
  return computing.length > 0 && computing.every((o) => o.integer) ? "yes" : "float";
}

/** The types of what is computed on, where they are not all. */
function typesOf(operator: Operator): string {
  const only = first(operator);
  if (only === undefined || only === computed) return "";
  if (only === floats) return "floats";
  return only.length > 4 ? "numbers" : only.join(", ");
}

function row(operator: Operator, lowered: ReadonlyMap<string, ReadonlySet<string>>): string {
  const key = operator.name;
  const isDirect = operator.level === "any" && allKernels().some((k) => k.ops.includes(key));
  const made = [...(lowered.get(key) ?? [])].sort();
  const targets = allOperators().filter((o) => made.includes(o.name));
  const runs = [...(isDirect ? ["kernel"] : []), ...made];
  const cells = [
    key,
    runs.length > 0 ? runs.join(", ") : "folded",
    takesIntegers(operator) ? "no" : "yes",
    integerForm(operator, targets),
    "no",
    "no",
    faster(kernelsOf(new Set(isDirect ? [key, ...made] : made))),
    (opsetsOf.get(key) ?? []).join(", "),
    typesOf(operator),
    operator.limits ?? "",
  ];
  return `| ${cells.join(" | ")} |`;
}

const columns = [
  ...["operator", "runs as", "float", "int8", "int4 weights", "16x8"],
  ...["faster on", "opsets", "types", "limits"],
];

const composedItem = ([name, { limits }]: [string, Composed]): string =>
  limits ? `- ${name}: ${limits}` : `- ${name}`;

/** The page of operators. */
export function operatorsPage(): string {
  const lowered = loweredTo();
  const imported = allOperators().filter((o) => o.level !== "lowered");
  const names = (a: Operator, b: Operator) => (a.name < b.name ? -1 : 1);
  return [
    "# Operators",
    "",
    "Made from the tables of operators, rules and kernels. ONNX's operators are read in the form",
    "of any opset from 1 to 26 and brought into the newest; those of `com.microsoft` are what ONNX",
    "Runtime's quantiser and optimiser write.",
    "",
    "- **runs as**: *kernel*, C code of its own; the operators of mote that it becomes; or",
    "  *folded*: it is worked out while compiling, or read as others.",
    "- **int8**: *yes*, an integer kernel, exact to the bit; *moved*, stored integers are",
    "  copied; *float*, it is computed in float between a DequantizeLinear and a",
    "  QuantizeLinear, with a warning.",
    "- **faster on**: processors' features that kernels of their own use (others run the",
    "  portable kernel).",
    "- **opsets**: those that changed the operator; all forms are read.",
    "- **types**: where not all. Floats of 16 and 64 bits are stored as such; float16 is",
    "  computed in float32, and so is float64, with a warning, but for what is elementwise.",
    "  Integers of 4 and 2 bits take a byte each; there are no kernels for 4-bit weights, nor",
    "  for 16-bit activations (16x8), yet.",
    "",
    "Where an input that decides a shape is computed at run time, the declared shape of the",
    "output stands for it. What depends on numbers (NonZero, Unique, NonMaxSuppression,",
    "Compress) has a static maximum: the declared shape, `--shape RESULT=…`, or the largest",
    "possible; elements beyond what was found are zero. Indices out of bounds are errors",
    "where they are constant, and take the nearest element at run time.",
    "",
    `| ${columns.join(" | ")} |`,
    `| ${columns.map(() => "---").join(" | ")} |`,
    ...imported.sort(names).map((o) => row(o, lowered)),
    "",
    "These are read as operators of the table, and run as those do:",
    "",
    ...[...composed].sort().map(composedItem),
    "",
  ].join("\n");
}
