"""What the tests of deploy/ share: skipping, free ports, processes that end with the test, HTTP."""
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def need(*tools):
    """Ends the test as skipped when a tool is not installed."""
    for tool in tools:
        if not shutil.which(tool):
            print(f"SKIPPED: {tool} not present")
            sys.exit(SKIPPED)


class Complaints:
    """Collects what is wrong, so that one run tells all of it."""

    def __init__(self):
        self.all = []
        self.checks = 0

    def check(self, holds, text):
        self.checks += 1
        if not holds:
            self.all.append(text)
        return bool(holds)

    def finish(self):
        for text in self.all:
            print(f"FAILED: {text}")
        print(f"{self.checks} checks, {len(self.all)} failed")
        return 1 if self.all or not self.checks else 0


def run(*command, **options):
    """(exit code, output and errors)."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120, check=False, **options)
    return done.returncode, done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, data=None, headers=None, timeout=10):
    """(status, headers, body); 0 when there is no answer."""
    request = urllib.request.Request(url, data=data, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
    except OSError:
        return 0, {}, b""


def api(base, path, **query):
    """The `data` of a Prometheus answer; None when it is an error, which is printed."""
    # A list is a parameter given several times.
    pairs = [(k, v) for k, vs in query.items() for v in (vs if isinstance(vs, list) else [vs])]
    status, _, body = fetch(f"{base}{path}?{urllib.parse.urlencode(pairs)}")
    answer = json.loads(body) if body else {}
    if answer.get("status") != "success":
        print(f"{path} {query}: {status} {answer.get('error', '')}")
        return None
    return answer["data"]


def wait_for(what, holds, process=None, seconds=30):
    """Polls until holds() is true; ends the test with a sentence when it never is."""
    deadline = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        if process and process.poll() is not None:
            sys.exit(f"FAILED: {what}: the process ended with {process.returncode}")
        if time.monotonic() > deadline:
            sys.exit(f"FAILED: {what}: not within {seconds} s")
        time.sleep(0.05)


@contextlib.contextmanager
def started(*command, log):
    """A process whose output goes to the file `log`; it is gone when the block ends."""
    with open(log, "w", encoding="utf-8") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def receiver(answer=b"ok"):
    """A listener on loopback that takes every POST; yields (its address, what it was sent)."""
    received = []
    changed = threading.Condition()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with changed:
                received.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
