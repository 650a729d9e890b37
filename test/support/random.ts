/** Reproducible random numbers for tests. */
import { type Tensor, tensorOf } from "../../compiler/ir/tensor.ts";
import {
  type ElementType,
  elementCount,
  integerRange,
  isFloat,
  type Shape,
} from "../../compiler/ir/types.ts";

/** Mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  real(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Both ends included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.real() * (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!;
  }

  list(count: number, low = -1, high = 1): number[] {
    return Array.from({ length: count }, () => low + this.real() * (high - low));
  }

  /** Floats in [low, high), integers of up to 16 bits from all of their range. */
  tensor(elem: ElementType, shape: Shape, low = -2, high = 2): Tensor {
    const count = elementCount(shape);
    if (isFloat(elem)) return tensorOf(elem, shape, this.list(count, low, high));
    const [least, most] = integerRange(elem);
    const draw = () => this.int(Math.max(least, -32768), Math.min(most, 32767));
    return tensorOf(elem, shape, Array.from({ length: count }, draw));
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.int(0, 255));
  }
}
