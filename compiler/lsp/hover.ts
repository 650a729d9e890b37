/** What is shown of the name or layer under the pointer, as Markdown. */

import type { Span } from "../language/ast.ts";
import type { LayerOperator } from "../language/operators/operator.ts";
import { builtinOperator } from "../read/dsl/builtins.ts";
import type { DeclaredFact, LayerFact } from "./facts.ts";
import type { View } from "./view.ts";

export interface HoverText extends Span {
  readonly markdown: string;
}

/** The first use of a locale would take longer than the rest of a hover. */
const grouped = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ",");
const code = (text: string): string => `\`\`\`mote\n${text}\n\`\`\``;

/** `conv(x, channels, kernel = 3, groups: 1)` */
export function signatureOf({ name, args }: LayerOperator): string {
  const shown = args.map((a) => {
    const initial = a.initial === undefined ? (a.optional ? "?" : "") : ` = ${a.initial}`;
    return `${a.name}${initial}`;
  });
  return `${name}(${shown.join(", ")})`;
}

const words: Partial<Record<DeclaredFact["kind"], string>> = { value: "let", variable: "var" };

function declaredText({ name, kind, parameters }: DeclaredFact, values: readonly string[]): string {
  const args = kind === "block" || kind === "model" ? `(${parameters.join(", ")})` : "";
  const head = `${words[kind] ?? kind} ${name}${args}`;
  const sign = args ? " -> " : ": ";
  return code(values.length === 0 ? head : values.map((v) => `${head}${sign}${v}`).join("\n"));
}

const layersMax = 12;
const columns = ["layer", "output", "bytes", "MACs"];
const targetColumns = ["kernel", "instructions", "bytes live"];

function layerRow(layer: LayerFact, view: View): string[] {
  const { name, op, type, bytes, macs } = layer;
  const own = [`${name} (${op})`, type, grouped(bytes), macs > 0 ? grouped(macs) : ""];
  if (!view.costs) return own;
  const cost = view.costs.costs.layers.get(name);
  if (!cost) return [...own, "part of another layer or of a constant", "", ""];
  const others = cost.fused.filter((n) => n !== name);
  const kernel = `${cost.kernel}${others.length > 0 ? ` with ${others.join(", ")}` : ""}`;
  return [...own, kernel, grouped(cost.instructions), grouped(cost.liveBytes)];
}

const cells = (row: readonly string[]): string =>
  `| ${row.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;

/** A row a layer: several where the text is in a block or loop. */
function layersText(layers: readonly LayerFact[], view: View): string {
  const head = view.costs ? [...columns, ...targetColumns] : columns;
  const rows = layers.slice(0, layersMax).map((layer) => cells(layerRow(layer, view)));
  const table = [
    cells(head),
    cells(head.map((_, i) => (i < 2 || i === 4 ? "---" : "--:"))),
    ...rows,
  ];
  const more = layers.length - layersMax;
  const notes = [
    ...(more > 0 ? [`and ${more} more layers`] : []),
    ...(view.costs
      ? [
          `${view.costs.costs.target}: arena ${grouped(view.costs.costs.arenaBytes)} bytes, as of the last compile` +
            (view.costs.isFresh ? "" : ", before the last edit"),
        ]
      : []),
  ];
  return [table.join("\n"), ...notes].join("\n\n");
}

export function hoverAt(view: View, offset: number): HoverText | undefined {
  const { facts } = view;
  const occurrence = view.occurrenceAt(offset);
  const maker = view.at(offset, facts.makers);
  const values = view.at(offset, facts.values);
  const span = occurrence ?? maker ?? values;
  if (!span) return undefined;
  const { start, end } = span;
  const name = view.text.slice(start, end);
  const parts: string[] = [];
  if (occurrence && occurrence.number >= 0) {
    const declared = view.declared(occurrence.number);
    const own =
      values?.start === start && values.end === end ? facts.texts[values.number]!.split("\n") : [];
    parts.push(declaredText(declared, own), ...declared.docs);
  } else {
    const operator = builtinOperator(name);
    if (operator) parts.push(code(signatureOf(operator)), operator.docs);
  }
  if (maker) parts.push(layersText(JSON.parse(facts.layers[maker.number]!), view));
  if (parts.length === 0) return undefined;
  if (!view.isFresh) parts.push("_As of the text before the last edit._");
  return { start, end, markdown: parts.join("\n\n") };
}
