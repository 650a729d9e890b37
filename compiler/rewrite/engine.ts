/** Applies rules to a graph until none fits. */
import { type Graph, type Level, type Node, usesOf, type Value } from "../ir/graph.ts";
import { substitute } from "../ir/substitute.ts";
import { sameType, typeText } from "../ir/types.ts";
import { Match, type OpPattern, orders } from "./pattern.ts";

/**
 * What a rule puts in place of the root's outputs, where nothing need stand for one that nothing
 * reads; nothing at all when the rule does not apply after all.
 */
export type Replacement = Value | readonly (Value | undefined)[] | undefined;

export interface Rule {
  readonly name: string;
  /** A graph on which the rule applies, as text: run as its test. */
  readonly example: string;
  readonly pattern: OpPattern;
  readonly replace: (match: Match) => Replacement;
}

/** How often each rule was applied. */
export type RewriteLog = Map<string, number>;

interface Compiled {
  readonly rule: Rule;
  readonly patterns: readonly OpPattern[];
}

const compile = (rules: readonly Rule[]): Compiled[] =>
  rules.map((rule) => ({ rule, patterns: orders(rule.pattern) }));

function useCounter(graph: Graph): (value: Value) => number {
  const uses = usesOf(graph);
  const outputs = new Map<Value, number>();
  for (const { value } of graph.outputs) outputs.set(value, (outputs.get(value) ?? 0) + 1);
  return (value) => (uses.get(value)?.length ?? 0) + (outputs.get(value) ?? 0);
}

interface Found {
  readonly rule: Rule;
  readonly match: Match;
  readonly values: readonly (Value | undefined)[];
}

function tryRules(
  node: Node,
  rules: readonly Compiled[],
  useCount: (value: Value) => number,
  isTouched: (node: Node) => boolean,
): Found | undefined {
  for (const { rule, patterns } of rules)
    for (const pattern of patterns) {
      const match = new Match(node, useCount);
      if (!match.run(pattern)) continue;
      const replacement = rule.replace(match);
      if (replacement === undefined || match.nodes.some(isTouched)) continue;
      const values = Array.isArray(replacement) ? replacement : [replacement as Value];
      checkTypes(rule, node, values);
      return { rule, match, values };
    }
  return undefined;
}

function checkTypes(rule: Rule, node: Node, values: Found["values"]): void {
  for (const [i, value] of values.entries()) {
    if (!value) continue;
    const before = node.outputs[i]!.type;
    if (!sameType(before, value.type))
      throw new Error(
        `rule ${rule.name} turns ${node.op}'s ${typeText(before)} into ${typeText(value.type)}`,
      );
  }
}

/** One pass: every node is part of at most one rewrite, so that matches see the graph as it is. */
function sweep(graph: Graph, rules: readonly Compiled[], log: RewriteLog): Map<Value, Value> {
  const useCount = useCounter(graph);
  const touched = new Set<Node>();
  const replaced = new Map<Value, Value>();
  for (const node of graph.nodes) {
    const found = tryRules(node, rules, useCount, (n) => touched.has(n));
    if (!found) continue;
    for (const [i, value] of found.values.entries())
      if (value) replaced.set(node.outputs[i]!, value);
    for (const n of found.match.nodes) if (n.op !== "Constant") touched.add(n);
    log.set(found.rule.name, (log.get(found.rule.name) ?? 0) + 1);
  }
  return replaced;
}

/** More sweeps than this mean that rules undo each other. */
const sweepsMax = 1000;

/** Applies the rules until none fits. The list's order decides where several do. */
export function rewrite<L extends Level & ("imported" | "lowered")>(
  graph: Graph<L>,
  rules: readonly Rule[],
  log: RewriteLog = new Map(),
): Graph<L> {
  const compiled = compile(rules);
  let current = graph;
  for (let i = 0; i < sweepsMax; i++) {
    const replaced = sweep(current, compiled, log);
    if (replaced.size === 0) return current;
    current = substitute(current, replaced);
  }
  const names = [...log]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([name]) => name);
  throw new Error(`rewriting does not end; most applied: ${names.join(", ")}`);
}
