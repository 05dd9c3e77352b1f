// The page by keyboard alone; colours, sound and the tab's title.
import assert from "node:assert/strict";
import {after, before, test} from "node:test";

import {openPage} from "./lib/browser.js";
import {until} from "./lib/demo.js";
import {frozenSelloff} from "./lib/frozen.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 30}});
let fake, state, alerts;

before(async () => {
  ({fake, state, alerts} = await frozenSelloff(held.demo.url));
  const older = structuredClone(alerts[0]);
  const before = (time, s) => new Date(Date.parse(time) - s * 1000).toISOString();
  Object.assign(older.data, {id: "01JJM00000000000000000000A", status: "resolved", detected_at: before(older.data.detected_at, 300),
    started_at: before(older.data.detected_at, 360), ended_at: before(older.data.detected_at, 100)});
  fake.answers.set("/api/v1/alerts", [alerts[0], older]);
  fake.answers.set(`/api/v1/alerts/${older.data.id}`, [older]);
});
after(async () => fake?.stop());

async function opened(more = {}) {
  const tab = await openPage(held.browser, fake.url, more);
  await tab.page.locator("#alerts article.alert").nth(1).waitFor();
  return tab;
}
const selected = (page) => page.locator("#alerts article[data-selected]").evaluateAll((nodes) => nodes.map((node) => node.dataset.id));

test("j and k walk the alerts, Enter opens one, Esc returns", async () => {
  const {page, context, complaints} = await opened();
  const stands = (id) => until(async () => (await selected(page)).join() === id, {seconds: 5, what: `the keys stand on ${id}`});
  await page.keyboard.press("j");
  await stands(alerts[0].data.id);
  await page.keyboard.press("j");
  await stands("01JJM00000000000000000000A");
  await page.keyboard.press("k");
  await stands(alerts[0].data.id);
  await page.keyboard.press("Enter");
  await page.locator("#explanation").waitFor();
  assert.ok(page.url().endsWith(alerts[0].data.id));
  await page.keyboard.press("Escape");
  await page.locator("#explanation").waitFor({state: "detached"});
  assert.deepEqual(complaints, []);
  await context.close();
});

test("1, 2 and 3 choose the window in every panel that has one", async () => {
  const {page, context} = await opened();
  for (const key of ["2", "3", "1"]) {
    await page.keyboard.press(key);
    for (const id of ["heat-map", "rolling"]) await page.locator(`#${id}[data-window="${Number(key) - 1}"]`).waitFor();
  }
  await context.close();
});

test("keys are letters while someone types", async () => {
  const {page, context} = await opened();
  await page.locator("#note-text").fill("");
  await page.locator("#note-text").press("j");
  await page.locator("#note-text").press("o");
  assert.equal(await page.locator("#note-text").inputValue(), "jo");
  assert.deepEqual(await selected(page), []);
  assert.ok(!page.url().endsWith("#/ops"));
  await context.close();
});

test("? shows the keys and takes the focus; Esc closes and gives it back", async () => {
  const {page, context} = await opened();
  await page.keyboard.press("?");
  const dialog = page.locator("dialog[open]");
  await dialog.waitFor();
  for (const key of ["j", "k", "Enter", "1", "r", "Space", "m", "Esc"]) assert.ok((await dialog.innerText()).includes(key), key);
  assert.ok(await dialog.evaluate((node) => node.contains(document.activeElement)));
  await page.keyboard.press("Escape");
  await dialog.waitFor({state: "hidden"});
  await context.close();
});

test("o changes between desk and ops", async () => {
  const {page, context} = await opened();
  await page.keyboard.press("o");
  await page.locator("#ops-feeds").waitFor();
  await page.keyboard.press("o");
  await page.locator(".target").first().waitFor();
  await context.close();
});

test("dark at first, light when chosen, and the choice is kept", async () => {
  const context = await held.browser.newContext();
  const {page} = await openPage(held.browser, fake.url, {context});
  await page.locator(".target").first().waitFor();
  const theme = () => page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]);
  const [dark, darkColour] = await theme();
  assert.equal(dark, "dark");
  await page.locator('[data-for="theme"]').click();
  const [light, lightColour] = await theme();
  assert.equal(light, "light");
  assert.notEqual(lightColour, darkColour);
  await page.reload();
  assert.equal((await theme())[0], "light");
  await context.close();
});

test("the tab tells the state in title and icon", async () => {
  const {page, context} = await opened();
  await page.waitForFunction(() => document.title.includes("⚠"));
  const icon = () => page.locator("link[rel=icon]").getAttribute("href");
  const alarmed = await icon();
  fake.beat({targets: state.targets.map((row) => ({...row, regime: "calm"}))});
  await page.waitForFunction(() => !document.title.includes("⚠"));
  assert.notEqual(await icon(), alarmed);
  fake.beat({targets: state.targets});
  await context.close();
});

test("a sound is made for a new critical alert only where it was switched on", async () => {
  const context = await held.browser.newContext();
  await context.addInitScript(() => {
    globalThis.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
      globalThis.tones += 1;
      return start.apply(this, when);
    };
  });
  const {page} = await openPage(held.browser, fake.url, {context});
  await page.locator("#alerts article").first().waitFor();
  const news = (id, severity) => {
    const document = structuredClone(alerts[0]);
    Object.assign(document.data, {id, severity, status: "firing", revision: 1});
    document.type = "contagion.alert.opened";
    fake.send("alert", document);
  };
  const tones = async () => {
    await page.waitForTimeout(600);
    return page.evaluate(() => globalThis.tones);
  };
  news("01JJM00000000000000000000B", "critical");
  assert.equal(await tones(), 0, "off at first");
  await page.keyboard.press("m");
  const before = await tones();
  news("01JJM00000000000000000000C", "warning");
  assert.equal(await tones(), before, "not for a warning");
  news("01JJM00000000000000000000D", "critical");
  await until(async () => (await tones()) > before, {seconds: 10, what: "a tone for a critical one"});
  const after = await tones();
  news("01JJM00000000000000000000D", "critical");
  assert.equal(await tones(), after, "once");
  await context.close();
});
