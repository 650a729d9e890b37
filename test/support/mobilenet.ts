/** MobileNetV2 1.0 224 in float with random weights, as torchvision exports it (with BatchNormalization). */
import { float32s, type Tensor } from "../../compiler/ir/tensor.ts";
import { encodeModel, type NodeInput } from "./onnx.ts";
import { Random } from "./random.ts";

/** Expansion, channels, repeats, first stride: table 2 of Sandler et al. 2018. */
const table = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

interface Value {
  readonly name: string;
  readonly channels: number;
}

class Network {
  readonly nodes: NodeInput[] = [];
  readonly initializers: Record<string, Tensor> = {};
  readonly #random = new Random(1);

  #node(op: string, inputs: readonly string[], attrs: NodeInput["attrs"] = {}): string {
    const name = `v${this.nodes.length}`;
    this.nodes.push({ op, inputs, outputs: [name], attrs, name: `${op}_${this.nodes.length}` });
    return name;
  }

  #weights(shape: readonly number[], low: number, high: number): string {
    const name = `w${Object.keys(this.initializers).length}`;
    this.initializers[name] = this.#random.tensor("float32", shape, low, high);
    return name;
  }

  conv(x: Value, channels: number, kernel: number, stride: number, group = 1, clip = true): Value {
    const pads = Array.from({ length: 4 }, () => (kernel - 1) / 2);
    const each = x.channels / group;
    const bound = Math.sqrt(6 / (each * kernel * kernel));
    const w = this.#weights([channels, each, kernel, kernel], -bound, bound);
    const y = this.#node("Conv", [x.name, w], { strides: [stride, stride], pads, group });
    const positive = () => this.#weights([channels], 0.5, 1.5);
    const [scale, bias, mean, variance] = [positive(), positive(), positive(), positive()];
    const n = this.#node("BatchNormalization", [y, scale, bias, mean, variance]);
    return { name: clip ? this.#node("Clip", [n, "zero", "six"]) : n, channels };
  }

  block(x: Value, expansion: number, channels: number, stride: number): Value {
    const wide = x.channels * expansion;
    const expanded = expansion === 1 ? x : this.conv(x, wide, 1, 1);
    const y = this.conv(this.conv(expanded, wide, 3, stride, wide), channels, 1, 1, 1, false);
    if (stride !== 1 || channels !== x.channels) return y;
    return { name: this.#node("Add", [x.name, y.name]), channels };
  }

  classify(x: Value): string {
    const flat = this.#node("Flatten", [this.#node("GlobalAveragePool", [x.name])]);
    const w = this.#weights([1000, x.channels], -0.05, 0.05);
    return this.#node("Gemm", [flat, w], { transB: 1 });
  }
}

export function mobilenetV2(): Uint8Array {
  const net = new Network();
  Object.assign(net.initializers, { zero: float32s([], [0]), six: float32s([], [6]) });
  let x = net.conv({ name: "input", channels: 3 }, 32, 3, 2);
  for (const [expansion, channels, repeats, stride] of table)
    for (let i = 0; i < repeats; i++) x = net.block(x, expansion, channels, i === 0 ? stride : 1);
  const output = net.classify(net.conv(x, 1280, 1, 1));
  const inputs = [{ name: "input", shape: ["N", 3, 224, 224] }];
  return encodeModel({ ...net, inputs, outputs: [{ name: output }] });
}
