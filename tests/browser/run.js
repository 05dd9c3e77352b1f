// node run.js NAME: runs NAME_test.js, or says why it cannot run here. `unit` needs no browser: what
// the page computes without a page.
import {spawnSync} from "node:child_process";
import {existsSync} from "node:fs";
import {fileURLToPath} from "node:url";

if (!existsSync(fileURLToPath(new URL("node_modules/playwright-core", import.meta.url)))) {
  console.log("SKIPPED: npm packages of tests/browser are not installed: npm ci --ignore-scripts");
  process.exit(77);
}
const here = fileURLToPath(new URL(".", import.meta.url));
if (process.argv[2] === "unit")
  process.exit(spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--dir", "unit"], {cwd: here, stdio: "inherit"}).status ?? 1);
await import(`./${process.argv[2]}_test.js`);
