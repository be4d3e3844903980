import { defineConfig } from "vite";

/** Names without hashes: the service worker keeps all of a version, or nothing of it. */
const names = {
  entryFileNames: "[name].js",
  chunkFileNames: "[name].js",
  assetFileNames: "[name][extname]",
};

export default defineConfig({
  base: "./",
  build: {
    outDir: "site",
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { app: "index.html", "service-worker": "src/service-worker.ts" },
      output: names,
    },
  },
  worker: { format: "es", rolldownOptions: { output: names } },
});
