// What a browser loads: how much, from where, and how it may keep it.
import assert from "node:assert/strict";
import {request} from "node:http";
import {test} from "node:test";

import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({demo: {speed: 60}});
const bytesAtMost = 70_000;

/** An answer as it went over the wire, packed if it was. */
function raw(url, headers = {}) {
  return new Promise((resolve, reject) => {
    request(url, {headers: {"Accept-Encoding": "gzip", ...headers}}, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({status: response.statusCode, headers: response.headers, bytes: Buffer.concat(parts)}));
    }).on("error", reject).end();
  });
}

test("all files together are small, packed, and kept by the browser for as long as they do not change", async () => {
  const page = await held.browser.newPage();
  const seen = new Set();
  page.context().on("request", (it) => seen.add(it.url()));
  await page.goto(held.demo.url);
  await page.locator(".target").first().waitFor();
  await page.waitForTimeout(1000);
  const files = [...seen].filter((url) => url.startsWith("http") && !url.includes("/api/"));
  assert.ok(files.length >= 4, files.join(" "));
  let total = 0;
  for (const url of files) {
    const answer = await raw(url);
    assert.equal(answer.status, 200, url);
    total += answer.bytes.length;
    assert.ok(answer.headers.etag, `${url} has an ETag`);
    const isHashed = new URL(url).pathname.startsWith("/assets/");
    if (isHashed) {
      assert.match(answer.headers["cache-control"], /immutable/, url);
      assert.equal(answer.headers["content-encoding"], "gzip", url);
    } else {
      assert.match(answer.headers["cache-control"], /no-cache/, url);
    }
    assert.equal((await raw(url, {"If-None-Match": answer.headers.etag})).status, 304, url);
  }
  console.log(`${files.length} files, ${total} bytes packed`);
  assert.ok(total <= bytesAtMost, `${total} bytes`);
  await page.close();
});

test("the policy allows no inline script and nobody else's", async () => {
  const {headers, bytes} = await raw(held.demo.url, {"Accept-Encoding": "identity"});
  const policy = headers["content-security-policy"];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const html = bytes.toString();
  for (const [, attributes, text] of html.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)) {
    assert.match(attributes, /src="\.\/assets\//);
    assert.equal(text.trim(), "");
  }
  assert.doesNotMatch(html, /https?:\/\/|style=|\son\w+=/);
});
