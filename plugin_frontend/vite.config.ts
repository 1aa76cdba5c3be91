import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: "../vl_tb_plugin/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: "src/index.tsx",
      // TensorBoard imports the entry and calls its render(): the export must survive.
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "index.js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  test: {
    projects: [
      // Pure functions: they need no page, and none of them leaves anything behind.
      { extends: true, test: { name: "lib", include: ["tests/lib/**/*.test.ts"], isolate: false } },
      {
        extends: true,
        test: {
          name: "page",
          environment: "happy-dom",
          include: ["tests/**/*.test.{ts,tsx}"],
          exclude: ["tests/lib/**"],
        },
      },
    ],
  },
});
