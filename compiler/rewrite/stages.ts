/** The rule lists of each stage. Rules of earlier stages go on tidying what later ones make. */
import type { Graph, Node } from "../ir/graph.ts";
import { withSharedConstants } from "../ir/shared.ts";
import { type RewriteLog, rewrite } from "./engine.ts";
import { clampRules } from "./rules/clamp.ts";
import { fuseRules } from "./rules/fuse.ts";
import { integerRules, leftoverRules } from "./rules/integer.ts";
import { edgeRules, layoutRules } from "./rules/layout.ts";
import { lowerRules } from "./rules/lower.ts";
import { simplifyRules } from "./rules/simplify.ts";
import { inSingle } from "./singles.ts";

const settle = [...simplifyRules, ...layoutRules, ...clampRules];

export const simplify = (graph: Graph<"imported">, log: RewriteLog): Graph<"imported"> =>
  withSharedConstants(rewrite(inSingle(rewrite(graph, simplifyRules, log)), simplifyRules, log));

export const fuse = (graph: Graph<"imported">, log: RewriteLog): Graph<"imported"> =>
  withSharedConstants(rewrite(graph, [...simplifyRules, ...fuseRules], log));

export function lower(graph: Graph<"imported">, log: RewriteLog): Graph<"lowered"> {
  const mixed = rewrite(graph, [...lowerRules, ...settle], log);
  return { ...mixed, level: "lowered" };
}

/** Operators between Quantize and Dequantize become integer operators, but for some. */
export const toInteger = (
  graph: Graph<"lowered">,
  isFloat: (node: Node) => boolean,
  log: RewriteLog,
): Graph<"lowered"> => rewrite(graph, [...integerRules(isFloat), ...settle], log);

/** What is left over at the end: weights nobody took as integers, transpositions at the edges. */
export const settleEdges = (graph: Graph<"lowered">, log: RewriteLog): Graph<"lowered"> =>
  rewrite(graph, [...leftoverRules, ...simplifyRules, ...edgeRules], log);

/** Every rule, for its test. */
export const allRules = [
  ...simplifyRules,
  ...fuseRules,
  ...lowerRules,
  ...layoutRules,
  ...clampRules,
  ...integerRules(() => false),
  ...leftoverRules,
  ...edgeRules,
];
