/** Random networks over images: branches, strides, dilations, odd sizes, pools, upsampling, joins. */
import {
  type Attrs,
  constant,
  constantOf,
  type Graph,
  input,
  makeGraph,
  makeNode,
  type Node,
  type Value,
} from "../../compiler/ir/graph.ts";
import { float32s, int64s, tensorOf } from "../../compiler/ir/tensor.ts";
import { elementCount, type Shape, sameType } from "../../compiler/ir/types.ts";
import { build, buildNode } from "../../compiler/ops/build.ts";
import { OperatorError } from "../../compiler/ops/operator.ts";
import type { Random } from "./random.ts";

const scalar = (elem: "float32" | "int8", x: number): Value => constant(tensorOf(elem, [], [x]));

const zeros = (shape: Shape) => tensorOf("float32", shape, new Float32Array(elementCount(shape)));

/** Makes layers of float networks, or of such with int8 storage between all layers. */
class Layers {
  readonly #r: Random;
  readonly #isInteger: boolean;

  constructor(r: Random, isInteger: boolean) {
    this.#r = r;
    this.#isInteger = isInteger;
  }

  /** The value stored as int8, and back. */
  stored(x: Value, scale = Math.fround(0.02 + this.#r.real() / 20)): Value {
    if (!this.#isInteger) return x;
    const parameters = [scalar("float32", scale), scalar("int8", this.#r.int(-20, 20))];
    return build("DequantizeLinear", [build("QuantizeLinear", [x, ...parameters]), ...parameters]);
  }

  /** @param axis of the filters. */
  weights(shape: readonly number[], axis = 0): Value {
    const filters = shape[axis]!;
    const taps = elementCount(shape) / filters;
    if (!this.#isInteger)
      return constant(this.#r.tensor("float32", shape, -1 / Math.sqrt(taps), 1 / Math.sqrt(taps)));
    const q = Array.from({ length: elementCount(shape) }, () => this.#r.int(-127, 127));
    const scales = Array.from({ length: filters }, () =>
      Math.fround((0.5 + this.#r.real()) / 80 / Math.sqrt(taps)),
    );
    const zeros = constant(
      tensorOf(
        "int8",
        [filters],
        scales.map(() => 0),
      ),
    );
    const stored = [
      constant(tensorOf("int8", [...shape], q)),
      constant(float32s([filters], scales)),
    ];
    return build("DequantizeLinear", [...stored, zeros], { axis });
  }

  relu(x: Value): Value {
    return this.#r.int(0, 1) === 0 ? build("Relu", [x]) : x;
  }

  #window(kernel: readonly number[], strides = [this.#stride(), this.#stride()]): Attrs {
    const dilations = [this.#r.pick([1, 1, 2]), this.#r.pick([1, 1, 2])];
    const extent = kernel.map((k, i) => (k - 1) * dilations[i]!);
    const pads = [...extent, ...extent].map((e) =>
      this.#r.pick([Math.floor(e / 2), this.#r.int(0, e)]),
    );
    return { kernel_shape: [...kernel], dilations, pads, strides };
  }

  #stride(): number {
    return this.#r.pick([1, 1, 1, 2, 3]);
  }

  conv(x: Value, attrs?: Attrs): Value {
    const r = this.#r;
    const channels = x.type.shape[1]!;
    const kernel = r.pick([
      [1, 1],
      [3, 3],
      [3, 3],
      [r.int(1, 5), r.int(1, 4)],
    ]);
    const filters = r.pick([channels, 4, 8, 16, r.int(1, 20)]);
    const w = this.weights([filters, channels, ...kernel]);
    return this.stored(this.relu(build("Conv", [x, w], attrs ?? this.#window(kernel))));
  }

  depthwise(x: Value): Value {
    const channels = x.type.shape[1]!;
    const kernel = this.#r.pick([
      [3, 3],
      [3, 3],
      [this.#r.int(1, 5), this.#r.int(1, 3)],
    ]);
    const attrs = { ...this.#window(kernel), group: channels };
    return this.stored(
      this.relu(build("Conv", [x, this.weights([channels, 1, ...kernel])], attrs)),
    );
  }

  pool(x: Value): Value {
    const kernel = [this.#r.int(1, 3), this.#r.int(1, 3)];
    const { dilations: _, ...attrs } = this.#window(kernel);
    const pads = (attrs.pads as number[]).map((p, i) => Math.min(p, kernel[i % 2]! - 1));
    const op = this.#r.pick(["MaxPool", "AveragePool"]);
    return this.stored(build(op, [x], { ...attrs, pads }));
  }

  upsample(x: Value): Value {
    const scales = constant(float32s([4], [1, 1, 2, this.#r.int(1, 2)]));
    const attrs = {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    };
    return this.stored(build("Resize", [x, undefined, scales], attrs));
  }

  /** Rows and columns weighed, by 2 or other factors. */
  resize(x: Value): Value {
    const scales = constant(float32s([4], [1, 1, this.#r.pick([2, 1.5, 0.75]), this.#r.int(1, 2)]));
    const attrs = {
      mode: "linear",
      coordinate_transformation_mode: this.#r.pick(["half_pixel", "align_corners", "asymmetric"]),
    };
    return this.stored(build("Resize", [x, undefined, scales], attrs));
  }

  /** A frame of one value, of an image that is read once more. */
  pad(x: Value): Value {
    const frame = Array.from({ length: 4 }, () => this.#r.int(0, 2));
    const pads = [0, 0, frame[0]!, frame[1]!, 0, 0, frame[2]!, frame[3]!];
    const y = this.stored(build("Pad", [x, constant(int64s(pads))]));
    const pooled = { kernel_shape: frame.slice(0, 2).map((f, i) => f + frame[i + 2]! + 1) };
    return this.#r.int(0, 1) === 0
      ? y
      : this.stored(build("Add", [x, build("MaxPool", [y], pooled)]));
  }

  /** Larger by strides, of whole and of odd kernels. */
  transposed(x: Value): Value {
    const [channels, filters] = [x.type.shape[1]!, this.#r.pick([4, 8, this.#r.int(1, 9)])];
    const kernel = [this.#r.int(2, 4), this.#r.int(2, 4)];
    const strides = [this.#r.int(1, 2), this.#r.int(1, 2)];
    const w = this.weights([channels, filters, ...kernel], 1);
    const pads = [0, 1, 2, 3].map((i) => this.#r.int(0, kernel[i % 2]! - 1));
    const output_padding = strides.map((s) => this.#r.int(0, s - 1));
    const attrs = { strides, pads, output_padding };
    return this.stored(this.relu(build("ConvTranspose", [x, w], attrs)));
  }

  unary(x: Value): Value {
    return this.stored(build(this.#r.pick(["Sigmoid", "Relu", "HardSwish", "Tanh"]), [x]), 0.02);
  }

  /** A block that keeps the shape, added to what goes in, or joined with it. */
  residual(x: Value): Value {
    const channels = x.type.shape[1]!;
    const w = this.weights([channels, channels, 3, 3]);
    const pads = [1, 1, 1, 1];
    const once = this.stored(this.relu(build("Conv", [x, w], { pads })));
    const y = this.#r.int(0, 1) === 0 ? once : this.stored(build("Conv", [once, w], { pads }));
    const joined = this.#r.pick(["Add", "Add", "Mul", "Concat"]);
    return this.stored(
      joined === "Concat" ? build("Concat", [x, y], { axis: 1 }) : this.relu(build(joined, [x, y])),
    );
  }

  /** Two branches of one stride that meet again. */
  branches(x: Value): Value {
    const channels = x.type.shape[1]!;
    const filters = this.#r.pick([4, 8, 12]);
    const strides = this.#r.pick([
      [1, 1],
      [2, 2],
    ]);
    const a = build("Conv", [x, this.weights([filters, channels, 3, 3])], {
      strides,
      pads: [1, 1, 1, 1],
    });
    const b = build("Conv", [x, this.weights([filters, channels, 1, 1])], { strides });
    return this.stored(this.relu(build("Add", [this.stored(a), this.stored(b)])));
  }

  /** Some of an image's rows, columns or channels; rows are one piece of memory. */
  cut(x: Value): Value {
    const axis = this.#r.pick([2, 2, 2, 3, 1]);
    const size = x.type.shape[axis]!;
    const from = this.#r.int(0, Math.floor(size / 3));
    const to = this.#r.int(Math.max(from + 1, Math.ceil(size / 2)), size);
    return build("Slice", [x, ...[from, to, axis].map((i) => constant(int64s([i])))]);
  }

  /** Parts of an image, of which one or both go through a layer, joined in any order. */
  parts(x: Value): Value {
    const axis = this.#r.pick([2, 2, 3]);
    const size = x.type.shape[axis]!;
    const first = this.#r.int(1, size - 1);
    const sizes = constant(int64s([first, size - first]));
    const [a, b] = buildNode("Split", [x, sizes], { axis }, { outputCount: 2 }).outputs;
    const own = () => ({ kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
    const w = this.weights([x.type.shape[1]!, x.type.shape[1]!, 3, 3]);
    const scale = Math.fround(0.03);
    const made = this.stored(this.relu(build("Conv", [a!, w], own())), scale);
    const rest = this.#r.pick([() => this.stored(build("Tanh", [b!]), scale), () => b!])();
    const joined = this.#r.int(0, 1) === 0 ? [made, rest] : [rest, made];
    return this.stored(build("Concat", joined, { axis }), scale);
  }

  /** What two layers make of an image, one below the other, and perhaps read once more. */
  stacked(x: Value): Value {
    const filters = this.#r.pick([4, 8, this.#r.int(1, 6)]);
    const scale = Math.fround(0.03);
    const made = () => {
      const w = this.weights([filters, x.type.shape[1]!, 3, 3]);
      return this.stored(this.relu(build("Conv", [x, w], { pads: [1, 1, 1, 1] })), scale);
    };
    const [a, b] = [made(), made()];
    const y = this.stored(build("Concat", [a, b], { axis: 2 }), scale);
    if (this.#r.int(0, 1) === 0) return y;
    const rows = x.type.shape[2]!;
    const bottom = build("Slice", [y, ...[rows, 2 * rows, 2].map((i) => constant(int64s([i])))]);
    return this.stored(build("Add", [a, bottom]));
  }

  /** One weight for each channel, from all of the image. */
  excite(x: Value): Value {
    const channels = x.type.shape[1]!;
    const mean = this.stored(build("GlobalAveragePool", [x]));
    const gate = build("Sigmoid", [
      build("Conv", [mean, this.weights([channels, channels, 1, 1])]),
    ]);
    return this.stored(build("Mul", [x, this.stored(gate, 1 / 256)]));
  }

  head(x: Value): Value {
    const pooled = this.stored(build(this.#r.pick(["GlobalAveragePool", "GlobalMaxPool"]), [x]));
    const features = pooled.type.shape[1]!;
    const flat = build("Reshape", [pooled, constant(int64s([1, features]))]);
    const dense = (count: number) =>
      this.stored(
        build("Gemm", [flat, this.weights([count, features])], { transB: 1 }),
        Math.fround(0.05),
      );
    return this.#r.pick([
      () => dense(this.#r.int(2, 8)),
      () => build("Concat", [dense(4), dense(this.#r.int(1, 8))], { axis: 1 }),
      () => this.#gated(dense(2 * this.#r.pick([4, 8, this.#r.int(1, 7)]))),
    ])();
  }

  /** One half of a list, weighed by the other one. */
  #gated(x: Value): Value {
    const [a, b] = buildNode("Split", [x], { axis: 1, num_outputs: 2 }, { outputCount: 2 }).outputs;
    return this.stored(build("Mul", [a!, this.stored(build("Sigmoid", [b!]), 1 / 256)]));
  }
}

/** A network of `depth` layers or so; all of them have a part in its output. */
export function randomImageNetwork(
  r: Random,
  depth: number,
  isInteger: boolean,
): Graph<"imported"> {
  const layers = new Layers(r, isInteger);
  const shape = [1, r.pick([1, 3, 4, 8]), r.int(5, 21), r.int(4, 15)];
  const x = input("x", { elem: "float32", shape });
  let y = layers.stored(x);
  for (let i = 0; i < depth; ) {
    const kind = r.pick([
      ..."conv conv conv conv depthwise depthwise depthwise pool pool upsample upsample".split(" "),
      ..."unary unary residual residual residual branches branches excite resize pad".split(" "),
      ..."transposed cut parts stacked".split(" "),
    ]) as "conv";
    try {
      const next = layers[kind](y);
      if (elementCount(next.type.shape) > 8000) continue;
      y = next;
      i++;
    } catch (problem) {
      if (!(problem instanceof OperatorError)) throw problem;
      i++;
    }
  }
  const out = r.int(0, 2) > 0 ? layers.head(y) : y;
  return makeGraph("imported", "images", [x], [{ name: "y", value: out }]);
}

interface OpenState {
  readonly value: Value;
  /** What a layer makes, and that with the state mixed into it. */
  readonly made: Value;
  readonly mixed: Value;
}

/** What the next run reads of a state: something of this run, or what another state is. */
function nextOf(r: Random, { value, made, mixed }: OpenState, states: readonly OpenState[]) {
  const alike = states.filter((s) => sameType(s.value.type, value.type)).map((s) => s.value);
  return r.pick([made, mixed, mixed, ...alike]);
}

/** The network with one to three states, each mixed into what some layer makes. */
export function withStates(graph: Graph<"imported">, r: Random): Graph<"imported"> {
  const isLayer = ({ op, inputs: [x], outputs: [y] }: Node) =>
    !["Input", "Constant"].includes(op) && !constantOf(x) && y!.type.elem === "float32";
  const layers = graph.nodes.filter(isLayer);
  const chosen = new Set(Array.from({ length: r.int(1, 3) }, () => r.pick(layers)));
  const values = new Map<Value, Value>();
  const states: OpenState[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((v) => v && (values.get(v) ?? v));
    const types = node.outputs.map((v) => v.type);
    const made = makeNode({ ...node, inputs, types, names: node.outputs.map((v) => v.name) });
    node.outputs.forEach((v, i) => values.set(v, made.outputs[i]!));
    if (!chosen.has(node)) continue;
    const [y] = made.outputs as [Value];
    const initial = r.pick([() => r.tensor("float32", y.type.shape), () => zeros(y.type.shape)])();
    const state = input(`state${states.length}`, y.type, initial);
    const sum = build("Mul", [build("Add", [y, state]), scalar("float32", 0.5)]);
    const parameters = [scalar("float32", Math.fround(0.05)), scalar("int8", r.int(-9, 9))];
    const isStored = node.op === "DequantizeLinear";
    const quantized = () => build("QuantizeLinear", [sum, ...parameters]);
    const mixed = isStored ? build("DequantizeLinear", [quantized(), ...parameters]) : sum;
    values.set(node.outputs[0]!, mixed);
    states.push({ value: state, made: y, mixed });
  }
  const outputs = graph.outputs.map(({ name, value }) => ({ name, value: values.get(value)! }));
  return makeGraph(
    "imported",
    graph.name,
    [...graph.inputs.map((v) => values.get(v)!), ...states.map((s) => s.value)],
    [...outputs, ...states.map((s) => ({ name: s.value.name, value: nextOf(r, s, states) }))],
  );
}
