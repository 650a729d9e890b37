/** Parameters of layers: from weights files by their paths, or drawn at random. */
import { basename } from "node:path";
import * as say from "../../diagnostics.ts";
import { constant, type Value } from "../../ir/graph.ts";
import { lazyTensor, numbers, type Tensor, tensorOf, withShape } from "../../ir/tensor.ts";
import { elementCount, isFloat, type Quantization, type Shape, sameShape } from "../../ir/types.ts";
import type { ParameterSpec } from "../../language/operators/operator.ts";
import { findOperator } from "../../ops/registry.ts";
import type { Stored } from "../safetensors.ts";
import type { WeightsFile } from "../weights.ts";
import { layoutOf, type WeightsLayout } from "../weights-layout.ts";
import { framesText, labelOf, placeOf } from "./problems.ts";
import { randomParameter } from "./random.ts";
import type { Context } from "./scope.ts";
import type { Session } from "./session.ts";
import type { Site } from "./source.ts";

/** What a `weights` statement names. */
export interface WeightsSource {
  readonly file: WeightsFile;
  readonly layout: WeightsLayout;
  /** Our paths, by the file's names. */
  readonly rename: ReadonlyMap<string, string>;
  readonly site: Site;
}

interface Found {
  readonly stored: Stored;
  readonly from: WeightsSource;
  /** As the file has it. */
  readonly name: string;
}

const unusedShown = 8;
/** Of training alone. */
const isIgnored = (name: string): boolean => /(^|\.)num_batches_tracked$/.test(name);

/** Sizes of parameters in all, at the most. */
const elementsMax = 2 ** 28;

export class Parameters {
  readonly #session: Session;
  readonly #sources: WeightsSource[] = [];
  readonly #byPath = new Map<string, Found>();
  readonly #taken = new Map<string, Site>();
  readonly #used = new Set<Stored>();
  #seed: number | undefined;
  #hasComplained = false;

  constructor(session: Session) {
    this.#session = session;
  }

  addFile(source: WeightsSource): void {
    this.#sources.push(source);
    const { file, layout, rename } = source;
    const { ourName } = layoutOf(layout);
    for (const [name, stored] of file.tensors) {
      const path = rename.get(name) ?? ourName(name);
      if (!this.#byPath.has(path)) this.#byPath.set(path, { stored, from: source, name });
    }
    for (const [path, name] of file.metadata) {
      const stored = file.tensors.get(name);
      if (stored) this.#byPath.set(path, { stored, from: source, name });
    }
  }

  addRandom(seed: number): void {
    this.#seed = seed;
  }

  #claim(path: string, site: Site): void {
    const other = this.#taken.get(path);
    if (other) {
      const { line } = other.source.position(other.span.start);
      this.#session.fail(say.takenName(placeOf(site), path, line));
    }
    this.#taken.set(path, site);
  }

  /** The parameter at that path, as a constant, or as a stored one made float. */
  value(path: string, spec: ParameterSpec, site: Site, context: Context): Value {
    this.#claim(path, site);
    const { totals } = this.#session;
    totals.elements += elementCount(spec.shape);
    if (!(totals.elements <= elementsMax))
      this.#session.fail(say.tooMuch(placeOf(site), "The model has more than 2^28 parameters"));
    const found = this.#byPath.get(path);
    if (found) return this.#fromFile(found, path, spec, site, context);
    const { elem = "float32", shape } = spec;
    if (this.#seed !== undefined) {
      const seed = this.#seed;
      return constant(
        lazyTensor({ elem, shape }, () => randomParameter(path, spec, seed)),
        path,
      );
    }
    return this.#missing(path, spec, site, context);
  }

