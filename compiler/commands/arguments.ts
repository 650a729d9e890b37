/** argv → command, files and option values, by the table of options. */
import { Command, CommanderError, Option } from "commander";
import * as say from "../diagnostics.ts";
import { MoteError } from "../diagnostics.ts";
import {
  type CommandName,
  type OptionSpec,
  type OptionValue,
  type OptionValues,
  options,
  optionsOf,
} from "../options.ts";

export interface Arguments {
  readonly command: CommandName;
  readonly files: readonly string[];
  readonly values: OptionValues;
}

const commandNames: readonly CommandName[] = ["run", "bench", "tune", "doctor", "fmt"];

export const summaries: Record<CommandName, string> = {
  compile: "compile models to C",
  run: "compile, build and run a model on its target (QEMU, or this computer), and measure it",
  bench: "measure models on targets and print the table",
  tune: "measure each layer's candidate kernels on the target, for compiles to choose by",
  doctor: "say which tools are found, and how to get the others",
  fmt: "format .mote files, or standard input (-), in the one style of the language",
};

const plain = (name: string): string => name.replace(/-/g, "").toLowerCase();
const byPlainName = new Map(options.map((o) => [plain(o.name), o.name]));

/**
 * `--out-dir` and `--outdir` as `--outDir`: kebab-case and any capitals are accepted, as tsc does.
 */
function normalFlag(argument: string): string {
  const [, name, rest] = /^--([A-Za-z][\w-]*)(=.*)?$/s.exec(argument) ?? [];
  const known = name && byPlainName.get(plain(name));
  return known ? `--${known}${rest ?? ""}` : argument;
}

const flagsText = ({ name, short, value }: OptionSpec): string => {
  const argument =
    value.kind === "flag"
      ? ""
      : ` <${value.kind === "choice" ? value.values.join("|") : value.placeholder}>`;
  return `${short ? `-${short}, ` : ""}--${name}${argument}`;
};

const splitList = (text: string): string[] =>
  text
    .split(",")
    .map((s) => s.trim())
    .filter((s) => s !== "");

/** `65536`, `64K`, `1M`. */
function bytesOf(name: string, text: string): number {
  const [, digits, unit = ""] = /^(\d+)([KM]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * { "": 1, K: 1024, M: 1024 * 1024 }[unit.toUpperCase()]!;
  if (!(bytes > 0) || bytes > 2 ** 32)
    throw new MoteError(say.badOptionValue(name, text, ["bytes such as 65536, 64K or 1M"]));
  return bytes;
}

function checkValue(spec: OptionSpec, text: string): OptionValue {
  const { value, name } = spec;
  if (value.kind === "choice" && !value.values.includes(text))
    throw new MoteError(say.badOptionValue(name, text, value.values));
  if (value.kind === "number" && !(Number(text) > 0))
    throw new MoteError(say.badOptionValue(name, text, ["a positive number"]));
  if (value.kind === "bytes") return bytesOf(name, text);
  if (value.kind !== "list") return value.kind === "number" ? Number(text) : text;
  const items = splitList(text);
  const wrong = value.values && items.find((i) => !value.values!.includes(i));
  if (wrong !== undefined) throw new MoteError(say.badOptionValue(name, wrong, value.values!));
  return items;
}

function addOption(command: Command, spec: OptionSpec): void {
  const option = new Option(flagsText(spec), spec.description);
  if (spec.value.kind === "repeat")
    option.argParser((text: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      text,
    ]);
  else if (spec.value.kind !== "flag") option.argParser((text: string) => checkValue(spec, text));
  option.attributeName = () => spec.name;
  command.addOption(option);
}

const usage: Record<CommandName, string> = {
  compile: "[options] MODEL…",
  run: "MODEL [options]",
  bench: "[MODEL…] [options]",
  tune: "MODEL [options]",
  doctor: "[options]",
  fmt: "FILE.mote… [options]",
};

function makeCommand(name: CommandName): Command {
  const command = new Command(name === "compile" ? "mote" : `mote ${name}`)
    .usage(usage[name])
    .description(summaries[name])
    .argument("[files...]")
    .helpOption(false)
    .allowExcessArguments(true)
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} });
  for (const spec of optionsOf(name)) addOption(command, spec);
  return command;
}

/** The help of a command, as text. */
export function helpText(name: CommandName): string {
  const command = makeCommand(name);
  command.configureHelp({ visibleArguments: () => [], helpWidth: 100 });
  const more = commandNames.map((c) => `  mote ${c.padEnd(8)}${summaries[c]}`).join("\n");
  return name === "compile"
    ? `${command.helpInformation()}\nCommands:\n${more}\n`
    : command.helpInformation();
}

/** commander's complaint in mote's words. */
function optionProblem(problem: CommanderError, name: CommandName): MoteError {
  const flag = /'([^']*)'/.exec(problem.message)?.[1] ?? "";
  const long = /--[\w-]+/.exec(flag)?.[0] ?? flag;
  if (problem.code === "commander.unknownOption") {
    const known = optionsOf(name).map((o) => `--${o.name}`);
    return new MoteError(say.unknownOption(long.split("=")[0]!, known));
  }
  return new MoteError(say.missingOptionValue(long));
}

/** @throws MoteError for unknown options and bad values. */
export function parseArguments(argv: readonly string[]): Arguments {
  const first = argv[0] as CommandName;
  const name = commandNames.includes(first) ? first : "compile";
  const rest = (name === "compile" ? argv : argv.slice(1)).map(normalFlag);
  const command = makeCommand(name);
  try {
    command.parse(rest, { from: "user" });
  } catch (problem) {
    throw problem instanceof CommanderError ? optionProblem(problem, name) : problem;
  }
  return {
    command: name,
    files: command.args,
    values: command.opts<Record<string, OptionValue>>(),
  };
}
