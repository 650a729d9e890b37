/** Orders of nodes against all topological orders, measured by lifetimes. */
import { describe, expect, it } from "vitest";
import { bestOrder, type OrderGraph, type OrderNode } from "../../compiler/plan/order/order.ts";
import { Random } from "../support/random.ts";

const soak = process.env.MOTE_SOAK === "1";
const count = soak ? 5000 : 500;

/** Its first output may take the place of inputs, by index, that end with it and have its size. */
interface InPlaceNode extends OrderNode {
  readonly inPlace: readonly number[];
}

interface InPlaceGraph extends OrderGraph {
  readonly nodes: readonly InPlaceNode[];
}

function inPlace(
  node: OrderNode,
  places: readonly number[],
  bytes: readonly number[],
): InPlaceNode {
  const { inputs, outputs } = node;
  const isAlone = (v: number) => inputs.indexOf(v) === inputs.lastIndexOf(v);
  const size = bytes[outputs[0]!]!;
  const saved = (ended: readonly number[]) =>
    places.some(
      (i) => ended.includes(inputs[i]!) && isAlone(inputs[i]!) && bytes[inputs[i]!] === size,
    )
      ? size
      : 0;
  return { ...node, inPlace: places, saved };
}

/** Nodes that read values made before or given; some outputs are read by none. */
function randomGraph(random: Random, nodeCount: number, near: number): InPlaceGraph {
  const bytes = Array.from({ length: random.int(1, 2) }, () => random.int(1, 9));
  const inputs = bytes.map((_, v) => v);
  const nodes = Array.from({ length: nodeCount }, (): InPlaceNode => {
    const reads = Array.from({ length: random.int(1, 3) }, () =>
      random.int(Math.max(0, bytes.length - near), bytes.length - 1),
    );
    const outputs = Array.from({ length: random.int(0, 9) === 0 ? 2 : 1 }, () => {
      const same = random.int(0, 2) === 0;
      return bytes.push(same ? bytes[reads[0]!]! : random.int(1, 9)) - 1;
    });
    const scratchBytes = random.int(0, 3) === 0 ? random.int(1, 9) : 0;
    const places = random.int(0, 1) === 0 ? [] : reads.map((_, i) => i);
    return inPlace({ inputs: reads, outputs, scratchBytes }, places, bytes);
  });
  const outputs = [bytes.length - 1, ...(random.int(0, 2) === 0 ? [random.int(0, 1)] : [])];
  return { nodes, bytes, inputs, outputs: outputs.filter((v) => v < bytes.length) };
}

/** The peak of an order by the first and last step of every value; undefined if a value lacks. */
function peakOf({ nodes, bytes, inputs, outputs }: InPlaceGraph, order: readonly number[]) {
  const [first, last] = [new Map<number, number>(), new Map<number, number>()];
  for (const v of inputs) first.set(v, -1).set(v, -1);
  for (const v of inputs) last.set(v, -1);
  for (const [step, n] of order.entries()) {
    for (const v of nodes[n]!.inputs) {
      if (!first.has(v)) return undefined;
      last.set(v, step);
    }
    for (const v of nodes[n]!.outputs) {
      first.set(v, step);
      last.set(v, step);
    }
  }
  for (const v of outputs) last.set(v, order.length);
  let peak = inputs.reduce((sum, v) => sum + bytes[v]!, 0);
  for (const [step, n] of order.entries()) {
    const { inputs: reads, outputs: makes, scratchBytes = 0, inPlace } = nodes[n]!;
    let live = scratchBytes;
    for (const [v, from] of first) if (from <= step && step <= last.get(v)!) live += bytes[v]!;
    const target = makes[0]!;
    const isReused = inPlace.some((i) => {
      const v = reads[i]!;
      const isAlone = reads.indexOf(v) === reads.lastIndexOf(v);
      return isAlone && last.get(v) === step && bytes[v] === bytes[target];
    });
    peak = Math.max(peak, live - (isReused ? bytes[target]! : 0));
  }
  return peak;
}

