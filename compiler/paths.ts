import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findPackageRoot(from: string): string {
  return existsSync(join(from, "package.json")) ? from : findPackageRoot(dirname(from));
}

/** The folder of mote's package.json; the same from `compiler/` and from `dist/compiler/`. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

/** A file or folder that ships with mote, such as `targets/cortex-m4/target.json`. */
export const packagePath = (...parts: string[]): string => join(packageRoot, ...parts);
