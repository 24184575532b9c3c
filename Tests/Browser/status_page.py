"""The status page in a real browser, before a real cluster: headless Chromium, three nodes on free ports.

Usage: status_page.py --node PAXOS-NODE [--chromium PROGRAM] [--pictures FOLDER] [--load SECONDS]

The pictures in docs/images were taken by it, after some minutes of load so that there is something to see.
Every step waits for what it is about to see, and fails when that does not come within half a minute.
"""

import argparse
import contextlib
import http.client
import json
import math
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from playwright.sync_api import sync_playwright

PATIENCE = 30.0
NODES = ["n0", "n1", "n2"]


class Failed(Exception):
    pass


def until(what, condition, patience=PATIENCE):
    """Waits until `condition` gives something, and gives it."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if found := condition():
                return found
        time.sleep(0.05)
    raise Failed(f"this did not come within {patience:.0f} s: {what}")


def check(holds, what):
    if not holds:
        raise Failed(what)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    """Three processes. They are ended by their own ids, and nothing of them is left."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        ports = free_ports(6)
        self.http = dict(zip(NODES, ports[:3]))
        self.peers = dict(zip(NODES, ports[3:]))
        self.processes = {}

    def start(self, node):
        peers = ",".join(f"{name}=127.0.0.1:{port}" for name, port in self.peers.items())
        log = open(self.folder / f"{node}.log", "ab")
        self.processes[node] = subprocess.Popen(
            [
                self.program, "--id", node, "--data", str(self.folder / node),
                "--http", f"127.0.0.1:{self.http[node]}", "--listen", f"127.0.0.1:{self.peers[node]}",
                "--peers", peers,
            ],
            stdout=log, stderr=log,
        )

    def stop(self, node):
        process = self.processes.pop(node)
        process.send_signal(signal.SIGTERM)
        check(process.wait(timeout=10) == 0, f"{node} ends with status 0")

    def close(self):
        for process in self.processes.values():
            process.kill()
            process.wait()

    def url(self, node, path="/"):
        return f"http://127.0.0.1:{self.http[node]}{path}"

    def ask(self, node, path, body=None):
        request = urllib.request.Request(self.url(node, path), data=body and json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    def leader(self):
        return until("a leader that all follow", lambda: self.agreed_leader())

    def agreed_leader(self):
        leaders = {self.ask(node, "/status")["leader"] for node in self.processes}
        return leaders.pop() if len(leaders) == 1 and None not in leaders else None

    def stride(self, node):
        nodes = self.ask(node, "/cluster")["nodes"]
        return next(one["stride"] for one in nodes if one["id"] == node)

    def fill(self, node, count):
        """Writes until the log has blocks, so that there are chain digests to compare."""
        for number in range(count):
            value = {"number": number, "text": "a line of a letter, " * 12}
            self.ask(node, "/store/set", {"key": f"letter-{number % 40}", "value": json.dumps(value)})


class Load:
    """Clients that write as shops do, now more and now less, until they are told to stop."""

    CITIES = ["Ulm", "Porto", "Gdansk", "Turku", "Lyon", "Graz"]

    def __init__(self, cluster, nodes, clients=4):
        self.ended = threading.Event()
        self.pause = 0.012
        self.threads = [
            threading.Thread(target=self.write, args=(cluster.http[nodes[client % len(nodes)]], client), daemon=True)
            for client in range(clients)
        ]
        for thread in self.threads:
            thread.start()

    def write(self, port, client):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        number = 0
        while not self.ended.is_set():
            number += 1
            order = {"order": number, "city": self.CITIES[number % len(self.CITIES)], "items": number % 9 + 1}
            key, value = f"order/{client}/{number % 500}", json.dumps(order)
            if number % 5 == 0:
                key, value = f"stock/{number % 40}", str(1000 - number % 997)
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("POST", "/store/set", json.dumps({"key": key, "value": value}))
                connection.getresponse().read()
            self.ended.wait(self.pause * (1 + 0.8 * math.sin(time.monotonic() / 14)))

    def calm(self):
        """From here on a person can read along."""
        self.pause = 1

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()


class Page:
    """The page in one browser window. Whatever the browser complains about ends the test."""

    def __init__(self, browser, url, **context):
        self.complaints = []
        # A part of what the browser may complain about: it says so of every answer that is an error.
        self.expected = None
        self.page = browser.new_context(**context).new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.on("console", lambda said: self.note(said.type, said.text))
        self.page.on("pageerror", lambda error: self.note("error", str(error)))
        self.page.on("request", lambda asked: self.check_host(asked.url, url))
        self.page.goto(url)
        self.see("#live.on", "live")

    def note(self, kind, text):
        # Chromium gives up what it asked when the machine gets another network, as it does when a container starts.
        if "ERR_NETWORK_CHANGED" in text:
            return
        if kind in ("error", "warning") and (self.expected is None or self.expected not in text):
            self.complaints.append(text)

    def check_host(self, asked, own):
        if not asked.startswith((own, "data:")):
            self.complaints.append(f"it asks another host: {asked}")

    def see(self, selector, text=""):
        self.page.locator(selector, has_text=text).first.wait_for()

    def text(self, selector):
        return self.page.locator(selector).first.inner_text()

    def submit(self, button, key, value=""):
        """Fills in the form, presses a button and gives what is answered."""
        self.page.fill("input[name=key]", key)
        self.page.fill("input[name=value]", value)
        self.page.evaluate("document.getElementById('answer').replaceChildren()")
        self.page.click(f"button[value={button}]")
        self.see("#answer span")
        return self.text("#answer")

    def has_no_sideways_scroll(self):
        return self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def check_quiet(self):
        check(not self.complaints, f"the browser complains: {self.complaints}")


def contrasts(page):
    """The lowest contrast between text and what lies behind it, and the text (WCAG 2.2, 1.4.3)."""
    return page.evaluate(
        """() => {
          const channel = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
          const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
          const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
          const behind = (element) => {
            for (let at = element; at; at = at.parentElement) {
              const color = numbers(getComputedStyle(at).backgroundColor);
              if (color.length === 3 || color[3] === 1) return color;
            }
            return [255, 255, 255];
          };
          let lowest = { contrast: 99 };
          for (const element of document.querySelectorAll("body *")) {
            const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
            if (!own || !element.checkVisibility() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
            const style = getComputedStyle(element);
            const ink = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
            const [a, b] = [luminance(numbers(ink)), luminance(behind(element))];
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < lowest.contrast) lowest = { contrast, text: element.textContent, ink };
          }
          return lowest;
        }"""
    )


def step(text):
    print(f"  {text}", flush=True)


def look(url, browser, pictures):
    """The page with a dead node, in both schemes and on phones."""
    wide = {"viewport": {"width": 1200, "height": 1240}}
    for scheme, name in [("light", "status-page"), ("dark", "status-page-dark")]:
        page = Page(browser, url, color_scheme=scheme, **wide)
        page.see("tr.gone .lost")
        page.see("#agreement.good")
        # New rows are on another ground for a moment.
        page.page.wait_for_timeout(1500)
        lowest = contrasts(page.page)
        check(lowest["contrast"] >= 4.5, f"{scheme}: too little contrast: {lowest}")
        if pictures:
            page.page.screenshot(path=pictures / f"{name}.png")
        page.check_quiet()
        step(f"{scheme}: no text has less contrast than {lowest['contrast']:.1f}")
    for width in [390, 360]:
        phone = Page(browser, url, viewport={"width": width, "height": 844}, has_touch=True)
        phone.see("tr.gone .lost")
        check(phone.has_no_sideways_scroll(), f"a page {width} pixels wide scrolls sideways")
        if pictures and width == 390:
            phone.page.screenshot(path=pictures / "status-page-phone.png")
        phone.check_quiet()
    step("a phone shows all of it without a scroll to the side")


def run(cluster, browser, pictures, load_seconds):
    for node in NODES:
        cluster.start(node)
    leader = cluster.leader()
    seen_from, stopped = [node for node in NODES if node != leader]
    cluster.fill(seen_from, 450)
    wide = {"viewport": {"width": 1200, "height": 940}}
    page = Page(browser, cluster.url(seen_from), color_scheme="light", **wide)
    step(f"{leader} leads; the page is that of {seen_from}")

    page.see(f"tr[data-node={leader}] .badge.leader")
    for node in NODES:
        page.see(f"tr[data-node={node}]", "healthy")
        page.see(f"tr[data-node={node}] .digest .good", "✓")
    page.see("#agreement.good", "agree")
    step("three nodes are healthy, and their logs agree by chain digest")

    key, value = "<b>city</b> & 'co'", "<script>document.title = 'broken'</script> Ulm"
    answer = page.submit("set", key, value)
    slot = int("".join(filter(str.isdigit, answer)))
    check(answer.startswith("Chosen in slot"), f"a set is answered with its slot, not with: {answer}")
    row = f"#entries tr[data-slot='{slot}']"
    page.see(f"{row} .key", key)
    for place in range(3):
        page.page.locator(f"{row} td.node").nth(place).locator("[aria-label='the same entry']").wait_for()
    step(f"a key is set through the form, and seen chosen on three nodes, in slot {slot}")

    check(value in page.submit("get", key), "the value comes back as it was written")
    page.expected = "404"
    check("no value" in page.submit("get", "nothing here"), "an absent key is said to be absent")
    check("broken" not in page.page.title(), "what is stored is never run")
    check(page.page.locator("main b b, main script").count() == 0, "what is stored is never markup")
    for node in NODES:
        check(cluster.ask(node, "/cluster")["node"] == node, f"{node} answers /cluster")
    until("this node's requests", lambda: cluster.ask(seen_from, "/cluster")["traffic"])
    page.see("#latency .now", "p99")
    page.see("#throughput .now", "/s")
    check(page.page.locator("#throughput svg path.first[d^=M]").count() == 1, "the throughput is drawn")
    page.check_quiet()
    page.expected = None

    load = Load(cluster, [leader, seen_from])
    time.sleep(load_seconds)
    cluster.stop(stopped)
    load.calm()
    page.see(f"tr.gone[data-node={stopped}]", "no word for")
    page.see("#answering", "2 of 3")
    until("slots slow enough to be read", lambda: cluster.stride(seen_from) == 1)
    step(f"{stopped} is stopped under load; it is marked, and the page stays live")
    look(cluster.url(seen_from), browser, pictures)
    load.stop()

    check("Chosen" in page.submit("set", "after", "the loss"), "two nodes of three go on")
    slot = int("".join(filter(str.isdigit, page.text("#answer"))))
    page.see(f"#entries tr[data-slot='{slot}'] [aria-label='not applied yet']")
    cluster.start(stopped)
    page.see(f"tr[data-node={stopped}]:not(.gone)", "healthy")
    page.see(f"#entries tr[data-slot='{slot}'] td.node:nth-of-type({4 + NODES.index(stopped)}) [aria-label='the same entry']")
    step(f"{stopped} is back, and has what it missed")

    page.check_quiet()
    page.expected = "ERR_"
    cluster.stop(seen_from)
    page.see("#live.off", "this node does not answer")
    step(f"{seen_from} is stopped, and its page says so")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", required=True, help="the program paxos-node")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--pictures", type=pathlib.Path, help="where to write screenshots")
    parser.add_argument("--load", type=float, default=1, metavar="SECONDS", help="write for so long before a node stops")
    arguments = parser.parse_args()
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="status-page-") as folder, sync_playwright() as playwright:
        cluster = Cluster(arguments.node, pathlib.Path(folder))
        # Chromium's own sandbox does not work for root, nor in most containers; it meets no page but ours.
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=["--no-sandbox"])
        try:
            run(cluster, browser, arguments.pictures, arguments.load)
        except Exception as error:
            print(f"failed: {error}", file=sys.stderr)
            for node in NODES:
                log = pathlib.Path(folder) / f"{node}.log"
                if log.exists():
                    lines = log.read_text(errors="replace").splitlines()[-8:]
                    print(*[f"{node}: {line}" for line in lines], sep="\n", file=sys.stderr)
            return 1
        finally:
            browser.close()
            cluster.close()
    print("the status page works")
    return 0


if __name__ == "__main__":
    sys.exit(main())
