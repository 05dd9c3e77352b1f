// The page lives through a daemon that is ended and started anew.
import assert from "node:assert/strict";
import {test} from "node:test";

import {openPage} from "./lib/browser.js";
import {api, startDemo} from "./lib/demo.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 60}});
const lost = [/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|Failed to load resource/];

for (const signal of ["SIGTERM", "SIGKILL"])
  test(`a daemon ended by ${signal} is missed within seconds, and found again`, async () => {
    const {page, context, complaints} = await openPage(held.browser, held.demo.url, {excused: lost});
    await page.locator(".target").first().waitFor();
    const stripe = page.locator("#connection");
    await stripe.waitFor({state: "hidden"});

    const {address} = held.demo;
    await held.demo.stop(signal);
    await stripe.filter({hasText: /Disconnected, last data \d+\s*s ago/}).waitFor({timeout: 10_000});
    assert.match(await page.title(), /disconnected/i);

    held.demo = await startDemo({speed: 60, address});
    await stripe.waitFor({state: "hidden", timeout: 30_000});
    const {now} = await api(held.demo.url, "/api/v1/state");
    // What is shown is the new run: its market day has only begun.
    await page.waitForFunction((limit) => document.getElementById("clock-utc").textContent <= limit, now.slice(11, 19), {timeout: 10_000});
    assert.deepEqual(complaints, []);
    await context.close();
  });