  #missing(path: string, { shape }: ParameterSpec, site: Site, { frame }: Context): never {
    const [source] = this.#sources;
    const notes = framesText(frame);
    if (source) {
      const known = [...this.#byPath.keys()];
      const text = `"${basename(source.file.file)}" has no '${path}' [${shape.join(", ")}]`;
      const help = say.didYouMean(path, known) || "Name the layer as the file does, or rename.";
      return this.#session.fail(say.badParameter(placeOf(site), text, { notes }, help));
    }
    if (this.#hasComplained) return this.#session.fail(say.noWeights(placeOf(site), path));
    this.#hasComplained = true;
    return this.#session.fail(say.noWeights(placeOf(site), path));
  }

  #fromFile(found: Found, path: string, spec: ParameterSpec, site: Site, context: Context): Value {
    const { stored, from, name } = found;
    this.#used.add(stored);
    const { elem = "float32", shape } = spec;
    const { toOurs } = layoutOf(from.layout);
    const isOurs = from.layout === "pytorch";
    const tensor = isOurs ? lazyTensor(stored, () => stored.load()) : toOurs(stored.load(), spec);
    if (!sameShape(tensor.shape, shape)) {
      const has = `[${tensor.shape.join(", ")}]`;
      const notes = framesText(context.frame);
      const labels = [
        labelOf(site, `takes [${shape.join(", ")}]`),
        labelOf(from.site, `has ${has}`),
      ];
      const text = `'${name}' is ${has} in "${basename(from.file.file)}", but the layer's '${path}' is [${shape.join(", ")}]`;
      return this.#session.fail(say.badParameter(placeOf(site), text, { labels, notes }));
    }
    if (tensor.elem === elem) return constant(tensor, name, this.#quantOf(path, spec));
    if (isFloat(tensor.elem) && isFloat(elem)) {
      const converted = () => tensorOf(elem, shape, numbers(tensor));
      return constant(lazyTensor({ elem, shape }, converted), name);
    }
    return this.#dequantized(constant(tensor, name), path, spec, site, context);
  }

  /** A parameter stored in integers, with its scale and zero point beside it. */
  #dequantized(
    value: Value,
    path: string,
    { axis, shape }: ParameterSpec,
    site: Site,
    { frame }: Context,
  ): Value {
    const { elem } = value.type;
    const scale = this.#companion(`${path}_scale`);
    if (!scale)
      return this.#session.fail(
        say.badParameter(
          placeOf(site),
          `'${path}' is ${elem} without a scale`,
          { notes: framesText(frame) },
          `Put the scale beside it as '${path}_scale'.`,
        ),
      );
    const count = elementCount(scale.shape);
    if (count !== 1 && count !== shape[axis])
      return this.#session.fail(
        say.badParameter(
          placeOf(site),
          `'${path}_scale' has ${count} numbers for the ${shape[axis]} channels of '${path}'`,
          { notes: framesText(frame) },
        ),
      );
    const zero = this.#companion(`${path}_zero_point`);
    const own: Shape = count === 1 ? [] : [count];
    const scales = withShape(tensorOf("float32", own, numbers(scale)), own);
    const zeros = zero
      ? tensorOf(elem, own, numbers(zero))
      : tensorOf(
          elem,
          own,
          Array.from({ length: count }, () => 0),
        );
    const node = this.#session.maker.make(
      findOperator("DequantizeLinear")!,
      { inputs: [value, constant(scales), constant(zeros)], attrs: count === 1 ? {} : { axis } },
      { origins: [], outputCount: 1 },
    );
    return node.outputs[0]!;
  }

  /** The type of integers that stay as they are, in a lowered graph. */
  #quantOf(path: string, { isStored, axis }: ParameterSpec): Quantization | undefined {
    const scale = isStored && this.#session.level === "lowered" && this.#companion(`${path}_scale`);
    if (!scale) return undefined;
    const zero = this.#companion(`${path}_zero_point`);
    const scales = Array.from(numbers(scale));
    const zeroPoint = zero ? Array.from(numbers(zero)) : scales.map(() => 0);
    return { scale: scales, zeroPoint, ...(axis >= 0 && { axis }) };
  }

  #companion(path: string): Tensor | undefined {
    const found = this.#byPath.get(path);
    if (!found) return undefined;
    this.#used.add(found.stored);
    return found.stored.load();
  }

  /** Warns of tensors that no layer takes. */
  reportUnused(): void {
    for (const { file, site } of this.#sources) {
      const names = [...file.tensors]
        .filter(([name, stored]) => !this.#used.has(stored) && !isIgnored(name))
        .map(([name]) => name);
      if (names.length > 0)
        this.#session.problems.add(say.unusedWeights(placeOf(site), names, unusedShown));
    }
  }
}
