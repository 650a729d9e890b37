import type { NodeProto } from "./proto.ts";

/**
 * The nodes in an order in which they can run (the file's own where it is one), and the nodes that
 * lie on or behind a cycle.
 */
export function sortNodes(nodes: readonly NodeProto[]): {
  order: NodeProto[];
  cyclic: NodeProto[];
} {
  const maker = new Map<string, NodeProto>();
  for (const node of nodes) for (const name of node.output) if (name !== "") maker.set(name, node);
  const state = new Map<NodeProto, "open" | "done">();
  const order: NodeProto[] = [];
  const cyclic: NodeProto[] = [];
  for (const root of nodes) {
    const stack: { node: NodeProto; next: number }[] = [];
    const visit = (node: NodeProto) => {
      const seen = state.get(node);
      if (seen === "open") cyclic.push(node);
      if (seen !== undefined) return;
      state.set(node, "open");
      stack.push({ node, next: 0 });
    };
    visit(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const name = top.node.input[top.next++];
      if (name === undefined) {
        state.set(top.node, "done");
        order.push(stack.pop()!.node);
      } else {
        const from = maker.get(name);
        if (from) visit(from);
      }
    }
  }
  return { order, cyclic };
}
