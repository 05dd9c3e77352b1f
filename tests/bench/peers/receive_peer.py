"""What a desk that writes Python has: the package websockets with json, receiving the flood of
flood_exchange. CPU time of the process, from the first message to the last.

Writes what google benchmark would write.
"""
import asyncio
import json
import os
import ssl
import subprocess
import time

MESSAGES = 200_000
NAME = "yardstick:python_websockets"


async def receive(websockets, url):
    trust_all = None
    if url.startswith("wss"):
        trust_all = ssl.create_default_context()  # the exchange's certificate is its own
        trust_all.check_hostname = False
        trust_all.verify_mode = ssl.CERT_NONE
    async with websockets.connect(url, ssl=trust_all, compression=None) as socket:
        await socket.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}')
        count = ids = 0
        start = 0.0
        while count < MESSAGES:
            message = json.loads(await socket.recv())
            if message.get("e") != "trade":
                continue
            if count == 0:
                start = time.process_time()
            if float(message["p"]) > 0 and float(message["q"]) > 0:
                count += 1
                ids += message["t"]
        return time.process_time() - start, ids


def main():
    try:
        import websockets
    except ImportError:
        websockets = None
    benchmarks = []
    for row, carrier in (("receive_plain", "plain"), ("receive_tls", "tls")):
        entry = {"name": f"{row}/{NAME}", "run_type": "iteration"}
        benchmarks.append(entry)
        if websockets is None:
            entry["absent"] = "not installed"
            continue
        with subprocess.Popen([os.path.join(os.environ["BENCH_PROGRAMS"], "flood_exchange"),
                               f"--messages={MESSAGES}", f"--carrier={carrier}"],
                              stdout=subprocess.PIPE, text=True) as exchange:
            try:
                seconds, ids = asyncio.run(receive(websockets, exchange.stdout.readline().strip()))
            except (OSError, websockets.WebSocketException) as error:
                exchange.kill()
                entry.update(error_occurred=True, error_message=str(error))
                continue
        entry.update(items_per_second=MESSAGES / seconds, checksum=ids)
    print(json.dumps({"benchmarks": benchmarks}))


if __name__ == "__main__":
    main()
