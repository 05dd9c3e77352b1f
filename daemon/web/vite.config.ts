import {defineConfig} from "vite";

declare const process: {env: Record<string, string | undefined>};

// `npm run dev` shows the page as it is written, with the data of a daemon: of the demo, for one.
const daemon = process.env["CONTAGIOND_URL"] ?? "http://127.0.0.1:9464";

export default defineConfig({
  base: "./", // the daemon may stand behind a path of another server
  esbuild: {jsx: "automatic", jsxImportSource: "preact"},
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // what the page needs is a file of its own: data: addresses are refused
    cssCodeSplit: false,
    modulePreload: {polyfill: false},
    reportCompressedSize: true,
  },
  worker: {format: "es"},
  server: {
    host: "127.0.0.1",
    proxy: {"/api": {target: daemon, changeOrigin: true, headers: {origin: daemon}}},
  },
});
