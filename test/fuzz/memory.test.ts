/**
 * Random networks over images, some with states, in small arenas: the same bits as with whole
 * tensors, as the reference says, in runs that follow each other, also where a build overwrites what is dead and checks what was free.
 */
import { describe, expect, it } from "vitest";
import { evaluateRuns } from "../../compiler/check/eval.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { givenInputs } from "../../compiler/ir/states.ts";
import { numbers, type Tensor } from "../../compiler/ir/tensor.ts";
import { isFloat } from "../../compiler/ir/types.ts";
import { runBatch } from "../support/batch.ts";
import { differing, type Group, groupsOf } from "../support/builds.ts";
import { randomImageNetwork, withStates } from "../support/images.ts";
import { largestDifference } from "../support/near.ts";
import { compileModel } from "../support/programs.ts";
import { Random } from "../support/random.ts";

const batchSize = 12;
const isSoak = process.env.MOTE_SOAK === "1";
const firstSeed = Number(process.env.MOTE_SEED ?? 1);
/** Batches a target: 2,004 networks on this computer, 252 on each device. */
const batches = { host: 167, "cortex-m4": 21, "cortex-m55": 21, "cortex-m0plus": 21 };

/** With whole tensors, and with rows: as small as can be, or within some budget between. */
function groupsBy(seed: number, target: string): Group[] {
  const r = new Random(seed);
  const network = randomImageNetwork(r, r.int(1, 9), r.int(0, 3) > 0);
  const graph = seed % 3 === 0 ? withStates(network, new Random(seed)) : network;
  const profile = r.pick(["fast", "fast", "tflite"] as const);
  const ioLayout = r.pick(["nhwc", "nchw"] as const);
  const options = { target, profile, ioLayout };
  const name = `g${seed}`;
  const fast = compileModel(graph, { ...options, optimize: "speed", name: `${name}_fast` });
  const least = compileModel(graph, { ...options, optimize: "sram", name: `${name}_least` });
  const [most, fewest] = [fast, least].map((p) => p.graph.plan.arenaBytes) as [number, number];
  const maxSram = Math.max(fewest, r.int(fewest, Math.max(fewest, most)));
  const between = compileModel(graph, { ...options, maxSram, name: `${name}_between` });
  expect(between.graph.plan.arenaBytes).toBeLessThanOrEqual(maxSram);
  const given = givenInputs(fast.graph);
  const inputs = () => given.map((v) => r.tensor(v.type.elem, v.type.shape, -1, 1));
  return groupsOf(fast, [least, between], inputs(), [inputs(), inputs()]);
}

/** Integers to the bit. Kernels of floats may sum in other orders: within 1e-4 of the largest. */
function agrees(got: Tensor, want: Tensor): boolean {
  const [x, y] = [numbers(got), numbers(want)];
  const largest = Math.max(1, ...Array.from(y, Math.abs).filter(Number.isFinite));
  return largestDifference(x, y) <= (isFloat(got.elem) ? 1e-4 * largest : 0);
}

const isStreamed = (groups: readonly Group[]): boolean =>
  groups.flat().some(({ program: { graph } }) => {
    const { steps } = graph.plan;
    return steps.length > new Set(steps.map((s) => s.node)).size;
  });

function check(groups: readonly Group[], outputs: Tensor[][], seed: number, target: string): void {
  const { program, inputs, later = [] } = groups[0]![0]!;
  const { profile, graph } = program;
  const want = [...evaluateRuns(graph, [inputs, ...later], { profile })].flat();
  for (const group of groups) {
    const text = () =>
      `seed ${seed} on ${target}:\n${printGraph(group.at(-1)!.program.graph).text}`;
    const isRight = outputs[0]!.every((tensor, i) => agrees(tensor, want[i]!));
    if (!isRight) expect.fail(`${group[0]!.program.name} is not the reference, ${text()}`);
    const others = differing(group, outputs);
    if (others.length > 0) expect.fail(`${others.join("; ")} differ from the whole, ${text()}`);
  }
}

describe.each(Object.entries(batches))("random networks over images on %s", (target, all) => {
  const count = isSoak ? all : 1;
  const firsts = Array.from({ length: count }, (_, i) => firstSeed + i * batchSize);
  let streamed = 0;

  it.each(firsts)(`are the same in small arenas, ${batchSize} from seed %i on`, async (first) => {
    const seeds = Array.from({ length: batchSize }, (_, i) => first + i);
    const networks = seeds.map((seed) => groupsBy(seed, target));
    // Sanitizers take most of the time: in the soak one batch in eight.
    const sanitize = target === "host" && (first - firstSeed) % (8 * batchSize) === 0;
    const outputs = await runBatch(networks.flat(2), { sanitize });
    networks.forEach((groups, i) => check(groups, outputs, seeds[i]!, target));
    streamed += networks.filter(isStreamed).length;
  }, 36e5);

  it("have rows in a third of them", () => {
    expect(streamed).toBeGreaterThan((batchSize * count) / 3);
  });
});
