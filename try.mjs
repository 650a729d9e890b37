import { readFileSync, readdirSync } from "node:fs";
const d = process.env.OUT ?? "/tmp/out-a";
const { prepare } = await import(d + "/compiler/plan/placement/problem.js");
const { arranged } = await import(d + "/compiler/plan/placement/partition.js");
const { Search } = await import(d + "/compiler/plan/placement/search.js");
const best = { A: "TWA", B: "TAW", C: "TAW", D: "WAT", E: "TWA", F: "TWA", G: "TWA", H: "TAW", I: "TWA", J: "TWA", K: "WAT" };
const only = process.argv[2] ?? "ABCDEFGHIJK";
const orders = process.argv[3] ? process.argv[3].split(",") : null;
const limit = Number(process.argv[4] ?? 1e6);
const cap = Number(process.argv[5] ?? 1048576);
let sum = 0;
for (const x of only) {
  const rows = readFileSync(`/work/shared/data/minimalloc/${x}.1048576.csv`, "utf8").trim().split("\n").slice(1).map((l) => l.split(",").map(Number));
  const buffers = rows.map(([, lower, upper, size]) => ({ lower, upper, size }));
  for (const o of orders ?? [best[x]]) {
    const t0 = performance.now();
    const p = prepare(buffers);
    let out = [];
    for (const part of p.partitions) {
      const s = new Search(arranged(p, part, o));
      out.push([part.length, s.run(cap, limit), s.nodes]);
    }
    const t = performance.now() - t0; sum += t;
    console.log(x, o, t.toFixed(0) + " ms", JSON.stringify(out.length > 5 ? [out.length, ...out.filter(o => o[2] > 1000)] : out));
  }
}
console.log("sum", sum.toFixed(0));
