/**
 * What the bundled networks cost on every target, kept in test/budget.json: a change of cost is a
 * diff to be reviewed, taken in by `vitest -u`. Other versions of the compiler give other figures.
 */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { bundledModels } from "../../compiler/commands/bench.ts";
import { measure, type RunJson } from "../../compiler/commands/measure.ts";
import { packagePath } from "../../compiler/paths.ts";
import { listTargets, loadTarget } from "../../compiler/target.ts";
import { dataFile } from "../support/mlperf.ts";

const compilerVersion = "12.2";
const found = execFileSync("arm-none-eabi-gcc", ["-dumpversion"], { encoding: "utf8" }).trim();
const isSame = found.startsWith(compilerVersion);
const note = isSame ? "" : ` (skipped: arm-none-eabi-gcc is ${found}, not ${compilerVersion})`;

const figures = ({ instructions, cycles, arenaBytes, stackBytes, flash }: RunJson) => ({
  instructions,
  cycles,
  arenaBytes,
  stackBytes,
  codeBytes: flash.code,
  weightsBytes: flash.weights,
  tablesBytes: flash.tables,
});

const floats = ["ad", "ic", "kws", "vww"].map((m) => [dataFile(`${m}_fp32.onnx`), "cortex-m4"]);
const pairs = [
  ...listTargets()
    .filter((t) => loadTarget(t).machine !== null)
    .flatMap((t) => bundledModels().map((m) => [m, t])),
  ...floats,
];

it(`cost what test/budget.json says${note}`, async () => {
  if (!isSame) return;
  const rows: string[] = [];
  for (const [model, target] of pairs) {
    const { json } = await measure(model!, { target: target! }, {});
    rows.push(`  "${json.model} ${target}": ${JSON.stringify(figures(json))}`);
  }
  const text = `{\n${rows.join(",\n")}\n}\n`;
  await expect(text).toMatchFileSnapshot(packagePath("test", "budget.json"));
});
