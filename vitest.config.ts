import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Tests compile C and run QEMU: two at a time suit two cores, and nothing asserts on time.
    maxWorkers: 2,
    testTimeout: 1_200_000,
    hookTimeout: 300_000,
  },
});
