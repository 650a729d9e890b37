/** `int8(scale: 0.5, zero: 3)`: element types with the numbers of a quantisation. */
import * as say from "../../diagnostics.ts";
import type { Quantization } from "../../ir/types.ts";
import { placeOf } from "./problems.ts";
import type { Context, Given } from "./scope.ts";
import type { Site } from "./source.ts";
import { type Datum, datumText, isList, TypeDatum } from "./values.ts";

const numbersIn = (datum: Datum): number[] | undefined =>
  typeof datum === "number"
    ? [datum]
    : isList(datum) && datum.every((d) => typeof d === "number")
      ? (datum as number[])
      : undefined;

/** `int8(scale: 0.5, zero: 3)` */
export function quantizedType(
  { elem, shape }: TypeDatum,
  given: readonly Given[],
  site: Site,
  { session }: Context,
): TypeDatum {
  const parts: { scale?: number[]; zero?: number[]; axis?: number[] } = {};
  for (const [i, { name, datum, site: at }] of given.entries()) {
    const key = (name?.text ?? ["scale", "zero"][i]) as keyof typeof parts | undefined;
    if (key === undefined)
      return session.fail(
        say.badArguments(placeOf(at), elem, "takes scale and zero by place, and this is one more"),
      );
    if (!["scale", "zero", "axis"].includes(key))
      session.fail(say.unknownArgument(placeOf(at), elem, key, ["scale", "zero", "axis"]));
    parts[key] =
      numbersIn(datum) ??
      session.fail(say.wrongKind(placeOf(at), "a number or a list of them", datumText(datum)));
  }
  const { scale, zero = [0], axis } = parts;
  if (!scale) return session.fail(say.badArguments(placeOf(site), elem, "needs a scale"));
  if (zero.length !== 1 && zero.length !== scale.length)
    session.fail(
      say.badArguments(
        placeOf(site),
        elem,
        `has ${scale.length} scales and ${zero.length} zero points`,
      ),
    );
  const zeroPoint = scale.map((_, i) => zero[zero.length === 1 ? 0 : i]!);
  const quant: Quantization = {
    scale: scale.map(Math.fround),
    zeroPoint,
    axis: axis?.[0] ?? (scale.length === 1 ? undefined : 1),
  };
  return new TypeDatum(elem, shape, quant);
}
