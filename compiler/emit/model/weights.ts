/** The weights file of a model that is written: tensors by name, and by the layers' paths. */
import { constantOf, type Value } from "../../ir/graph.ts";
import { numbers, type Tensor, tensorOf } from "../../ir/tensor.ts";

export class WeightsWriter {
  readonly tensors = new Map<string, Tensor>();
  /** Names by paths, where these differ. */
  readonly aliases = new Map<string, string>();
  readonly #names = new Map<Tensor, string>();

  /** A name for the tensor: that which it had, if it is free. */
  add(tensor: Tensor, wanted: string): string {
    const known = this.#names.get(tensor);
    if (known !== undefined) return known;
    const base = wanted === "" ? "constant" : wanted;
    let name = base;
    for (let i = 1; this.tensors.has(name) || this.aliases.has(name); i++) name = `${base}_${i}`;
    this.tensors.set(name, tensor);
    this.#names.set(tensor, name);
    return name;
  }

  /** A tensor of its own name, with the scales of its type beside it. */
  addStored(tensor: Tensor, { name: wanted, type: { quant, elem } }: Value): string {
    if (!quant) return this.add(tensor, wanted);
    this.#names.delete(tensor);
    const name = this.add(tensor, wanted);
    const shape = [quant.scale.length];
    this.tensors.set(`${name}_scale`, tensorOf("float32", shape, quant.scale));
    if (quant.zeroPoint.some((z) => z !== 0))
      this.tensors.set(`${name}_zero_point`, tensorOf(elem, shape, quant.zeroPoint));
    return name;
  }

  /** A layer's parameter, float or stored in integers. */
  addParameter(path: string, value: Value): void {
    const tensor = constantOf(value);
    if (tensor) {
      this.#put(path, tensor, value.name);
      return;
    }
    const [x, scale, zero] = value.node.inputs;
    this.#put(path, constantOf(x)!, x!.name);
    this.#put(`${path}_scale`, constantOf(scale)!, scale!.name);
    const zeros = constantOf(zero)!;
    if (Array.from(numbers(zeros)).some((z) => z !== 0))
      this.#put(`${path}_zero_point`, zeros, zero!.name);
  }

  #put(path: string, tensor: Tensor, wanted: string): void {
    const name = this.add(tensor, wanted === "" ? path : wanted);
    if (name !== path) this.aliases.set(path, name);
  }
}
