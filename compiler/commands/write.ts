/** Writes the files of a program: all of them, or none. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { cannotWrite, MoteError } from "../diagnostics.ts";

const reasons: Record<string, string> = {
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a file of that name is in the way",
  ENOENT: "the folder cannot be made",
  EISDIR: "a folder of that name is in the way",
};

function isUnchanged(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}

/**
 * As `mkdir -p`. Node's own recursive form never returns where a parent cannot be made, as in
 * /proc.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}

/**
 * Writes everything beside the folder's files first and then moves it into place, so that a failure
 * leaves earlier output as it was. Files that would not change are left alone.
 * @throws MoteError
 */
export function writeFiles(outDir: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  let staging: string | undefined;
  try {
    makeFolder(outDir);
    const folder = mkdtempSync(join(outDir, ".mote-"));
    staging = folder;
    const changed = [...files].filter(
      ([path, text]) => typeof text !== "string" || !isUnchanged(join(outDir, path), text),
    );
    for (const [path, text] of changed) {
      makeFolder(dirname(join(folder, path)));
      writeFileSync(join(folder, path), text);
    }
    for (const [path] of changed) makeFolder(dirname(join(outDir, path)));
    for (const [path] of changed) renameSync(join(folder, path), join(outDir, path));
  } catch (problem) {
    const code = (problem as NodeJS.ErrnoException).code ?? "";
    throw new MoteError(cannotWrite(outDir, reasons[code] ?? code));
  } finally {
    if (staging) rmSync(staging, { recursive: true, force: true });
  }
}
