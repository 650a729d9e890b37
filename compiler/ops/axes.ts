/** A tensor as one sees it along an axis. */
import { elementCount, type Shape } from "../ir/types.ts";
import { normalAxis } from "./operator.ts";

/** A tensor as [outer][size][inner]. */
export interface AxisSpan {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

export function axisSpan(shape: Shape, given: number): AxisSpan {
  const axis = normalAxis(given, shape.length);
  const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)].map(elementCount);
  return { outer: outer!, size: shape[axis]!, inner: inner! };
}
