// Debian's Chromium, and a page that complains of everything a page must not do.
import {existsSync} from "node:fs";
import {chromium} from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const missing = existsSync(executablePath) ? null : `SKIPPED: no browser at ${executablePath}`;

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const launch = (more = []) => chromium.launch({executablePath, args: [...flags, ...more]});

/**
 * A tab. `complaints` collects what no page of ours may do: an error on the console, an exception,
 * a request to anybody but `url`'s origin. What a test provokes on purpose it names in `excused`.
 */
export async function openPage(browser, url, {width = 1440, height = 1000, theme = "dark", excused = [], hash = "", context: given, ...more} = {}) {
  const context = given ?? await browser.newContext({viewport: {width, height}, ...more});
  if (!given) await context.addInitScript(`try { localStorage.setItem("contagiond.theme", ${JSON.stringify(theme)}); } catch {}`);
  const page = await context.newPage();
  const complaints = [];
  const complain = (text) => {
    if (!excused.some((pattern) => pattern.test(text))) complaints.push(text);
  };
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complain(`${message.type()} on the console: ${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => complain(`exception: ${error.stack ?? error}`));
  context.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(new URL(url).origin) && !address.startsWith("data:image/svg+xml") && !address.startsWith("blob:"))
      complain(`a request to ${address}`);
  });
  await page.goto(url + hash);
  return {page, context, complaints};
}
