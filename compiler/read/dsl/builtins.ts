/**
 * Names that every file sees: operators, functions of numbers and lists, element types, and the
 * words of some arguments.
 */

import type { LayerOperator } from "../../language/operators/operator.ts";
import { elementsByName } from "../../language/operators/quantisation.ts";
import { schemaOperator } from "../../language/operators/schema.ts";
import { layerOperators } from "../../language/operators/table.ts";
import { allOperators, findOperator } from "../../ops/registry.ts";
import {
  type Datum,
  FunctionDatum,
  isList,
  NamespaceDatum,
  OperatorDatum,
  TupleDatum,
  TypeDatum,
} from "./values.ts";

/** What is wrong with the arguments of a function, to follow its name. */
export class FunctionError extends Error {}

function numbersOf(args: readonly Datum[]): number[] {
  const [only] = args;
  const list = args.length === 1 && only !== undefined && isList(only) ? only : args;
  return list.map((d) => {
    if (typeof d !== "number") throw new FunctionError("takes numbers, or a list of them");
    return d;
  });
}

function one(args: readonly Datum[]): number {
  if (args.length !== 1 || typeof args[0] !== "number") throw new FunctionError("takes one number");
  return args[0];
}

function nonEmpty(args: readonly Datum[]): number[] {
  const list = numbersOf(args);
  if (list.length === 0) throw new FunctionError("takes at least one number");
  return list;
}

function squareRoot(x: number): number {
  if (x < 0) throw new FunctionError("takes no negative number");
  return Math.sqrt(x);
}

const functions: Readonly<Record<string, (args: readonly Datum[]) => Datum>> = {
  abs: (args) => Math.abs(one(args)),
  ceil: (args) => Math.ceil(one(args)),
  floor: (args) => Math.floor(one(args)),
  round: (args) => Math.round(one(args)),
  sqrt: (args) => squareRoot(one(args)),
  max: (args) => nonEmpty(args).reduce((a, b) => Math.max(a, b)),
  min: (args) => nonEmpty(args).reduce((a, b) => Math.min(a, b)),
  sum: (args) => numbersOf(args).reduce((a, b) => a + b, 0),
  len: (args) => {
    const [only] = args;
    if (args.length === 1 && typeof only === "string") return only.length;
    if (args.length !== 1 || only === undefined || !isList(only))
      throw new FunctionError("takes one list or string");
    return only.length;
  },
  reverse: (args) => {
    const [only] = args;
    if (args.length !== 1 || only === undefined || !isList(only))
      throw new FunctionError("takes one list");
    return [...only].reverse();
  },
  zip: (args) => {
    const lists = args.map((a) => {
      if (!isList(a)) throw new FunctionError("takes lists");
      return a;
    });
    const length = lists[0]?.length ?? 0;
    if (lists.some((l) => l.length !== length))
      throw new FunctionError("takes lists of one length");
    return Array.from({ length }, (_, i) => new TupleDatum(lists.map((l) => l[i]!)));
  },
};

/** The function of numbers that an operator's name stands for where no tensor is given. */
export const numberFunction = (operator: string): FunctionDatum | undefined => {
  const apply = Object.hasOwn(functions, operator) ? functions[operator] : undefined;
  return apply && new FunctionDatum(operator, apply);
};

/** Operators by their names in the graph, of imported graphs or of lowered ones. */
const operatorSpace = (
  name: "onnx" | "mote",
  isThere: (level: string) => boolean,
): NamespaceDatum =>
  new NamespaceDatum(
    name,
    (member) => {
      const operator = findOperator(member);
      return operator && isThere(operator.level)
        ? new OperatorDatum(schemaOperator(operator, `${name}.${member}`, name))
        : undefined;
    },
    () =>
      allOperators()
        .filter((o) => isThere(o.level))
        .map((o) => o.name),
  );

const words: readonly string[] = ["same", "valid"];

function builtinTable(): Map<string, Datum> {
  const table = new Map<string, Datum>();
  for (const [name, apply] of Object.entries(functions))
    table.set(name, new FunctionDatum(name, apply));
  for (const word of words) table.set(word, word);
  for (const [name, elem] of elementsByName) table.set(name, new TypeDatum(elem));
  for (const [name, operator] of layerOperators) table.set(name, new OperatorDatum(operator));
  table.set("inf", Infinity);
  table.set(
    "onnx",
    operatorSpace("onnx", (level) => level !== "lowered"),
  );
  table.set(
    "mote",
    operatorSpace("mote", (level) => level !== "imported"),
  );
  return table;
}

export const builtins: ReadonlyMap<string, Datum> = builtinTable();

/** An operator by its name, or by ONNX's as `onnx.Conv`. */
export function builtinOperator(name: string): LayerOperator | undefined {
  const [space, member] = name.split(".");
  const own = builtins.get(space!);
  const datum = member !== undefined && own instanceof NamespaceDatum ? own.find(member) : own;
  return datum instanceof OperatorDatum ? datum.operator : undefined;
}