/** The least peak over all orders. */
function leastPeak(graph: InPlaceGraph): number {
  let least = Infinity;
  const visit = (order: readonly number[]) => {
    const peak = peakOf(graph, order);
    if (peak === undefined) return;
    if (order.length === graph.nodes.length) least = Math.min(least, peak);
    for (let n = 0; n < graph.nodes.length; n++) if (!order.includes(n)) visit([...order, n]);
  };
  visit([]);
  return least;
}

it(`${count} random graphs agree with all orders`, { timeout: 1e7 }, () => {
  const random = new Random(1);
  for (let i = 0; i < count; i++) {
    const graph = randomGraph(random, random.int(1, 7), random.int(2, 6));
    const found = bestOrder(graph);
    const what = JSON.stringify(graph);
    expect(found.peakBytes, what).toBe(leastPeak(graph));
    expect(found.exact, what).toBe(true);
    expect(peakOf(graph, found.order), what).toBe(found.peakBytes);
  }
});

it("finds a permutation of all nodes, whatever the limit", () => {
  const random = new Random(2);
  for (let i = 0; i < count; i++) {
    const graph = randomGraph(random, random.int(1, 40), random.int(2, 12));
    const exact = bestOrder(graph);
    const limited = bestOrder(graph, { states: 1, beam: 2 });
    for (const { order, peakBytes } of [exact, limited]) {
      expect([...order].sort((a, b) => a - b)).toEqual(graph.nodes.map((_, n) => n));
      expect(peakOf(graph, order)).toBe(peakBytes);
    }
    expect(limited.peakBytes).toBeGreaterThanOrEqual(exact.peakBytes);
    if (limited.exact) expect(limited.peakBytes).toBe(exact.peakBytes);
  }
});

describe("graphs of 500 nodes", () => {
  const chain = (bytesOf: (i: number) => number): OrderGraph => ({
    nodes: Array.from({ length: 500 }, (_, i) => ({ inputs: [i], outputs: [i + 1] })),
    bytes: Array.from({ length: 501 }, (_, i) => bytesOf(i)),
    inputs: [0],
    outputs: [500],
  });

  it("a chain needs about as many states", () => {
    const random = new Random(3);
    const graph = chain(() => random.int(1, 100));
    const found = bestOrder(graph);
    expect(found).toMatchObject({ exact: true, order: graph.nodes.map((_, n) => n) });
    expect(found.states).toBeLessThan(510);
  });

  it("residual blocks need not many more", () => {
    const bytes = Array.from({ length: 499 }, (_, v) => (v % 3 === 1 ? 60 : 10));
    const nodes: OrderNode[] = [];
    for (let v = 0; nodes.length < 498; v += 3)
      nodes.push(
        { inputs: [v], outputs: [v + 1] },
        { inputs: [v + 1], outputs: [v + 2] },
        inPlace({ inputs: [v, v + 2], outputs: [v + 3] }, [0, 1], bytes),
      );
    const found = bestOrder({ nodes, bytes, inputs: [0], outputs: [nodes.length] });
    expect(found).toMatchObject({ exact: true, peakBytes: 80 });
    expect(found.states).toBeLessThan(3 * nodes.length);
  });

  it("a wide one gets a sound order, the same again, and says that it is not exact", () => {
    const graph = randomGraph(new Random(4), 500, 40);
    const found = bestOrder(graph, { states: 2000 });
    expect(found.exact).toBe(false);
    expect(peakOf(graph, found.order)).toBe(found.peakBytes);
    const given = graph.nodes.map((_, n) => n);
    expect(found.peakBytes).toBeLessThanOrEqual(peakOf(graph, given)!);
    expect(bestOrder(graph, { states: 2000 })).toEqual(found);
  });
});

it("runs a branch to its small end before it begins the next", () => {
  const nodes = [
    { inputs: [0], outputs: [1] },
    { inputs: [0], outputs: [2] },
    { inputs: [1], outputs: [3] },
    { inputs: [2], outputs: [4] },
    { inputs: [3, 4], outputs: [5] },
  ];
  const bytes = [10, 100, 100, 1, 1, 1];
  const found = bestOrder({ nodes, bytes, inputs: [0], outputs: [5] });
  expect(found).toMatchObject({ exact: true, peakBytes: 111 });
});
