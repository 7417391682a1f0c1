#!/usr/bin/env python3
"""Holds the documents against the program: what README.md and docs/ show as printed is what it prints.

A story is played on a private redis-server, and every line that each command prints is kept. Checked are then

- blocks with prompts: what follows "$ COMMAND" must be lines that this command printed in the story;
- blocks below "<!-- printed by: COMMAND -->": all their lines, and nothing else in the story needs to appear;
- blocks below "<!-- file: NAME -->": they are that file;
- tables of log lines, below "<!-- log lines -->": their fixed words must stand in the texts of the sources;
- links between the documents, and to their headings.

Numbers, ids, times, names and blanks may differ; words may not. "..." in a block stands for what is left out.
"""

import glob
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

TRIBUTARY = os.path.abspath("build/release/tributary")
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", *sorted(glob.glob("docs/*.md"))]

SHAPES = [  # what may differ, in the order in which it is looked for
    (r"\x1b\[[0-9;]*m", ""),
    (r"\b[\w.-]+-\d+-[0-9a-f]{8}\b(\.\d+)?", "MEMBER"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\b\d+\.[0-9a-f]{6}\b(:\d+)?", "VIEW"),
    (r"process [0-9a-f]{12}", "process ID"),
    (r"(\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", "TIME"),
    (r"/\S+/redis\.sock|localhost:\d+", "SERVER"),
    (r"\b[\w-]+@[\w.-]+", "USER"),
    (r"\b[\w.-]+:\d{2,}\b", "NODE"),
    (r"\d+(,\d{3})*(\.\d+)*", "N"),
    (r"N (B|[KMG]iB)\b", "N BYTES"),
    (r"N (us|ms|s|min|h)\b", "N LONG"),
    (r"(N (dead )?(node|consumer|message|lane|line|attempt|letter|byte|thread))s\b", r"\1"),
    (r"\bnode [AB]\b", "node X"),  # of a demo
    (r"\s+", " "),
]


def shape(line):
    for pattern, replacement in SHAPES:
        line = re.sub(pattern, replacement, line)
    return line.strip()


class Story:
    """Runs commands at a private server and keeps the shapes of the lines that they print."""

    def __init__(self, directory):
        self.directory = directory
        self.socket = directory + "/redis.sock"
        self.printed = {}
        self.started = []
        self.environment = {**os.environ, "REDIS_URL": "unix://" + self.socket, "NO_COLOR": "1"}
        self.server = self.start("redis-server", ["redis-server", "--port", "0", "--unixsocket", self.socket,
                                                  "--dir", directory, "--appendonly", "yes"])
        self.wait(lambda: os.path.exists(self.socket) and self.redis("PING") == "PONG\n")

    def start(self, name, command):
        with open(f"{self.directory}/{len(self.started)}.log", "w+") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, cwd=self.directory)
        process.log, process.kind = log.name, name
        self.started.append(process)
        return process

    def keep(self, name, text):
        self.printed.setdefault(name, set()).update(map(shape, text.splitlines()))

    def run(self, name, *arguments, answer=""):
        """The output of `tributary NAME ARGUMENTS`."""
        done = subprocess.run([TRIBUTARY, *name.split(), *arguments], input=answer, capture_output=True, text=True,
                              env=self.environment, cwd=self.directory, timeout=60)
        self.keep("tributary " + name, done.stdout + done.stderr)
        return done.stdout

    def shell(self, line):
        """A command line as a document has it, kept under itself."""
        done = subprocess.run(line, shell=True, capture_output=True, text=True, cwd=self.directory, timeout=60)
        self.keep(line, done.stdout + done.stderr)

    def redis(self, *arguments):
        done = subprocess.run(["redis-cli", "-s", self.socket, "--no-raw", *arguments], capture_output=True, text=True)
        self.keep("redis-cli", done.stdout)
        return done.stdout

    def node(self, name, *arguments):
        node = self.start("tributary " + name, [TRIBUTARY, name, "--monitoring-interval", "300ms", *arguments])
        return node

    def end(self, *nodes, how=signal.SIGTERM):
        for node in nodes:
            node.send_signal(how)
        for node in nodes:
            node.wait(timeout=40)

    def fresh(self):
        self.redis("FLUSHALL")

    def status(self, key):
        text = subprocess.run([TRIBUTARY, "status", "--json"], capture_output=True, text=True,
                              env=self.environment).stdout
        return json.loads(text)[key] if text else None

    def wait(self, condition, seconds=30):
        until = time.time() + seconds
        while not condition():
            if time.time() > until:
                raise TimeoutError("the story does not go on")
            time.sleep(0.05)

    def close(self):
        for process in reversed(self.started):
            if process.poll() is None:
                process.kill()
                process.wait()
            with open(process.log, errors="replace") as log:
                self.keep(process.kind, log.read())


def rights(document):
    """The rules for a node's user, as the document gives them."""
    with open(document) as text:
        line = next(line for line in text if line.startswith("user tributary on "))
    return line.split()[2:]


def first_steps(story):
    node = story.node("agent")
    story.wait(lambda: story.status("nodes") == 1)
    story.redis("PUBLISH", "messages:published", '{"message_id": "a-1", "amount": 12.50}')
    story.wait(lambda: "a-1" in story.redis("XRANGE", "messages:processed", "-", "+"))
    story.redis("XGROUP", "CREATE", "messages:processed", "billing", "0")
    read = story.redis("XREADGROUP", "GROUP", "billing", "worker-1", "COUNT", "10", "STREAMS", "messages:processed", ">")
    entry = re.search(r'"(\d+-\d+)"', read)[1]
    story.redis("XAUTOCLAIM", "messages:processed", "billing", "worker-2", "0", "0", "COUNT", "10")
    story.redis("XACK", "messages:processed", "billing", entry)
    story.redis("PUBLISH", "messages:published",
                '{"message_id": "a-1", "amount": 12.50, "tags": ["x", "y"], "position": "mine", "note": "caf\\u00e9"}')
    story.wait(lambda: "mine" in story.redis("XREVRANGE", "messages:processed", "+", "-", "COUNT", "1"))
    story.end(node)
    story.fresh()
    node = story.node("agent", "--log-format", "json")
    story.wait(lambda: story.status("nodes") == 1)
    time.sleep(1)  # for figures
    story.end(node)
    story.fresh()


def load_and_audit(story):
    nodes = [story.node("consume"), story.node("consume")]
    story.wait(lambda: story.status("nodes") == 2)
    load = story.start("", [TRIBUTARY, "publish", "--rate", "2000", "--duration", "4s", "--ledger", "other.ledger"])
    story.wait(lambda: (story.status("total") or 0) > 3000)
    story.run("status")
    story.end(nodes[1], how=signal.SIGKILL)
    load.wait(timeout=30)
    story.wait(lambda: story.status("nodes") == 1 and story.status("backlog") == 0)
    time.sleep(1)  # for a monitor line
    story.run("publish", "--rate", "1000", "--duration", "1s", "--ledger", "sent.ledger")
    story.wait(lambda: story.status("backlog") == 0)
    story.run("verify", "--ledger", "sent.ledger", "--allow-unexpected")
    story.redis("HSET", "tributary:{messages:processed}:state", "protocol", "1")
    story.end(story.node("consume"), how=signal.SIGCONT)  # ends by itself
    story.redis("HSET", "tributary:{messages:processed}:state", "protocol", "9")
    story.end(story.node("consume"), how=signal.SIGCONT)
    story.end(*nodes[:1], how=signal.SIGKILL)
    story.fresh()


def scaled_group(story):
    nodes = [story.node("agent", "--capacity", "4", "--processor", "delay:2ms", "--processing-timeout", "1s")
             for _ in range(2)]
    story.wait(lambda: story.status("nodes") == 2)
    story.run("scale", "2")
    story.run("scale", "7")
    story.run("scale", "auto", "--minimum", "2", "--maximum", "20")
    story.run("scale", "7")
    load = story.start("", [TRIBUTARY, "publish", "--rate", "2000", "--duration", "6s"])
    story.wait(lambda: (story.status("total") or 0) > 300)
    story.run("pause")
    story.wait(lambda: "is held for" in story.run("status"))
    story.run("resume")
    load.wait(timeout=30)
    story.run("stop")
    for node in nodes:
        node.wait(timeout=40)
    story.run("resume")
    story.fresh()


def several_groups(story):
    with open("docs/operating.md") as document, open(story.directory + "/groups.conf", "w") as config:
        shown = document.read().split("## Several groups on a host")[1].split("```\n")[1]
        config.write(shown.replace("redis-host", "#"))
    agent = story.node("agent", "--config", "groups.conf")
    story.wait(lambda: story.run("status", "--config", "groups.conf").count(" 4 ") == 3)
    time.sleep(1)  # for monitor lines
    story.run("scale", "6", "--config", "groups.conf")
    story.run("scale", "6", "--config", "groups.conf", "--output-stream", "events")
    story.end(agent)
    story.fresh()


def watched(story):
    agent = story.node("agent", "--http", "127.0.0.1:0")
    story.wait(lambda: story.status("nodes") == 1)
    with open(agent.log) as log:
        address = re.search(r"http on (\S+)", log.read())[1]
    with urllib.request.urlopen(f"http://{address}/readyz", timeout=10) as answer:
        story.keep("curl", answer.read().decode())
    story.end(agent)
    story.fresh()


def dead_letters(story):
    node = story.node("consume", "--processor", "flaky:100")
    story.wait(lambda: story.status("nodes") == 1)
    for payload in ['{"message_id": "m1"}', '{"message_id": "m2"}', "junk"]:
        story.redis("PUBLISH", "messages:published", payload)
    story.wait(lambda: story.status("dead_letters") == 3)
    listed = story.run("dead list", "--newer-than", "24h")
    story.run("dead show", re.search(r"^\d+-\d+", listed, re.M)[0])
    story.run("dead retry", "--reason", "failed after")
    story.run("dead drop", "--reason", "not a JSON object", "--yes")
    story.end(node)
    story.fresh()


def command_in(document, beginning):
    """The words of a command that a document shows."""
    with open(document) as text:
        return shlex.split(next(line[2:] for line in text if line.startswith("$ " + beginning)), comments=True)


def own_processor(story):
    shutil.copy("examples/processors/uppercase.py", story.directory)
    story.shell("""echo '{"payload": {"text": "hello"}}' | python3 uppercase.py""")
    shown = command_in("docs/processing.md", "tributary consume --processor 'exec:python3")
    nodes = [story.node(*shown[1:]), story.node(*shown[1:])]
    story.wait(lambda: story.status("nodes") == 2)
    story.redis("PUBLISH", "messages:published", '{"message_id": "a-1", "text": "hello"}')
    story.wait(lambda: "HELLO" in story.redis("XRANGE", "messages:processed", "-", "+"))
    story.redis("PUBLISH", "messages:published", '{"message_id": "a-2", "text": 5}')
    story.wait(lambda: story.status("dead_letters") == 1)
    story.run("dead list")
    story.end(*nodes)
    with open(story.directory + "/uppercase.py", "r+") as program:
        text = program.read().replace("text.upper()", "str(text).upper()")
        program.seek(0)
        program.write(text)
    story.run("dead retry", "--all", "--processor", "exec:python3 uppercase.py")
    story.fresh()


def smallest_processor(story):
    node = story.node(*command_in("README.md", 'tributary consume --processor "exec:jq')[1:])
    story.wait(lambda: story.status("nodes") == 1)
    story.redis("PUBLISH", "messages:published", '{"message_id": "a-3", "price": 3, "quantity": 2}')
    story.wait(lambda: "total" in story.redis("XRANGE", "messages:processed", "-", "+"))
    story.end(node)
    story.fresh()


def expiring_keys(story):
    story.redis("CONFIG", "SET", "notify-keyspace-events", "Ex")
    shown = command_in("README.md", "tributary consume --format raw")
    nodes = [story.node(*shown[1:]), story.node(*shown[1:])]
    story.wait(lambda: story.status("nodes") == 2)
    story.redis("SET", "session:42", "x", "PX", "100")
    story.wait(lambda: "session:42" in story.redis("XRANGE", "messages:processed", "-", "+"))
    story.end(*nodes)
    story.redis("CONFIG", "SET", "notify-keyspace-events", "")
    story.fresh()


def poison(story):
    library = story.directory + "/crashes.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-DCRASHES", "-Iinclude", "-o", library, "tests/support/plugins/wrong.c"],
                   check=True)
    nodes = [story.node("consume", "--processor", "plugin:" + library, "--lease", "1s") for _ in range(4)]
    story.wait(lambda: story.status("nodes") == 4)
    story.redis("PUBLISH", "messages:published", '{"message_id": "crash"}')
    story.wait(lambda: story.status("dead_letters") == 1)
    story.end(*(node for node in nodes if node.poll() is None))
    story.fresh()


def missing_rights(story):
    story.redis("ACL", "SETUSER", "tributary", *rights("docs/operating.md"), "nopass", "-xadd", "resetkeys",
                "~messages:processed*", "~consumer:ids:group", "~tributary:{messages:processed}:*")
    story.end(story.node("consume", "--redis-username", "tributary"), how=signal.SIGCONT)


def play(directory):
    story = Story(directory)
    try:
        demo = story.start("tributary demo", [TRIBUTARY, "demo", "--rate", "2000", "--duration", "6s"])
        for part in (first_steps, load_and_audit, scaled_group, several_groups, watched, dead_letters, own_processor, smallest_processor,
                     expiring_keys, poison, missing_rights):
            part(story)
        demo.wait(timeout=40)
    finally:
        story.close()
    return story.printed


def blocks(document):
    """(line number, what the mark above says, lines) of each fenced block."""
    with open(document) as text:
        lines = text.read().splitlines()
    mark, block, start = None, None, 0
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            if block is None:
                block, start = [], number
            else:
                yield start, mark, block
                block = mark = None
        elif block is not None:
            block.append(line)
        elif found := re.fullmatch(r"<!-- ((?:printed by|file): .*) -->", line.strip()):
            mark = found[1]
        elif line.strip():
            mark = None


def command_of(prompt, printed):
    """The name under which the story keeps what the command at a prompt prints."""
    return max((name for name in printed if name and prompt.startswith(name)), key=len, default=None)


def wrong_samples(document, printed):
    for start, mark, lines in blocks(document):
        kind, _, command = (mark or "").partition(": ")
        if kind == "file":
            with open(command) as file:
                if file.read().splitlines() != lines:
                    yield f"{document}:{start}: this is not {command} as it is"
            continue
        for number, line in enumerate(lines, start + 1):
            if line.startswith("$ "):
                command = command_of(line[2:], printed)
            elif command and line.strip() not in ("", "...") and shape(line) not in printed.get(command, ()):
                yield f"{document}:{number}: {command} printed no line like this: {line.strip()}"


def texts_of_sources():
    """All string literals, those that stand together joined, and what is counted with the words behind it."""
    texts = []
    for name in glob.glob("src/**/*.[ch]pp", recursive=True) + glob.glob("src/redis/scripts/*.lua"):
        if not name.endswith("_test.cpp"):
            with open(name) as source:
                counted = re.sub(r'count_of\([^"]*"(\w+)"\) \+\s*"', r'"\1s', source.read())
            joined = re.sub(r'(?<!\\)"\s*\n\s*"', "", counted)
            texts += re.findall(r'"((?:[^"\\\n]|\\.)*)"|\'([^\'\n]*)\'', joined)
    return "\n".join(double or single for double, single in texts)


def wrong_log_lines(document, texts):
    inside = False
    with open(document) as text:
        for number, line in enumerate(text, 1):
            inside = inside or line == "<!-- log lines -->\n"
            if not inside or not line.startswith("| `"):
                continue
            for quoted in re.findall(r"`([^`]+)`", line.split("|")[1]):
                for words in re.split(r"\.\.\.|\b[A-Z]\b|[():;,']", quoted):
                    if len(words.strip()) > 3 and words.strip() not in texts:
                        yield f"{document}:{number}: the sources have no text like this: {words.strip()}"


def anchors(document):
    with open(document) as text:
        for line in text:
            if line.startswith("#"):
                yield re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")


def wrong_links(document):
    with open(document) as text:
        for number, line in enumerate(text, 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                path, _, anchor = target.partition("#")
                if "://" in path:
                    continue
                path = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
                if not os.path.exists(path) or (anchor and anchor not in anchors(path)):
                    yield f"{document}:{number}: leads nowhere: {target}"


def main():
    directory = tempfile.mkdtemp(prefix="tributary-samples-")
    try:
        printed = play(directory)
    finally:
        shutil.rmtree(directory)
    if "--show" in sys.argv:
        for name in sorted(printed):
            print(f"== {name}", *sorted(printed[name]), sep="\n")
    texts, wrong = texts_of_sources(), []
    for document in DOCUMENTS:
        wrong += [*wrong_samples(document, printed), *wrong_log_lines(document, texts), *wrong_links(document)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main())
