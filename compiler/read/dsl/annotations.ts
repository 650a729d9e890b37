/** What annotations tell the compiler of a layer. */
import * as say from "../../diagnostics.ts";
import type { Annotation } from "../../language/ast.ts";
import { evaluate } from "./evaluate.ts";
import { placeOf } from "./problems.ts";
import { type Context, siteOf } from "./scope.ts";
import { kindText } from "./values.ts";

/** Those of the language, and what of mote they wait for. */
const planned: Readonly<Record<string, string>> = {
  bits: "weights of other than 8 bits",
  activations: "a choice of the activations' type by layer",
  prune: "pruning",
  pool: "a choice of the memory by layer",
  float: "a choice of float by layer",
  keep: "layers that stay as they are",
};
export const annotationNames: readonly string[] = [...Object.keys(planned), "kernel", "level"];

/** @throws Reported */
export function annotate(
  annotations: readonly Annotation[],
  layer: string,
  context: Context,
): void {
  const { session } = context;
  for (const annotation of annotations) {
    const { name, args } = annotation;
    const place = placeOf(siteOf(context, annotation));
    const waits = Object.hasOwn(planned, name.text) ? planned[name.text] : undefined;
    if (waits)
      session.fail(say.notYet(place, `${waits} (@${name.text})`, "Remove the annotation."));
    if (name.text !== "kernel")
      session.fail(
        say.unknownMember(
          place,
          "The language",
          `@${name.text}`,
          annotationNames.map((n) => `@${n}`),
        ),
      );
    const datum = args.length === 1 ? evaluate(args[0]!.value, context) : undefined;
    if (typeof datum !== "string")
      session.fail(
        say.wrongKind(
          place,
          'a kernel\'s name, as in @kernel("conv_2d_s8")',
          datum === undefined ? "none" : kindText(datum),
        ),
      );
    session.kernels.set(layer, datum as string);
  }
}

/** Which graphs a model is of: those of ONNX, or those that mote lowers them to. */
export function levelOf(
  annotations: readonly Annotation[],
  context: Context,
): "imported" | "lowered" {
  const annotation = annotations.find((a) => a.name.text === "level");
  if (!annotation) return "imported";
  const { args } = annotation;
  const datum = args.length === 1 ? evaluate(args[0]!.value, context) : undefined;
  if (datum === "imported" || datum === "lowered") return datum;
  const place = placeOf(siteOf(context, annotation));
  return context.session.fail(
    say.wrongKind(place, '@level("imported") or @level("lowered")', "another level"),
  );
}
