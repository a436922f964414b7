import { defineConfig } from "vitest/config";

export default defineConfig({
  define: { SDK_VERSION: JSON.stringify("0.0.0-test") },
  test: {
    include: ["tests/**/*.test.{ts,mjs}"],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/script.ts", "src/environment.ts"],
      reporter: ["text"],
      thresholds: { statements: 90, branches: 90, functions: 90, lines: 90 },
    },
  },
});
