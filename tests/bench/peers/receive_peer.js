// What a desk that writes JavaScript has: the package ws with JSON.parse, and ccxt pro, each receiving
// the flood of flood_exchange. CPU time of the whole process, from the first message to the last.
//
// Writes what google benchmark would write. Each contestant runs in a process of its own.
"use strict";
const { spawn, spawnSync } = require("node:child_process");
const path = require("node:path");

const MESSAGES = 200_000;
const PROGRAMS = process.env.BENCH_PROGRAMS;

/** Starts the exchange and gives its address. */
function exchange(carrier) {
    const child = spawn(path.join(PROGRAMS, "flood_exchange"),
        [`--messages=${MESSAGES}`, `--carrier=${carrier}`], { stdio: ["ignore", "pipe", "inherit"] });
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.stdout.once("data", (line) => resolve(String(line).trim()));
    });
}

/** Counts messages, adds up their ids and takes the CPU time between the first and the last. */
class Receipt {
    constructor(done) {
        this.count = 0;
        this.ids = 0;
        this.done = done;
    }
    take(id) {
        if (this.count++ === 0) this.start = process.cpuUsage();
        this.ids += id;
        if (this.count !== MESSAGES) return;
        const used = process.cpuUsage(this.start);
        this.done({ seconds: (used.user + used.system) / 1e6, checksum: this.ids });
    }
}

const contestants = {
    async node_ws(url) {
        const { WebSocket } = require("ws");
        return new Promise((resolve, reject) => {
            const receipt = new Receipt(resolve);
            const socket = new WebSocket(url, { perMessageDeflate: false });
            socket.on("error", reject);
            socket.on("open", () => socket.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}'));
            socket.on("message", (data) => {
                const message = JSON.parse(data);
                if (message.e !== "trade") return;
                // What a desk makes of it: numbers.
                if (Number(message.p) > 0 && Number(message.q) > 0) receipt.take(message.t);
            });
        });
    },
    async ccxt_pro(url) {
        const { pro } = await import("ccxt").then((module) => module.default);
        // Offline: its one market is told by hand, and the address is the loopback's. "/stream" in it is
        // how ccxt knows the spot market.
        const binance = new pro.binance({ newUpdates: true });
        binance.setMarkets([{ id: "BTCUSDT", lowercaseId: "btcusdt", symbol: "BTC/USDT", base: "BTC", quote: "USDT",
            baseId: "BTC", quoteId: "USDT", type: "spot", spot: true, swap: false, future: false, option: false,
            contract: false, active: true, precision: { amount: 1e-8, price: 0.01 }, limits: {} }]);
        binance.urls.api.ws.spot = `${url}/stream`;
        await binance.loadHttpProxyAgent(); // it asks for that before any address without TLS
        return new Promise((resolve, reject) => {
            const receipt = new Receipt(resolve);
            const handle = binance.handleTrade;
            binance.handleTrade = function (client, message) {
                handle.call(this, client, message);
                receipt.take(message.t);
            };
            const watch = async () => {
                for (;;) await binance.watchTrades("BTC/USDT");
            };
            watch().catch(reject);
        });
    },
};

async function one(name, carrier) {
    const result = await contestants[name](await exchange(carrier));
    process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

function all() {
    const rows = { receive_plain: "plain", receive_tls: "tls" };
    const packages = { node_ws: "ws", ccxt_pro: "ccxt" };
    const benchmarks = [];
    for (const [row, carrier] of Object.entries(rows)) {
        for (const [name, needed] of Object.entries(packages)) {
            const entry = { name: `${row}/yardstick:${name}`, run_type: "iteration" };
            benchmarks.push(entry);
            try {
                require.resolve(needed);
            } catch {
                entry.absent = "not installed";
                continue;
            }
            // The exchange's certificate is its own.
            const child = spawnSync(process.execPath, [__filename, name, carrier], {
                encoding: "utf8", timeout: 120_000,
                env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" } });
            if (child.status !== 0 || child.stdout === "") {
                entry.error_occurred = true;
                entry.error_message = (child.stderr || String(child.error || "did not end")).slice(-300);
                continue;
            }
            const { seconds, checksum } = JSON.parse(child.stdout);
            entry.items_per_second = MESSAGES / seconds;
            entry.checksum = checksum;
        }
    }
    console.log(JSON.stringify({ benchmarks }));
}

if (process.argv.length > 2) {
    one(process.argv[2], process.argv[3]).catch((error) => {
        console.error(error.stack || String(error));
        process.exit(1);
    });
} else {
    all();
}
