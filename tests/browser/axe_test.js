// Accessibility as axe-core judges it: nothing serious, in either theme, on desk and phone.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {before, test} from "node:test";

import {openPage} from "./lib/browser.js";
import {api, until} from "./lib/demo.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 60}});
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let alert;

before(async () => {
  [alert] = await until(async () => {
    const alerts = await api(held.demo.url, "/api/v1/alerts?limit=1");
    return alerts.length > 0 ? alerts : null;
  }, {seconds: 60, what: "an alert"});
});

const looks = [
  {name: "desk, dark", hash: "#/"}, {name: "desk, light", hash: "#/", theme: "light"},
  {name: "desk, phone", hash: "#/", width: 390, height: 844},
  {name: "ops, dark", hash: "#/ops"}, {name: "ops, light", hash: "#/ops", theme: "light"},
  {name: "an alert explained and played", hash: null}, {name: "an alert, light", hash: null, theme: "light"},
  {name: "the keys", hash: "#/", press: "?"},
];

for (const {name, hash, theme = "dark", width = 1440, height = 1000, press} of looks)
  test(`axe finds nothing serious: ${name}`, async () => {
    // The page's policy lets no script in that is not its own; the judge is put in beside it.
    const {page, context} = await openPage(held.browser, held.demo.url,
      {theme, width, height, hash: hash ?? `#/alerts/${alert.data.id}`, bypassCSP: true});
    await page.locator(hash === "#/ops" ? "#ops-feeds" : ".target").first().waitFor();
    await page.waitForTimeout(1500);
    if (press) await page.keyboard.press(press);
    await page.evaluate(axe);
    const {violations, passes} = await page.evaluate(() => globalThis.axe.run(document, {resultTypes: ["violations"]}));
    const told = violations.map(({id, impact, help, nodes}) => `${impact} ${id}: ${help}\n    ${nodes.slice(0, 4).map((node) => `${node.target} ${node.failureSummary?.split("\n")[1]?.trim()}`).join("\n    ")}`);
    if (told.length) console.log(`${name}:\n  ${told.join("\n  ")}`);
    assert.ok(passes.length > 10, "the judge has looked");
    assert.deepEqual(violations.filter(({impact}) => impact === "serious" || impact === "critical").map(({id}) => id), []);
    await context.close();
  });

test("a phone's page is one column that does not move sideways", async () => {
  const {page, context} = await openPage(held.browser, held.demo.url, {width: 390, height: 844});
  await page.locator(".target").first().waitFor();
  await page.waitForTimeout(1000);
  for (const hash of ["#/", "#/ops", `#/alerts/${alert.data.id}`]) {
    await page.evaluate((to) => { location.hash = to; }, hash);
    await page.waitForTimeout(500);
    const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(inner <= outer, `${hash}: ${inner} wide on ${outer}`);
  }
  // The answer is in the first screenful.
  await page.evaluate(() => { location.hash = "#/"; });
  await page.locator(".target .regime").first().waitFor();
  const box = await page.locator(".target .regime").first().boundingBox();
  assert.ok(box.y + box.height <= 844, `the state stands at ${box.y}`);
  await context.close();
});
