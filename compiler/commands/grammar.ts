/** docs/grammar.md: the model language's grammar as the parser has it. A test keeps it true. */
import type { ISerializedGast } from "chevrotain";
import { keywords } from "../language/keywords.ts";
import { grammar } from "../read/dsl/parse.ts";

type Production = ISerializedGast & {
  readonly name?: string;
  readonly label?: string;
  readonly pattern?: string;
  readonly definition?: readonly Production[];
  readonly separator?: Production;
};

/** Words and signs as they are written, other tokens by their names. */
const terminal = ({ name, label }: Production): string =>
  label?.startsWith("'") ? label : name!.toUpperCase();

const sequence = (definition: readonly Production[] = []): string => definition.map(text).join(" ");

function repeated({ definition, separator }: Production, sign: string): string {
  const item = sequence(definition);
  const [only, ...more] = definition ?? [];
  const isEnclosed = only?.type === "Alternation" && more.length === 0;
  if (!separator) return isEnclosed ? `${item}${sign}` : `(${item})${sign}`;
  const list = `${item} (${terminal(separator)} ${item})*`;
  return sign === "*" ? `(${list})?` : list;
}

function text(production: Production): string {
  const { type, definition = [], name } = production;
  switch (type) {
    case "NonTerminal":
      return name!;
    case "Terminal":
      return terminal(production);
    case "Option":
      return `(${sequence(definition)})?`;
    case "Alternation":
      return definition.length === 1
        ? sequence(definition)
        : `(${definition.map((d) => sequence(d.definition)).join(" | ")})`;
    case "Repetition":
    case "RepetitionWithSeparator":
      return repeated(production, "*");
    case "RepetitionMandatory":
    case "RepetitionMandatoryWithSeparator":
      return repeated(production, "+");
    default:
      return sequence(definition);
  }
}

const single = /\((\w+|'[^' ]+')\)(?=[?*+])/g;

function ruleText({ name, definition = [] }: Production): string {
  const [only] = definition;
  const alternatives =
    definition.length === 1 && only?.type === "Alternation"
      ? (only.definition ?? []).map((d) => sequence(d.definition))
      : [sequence(definition)];
  const lines = alternatives.map((a) => a.replace(single, "$1").replace(/ {2,}/g, " ").trim());
  return `${name} =\n    ${lines.join("\n  | ")} ;`;
}

/** The rule of a whole file first, then the others in their order. */
function rules(): Production[] {
  const all = grammar().getSerializedGastProductions() as Production[];
  const first = all.findIndex((rule) => rule.name === "file");
  return [...all.slice(first), ...all.slice(0, first)];
}

export const grammarPage = (): string =>
  [
    "# Grammar of the model language",
    "",
    "Made from the parser (`compiler/read/dsl/grammar.ts`, `expressions.ts`). `?` is an option, `*`",
    "any number, `+` one or more; NAME, STRING, INTEGER and FLOAT are what their patterns say. Space",
    "and line ends only separate words; comments begin with `//`.",
    "",
    "```ebnf",
    ...rules().map((rule) => `${ruleText(rule)}\n`),
    "NAME = /[A-Za-z_]\\w*/ ;",
    'STRING = /"(?:[^"\\\\\\r\\n]|\\\\.)*"/ ;   (* {expression} in it is its value *)',
    "INTEGER = /\\d+/ ;",
    "FLOAT = /\\d+\\.\\d+([eE][+-]?\\d+)?|\\d+[eE][+-]?\\d+/ ;",
    "```",
    "",
    `No name may be ${keywords.map((k) => `\`${k}\``).join(", ")}.`,
    "",
  ].join("\n");
