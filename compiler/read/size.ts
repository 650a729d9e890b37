/** How large files are. */
import { statSync } from "node:fs";

/** Bytes of a file; undefined where there is none, or where the system refuses its path. */
export function fileBytes(file: string): number | undefined {
  try {
    const found = statSync(file);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}
