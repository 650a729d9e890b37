/** The models of one check: that of the file, and those that it calls, each checked once. */
import * as say from "../../diagnostics.ts";
import type * as ast from "../../language/ast.ts";
import { Files, type OpenFiles } from "./files.ts";
import { type GivenShapes, graphOf } from "./model.ts";
import { Once } from "./once.ts";
import { Parameters } from "./parameters.ts";
import { Problems, placeOf, Reported, reportedBefore } from "./problems.ts";
import { Session, type Shared } from "./session.ts";
import type { Site } from "./source.ts";
import { type ModelDatum, NetworkDatum } from "./values.ts";

export class Models implements Shared {
  readonly problems = new Problems();
  readonly totals = { steps: 0, depth: 0, elements: 0 };
  readonly files: Files;
  /** Of the file's own model. */
  readonly session: Session;
  readonly #networks = new Once<ast.ModelDeclaration, NetworkDatum>();

  constructor(root: string, open: OpenFiles, onRead: (path: string) => void) {
    this.files = new Files(this.problems, root, open, onRead);
    this.session = new Session(this);
  }

  parameters(session: Session): Parameters {
    return new Parameters(session);
  }

  /** The file's own model. @throws Reported */
  check(model: ModelDatum, shapes: GivenShapes): NetworkDatum {
    const check = () => this.#check(model, this.session, shapes);
    return this.#networks.get(model.declaration, check, reportedBefore);
  }

  network(model: ModelDatum, site: Site, caller: Session): NetworkDatum {
    const { text } = model.declaration.name;
    return this.#networks.get(
      model.declaration,
      () => this.#called(model, site, caller),
      () => this.problems.fail(say.tooMuch(placeOf(site), `The model '${text}' calls itself`)),
    );
  }

  /** What is wrong with it is said in its own file, and once where the file's own model calls. */
  #called(model: ModelDatum, site: Site, caller: Session): NetworkDatum {
    const { all } = this.problems;
    const before = all.length;
    try {
      return this.#check(model, new Session(this), new Map());
    } catch (problem) {
      if (!(problem instanceof Reported) || caller !== this.session) throw problem;
      const cause = all.slice(before).find((d) => d.severity === "error");
      const { text } = model.declaration.name;
      return this.problems.fail(say.brokenModel(placeOf(site), text, cause?.place));
    }
  }

  #check(model: ModelDatum, session: Session, shapes: GivenShapes): NetworkDatum {
    const { problems, files } = this;
    const { declaration, scope } = model;
    const before = problems.errors;
    const graph = graphOf(model, session, files, shapes);
    if (problems.errors > before) throw new Reported();
    if (problems.errors === 0) {
      session.parameters.reportUnused();
      session.reportUnused(scope.source);
    }
    const inputs = declaration.parameters.filter((p) => p.type).map((p) => p.name.text);
    return new NetworkDatum(declaration.name.text, graph, inputs, session.choices);
  }
}
