// A daemon of the test's own: the demo, on a port of its own, ended with the test.
import {spawn} from "node:child_process";
import {once} from "node:events";

const program = process.env.CONTAGIOND;

/** Why these tests cannot run here, or null. */
export const missing = program ? null : "SKIPPED: the environment names no program (CONTAGIOND)";

/** Answers once the page is served. `address` of a daemon that was stopped: comes back there. */
export async function startDemo({speed = 60, address = "127.0.0.1:0", flags = []} = {}) {
  const child = spawn(program, ["demo", `--speed=${speed}`, `--web.listen-address=${address}`, ...flags], {stdio: ["ignore", "pipe", "pipe"]});
  let said = "";
  const url = await new Promise((resolve, reject) => {
    const hear = (data) => {
      said += data;
      const found = /^Page\s+(http\S+)/m.exec(said);
      if (found) resolve(found[1]);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => reject(new Error(`the demo ended with ${code}: ${said}`)));
    child.once("error", reject);
  });
  const ended = once(child, "exit");
  return {
    url,
    address: new URL(url).host,
    said: () => said,
    /** Ends it as an operator would, or as a power cut would. */
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await ended;
    },
  };
}

/** The `data` of an answer of the API. */
export async function api(url, path) {
  const response = await fetch(new URL(path, url));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await response.json()).data;
}

/** Asks again and again until `question` answers with something true, which is the result. */
export async function until(question, {seconds = 30, what = String(question)} = {}) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
