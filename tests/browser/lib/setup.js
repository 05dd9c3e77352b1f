// What every file of these tests begins with.
import {after} from "node:test";

import {launch, missing as noBrowser} from "./browser.js";
import {missing as noProgram, startDemo} from "./demo.js";

const why = noProgram ?? noBrowser;
if (why) {
  console.log(why);
  process.exit(77); // ctest's SKIP_RETURN_CODE
}

/** A browser, and a demo where `demo` says how it is started; both end with the file. */
export async function withBrowser({demo = null, flags = []} = {}) {
  // The browser first: a demo does not wait, and its first seconds are to be seen.
  const browser = await launch(flags);
  const running = demo ? await startDemo(demo) : null;
  const held = {browser, demo: running};
  after(async () => {
    await held.browser.close();
    await held.demo?.stop();
  });
  return held;
}

export const regimeOf = (page, symbol) =>
  page.locator(`.target[data-symbol="${symbol}"]`).getAttribute("data-regime");
