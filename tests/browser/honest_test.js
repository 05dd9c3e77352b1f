// What the page does not know it does not make up: nothing is shown as 0, silence is shown, a wrong
// clock is shown, and what it does not understand it counts.
import assert from "node:assert/strict";
import {after, before, test} from "node:test";

import {openPage} from "./lib/browser.js";
import {api, until} from "./lib/demo.js";
import {FakeDaemon} from "./lib/fake_daemon.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 60}});
let fake, known;

before(async () => {
  // A state with everything in it, taken once and then held still.
  known = await until(async () => {
    const state = await api(held.demo.url, "/api/v1/state");
    return state.targets.some(({regime}) => regime === "contagion") && state.leads.some(({verdict}) => verdict) ? state : null;
  }, {seconds: 60, what: "the demo's selloff"});
});
after(async () => fake?.stop());

async function show(change, {excused = []} = {}) {
  await fake?.stop();
  fake = await new FakeDaemon(held.demo.url).start();
  fake.state = structuredClone(known);
  change(fake.state);
  const opened = await openPage(held.browser, fake.url, {excused});
  await opened.page.locator(".target").first().waitFor();
  return opened;
}

const isZero = /(^|[\s(])[+−-]?\$?0(\.0+)?\s*(%|s|σ|±|$)/;

test("a number that is null is shown as absent, not as 0", async () => {
  const blank = (value) => {
    if (Array.isArray(value)) return value.map(blank);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, it]) =>
      [name, typeof it === "number" && !/_s$|samples|ticks|kept|feeds|revision|before|now$/.test(name) ? null : blank(it)]));
  };
  const {page, context, complaints} = await show((state) => {
    for (const list of ["targets", "correlations", "selloff", "tick_correlations", "leads", "links", "series", "impact", "groups"])
      state[list] = blank(state[list]);
    for (const row of state.instruments) Object.assign(row, {price: null, return_since_open: null, change_24h: null});
  });
  for (const id of ["heat-map", "leads", "links", "habits", "prices", "impact"]) {
    const text = await page.locator(`#${id}`).innerText();
    assert.ok(text.length > 0, `#${id} says something`);
    for (const line of text.split("\n")) assert.doesNotMatch(line, isZero, `#${id}: ${line}`);
  }
  for (const text of await page.locator(".target .score b").allInnerTexts()) assert.equal(text, "–");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a stream that stalls is shown within three seconds, and forgotten when it goes on", async () => {
  const {page, context, complaints} = await show((state) => { state.wall = new Date().toISOString(); });
  const stripe = page.locator("#connection");
  for (let i = 0; i < 3; ++i) {
    fake.beat();
    await page.waitForTimeout(900);
  }
  assert.equal(await stripe.isVisible(), false);
  const silentSince = Date.now();
  await stripe.filter({hasText: "nothing new for"}).waitFor({timeout: 10_000});
  // Three seconds are the page's own measure; what is beyond is a busy machine's.
  console.log(`shown ${Date.now() - silentSince} ms after the last message`);
  assert.ok(Date.now() - silentSince < 6000);
  fake.beat();
  await stripe.waitFor({state: "hidden", timeout: 5000});
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a clock that is off is shown, and one that is right is not", async () => {
  const {page, context} = await show(() => undefined);
  fake.beat();
  await page.waitForTimeout(500);
  assert.equal(await page.getByText(/The daemon's clock is/).count(), 0);
  fake.beat({wall: new Date(Date.now() + 90_000).toISOString()});
  await page.getByText(/The daemon's clock is .* ahead/).waitFor({timeout: 10_000});
  // One late message says nothing of a clock; twenty do.
  for (let i = 0; i < 25; ++i) fake.beat({wall: new Date(Date.now() - 90_000 + i).toISOString()});
  await page.getByText(/The daemon's clock is .* behind/).waitFor({timeout: 10_000});
  await context.close();
});

test("events of an unknown kind are ignored and counted", async () => {
  const {page, context, complaints} = await show(() => undefined);
  fake.beat();
  fake.send("weather", {rain: true});
  fake.send("weather", {rain: false});
  fake.send("delta", {colour_of_money: ["green"]}); // an unknown member of a known kind
  fake.beat();
  await page.goto(`${fake.url}#/ops`);
  await page.locator('[data-fact="Ignored events"] dd[data-value="2"]').waitFor({timeout: 5000});
  assert.deepEqual(complaints, []);
  await context.close();
});

test("no state, no history and no alerts: the page says that it waits", async () => {
  await fake?.stop();
  fake = await new FakeDaemon(held.demo.url).start();
  const {page, context} = await openPage(held.browser, fake.url);
  await page.getByText(/Waiting for the daemon/).waitFor();
  await context.close();
});
