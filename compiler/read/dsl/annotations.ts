/** What annotations tell the compiler of a layer. */
import * as say from "../../diagnostics.ts";
import type { Annotation } from "../../language/ast.ts";
import { evaluate } from "./evaluate.ts";
import { placeOf } from "./problems.ts";
import { type Context, siteOf } from "./scope.ts";
import { kindText } from "./values.ts";

/** Those of the language that wait for something of mote. */
const planned: Readonly<Record<string, string>> = {
  bits: "weights of other than 8 bits",
  activations: "a choice of the activations' type by layer",
  prune: "pruning",
  keep: "layers that stay as they are",
};

type Choose = (layers: string[], at: Annotation, context: Context) => void;

/** What annotations choose for layers. */
const chosen: Readonly<Record<string, Choose>> = {
  kernel: (layers, at, context) => {
    const value = textOf(at, 'a kernel\'s name, as in @kernel("conv_2d_s8")', context);
    context.session.choices.kernels.push({ layers, value });
  },
  pool: (layers, at, context) => {
    const value = textOf(at, 'a memory of the target, as in @pool("dtcm")', context);
    context.session.choices.pools.push({ layers, value });
  },
  float: (layers, at, context) => {
    const place = placeOf(siteOf(context, at));
    if (at.args.length > 0)
      context.session.fail(say.wrongKind(place, "@float alone", "@float of something"));
    for (const layer of layers) context.session.choices.float.add(layer);
  },
};

export const annotationNames: readonly string[] = [
  ...Object.keys(planned),
  ...Object.keys(chosen),
  "level",
];

/** The one argument, a string. */
function textOf({ args, ...at }: Annotation, wanted: string, context: Context): string {
  const datum = args.length === 1 ? evaluate(args[0]!.value, context) : undefined;
  if (typeof datum === "string") return datum;
  const found = datum === undefined ? "none" : kindText(datum);
  return context.session.fail(say.wrongKind(placeOf(siteOf(context, at)), wanted, found));
}

/**
 * Of what was made after so many nodes; what is said of an inner layer comes first, and so holds.
 * @throws Reported
 */
export function annotate(
  annotations: readonly Annotation[],
  before: number,
  context: Context,
): void {
  const { session } = context;
  if (annotations.length === 0) return;
  const layers = session.layersSince(before);
  for (const annotation of annotations) {
    const { text } = annotation.name;
    session.spend(siteOf(context, annotation), layers.length);
    const place = placeOf(siteOf(context, annotation));
    if (Object.hasOwn(planned, text))
      session.fail(say.notYet(place, `${planned[text]} (@${text})`, "Remove the annotation."));
    if (!Object.hasOwn(chosen, text))
      session.fail(
        say.unknownMember(
          place,
          "The language",
          `@${text}`,
          annotationNames.map((n) => `@${n}`),
        ),
      );
    if (layers.length === 0)
      session.fail(say.wrongKind(place, `a layer or block before @${text}`, "none"));
    chosen[text]!(layers, annotation, context);
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
