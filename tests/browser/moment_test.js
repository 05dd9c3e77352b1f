// Click an alert, and the page goes back to its minutes: from history, bar by bar, and back again.
import assert from "node:assert/strict";
import {after, before, test} from "node:test";

import {openPage} from "./lib/browser.js";
import {until} from "./lib/demo.js";
import {frozenSelloff} from "./lib/frozen.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 30}});
let fake, state, alerts, history;

before(async () => {
  ({fake, state, alerts, history} = await frozenSelloff(held.demo.url));
});
after(async () => fake?.stop());

async function opened(more = {}) {
  const tab = await openPage(held.browser, fake.url, more);
  await tab.page.locator("#alerts article").first().waitFor();
  return tab;
}
const cursor = async (page) => Number(await page.locator("#moment").getAttribute("data-cursor"));
const seek = (page, t) => page.locator("#moment-slider").evaluate((node, value) => {
  node.value = String(value);
  node.dispatchEvent(new Event("input", {bubbles: true}));
}, t);

test("an alert that is clicked takes the page back to before its onset, and plays", async () => {
  const {page, context, complaints} = await opened();
  const {data} = alerts[0];
  await page.locator("#alerts article").first().locator(".title").click();
  await page.locator("#moment").waitFor();
  assert.match(page.url(), new RegExp(`#/alerts/${data.id}$`));
  assert.match(await page.locator("#moment").innerText(), /PAST/);
  const first = await cursor(page);
  assert.ok(first <= Date.parse(data.started_at), "before the onset");
  assert.notEqual(await page.locator('.target[data-symbol="BTC-USD"]').getAttribute("data-regime"), "contagion");
  await page.locator("#explanation").waitFor();
  await until(async () => (await cursor(page)) >= first + 60_000, {seconds: 10, what: "it plays"});

  await page.keyboard.press("Space");
  const pausedAt = await cursor(page);
  await page.waitForTimeout(1200);
  assert.equal(await cursor(page), pausedAt, "paused");
  await page.keyboard.press("r");
  await until(async () => (await cursor(page)) < pausedAt, {seconds: 3, what: "from the start again"});

  await page.keyboard.press("Escape");
  await page.locator("#moment").waitFor({state: "detached"});
  assert.equal(await page.locator('.target[data-symbol="BTC-USD"]').getAttribute("data-regime"), "contagion");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("what is shown of a moment is what history says of it, and nothing of now", async () => {
  const {page, context, complaints} = await opened({hash: `#/alerts/${alerts[0].data.id}`});
  await page.locator("#moment").waitFor();
  await page.keyboard.press("Space");
  const detected = Date.parse(alerts[0].data.detected_at);
  for (const t of [detected - 180_000, detected - 30_000, detected + 60_000]) {
    await seek(page, t);
    await until(async () => Math.abs((await cursor(page)) - t) <= state.bar_s * 1000, {seconds: 3, what: "the slider is followed"});
    await page.waitForTimeout(300);
    const row = history.ts.findLastIndex((ts) => Date.parse(ts) <= t);
    for (const {symbol} of state.targets) {
      const banner = page.locator(`.target[data-symbol="${symbol}"]`);
      assert.equal(await banner.getAttribute("data-regime"), history.targets[symbol].regime[row], `${symbol} at ${history.ts[row]}`);
      assert.equal(await banner.locator(".score b").innerText(), history.targets[symbol].score[row].toFixed(2));
    }
    for (const column of history.correlations.filter(({source}) => source === state.source_group)) {
      const window = state.windows_s.findIndex((w) => Math.abs(w - column.window_s) < 0.5);
      const cell = page.locator(`#heat-map [data-source="${column.source}"][data-target="${column.target}"][data-window="${window}"]`).first();
      assert.equal(await cell.getAttribute("data-value"), String(column.value[row] ?? ""));
    }
    for (const line of await page.locator("#prices tr[data-symbol]").all()) {
      const symbol = await line.getAttribute("data-symbol");
      assert.equal(await line.getAttribute("data-price"), history.instruments[symbol].price[row] ?? "");
    }
  }
  // Links were not kept: none of now's figures may stand there.
  for (const partial of await page.locator("#links [data-partial]").evaluateAll((nodes) => nodes.map((node) => node.dataset.partial)))
    assert.equal(partial, "");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("news that come meanwhile do not move what is shown, and are there after the way back", async () => {
  const {page, context} = await opened({hash: `#/alerts/${alerts[0].data.id}`});
  await page.locator("#moment").waitFor();
  await page.keyboard.press("Space");
  await seek(page, Date.parse(alerts[0].data.detected_at));
  const score = page.locator('.target[data-symbol="BTC-USD"] .score b');
  const before = await score.innerText();
  fake.beat({targets: {0: {...state.targets[0], score: 0.4321, regime: "elevated"}}});
  await page.waitForTimeout(700);
  assert.equal(await score.innerText(), before);
  await page.keyboard.press("Escape");
  await score.filter({hasText: "0.43"}).waitFor();
  await context.close();
});

test("who asked for less motion gets the moment standing still, at the detection", async () => {
  const {page, context} = await opened({hash: `#/alerts/${alerts[0].data.id}`, reducedMotion: "reduce"});
  await page.locator("#moment").waitFor();
  assert.equal(await page.locator("#moment").getAttribute("data-playing"), "false");
  assert.ok(Math.abs((await cursor(page)) - Date.parse(alerts[0].data.detected_at)) <= state.bar_s * 1000);
  await context.close();
});

test("an alert of which nothing is kept says so, and the page stays live", async () => {
  const {page, context} = await opened({hash: "#/alerts/01JJZZZZZZZZZZZZZZZZZZZZZZ", excused: [/404/]});
  await page.locator("#moment-missing").waitFor();
  assert.equal(await page.locator("#moment").count(), 0);
  assert.equal(await page.locator('.target[data-symbol="BTC-USD"]').getAttribute("data-regime"), "contagion");
  await context.close();
});
