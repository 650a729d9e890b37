/** A file's model → a graph, and every problem that was found. */
import { dirname, resolve } from "node:path";
import * as say from "../../diagnostics.ts";
import { type Diagnostic, MoteError } from "../../diagnostics.ts";
import type { Graph } from "../../ir/graph.ts";
import { Files, type OpenFiles, type SourceModule } from "./files.ts";
import type { GivenShapes } from "./model.ts";
import { Models } from "./models.ts";
import { type FileNames, fileNames, type Names, namesOf, uncalledBlocks } from "./names.ts";
import { Problems, placeOf, Reported } from "./problems.ts";
import type { Session } from "./session.ts";
import type { Source } from "./source.ts";
import type { ModelDatum } from "./values.ts";

export interface CheckOptions {
  /** Shapes that stand for the model's own, by input name. */
  readonly shapes?: GivenShapes | undefined;
  readonly open?: OpenFiles | undefined;
  /** Takes the path of every file that is read, also where that fails. */
  readonly onRead?: ((file: string) => void) | undefined;
}

/** What a check found; the graph only where there is no error. */
export interface Checked {
  readonly graph?: Graph<"imported" | "lowered">;
  readonly diagnostics: readonly Diagnostic[];
  readonly session: Session;
  readonly module?: SourceModule;
  /** What every name in the file stands for. */
  readonly names?: Names;
  /** All files that it was read from. */
  readonly files: ReadonlySet<string>;
}

/** The one model of a file. */
function modelOf({ models, source }: SourceModule): ModelDatum {
  const span = models[1]?.declaration.name ?? { start: 0, end: 0 };
  if (models.length !== 1)
    throw new MoteError(say.modelCount(placeOf({ source, span }), models.length));
  return models[0]!;
}

/** What the names of a file and those that it imports stand for. */
function resolvedNames(module: SourceModule, { imported }: Files): Names {
  const known = new Map<SourceModule, FileNames>();
  const namesIn = (module: SourceModule): FileNames => {
    const names =
      known.get(module) ??
      fileNames(module.tree, module.source, (declaration) => {
        const other = imported.get(declaration);
        return other && namesIn(other);
      });
    known.set(module, names);
    return names;
  };
  return namesOf(module.tree, module.source, namesIn(module));
}

/** What is wrong with names also where nothing was worked out: behind errors and in idle blocks. */
function reportNames({ unknown, unbound }: Names, source: Source, { problems }: Session): void {
  for (const { name, known } of unknown)
    problems.add(say.unknownName(placeOf({ source, span: name }), name.text, known));
  for (const name of unbound)
    problems.add(say.notBound(placeOf({ source, span: name }), name.text));
}

/** The names of a file without its values; undefined where it cannot be read. */
export function readNames(
  file: string,
  open: OpenFiles,
): { readonly names: Names; readonly source: Source } | undefined {
  const path = resolve(file);
  const files = new Files(new Problems(), dirname(path), open);
  try {
    const module = files.load(path);
    return { names: resolvedNames(module, files), source: module.source };
  } catch (problem) {
    if (problem instanceof MoteError) return undefined;
    throw problem;
  }
}

function reportUncalled({ tree, source }: SourceModule, names: Names, session: Session): void {
  for (const { name } of uncalledBlocks(tree, names))
    session.problems.add(say.unusedBinding(placeOf({ source, span: name }), "block", name.text));
}

/** Reads and checks a file. Everything that is wrong is in the diagnostics. */
export function check(file: string, options: CheckOptions = {}): Checked {
  const path = resolve(file);
  const read = new Set<string>();
  const models = new Models(dirname(path), options.open ?? new Map(), (found) => {
    read.add(found);
    options.onRead?.(found);
  });
  const { problems, session, files } = models;
  let module: SourceModule | undefined;
  let graph: Graph<"imported" | "lowered"> | undefined;
  try {
    module = files.load(path);
    graph = models.check(modelOf(module), options.shapes ?? new Map()).graph;
  } catch (problem) {
    if (problem instanceof MoteError) problem.diagnostics.forEach((d) => problems.add(d));
    else if (!(problem instanceof Reported)) throw problem;
  }
  const names = module && resolvedNames(module, files);
  if (module && names) {
    reportNames(names, module.source, session);
    if (problems.errors === 0) reportUncalled(module, names, session);
  }
  const result = {
    diagnostics: problems.all,
    session,
    files: read,
    ...(module && { module }),
    ...(names && { names }),
  };
  return problems.errors === 0 && graph ? { ...result, graph } : result;
}
