// Pictures of each panel in dark, light and phone width, for people to look at. They go to the
// folder that CONTAGIOND_SHOTS names, else to a temporary one.
import assert from "node:assert/strict";
import {mkdirSync, mkdtempSync, statSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {test} from "node:test";

import {openPage} from "./lib/browser.js";
import {api, until} from "./lib/demo.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 30}});
const folder = process.env.CONTAGIOND_SHOTS ?? mkdtempSync(join(tmpdir(), "contagiond-shots-"));
const panels = [
  [".targets", "targets"], ["#sessions", "sessions"], ["#impact", "impact"], ["section.alerts", "alerts"], ["#price-chart", "price-chart"],
  ["#heat-map", "heat-map"], ["#leads", "leads"], ["#rolling", "rolling"], ["#attribution", "attribution"], ["section:has(#links)", "evidence"],
  ["section:has(#prices)", "prices"],
];
const looks = [
  {name: "dark", width: 1440, height: 1000, theme: "dark"}, {name: "light", width: 1440, height: 1000, theme: "light"},
  {name: "phone", width: 390, height: 844, theme: "dark", deviceScaleFactor: 2},
];

test("each panel has its picture during the selloff", async () => {
  mkdirSync(folder, {recursive: true});
  const tabs = [];
  for (const look of looks) tabs.push({...look, ...await openPage(held.browser, held.demo.url, look)});
  await until(async () => (await api(held.demo.url, "/api/v1/alerts?limit=1")).some(({data}) => data.revision >= 2), {seconds: 60, what: "the selloff"});
  let pictures = 0;
  for (const {name, page} of tabs) {
    await page.bringToFront();
    await page.waitForTimeout(300);
    await page.screenshot({path: join(folder, `page-${name}.png`), fullPage: true});
    for (const [panel, called] of panels) {
      const path = join(folder, `${called}-${name}.png`);
      await page.locator(panel).screenshot({path, timeout: 5000});
      assert.ok(statSync(path).size > 1000, path);
      pictures += 1;
    }
    await page.evaluate(() => { location.hash = "#/ops"; });
    await page.locator("#ops-feeds").waitFor();
    await page.waitForTimeout(2500);
    await page.screenshot({path: join(folder, `ops-${name}.png`), fullPage: true});
    await page.evaluate(() => { location.hash = "#/"; });
  }
  console.log(`${pictures} panels in ${folder}`);
  for (const {complaints, context} of tabs) {
    assert.deepEqual(complaints, []);
    await context.close();
  }
});
