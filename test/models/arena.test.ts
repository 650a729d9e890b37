/**
 * Networks in small arenas: the same bits as with whole tensors, also where a build overwrites what
 * is dead and checks what was free. With MOTE_SOAK=1 those of ../shared/data, too (or of the folder
 * MOTE_DATA), also on Cortex-M4.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CompileOptions, compile, type Program } from "../../compiler/compile.ts";
import { packagePath } from "../../compiler/paths.ts";
import { runBatch } from "../support/batch.ts";
import { differing, groupsOf } from "../support/builds.ts";
import { dataFile } from "../support/mlperf.ts";
import { bundled, modelFile } from "../support/models.ts";
import { Random } from "../support/random.ts";

const isSoak = process.env.MOTE_SOAK === "1";
const folder = process.env.MOTE_DATA ?? packagePath("..", "shared", "data");

function modelsIn(where: string): string[] {
  if (!existsSync(where)) return [];
  const files = readdirSync(where, { recursive: true, encoding: "utf8" });
  return files.filter((f) => f.endsWith(".onnx")).map((f) => join(where, f));
}

const small = [...bundled.map(modelFile), dataFile("kws_fp32.onnx")];
const all = [...bundled.flatMap((m) => [modelFile(m), dataFile(`${m}_fp32.onnx`)])];
/** The folder has the bundled ones as well. */
const found = modelsIn(folder).sort();
const models = isSoak ? (found.length > 0 ? found : all) : small;

/** The model has an operator that mote does not have yet. */
const unsupportedOperator = 2004;

/** With whole tensors, and within less; none where an operator is not supported. */
function programsOf(file: string, options: CompileOptions): Program[] {
  return (["speed", "balanced", "sram"] as const).flatMap((optimize): Program[] => {
    const { program, diagnostics } = compile(file, { ...options, optimize, name: optimize });
    if (program) return [program];
    expect(diagnostics.map((d) => d.code)).toContain(unsupportedOperator);
    return [];
  });
}

const layouts = ["nchw", "nhwc"] as const;
const targets = isSoak ? ["host", "cortex-m4"] : ["host"];
const cases = models.flatMap((file, i) =>
  targets.map((target) => ({ file, title: basename(file), target, ioLayout: layouts[i % 2]! })),
);

describe("networks are the same in small arenas", { timeout: 36e5 }, () => {
  it.each(cases)("$title on $target, $ioLayout", async ({ file, title, target, ioLayout }) => {
    const [whole, ...others] = programsOf(file, { target, ioLayout });
    if (!whole) return;
    const random = new Random(title.length);
    const inputs = whole.graph.inputs.map(({ type }) => random.tensor(type.elem, type.shape));
    for (const group of groupsOf(whole, others, inputs)) {
      const outputs = await runBatch(group, { sanitize: isSoak && target === "host" });
      expect(differing(group, outputs)).toEqual([]);
    }
  });
});
