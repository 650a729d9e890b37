/** docs/options.md and docs/mote.schema.json, from the table of options. A test keeps them true. */
import { type CommandName, configSchema, type OptionSpec, options } from "../options.ts";
import { summaries } from "./arguments.ts";

const valueText = ({ value }: OptionSpec): string => {
  if (value.kind === "flag") return "";
  return value.kind === "choice" ? ` ${value.values.join("\\|")}` : ` ${value.placeholder}`;
};

const row = (option: OptionSpec): string =>
  `| \`--${option.name}${valueText(option).replaceAll("\\|", "` \\| `")}\`${option.short ? ` \`-${option.short}\`` : ""} ` +
  `| ${option.description.replaceAll("|", "\\|")} | ${option.commands.join(", ")} | ${option.inConfig ? "yes" : ""} |`;

const commands: readonly CommandName[] = ["compile", "run", "bench", "tune", "doctor", "fmt"];

/** The page of options. */
export const optionsPage = (): string =>
  [
    "# Options",
    "",
    "Made from the table in `compiler/options.ts`. Names are as tsc's, in camelCase; kebab-case and any",
    "capitals are accepted too.",
    "",
    ...commands.map((c) => `- \`mote${c === "compile" ? "" : ` ${c}`}\`: ${summaries[c]}`),
    "",
    "| option | what it does | commands | in mote.json |",
    "| --- | --- | --- | --- |",
    ...options.map(row),
    "",
  ].join("\n");

/** The JSON schema of mote.json, for editors. */
export const schemaText = (): string => `${JSON.stringify(configSchema, null, 2)}\n`;
