// Names and notes from outside stay text, whatever is in them.
import assert from "node:assert/strict";
import {after, before, test} from "node:test";

import {openPage} from "./lib/browser.js";
import {api, until} from "./lib/demo.js";
import {FakeDaemon} from "./lib/fake_daemon.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 60}});
const evil = [
  "<img src=x onerror=hacked=1>", "<script>hacked=1</script>", "javascript:hacked=1", "\"><svg onload=hacked=1>", "'; hacked=1; '",
  "{{hacked=1}}", "\u202EDSU-CTB", "__proto__", "constructor", "x".repeat(300), "a&lt;b", "日本語 🦠",
];
let fake, state, alerts;

before(async () => {
  await until(async () => (await api(held.demo.url, "/api/v1/alerts?limit=5")).length > 0, {seconds: 60, what: "an alert"});
  state = await api(held.demo.url, "/api/v1/state");
  alerts = await api(held.demo.url, "/api/v1/alerts?limit=5");
});
after(async () => fake?.stop());

/** Every name that came from a configuration or a venue, replaced by one of the evil ones. */
function renamed(value, names) {
  if (typeof value === "string") return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((it) => renamed(it, names));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, renamed(it, names)]));
}

test("hostile names of symbols, groups and feeds stay text in every panel", async () => {
  const originals = [...state.instruments.map(({symbol}) => symbol), ...state.groups.map(({name}) => name), ...state.feeds.map(({name}) => name)];
  const names = new Map(originals.map((name, i) => [name, `${evil[i % evil.length]}${i < evil.length ? "" : ` ${i}`}`]));
  fake = await new FakeDaemon(held.demo.url).start();
  fake.state = renamed(state, names);
  fake.state.notice = evil[0];
  fake.state.instance = evil[1];
  fake.state.annotations = evil.map((text, i) => ({id: `n${i}`, time: state.now, text, symbols: [text], tags: [text], by: text}));
  fake.state.silences = [{id: "S1", state: "active", rule: evil[0], starts_at: state.now, ends_at: state.now, comment: evil[1], by: evil[3]}];
  fake.answers.set("/api/v1/alerts", renamed(alerts, names).map((it) => {
    Object.assign(it.data, {title: evil[0], summary: evil[3]});
    return it;
  }));
  fake.answers.set("/api/v1/history", {bar_s: 10, step_s: 10, ts: [], instruments: {}, groups: {}, targets: {}, correlations: []});
  fake.answers.set("/api/v1/status/sinks", [{name: evil[0], state: "broken", reason: evil[3], pending: 1, warning: evil[0]}]);

  const {page, context, complaints} = await openPage(held.browser, fake.url);
  await page.locator(".target").first().waitFor();
  await page.locator("#alerts article").first().waitFor();
  for (const hash of ["#/", "#/ops", `#/alerts/${alerts[0].data.id}`]) {
    await page.evaluate((to) => { location.hash = to; }, hash);
    await page.waitForTimeout(700);
    fake.beat();
    assert.equal(await page.evaluate(() => typeof globalThis.hacked), "undefined");
    assert.equal(await page.locator("#page img, #page script, #page iframe, #page svg[onload], #page [onerror]").count(), 0);
    assert.equal(await page.locator('a[href^="javascript:"]').count(), 0);
  }
  await page.evaluate(() => { location.hash = "#/"; });
  const text = await page.locator("#page").innerText();
  for (const word of evil.slice(0, 4)) assert.ok(text.includes(word), `shown as it is: ${word}`);
  // A name that writes from right to left must not turn the figures beside it.
  const turned = page.locator(".target h2", {hasText: "DSU-CTB"});
  if (await turned.count()) assert.equal(await turned.first().evaluate((node) => getComputedStyle(node).unicodeBidi), "isolate");
  assert.deepEqual(complaints, []);
  await context.close();
});
