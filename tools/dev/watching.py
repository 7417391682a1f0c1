#!/usr/bin/env python3
"""Has a real Prometheus watch two real nodes, and holds what is meant for it against that.

- promtool finds nothing wrong with the metrics, the alerts and their tests;
- every query of the Grafana dashboard, and every metric of the alerts, returns something;
- docs/watching.md names every metric, and none that is not there; docs/operating.md names none that is not there.
"""

import glob
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

TRIBUTARY = os.path.abspath("build/release/tributary")
RULES = os.path.abspath("packaging/prometheus/alerts.yml")
NAMES = re.compile(r"\b(?:tributary|process)_[a-z_]*[a-z]\b")
AT_TIMES = {"tributary_group_journal_lasts_seconds"}  # only while one grows
PARTS = re.compile(r"_(bucket|sum|count)$")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def wait(condition, what, seconds=60):
    until = time.time() + seconds
    while not condition():
        if time.time() > until:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.2)


class Site:
    """A server, two nodes and a Prometheus that scrapes them each second."""

    def __init__(self, directory):
        self.directory, self.started = directory, []
        self.environment = {**os.environ, "REDIS_URL": f"unix://{directory}/redis.sock", "LEASE": "500ms", "BEAT": "100ms"}
        self.start("redis-server", "--port", "0", "--unixsocket", directory + "/redis.sock", "--save", "")
        wait(lambda: self.redis("PING") == "PONG\n", "redis-server")
        self.nodes = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        for address in self.nodes:
            self.start(TRIBUTARY, "agent", "--http", address, "--capacity", "2", "--processor", "delay:1ms",
                       "--dedup-window", "1h")
        self.prometheus = f"127.0.0.1:{free_port()}"
        with open(directory + "/prometheus.yml", "w") as config:
            json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [RULES],
                       "scrape_configs": [{"job_name": "tributary", "static_configs": [{"targets": self.nodes}]}]}, config)
        self.start("prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                   f"--web.listen-address={self.prometheus}", "--log.level=warn")

    def start(self, *command):
        log = open(f"{self.directory}/{len(self.started)}.log", "w")
        self.started.append(subprocess.Popen(command, stdout=log, stderr=log, env=self.environment))

    def redis(self, *arguments):
        return subprocess.run(["redis-cli", "-s", self.directory + "/redis.sock", *arguments], capture_output=True,
                              text=True).stdout

    def run(self, *arguments):
        subprocess.run([TRIBUTARY, *arguments], env=self.environment, check=True, capture_output=True)

    def query(self, expression):
        try:
            url = f"http://{self.prometheus}/api/v1/query?query={urllib.parse.quote(expression)}"
            return json.loads(get(url))["data"]["result"]
        except (OSError, KeyError):
            return []

    def close(self):
        for process in self.started:
            process.kill()
            process.wait()


def make_everything_happen(site):
    wait(lambda: site.query("sum(tributary_up) == 2"), "two nodes that Prometheus finds ready")
    site.run("scale", "3")
    site.redis("XADD", "tributary:{messages:processed}:losses", "*", "kind", "possible", "reason", "of this check")
    site.redis("PUBLISH", "messages:published", "no message")
    site.run("publish", "--rate", "500", "--duration", "8s")
    wait(lambda: site.query('tributary_losses_declared_total{reason="of this check"}'), "the loss ledger")
    wait(lambda: site.query("max(tributary_group_dead_letters) == 1"), "a dead letter")
    wait(lambda: site.query("sum(tributary_messages_committed_total) == 4001"), "all messages")


def check_queries(site):
    with open("packaging/grafana/tributary.json") as file:
        dashboard = json.load(file)
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "30s").replace("$group", ".*")
            result = site.query(expression)
            if not result:
                yield f"the dashboard's {panel['title']!r} shows nothing: {expression}"
            elif any(sample["value"][1] == "NaN" for sample in result):
                yield f"the dashboard's {panel['title']!r} shows NaN: {expression}"
    for rule in json.loads(get(f"http://{site.prometheus}/api/v1/rules"))["data"]["groups"][0]["rules"]:
        if rule["health"] != "ok":
            yield f"the alert {rule['name']} is {rule['health']}: {rule.get('lastError')}"
        for name in NAMES.findall(rule["query"]):
            if name not in AT_TIMES and not site.query(name):
                yield f"the alert {rule['name']} goes by {name}, which is not there"


def check_documents(site):
    names = {PARTS.sub("", line.split("{")[0].split(" ")[0]) for address in site.nodes
             for line in get(f"http://{address}/metrics").splitlines() if not line.startswith("#")}
    names |= AT_TIMES
    with open("docs/watching.md") as file:
        told = set(NAMES.findall(file.read()))
    for name in sorted(names - told):
        if not name.startswith("process_"):
            yield f"docs/watching.md does not name {name}"
    with open("docs/operating.md") as file:
        told |= set(NAMES.findall(file.read()))
    for name in sorted(told - names):
        yield f"a document names {name}, which is no metric"


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, input=text)
    if done.returncode != 0:
        yield f"promtool {' '.join(arguments)}:\n{done.stdout}{done.stderr}"


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as directory:
        site = Site(directory)
        try:
            make_everything_happen(site)
            wrong += check_queries(site)
            wrong += check_documents(site)
            wrong += promtool("check", "metrics", text=get(f"http://{site.nodes[0]}/metrics"))
        except TimeoutError as error:
            wrong.append(str(error))
        finally:
            site.close()
        if wrong:
            for log in sorted(glob.glob(directory + "/*.log")):
                with open(log) as file:
                    print("".join(file.readlines()[-10:]), end="")
    wrong += promtool("check", "rules", RULES)
    wrong += promtool("test", "rules", "packaging/prometheus/alerts_test.yml")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
