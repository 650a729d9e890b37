/** Reads a graph of any level as text, as `--dump` writes it, with its side file of constants. */
import { existsSync, readFileSync } from "node:fs";
import { fileNotFound, graphSyntax, MoteError, type Place } from "../diagnostics.ts";
import type { Node } from "../ir/graph.ts";
import { GraphTextError, type LocatedGraph, parseLocated } from "../ir/parse.ts";
import type { Buffer, Step } from "../ir/plan.ts";

export const isGraphFile = (file: string): boolean => /\.graph$/i.test(file);

/** A graph that was read from a text, and where its parts stand there. */
export interface GraphFile {
  readonly graph: LocatedGraph["graph"];
  placeOf(part: Node | Step | Buffer | undefined): Place;
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch {
    throw new MoteError(fileNotFound(file));
  }
}

function parsed(file: string): LocatedGraph {
  const text = new TextDecoder().decode(readBytes(file));
  const side = file.replace(/\.graph$/i, ".weights");
  try {
    return parseLocated(text, existsSync(side) ? readBytes(side) : undefined);
  } catch (problem) {
    if (!(problem instanceof GraphTextError)) throw problem;
    const { line, column, message } = problem;
    throw new MoteError(graphSyntax({ file, line, column }, message));
  }
}

export function readGraph(file: string): GraphFile {
  const { graph, places } = parsed(file);
  const ofNode = (part: Node) => ({ node: part.origins[0] ?? part.op });
  return {
    graph,
    placeOf: (part) => {
      const place = part && places.get(part);
      return { file, ...(place ?? (part && "op" in part ? ofNode(part) : {})) };
    },
  };
}
