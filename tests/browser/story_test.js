// The founding event, as a desk sees it: the page turns when the daemon does, says since when, and
// goes back to the moment.
import assert from "node:assert/strict";
import {test} from "node:test";

import {openPage} from "./lib/browser.js";
import {api, until} from "./lib/demo.js";
import {regimeOf, withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 60}});
const symbols = ["BTC-USD", "ETH-USD"];

test("the page turns to contagion at the scripted moment, with title and since-when, and back", async () => {
  const {page, context, complaints} = await openPage(held.browser, held.demo.url);
  await page.locator(".target").first().waitFor();
  assert.match(await page.locator(".stripe-notice").innerText(), /DEMO/);
  const seen = new Map(symbols.map((symbol) => [symbol, []]));

  const turned = new Map();
  await until(async () => {
    for (const symbol of symbols) {
      const regime = await regimeOf(page, symbol);
      const list = seen.get(symbol);
      if (list.at(-1) !== regime) list.push(regime);
      if (regime === "contagion" && !turned.has(symbol))
        turned.set(symbol, await page.locator(`.target[data-symbol="${symbol}"] .regime small`).innerText());
    }
    return turned.size === symbols.length;
  }, {seconds: 60, what: "contagion"});

  // The script's moment, as the demo itself tells it on the terminal.
  for (const symbol of symbols) {
    const said = await until(() => new RegExp(`(\\d\\d:\\d\\d:\\d\\d)  ${symbol} is contagion`).exec(held.demo.said()));
    assert.ok(turned.get(symbol).includes(`${said[1]} UTC`), `${symbol}: ${turned.get(symbol)}, said ${said[1]}`);
    const order = seen.get(symbol);
    assert.deepEqual(order.filter((it) => it !== "elevated"), ["warming", "calm", "contagion"], order.join(" "));
  }
  await page.waitForFunction(() => /⚠ .*BTC-USD/.test(document.title));
  const {targets} = await api(held.demo.url, "/api/v1/state");
  assert.ok(targets.every(({regime}) => regime === "contagion"));

  const alert = page.locator("#alerts article").first();
  await alert.waitFor();
  assert.match(await alert.innerText(), /critical|warning/i);
  await until(async () => (await regimeOf(page, "BTC-USD")) === "calm" || (await regimeOf(page, "BTC-USD")) === "over", {seconds: 60, what: "its end"});
  assert.deepEqual(complaints, []);
  await context.close();
});
