/** Windows over any number of spatial axes, in ONNX's order: what ONNX's own operators refer to. */
import { elementCount, rowMajorStrides, type Shape } from "../ir/types.ts";
import type { Window } from "./window.ts";

/** The position of a flat index in a tensor of the given shape, axis by axis. */
export function positionOf(index: number, shape: Shape): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .toReversed();
}

/**
 * [position][tap]: the element of the input, flat over its spatial axes, that a tap meets from a
 * position of the output; −1 where it is outside.
 */
export function windowTaps(w: Window, size: readonly number[]): Int32Array {
  const steps = rowMajorStrides(size);
  const taps = elementCount(w.kernel);
  const count = elementCount(w.output);
  const at = new Int32Array(count * taps);
  for (let axis = 0; axis < size.length; axis++) {
    const [outSteps, tapSteps] = [rowMajorStrides(w.output), rowMajorStrides(w.kernel)];
    for (let i = 0; i < at.length; i++) {
      if (at[i]! < 0) continue;
      const o = Math.floor(i / taps / outSteps[axis]!) % w.output[axis]!;
      const k = Math.floor((i % taps) / tapSteps[axis]!) % w.kernel[axis]!;
      const x = o * w.strides[axis]! - w.padsBegin[axis]! + k * w.dilations[axis]!;
      at[i] = x < 0 || x >= size[axis]! ? -1 : at[i]! + x * steps[axis]!;
    }
  }
  return at;
}

/** Elements that each window counts: those inside the input, or inside it and its pads. */
export function windowCounts(w: Window, size: readonly number[], includePad: boolean): Int32Array {
  const counts = new Int32Array(elementCount(w.output)).fill(1);
  const outSteps = rowMajorStrides(w.output);
  for (const [axis, length] of size.entries()) {
    const [low, high] = includePad ? [-w.padsBegin[axis]!, length + w.padsEnd[axis]!] : [0, length];
    for (let i = 0; i < counts.length; i++) {
      const o = Math.floor(i / outSteps[axis]!) % w.output[axis]!;
      let inside = 0;
      for (let k = 0; k < w.kernel[axis]!; k++) {
        const x = o * w.strides[axis]! - w.padsBegin[axis]! + k * w.dilations[axis]!;
        if (x >= low && x < high) inside++;
      }
      counts[i]! *= inside;
    }
  }
  return counts;
}

/** One convolution in ONNX's order: x [batch][channel][position], w [filter][channel][tap]. */
export interface SpatialConvolution {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly group: number;
  readonly window: Window;
  readonly size: readonly number[];
}

/**
 * Calls `each(sum, filter, index)` for every output, where the sum is that of `product(x, w)` over
 * the flat indices of the input and the weights that meet.
 */
export function convolveSpatial(
  c: SpatialConvolution,
  product: (x: number, w: number, filter: number) => number,
  each: (sum: number, filter: number, index: number) => void,
): void {
  const at = windowTaps(c.window, c.size);
  const [taps, positions] = [elementCount(c.window.kernel), elementCount(c.window.output)];
  const [own, filters] = [c.channels / c.group, c.filters / c.group];
  const inputs = elementCount(c.size);
  let index = 0;
  for (let n = 0; n < c.batch; n++)
    for (let o = 0; o < c.filters; o++) {
      const first = n * c.channels + Math.floor(o / filters) * own;
      for (let p = 0; p < positions; p++) {
        let sum = 0;
        for (let k = 0; k < taps; k++) {
          const from = at[p * taps + k]!;
          if (from < 0) continue;
          for (let i = 0; i < own; i++)
            sum += product((first + i) * inputs + from, (o * own + i) * taps + k, o);
        }
        each(sum, o, index++);
      }
    }
}
