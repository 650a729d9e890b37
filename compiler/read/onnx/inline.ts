/** Nodes under other names: a model's own functions in place of their calls, bodies of loops. */
import { fail } from "../../ops/operator.ts";
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto } from "./proto.ts";

type Rename = (name: string) => string;

/** Calls within calls; more is taken for functions that call themselves. */
const depthMax = 32;
const nodesMax = 100_000;

/** The message with some fields of its own; the others are as they were, absent ones too. */
const changed = <T extends object>(message: T, fields: Partial<T>): T =>
  Object.assign(Object.create(message) as T, fields);

const renamedTensor = (t: TensorProto, rename: Rename): TensorProto =>
  changed(t, { name: rename(t.name) });

/** A graph within a node under other names, those that it reads from around it as well. */
export const renamedGraph = (graph: GraphProto, rename: Rename): GraphProto =>
  changed(graph, {
    node: graph.node.map((n) => renamedNode(n, rename)),
    initializer: graph.initializer.map((t) => renamedTensor(t, rename)),
    input: graph.input.map((i) => changed(i, { name: rename(i.name) })),
    output: graph.output.map((o) => changed(o, { name: rename(o.name) })),
  });

const renamedAttribute = (a: AttributeProto, rename: Rename): AttributeProto =>
  a.g ? changed(a, { g: renamedGraph(a.g, rename) }) : a;

const renamedNode = (node: NodeProto, rename: Rename): NodeProto =>
  changed(node, {
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: node.attribute.map((a) => renamedAttribute(a, rename)),
  });

const keyOf = (domain: string, name: string): string => `${domain}:${name}`;

/** The attributes of a body's node: those that stand for the call's, or for what it has not. */
function attributesOf(node: NodeProto, call: NodeProto, own: FunctionProto): AttributeProto[] {
  return node.attribute.flatMap((a) => {
    if (!a.refAttrName) return [a];
    const named = (list: readonly AttributeProto[]) => list.find((b) => b.name === a.refAttrName);
    const given = named(call.attribute) ?? named(own.attributeProto);
    return given ? [changed(given, { name: a.name })] : [];
  });
}

/** The body of a function in place of a call. */
function bodyOf(call: NodeProto, own: FunctionProto): NodeProto[] {
  const prefix = `${call.name || call.output[0] || own.name}/`;
  const outer = new Map<string, string>([["", ""]]);
  own.input.forEach((name, i) => outer.set(name, call.input[i] ?? ""));
  own.output.forEach((name, i) => {
    if (call.output[i]) outer.set(name, call.output[i]);
  });
  const rename: Rename = (name) => outer.get(name) ?? `${prefix}${name}`;
  const opsets = new Map(own.opsetImport.map((o) => [o.domain, Number(o.version.toString())]));
  return own.node.map((node) =>
    changed(renamedNode(changed(node, { attribute: attributesOf(node, call, own) }), rename), {
      name: `${prefix}${node.name || node.opType}`,
      opsets: call.opsets ?? opsets,
    }),
  );
}

/**
 * The nodes with calls of the model's own functions replaced by what these do.
 * @param isOwn whether an operator is there without the model's function.
 * @throws OperatorError for functions that call themselves, or make too many nodes.
 */
export function inlined(
  nodes: readonly NodeProto[],
  functions: readonly FunctionProto[],
  isOwn: (node: NodeProto) => boolean,
): readonly NodeProto[] {
  if (functions.length === 0) return nodes;
  const byKey = new Map(functions.map((f) => [keyOf(f.domain, f.name), f]));
  let left = nodesMax;
  const expand = (list: readonly NodeProto[], depth: number): NodeProto[] =>
    list.flatMap((node) => {
      const own = isOwn(node) ? undefined : byKey.get(keyOf(node.domain, node.opType));
      if (--left < 0) fail(`its functions make more than ${nodesMax} nodes`);
      if (!own) return [node];
      if (depth >= depthMax) fail(`the function '${own.name}' calls itself`);
      return expand(bodyOf(node, own), depth + 1);
    });
  return expand(nodes, 0);
}
