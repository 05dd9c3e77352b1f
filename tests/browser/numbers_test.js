// Every panel shows the numbers of the API: read from the page, compared one by one, with a state
// of the selloff that stands still. A null is an empty mark, never a 0.
import assert from "node:assert/strict";
import {after, before, test} from "node:test";

import {openPage} from "./lib/browser.js";
import {frozenSelloff} from "./lib/frozen.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 30}});
let fake, state, alerts, page, complaints;

before(async () => {
  ({fake, state, alerts} = await frozenSelloff(held.demo.url));
  ({page, complaints} = await openPage(held.browser, fake.url));
  await page.locator(".target").first().waitFor();
  await page.locator("#alerts article").first().waitFor();
  await page.waitForTimeout(1000);
});
after(async () => fake?.stop());

/** What stands on the page: an attribute as a number, null where it is empty. */
const number = (text) => (text === null || text === undefined ? undefined : text === "" ? null : Number(text));
const attributes = (selector, names) => page.locator(selector).evaluateAll((nodes, wanted) =>
  nodes.map((node) => Object.fromEntries(wanted.map((name) => [name, node.getAttribute(name)]))), names);
/** "+3.12 %" and "0.81" as numbers, with the decimals they are shown with. */
function shown(text) {
  const match = /[+−-]?[\d,]+(\.\d+)?/.exec(text);
  assert.ok(match, text);
  const digits = match[0].replace(/,/g, "").replace("−", "-");
  return {value: Number(digits), decimals: (digits.split(".")[1] ?? "").length};
}
function agrees(text, value, scale = 1) {
  if (value === null) return assert.match(text, /–/, `null is shown as ${text}`);
  const {value: told, decimals} = shown(text);
  assert.ok(Math.abs(told - value * scale) <= 0.5 * 10 ** -decimals + 1e-9, `${text} for ${value * scale}`);
}

test("the banners: state, score, price, change", async () => {
  for (const row of state.targets) {
    const banner = page.locator(`.target[data-symbol="${row.symbol}"]`);
    assert.equal(await banner.getAttribute("data-regime"), row.regime);
    agrees(await banner.locator(".score b").innerText(), row.score);
    const instrument = state.instruments.find(({symbol}) => symbol === row.symbol);
    const price = await banner.locator(".price").innerText();
    assert.equal(shown(price).value, Number(instrument.price));
    agrees(await banner.locator(".price small").innerText(), instrument.return_since_open, 100);
    assert.ok((await banner.locator(".regime small").innerText()).includes(`${row.since.slice(11, 19)} UTC`));
  }
});

test("the heat map: each of its numbers in three windows", async () => {
  const cells = await attributes("#heat-map [data-window][data-source]", ["data-source", "data-target", "data-window", "data-value", "data-baseline"]);
  const places = new Map(cells.map((cell) => [`${cell["data-source"]} ${cell["data-target"]} ${cell["data-window"]}`, cell]));
  assert.equal(places.size, state.correlations.length);
  for (const row of state.correlations) {
    const cell = places.get(`${row.source} ${row.target} ${state.windows_s.findIndex((w) => Math.abs(w - row.window_s) < 0.5)}`);
    assert.ok(cell, JSON.stringify(row));
    assert.equal(number(cell["data-value"]), row.value);
    assert.equal(number(cell["data-baseline"]), row.baseline);
  }
  for (const row of state.correlations.slice(0, 6)) {
    const window = state.windows_s.indexOf(row.window_s);
    agrees(await page.locator(`#heat-map [data-source="${row.source}"][data-target="${row.target}"][data-window="${window}"]`).first().textContent(), row.value);
  }
});

test("who moves first: verdict, seconds and interval of each pair", async () => {
  const rows = await attributes("#leads [data-verdict][data-source]", ["data-source", "data-target", "data-verdict", "data-seconds", "data-low", "data-high"]);
  const measured = state.leads.filter(({verdict}) => verdict !== null);
  assert.ok(measured.length > 0);
  for (const row of measured) {
    const cells = rows.filter((it) => it["data-source"] === row.source && it["data-target"] === row.target);
    assert.ok(cells.length > 0, JSON.stringify(row));
    for (const cell of cells) {
      assert.equal(cell["data-verdict"], row.verdict);
      assert.deepEqual([number(cell["data-seconds"]), number(cell["data-low"]), number(cell["data-high"])], [row.seconds, row.low, row.high]);
    }
  }
});

