/** Sets of nodes that can have run, what is live after them, and the steps from one to another. */
import type { OrderGraph, OrderNode } from "./order.ts";

export interface State {
  /** In order of making. */
  readonly id: number;
  /** A bit a node: whether it has run. */
  readonly done: Uint32Array;
  /** The same as text. */
  readonly key: string;
  /** How many have run. */
  readonly count: number;
  /** Bytes that are live after them. */
  readonly live: number;
  /** The most bytes so far. */
  readonly peak: number;
  readonly before: State | undefined;
  /** What ran last, in order. */
  readonly ran: readonly number[];
}

const has = (done: Uint32Array, node: number): boolean =>
  ((done[node >>> 5]! >>> (node & 31)) & 1) === 1;

const set = (done: Uint32Array, node: number): void => {
  done[node >>> 5]! |= 1 << (node & 31);
};

const keyOf = (done: Uint32Array): string =>
  String.fromCharCode(...new Uint16Array(done.buffer, done.byteOffset, 2 * done.length));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const unique = (list: readonly number[]): number[] => [...new Set(list)];

export class Downsets {
  readonly start: State;
  /** No order's peak is less. */
  readonly leastPeak: number;
  /** States made so far. */
  made = 0;
  readonly #graph: OrderGraph;
  /** The nodes that read each value. */
  readonly #readers: number[][];
  readonly #isOutput: Uint8Array;
  /** The nodes that must run before each. */
  readonly #before: number[][];
  /** Nodes that run one right after the other. */
  readonly #chains: readonly (readonly number[])[];

  constructor(graph: OrderGraph) {
    const { nodes, bytes } = graph;
    this.#graph = graph;
    this.#isOutput = new Uint8Array(bytes.length);
    for (const v of graph.outputs) this.#isOutput[v] = 1;
    this.#readers = bytes.map(() => []);
    const maker = new Map<number, number>();
    for (const [n, node] of nodes.entries()) {
      for (const v of unique(node.inputs)) this.#readers[v]!.push(n);
      for (const v of node.outputs) maker.set(v, n);
    }
    this.#before = nodes.map(({ inputs }) =>
      unique(inputs.flatMap((v) => (maker.has(v) ? [maker.get(v)!] : []))),
    );
    this.#chains = this.#collapse();
    const initial = sum(unique(graph.inputs).map((v) => bytes[v]!));
    this.leastPeak = Math.max(initial, ...nodes.map((n) => this.#footprint(n)));
    const done = new Uint32Array(Math.ceil(nodes.length / 32));
    this.start = {
      id: this.made++,
      done,
      key: keyOf(done),
      count: 0,
      live: sum(unique(graph.inputs).map((v) => (this.#isLiveAfter(done, v) ? bytes[v]! : 0))),
      peak: this.leastPeak,
      before: undefined,
      ran: [],
    };
  }

  isEnd(state: State): boolean {
    return state.count === this.#graph.nodes.length;
  }

  orderOf(end: State): number[] {
    const order: number[] = [];
    for (let s: State | undefined = end; s; s = s.before) order.unshift(...s.ran);
    return order;
  }

  /**
   * The states one step on. A step that neither raises the peak nor leaves more live is the only
   * one: it can always be done first, since what it frees only grows with what has run.
   */
  successors(state: State): State[] {
    const all: State[] = [];
    for (const chain of this.#chains) {
      if (has(state.done, chain[0]!) || !this.#isReady(state.done, chain)) continue;
      const after = this.#run(state, chain);
      if (after.peak <= state.peak && after.live <= state.live) return [after];
      all.push(after);
    }
    return all;
  }

  /** The end that the given order leads to. */
  inGivenOrder(): State {
    let state = this.start;
    for (const n of this.#graph.nodes.keys()) state = this.#run(state, [n]);
    return state;
  }

  /** Whether nothing is missing but the chain's own nodes. */
  #isReady(done: Uint32Array, chain: readonly number[]): boolean {
    return chain.every((n, i) =>
      this.#before[n]!.every((m) => has(done, m) || (i > 0 && m === chain[i - 1])),
    );
  }

  #isLiveAfter(done: Uint32Array, value: number): boolean {
    return this.#isOutput[value] === 1 || this.#readers[value]!.some((n) => !has(done, n));
  }

  #run(state: State, chain: readonly number[]): State {
    const { nodes, bytes } = this.#graph;
    const done = state.done.slice();
    let { live, peak } = state;
    for (const n of chain) {
      const node = nodes[n]!;
      set(done, n);
      const ended = unique(node.inputs).filter((v) => !this.#isLiveAfter(done, v));
      const made = sum(node.outputs.map((v) => bytes[v]!));
      const during = live + made + (node.scratchBytes ?? 0) - (node.saved?.(ended) ?? 0);
      peak = Math.max(peak, during);
      const kept = node.outputs.filter((v) => this.#isLiveAfter(done, v));
      live += sum(kept.map((v) => bytes[v]!)) - sum(ended.map((v) => bytes[v]!));
    }
    const count = state.count + chain.length;
    return {
      id: this.made++,
      done,
      key: keyOf(done),
      count,
      live,
      peak,
      before: state,
      ran: chain,
    };
  }

  /** Bytes that a node needs at least, whatever else is live. */
  #footprint(node: OrderNode): number {
    const { bytes } = this.#graph;
    const inputs = unique(node.inputs);
    const ending = inputs.filter((v) => this.#isOutput[v] === 0);
    return (
      sum([...inputs, ...node.outputs].map((v) => bytes[v]!)) +
      (node.scratchBytes ?? 0) -
      (node.saved?.(ending) ?? 0)
    );
  }

  /**
   * Chains of nodes that may run one right after the other. `a` may wait for `b`, the only reader
   * of all that it makes, if it makes at least as many bytes as it can free, so that waiting never
   * keeps more live, and if `b` needs as much as `a` does then: what `a` frees and its scratch.
   */
  #collapse(): number[][] {
    const { nodes, bytes } = this.#graph;
    const chainOf: number[][] = nodes.map((_, n) => [n]);
    for (const [a, node] of nodes.entries()) {
      const readers = unique(node.outputs.flatMap((v) => this.#readers[v]!));
      const isRead = node.outputs.every((v) => this.#readers[v]!.length > 0);
      if (readers.length !== 1 || !isRead || node.outputs.some((v) => this.#isOutput[v])) continue;
      const b = readers[0]!;
      const { inputs, outputs, scratchBytes = 0, saved } = nodes[b]!;
      const made = sum(node.outputs.map((v) => bytes[v]!));
      const freed = sum(unique(node.inputs).map((v) => bytes[v]!));
      const later = sum(outputs.map((v) => bytes[v]!)) - (saved?.(unique(inputs)) ?? 0);
      const mayWait = made >= freed && (node.scratchBytes ?? 0) + freed <= later + scratchBytes;
      if (!mayWait || chainOf[b]![0] !== b) continue;
      const joined = [...chainOf[a]!, ...chainOf[b]!];
      for (const n of joined) chainOf[n] = joined;
    }
    return [...new Set(chainOf)];
  }
}
