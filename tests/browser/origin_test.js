// What a page of another origin can do with the daemon from the same browser: nothing.
import assert from "node:assert/strict";
import {mkdtempSync, writeFileSync} from "node:fs";
import {createServer} from "node:http";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, before, test} from "node:test";

import {startDemo} from "./lib/demo.js";
import {withBrowser} from "./lib/setup.js";

const held = await withBrowser({flags: ["--host-resolver-rules=MAP rebound.example 127.0.0.1"]});
let demo, other, otherUrl;

before(async () => {
  // A user whom the browser knows: the worst case, for it then sends the password by itself.
  const folder = mkdtempSync(join(tmpdir(), "contagiond-origin-"));
  const web = join(folder, "web.yml");
  // bcrypt of "test" at the lowest cost.
  writeFileSync(web, "basic_auth_users:\n  desk: $2b$04$abcdefghijklmnopqrstuuoD8yw7MmybLKVooaTGGZAt3HXugv2.a\n", {mode: 0o600});
  demo = await startDemo({speed: 60, flags: [`--web.config.file=${web}`]});
  other = createServer((_, response) => response.writeHead(200, {"Content-Type": "text/html"}).end("<title>other</title>"));
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  otherUrl = `http://127.0.0.1:${other.address().port}/`;
});
after(async () => {
  await demo?.stop();
  other?.closeAllConnections();
  other?.close();
});

const credentials = {username: "desk", password: "test"};
const authorization = `Basic ${Buffer.from("desk:test").toString("base64")}`;
const ask = async (path) => (await fetch(new URL(path, demo.url), {headers: {Authorization: authorization}})).text();
const silences = async () => JSON.parse(await ask("/api/v1/silences")).data.length;
const rejected = async (reason) =>
  Number(new RegExp(`^contagiond_http_connections_rejected_total\\{reason="${reason}"\\} (\\d+)`, "m").exec(await ask("/metrics"))?.[1] ?? NaN);

/** A tab of another origin whose browser has already logged in at the daemon. */
async function elsewhere(address = otherUrl) {
  const context = await held.browser.newContext({httpCredentials: credentials});
  const own = await context.newPage();
  await own.goto(demo.url);
  await own.locator(".target").first().waitFor();
  const page = await context.newPage();
  await page.goto(address);
  return {page, context, own};
}

const body = JSON.stringify({everything: true, for: "1h", comment: "from elsewhere"});

test("a page of the daemon's own origin may silence", async () => {
  const {own, context} = await elsewhere();
  const before = await silences();
  const status = await own.evaluate(async (text) =>
    (await fetch("api/v1/silences", {method: "POST", headers: {"Content-Type": "application/json"}, body: text})).status, body);
  assert.equal(status, 200);
  assert.equal(await silences(), before + 1);
  await context.close();
});

test("a page of another origin can neither silence nor read", async () => {
  const {page, context} = await elsewhere();
  const before = await silences(), refusals = await rejected("origin");
  for (const type of ["text/plain", "application/json"])
    for (const mode of ["no-cors", "cors"])
      await page.evaluate(async ([url, text, kind, how]) => {
        await fetch(`${url}api/v1/silences`, {method: "POST", mode: how, credentials: "include", headers: {"Content-Type": kind}, body: text}).catch(() => undefined);
      }, [demo.url, body, type, mode]);
  assert.ok((await rejected("origin")) > refusals, "the daemon saw and refused it");
  const read = await page.evaluate(async (url) => {
    const answers = [];
    for (const path of ["api/v1/state", "api/v1/status/config", "metrics"])
      answers.push(await fetch(url + path, {credentials: "include"}).then((r) => r.text(), () => null));
    return answers;
  }, demo.url);
  assert.deepEqual(read, [null, null, null]);
  const heard = await page.evaluate((url) => new Promise((resolve) => {
    const stream = new EventSource(`${url}api/v1/stream`, {withCredentials: true});
    stream.addEventListener("snapshot", () => resolve("a snapshot"));
    stream.onerror = () => resolve("nothing");
  }), demo.url);
  assert.equal(heard, "nothing");
  assert.equal(await silences(), before);
  await context.close();
});

test("a form of another origin is refused", async () => {
  const {page, context} = await elsewhere();
  const before = await silences();
  const answered = page.waitForResponse((it) => it.request().method() === "POST");
  await page.evaluate(([url, text]) => {
    const form = document.createElement("form");
    Object.assign(form, {method: "post", action: `${url}api/v1/silences`, enctype: "text/plain"});
    const field = document.createElement("input");
    // Name and value are joined by "=", which here lands inside a string of the JSON.
    Object.assign(field, {name: text.replace("elsewhere\"}", ""), value: "elsewhere\"}"});
    form.append(field);
    document.body.append(form);
    form.submit();
  }, [demo.url, body]);
  assert.equal((await answered).status(), 403);
  assert.equal(await silences(), before);
  await context.close();
});

test("the page cannot be framed", async () => {
  const {page, context} = await elsewhere();
  await page.evaluate((url) => {
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
  }, demo.url);
  await page.waitForTimeout(1000);
  const framed = page.frames().filter((frame) => frame !== page.mainFrame());
  for (const frame of framed) assert.equal(await frame.locator(".target").count().catch(() => 0), 0);
  await context.close();
});

test("a name that was turned to this machine is not served", async () => {
  const refusals = await rejected("host");
  const context = await held.browser.newContext({httpCredentials: credentials});
  const page = await context.newPage();
  const answer = await page.goto(`http://rebound.example:${new URL(demo.url).port}/api/v1/state`);
  assert.ok(answer.status() >= 400, `answered ${answer.status()}`);
  assert.ok(!(await answer.text()).includes("instruments"));
  assert.ok((await rejected("host")) > refusals);
  await context.close();
});
