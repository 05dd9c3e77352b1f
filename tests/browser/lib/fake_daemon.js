// A daemon of the test's own making: the page is the real one, what it is told is the test's. For
// what no real daemon says on demand: hostile names, nulls, unknown events, silence, a wrong clock.
import {createServer} from "node:http";

export class FakeDaemon {
  /** `real`: address of a daemon whose page and whose answers, where the test gives none, are served. */
  constructor(real) {
    this.real = real;
    this.answers = new Map(); // path without query → data
    this.state = null;
    this.streams = new Set();
    this.seq = 0;
    this.epoch = "1";
    this.opened = 0; // streams opened in all
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(port = 0) {
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    const at = this.server.address();
    this.url = `http://127.0.0.1:${at.port}/`;
    return this;
  }

  async stop() {
    this.cut();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Ends all streams, as a lost network does. */
  cut() {
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  send(kind, data) {
    this.seq += 1;
    for (const stream of this.streams) stream.write(this.message(kind, data));
  }
  /** What a daemon says every second. */
  beat(more = {}) {
    this.send("delta", {now: this.state.now, wall: new Date().toISOString(), ...more});
  }
  message(kind, data) {
    return `id: ${this.epoch}-${this.seq}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  async serve(request, response) {
    const path = new URL(request.url, this.url).pathname;
    if (path === "/api/v1/stream") {
      this.opened += 1;
      response.writeHead(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-store"});
      response.write("retry: 300\n\n");
      if (this.state) response.write(this.message("snapshot", this.state));
      this.streams.add(response);
      response.on("close", () => this.streams.delete(response));
      return;
    }
    if (path === "/api/v1/state" || this.answers.has(path)) {
      const data = path === "/api/v1/state" ? this.state : this.answers.get(path);
      response.writeHead(200, {"Content-Type": "application/json"});
      response.end(JSON.stringify({status: "success", data}));
      return;
    }
    try {
      const answer = await fetch(new URL(request.url, this.real), {redirect: "manual"});
      const headers = Object.fromEntries([...answer.headers].filter(([name]) =>
        !["content-encoding", "content-length", "transfer-encoding", "connection", "date"].includes(name)));
      response.writeHead(answer.status, headers);
      response.end(Buffer.from(await answer.arrayBuffer()));
    } catch {
      response.writeHead(502).end();
    }
  }
}
