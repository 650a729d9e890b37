/** mote's diagnostics as LSP's. */
import { pathToFileURL } from "node:url";
import {
  DiagnosticSeverity,
  DiagnosticTag,
  type Location,
  type Diagnostic as LspDiagnostic,
  type Range,
} from "vscode-languageserver/node";
import type { Diagnostic, Place } from "../diagnostics.ts";

/** Of a place with a line; the begin of the file otherwise. */
export function rangeOf({ line = 1, column = 1, endLine = line, endColumn }: Place): Range {
  return {
    start: { line: line - 1, character: column - 1 },
    end: { line: endLine - 1, character: (endColumn ?? column) - 1 },
  };
}

/** @param uriOf editors' own names of files that they have open. */
export const locationOf = (place: Place, uriOf: UriOf): Location => ({
  uri: uriOf(place.file!),
  range: rangeOf(place),
});

export type UriOf = (file: string) => string;
export const fileUri: UriOf = (file) => pathToFileURL(file).href;

const unusedCode = 2117;

/** What is wrong in another file stands at the begin of this one. */
export function reported(d: Diagnostic, file: string, uriOf: UriOf): LspDiagnostic {
  const { code, severity, place, text, help, notes = [], labels = [] } = d;
  const isHere = place.file === undefined || place.file === file;
  const others = labels.filter((l) => l.place.file !== undefined && l.text !== "");
  const related = [
    ...(isHere ? [] : [{ location: locationOf(place, uriOf), message: text }]),
    ...others.map((l) => ({ location: locationOf(l.place, uriOf), message: l.text })),
  ];
  const layer = place.node === undefined ? "" : `layer '${place.node}': `;
  const where = isHere ? layer : `${place.file}(${place.line ?? 1},${place.column ?? 1}): `;
  return {
    range: isHere ? rangeOf(place) : rangeOf({}),
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code: `MOTE${code}`,
    source: "mote",
    message: [`${where}${text}`, ...notes, ...(help ? [`help: ${help}`] : [])].join("\n"),
    ...(related.length > 0 && { relatedInformation: related }),
    ...(code === unusedCode && { tags: [DiagnosticTag.Unnecessary] }),
  };
}
