/** mote.json: which models a project compiles, and how. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Ajv, type ErrorObject } from "ajv";
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import * as say from "../diagnostics.ts";
import { MoteError } from "../diagnostics.ts";
import { configSchema, type OptionValues, options } from "../options.ts";

export const configName = "mote.json";

export interface Project {
  readonly file: string;
  readonly files: readonly string[];
  readonly values: OptionValues;
}

interface Config {
  readonly files: readonly string[];
  readonly compilerOptions?: OptionValues;
}

/** The nearest mote.json in a folder or above it. */
export function findConfig(from: string): string | undefined {
  const file = join(from, configName);
  if (existsSync(file)) return file;
  const above = dirname(from);
  return above === from ? undefined : findConfig(above);
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function positionOf(text: string, offset: number): [number, number] {
  const before = text.slice(0, offset).split("\n");
  return [before.length, before.at(-1)!.length + 1];
}

/** Where in the file a complaint of the schema is. */
function placeOf(tree: Node, { instancePath, keyword, params }: ErrorObject): number {
  const path = instancePath.split("/").slice(1);
  const extra =
    keyword === "additionalProperties" ? [...path, String(params.additionalProperty)] : path;
  const keys = extra.map((p) => (/^\d+$/.test(p) ? Number(p) : p));
  const node = findNodeAtLocation(tree, keys) ?? tree;
  return keyword === "additionalProperties" ? (node.parent?.offset ?? node.offset) : node.offset;
}

function describe({ keyword, params, message = "", instancePath }: ErrorObject): string {
  const what = instancePath.slice(1).replaceAll("/", ".");
  if (keyword === "additionalProperties") return `unknown key '${params.additionalProperty}'`;
  if (keyword === "enum") return `'${what}' must be one of ${params.allowedValues.join(", ")}`;
  return `${what ? `'${what}' ` : ""}${message}`;
}

function parse(file: string, text: string): { tree: Node; config: Config } {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [bad] = errors;
  if (bad || !tree) {
    const [line, column] = positionOf(text, bad?.offset ?? 0);
    const what = bad ? printParseErrorCode(bad.error) : "the file is empty";
    throw new MoteError(say.badConfig(file, line, column, what, []));
  }
  return { tree, config: getNodeValue(tree) as Config };
}

/** Paths in mote.json are relative to it. */
function resolved(file: string, { files, compilerOptions = {} }: Config): Project {
  const at = (path: unknown) => resolve(dirname(file), String(path));
  const paths = ["outDir", "calib", "tuning"].filter((name) => name in compilerOptions);
  const own = Object.fromEntries(paths.map((name) => [name, at(compilerOptions[name])]));
  return { file, files: files.map(at), values: { ...compilerOptions, ...own } };
}

/** @param path of a mote.json, or of its folder. @throws MoteError */
export function readConfig(path: string): Project {
  const file = isFolder(path) ? join(path, configName) : path;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new MoteError(say.fileNotFound(file));
  }
  const { tree, config } = parse(file, text);
  const validate = new Ajv({ allErrors: true }).compile(configSchema);
  if (validate(config)) return resolved(file, config);
  throw new MoteError(
    ...validate.errors!.map((e) => {
      const [line, column] = positionOf(text, placeOf(tree, e));
      return say.badConfig(
        file,
        line,
        column,
        describe(e),
        Object.keys(configSchema.properties.compilerOptions.properties),
      );
    }),
  );
}

/** A first mote.json, with the models of the folder and every option explained. */
export function initialConfig(folder: string): string {
  const models = readdirSync(folder)
    .filter((f) => /\.(onnx|mote)$/i.test(f))
    .sort();
  const lines = options
    .filter((o) => o.inConfig)
    .map((o) => `    // ${o.description}\n    ${example(o.name)}`);
  const files = (models.length > 0 ? models : ["model.onnx"])
    .map((f) => JSON.stringify(f))
    .join(", ");
  return `{\n  "files": [${files}],\n  "compilerOptions": {\n${lines.join("\n")}\n  }\n}\n`;
}

const set: Readonly<Record<string, string>> = { target: '"cortex-m4"', outDir: '"out"' };
const unset: Readonly<Record<string, string>> = {
  name: '"kws"',
  quantize: '"int8"',
  calib: '"samples.npy"',
  profile: '"tflite"',
  ioLayout: '"nhwc"',
  floatIo: "true",
  optimize: '"size"',
  maxSram: "32768",
  maxFlash: "262144",
  tuning: '"mote.tuning.json"',
  shape: '["input=1,3,96,96"]',
  kernel: '["layer=kernel"]',
  section: '["arena=.dtcm_bss"]',
  noEmit: "true",
};

const example = (name: string): string =>
  set[name] ? `"${name}": ${set[name]},` : `// "${name}": ${unset[name] ?? "true"},`;