test("the attribution: shares, controls, class and leader of the open alert", async () => {
  const {data} = alerts.find((it) => it.data.status === "firing");
  assert.equal(await page.locator("#attribution").getAttribute("data-alert"), data.id);
  assert.equal(await page.locator("#attribution [data-class]").getAttribute("data-class"), data.attribution.class);
  assert.equal(await page.locator("#attribution [data-leader]").getAttribute("data-leader"), data.source.leader ?? "");
  const members = await attributes("#attribution tr[data-share]", ["data-symbol", "data-share", "data-z"]);
  assert.equal(members.length, data.source.members.length);
  for (const member of data.source.members) {
    const row = members.find((it) => it["data-symbol"] === member.symbol);
    assert.deepEqual([number(row["data-share"]), number(row["data-z"])], [member.share, member.z]);
  }
  for (const control of data.attribution.controls)
    assert.equal(number(await page.locator(`#attribution tr[data-symbol="${control.symbol}"]:not([data-share])`).getAttribute("data-z")), control.z);
});

test("the impact", async () => {
  const [told] = await attributes("#impact .impact", ["data-value", "data-share", "data-of"]);
  const open = alerts.find((it) => it.data.status === "firing");
  const [usd, share] = told["data-of"] === "alert"
    ? [open.data.impact.source_value_lost_usd, open.data.impact.share_of_target_value] : [state.impact[0].value_lost_usd, state.impact[0].share];
  assert.equal(number(told["data-value"]), usd);
  assert.equal(number(told["data-share"]), share);
});

test("the charts' latest values", async () => {
  const legend = new Map((await attributes("#price-legend li", ["data-series", "data-value"])).map((it) => [it["data-series"], number(it["data-value"])]));
  const expected = [...state.instruments.filter(({role}) => role === "target" || role === "source").map((row) => [row.symbol, row.return_since_open]),
    ...state.groups.filter(({name}) => name === state.source_group).map((row) => [row.name, row.return_since_open])];
  for (const [name, value] of expected) {
    assert.ok(legend.has(name), name);
    assert.ok(Math.abs(legend.get(name) - value) < 1e-9, `${name}: ${legend.get(name)} for ${value}`);
  }
  const target = await page.locator("#rolling").getAttribute("data-target");
  const window = state.windows_s[Number(await page.locator("#rolling").getAttribute("data-window"))];
  const row = state.correlations.find((it) => it.source === state.source_group && it.target === target && it.window_s === window);
  const told = new Map((await attributes("#rolling-legend li", ["data-series", "data-value"])).map((it) => [it["data-series"], it["data-value"]]));
  assert.equal(number(told.get("correlation")), row.value);
  assert.equal(number(told.get("baseline")), row.baseline);
  const {score, regime} = state.targets.find(({symbol}) => symbol === target);
  assert.equal(number(told.get("score")), score);
  assert.equal(told.get("regime"), regime);
});

test("links, habits and prices", async () => {
  for (const link of state.links) {
    const [told] = await attributes(`#links [data-source="${link.source}"][data-target="${link.target}"]`, ["data-partial", "data-change-z"]);
    assert.deepEqual([number(told["data-partial"]), number(told["data-change-z"])], [link.partial, link.change_z]);
  }
  for (const symbol of [state.source_group, ...state.targets.map((it) => it.symbol)]) {
    const habit = state.series.find(({series}) => series === symbol);
    const cells = await attributes(`#habits tr[data-series="${symbol}"] td`, ["data-value"]);
    assert.deepEqual(cells.map((it) => number(it["data-value"])), [habit.change_24h, habit.selloff_z, habit.jump, habit.drift_log]);
  }
  const prices = await attributes("#prices tr[data-symbol]", ["data-symbol", "data-price", "data-stale"]);
  assert.equal(prices.length, state.instruments.length);
  for (const row of state.instruments) {
    const told = prices.find((it) => it["data-symbol"] === row.symbol);
    assert.equal(told["data-price"], row.price ?? "");
    assert.equal(told["data-stale"], String(row.stale));
    agrees(await page.locator(`#prices tr[data-symbol="${row.symbol}"] td.since`).innerText(), row.return_since_open, 100);
  }
});

test("the ops view: feeds, delivery and engine", async () => {
  await page.evaluate(() => { location.hash = "#/ops"; });
  await page.locator("#ops-feeds tr[data-feed]").first().waitFor();
  const feeds = fake.answers.get("/api/v1/status/feeds");
  for (const feed of feeds) {
    const row = page.locator(`#ops-feeds tr[data-feed="${feed.name}"]`);
    const values = await row.locator("td[data-value]").evaluateAll((nodes) => nodes.map((node) => node.dataset.value));
    for (const value of [feed.ticks, feed.sequence_gaps, feed.duplicates, feed.parse_errors, feed.reconnects])
      assert.ok(values.map(Number).includes(value), `${feed.name}: ${value} among ${values}`);
  }
  const engine = fake.answers.get("/api/v1/status/engine");
  const text = await page.locator("#ops-engine").innerText();
  for (const ring of engine.rings) assert.ok(text.includes(ring.name));
  assert.deepEqual(complaints, []);
});
