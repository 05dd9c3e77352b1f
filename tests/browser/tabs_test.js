// All tabs share one connection; each of the ways a browser offers for that works.
import assert from "node:assert/strict";
import {after, afterEach, before, test} from "node:test";

import {openPage} from "./lib/browser.js";
import {api, until} from "./lib/demo.js";
import {FakeDaemon} from "./lib/fake_daemon.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 60}});
const open = []; // contexts of a test, closed also where it fails
let fake;

afterEach(async () => {
  for (const context of open.splice(0)) await context.close();
  await until(() => fake.streams.size === 0, {seconds: 10, what: "all connections end with their tabs"});
});
before(async () => {
  const state = await until(async () => {
    const now = await api(held.demo.url, "/api/v1/state");
    return now.since ? now : null;
  });
  fake = await new FakeDaemon(held.demo.url).start();
  fake.state = state;
});
after(async () => fake?.stop());

const score = (page) => page.locator(".target .score b").first();
const withScore = (value) => ({targets: fake.state.targets.map((row) => ({...row, regime: "calm", score: value}))});

async function threeTabs(without) {
  const context = await held.browser.newContext();
  await context.addInitScript((names) => { for (const name of names) delete globalThis[name]; }, without);
  const tabs = [];
  for (let i = 0; i < 3; ++i) {
    tabs.push((await openPage(held.browser, fake.url, {context})).page);
    await tabs[i].locator(".target").first().waitFor();
  }
  open.push(context);
  return {context, tabs};
}

async function seenByAll(tabs, value) {
  fake.beat(withScore(value));
  for (const tab of tabs) await score(tab).filter({hasText: value.toFixed(2)}).waitFor({timeout: 5000});
}

test("three tabs are one connection, through a shared worker", async () => {
  const {tabs} = await threeTabs([]);
  assert.equal(fake.streams.size, 1);
  await seenByAll(tabs, 0.11);
  await tabs[0].close();
  await seenByAll(tabs.slice(1), 0.12);
  assert.equal(fake.streams.size, 1);
});

test("where there is no shared worker one tab leads, and another takes over when it is closed", async () => {
  const {tabs} = await threeTabs(["SharedWorker"]);
  assert.equal(fake.streams.size, 1);
  await seenByAll(tabs, 0.21);
  const before = fake.opened;
  await tabs[0].close();
  await until(() => fake.opened > before && fake.streams.size === 1, {seconds: 10, what: "another tab leads"});
  await seenByAll(tabs.slice(1), 0.22);
});

test("where there is neither, each tab has its own", async () => {
  const {tabs} = await threeTabs(["SharedWorker", "BroadcastChannel"]);
  assert.equal(fake.streams.size, 3);
  await seenByAll(tabs, 0.31);
});

test("a connection that was cut comes back by itself", async () => {
  const {tabs} = await threeTabs([]);
  const before = fake.opened;
  fake.cut();
  await until(() => fake.opened > before && fake.streams.size === 1, {seconds: 10, what: "a new connection"});
  await seenByAll(tabs, 0.41);
});
