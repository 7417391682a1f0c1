#!/usr/bin/env python3
"""Uses the page of a node as a person would, in a headless Chromium, and makes the pictures for docs/watching.md.

    tools/dev/page.py [DIRECTORY]     pictures go there, else nowhere
"""

import os
import signal
import subprocess
import sys
import tempfile
import time

from browser import Browser
from watching import TRIBUTARY, free_port, wait

TOKEN = "0123456789abcdef0123"
LETTER = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">'


class Site:
    """A server that can be killed and started again, and agents with pages."""

    def __init__(self, directory):
        self.directory, self.started = directory, []
        self.environment = {**os.environ, "REDIS_URL": f"unix://{directory}/redis.sock", "LEASE": "1s", "BEAT": "200ms"}
        with open(directory + "/token", "w") as file:
            file.write(TOKEN)
        self.start_server()
        self.agents, self.addresses = [], []
        for _ in range(3):
            self.start_agent()

    def start(self, *command):
        log = open(f"{self.directory}/{len(self.started)}.log", "w")
        process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, cwd=self.directory)
        self.started.append(process)
        return process

    def start_server(self):
        self.server = self.start("redis-server", "--port", "0", "--unixsocket", self.directory + "/redis.sock", "--dir",
                                 self.directory, "--appendonly", "yes")
        wait(lambda: self.redis("PING") == "PONG\n", "redis-server")

    def start_agent(self):
        address = f"127.0.0.1:{free_port()}"
        self.agents.append(self.start(TRIBUTARY, "agent", "--http", address, "--http-token-file", "token", "--capacity", "4",
                                      "--processor", "delay:2ms"))
        self.addresses.append(address)

    def publish(self, rate, seconds):
        return self.start(TRIBUTARY, "publish", "--rate", str(rate), "--duration", f"{seconds}s", "--keep-going")

    def redis(self, *arguments):
        return subprocess.run(["redis-cli", "-s", self.directory + "/redis.sock", *arguments], capture_output=True,
                              text=True).stdout.replace('"', "")

    def end(self, process, how=signal.SIGKILL):
        process.send_signal(how)
        process.wait(timeout=40)

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()


verdict = "document.getElementById('verdict')?.textContent"
well = verdict + " === 'All is well'"


def tile(browser, label):
    return browser.run(f"[...document.querySelectorAll('.tile')].find((t) => t.innerText.startsWith('{label}'))"
                       "?.querySelector('b').textContent")


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def loads(site, browser):
    browser.open(f"http://{site.addresses[0]}/")
    browser.wait(well, "all is well")
    load = site.publish(1000, 40)
    browser.wait("document.querySelectorAll('svg.chart path.line').length >= 2", "lines are drawn")
    browser.wait("Number(document.querySelectorAll('.tile b')[1].textContent.replace(/[^0-9]/g, '')) > 500", "a rate")
    expect(tile(browser, "Nodes") == "3", "three nodes: " + browser.text("#tiles"))
    expect(tile(browser, "Consumers") == "12", "twelve consumers: " + browser.text("#tiles"))
    expect(browser.run("document.getElementById('controls').hidden"), "controls without a token")
    expect(browser.run("!document.querySelector('#dead button')"), "buttons without a token")
    return load


def payloads_are_text(site, browser):
    site.redis("PUBLISH", "messages:published", LETTER)
    browser.wait("document.querySelectorAll('#dead ol li').length === 1", "a dead letter")
    expect("hacked" not in browser.text("#dead"), "a payload without the token: " + browser.text("#dead"))


def wants_the_right_token(browser):
    browser.press("t")
    browser.wait("document.getElementById('question').open", "a question for the token")
    browser.type("not the token at all")
    browser.press("Enter")
    browser.run("document.querySelector('#question input').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}))")
    time.sleep(1.5)
    expect(browser.run("document.getElementById('controls').hidden"), "controls with a wrong token")
    browser.run("document.getElementById('token').click()")
    browser.wait("document.getElementById('question').open", "a question for the token")
    browser.type(TOKEN)
    browser.run("document.querySelector('#question input').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}))")
    browser.wait("!document.getElementById('controls').hidden", "controls")


def shows_and_drops_letters(site, browser):
    click = "[...document.querySelectorAll('#dead ol button')].find((b) => b.textContent.startsWith('{}')).click()"
    browser.run(click.format("Show"))
    browser.wait("document.querySelector('#dead pre')", "the payload")
    expect(browser.text("#dead pre") == LETTER, "the payload as it is: " + browser.text("#dead pre"))
    expect(browser.run("window.hacked === undefined && !document.querySelector('#dead script, #dead img')"), "markup")
    browser.run(click.format("Retry"))
    browser.wait("document.getElementById('said').textContent.includes('1 failed again')", "what became of it")
    browser.run(click.format("Drop"))
    browser.wait("document.getElementById('question').open", "a question before it is deleted")
    browser.run("document.querySelector('#question button[value=no]').click()")
    time.sleep(0.5)
    expect(site.redis("XLEN", "messages:processed:dead") == "1\n", "it was dropped though the answer was no")
    browser.run(click.format("Drop"))
    browser.run("document.querySelector('#question button[value=yes]').click()")
    browser.wait("document.getElementById('dead').innerText === 'None.'", "it is gone")


def scales_and_pauses(site, browser):
    browser.press("s")
    browser.wait("document.activeElement.id === 'consumers'", "s goes to the number of consumers")
    browser.type("7")
    browser.run("document.getElementById('scale').requestSubmit()")
    browser.wait("document.getElementById('said').textContent.includes('-> 7')", "what was done")
    browser.wait("[...document.querySelectorAll('.tile')].some((t) => t.innerText.replace(/\\s+/g, ' ').startsWith('Consumers 7'))",
                 "seven consumers")
    browser.run("document.activeElement.blur()")
    browser.press("p")
    browser.wait(verdict + " === 'The group is paused'", "paused")
    browser.press("p")
    browser.wait(well, "resumed")
    expect("http:127.0.0.1@" in site.redis("HGET", "tributary:{messages:processed}:desired", "changed_by"), "who did it")


def tells_of_a_node_that_dies(site, browser, picture):
    site.end(site.agents[2])
    browser.wait("document.getElementById('events').innerText.includes('is gone')", "a node is gone")
    picture("node-gone", 1280, 700)
    browser.wait("[...document.querySelectorAll('.tile')].some((t) => t.innerText.replace(/\\s+/g, ' ').startsWith('Nodes 2'))", "two")
    browser.wait(well, "all is well again")


def tells_of_a_server_that_is_gone(site, browser, picture):
    site.end(site.server)
    browser.wait(verdict + " === 'The group cannot be read'", "Redis is gone")
    picture("redis-gone", 1280, 700, dark=True)
    site.start_server()
    browser.wait("document.getElementById('events').innerText.includes('Redis answers again')", "Redis is back")
    browser.wait("!" + verdict + ".includes('cannot be read')", "it is read again")


def tells_of_its_own_node(site, browser):
    site.agents[0].send_signal(signal.SIGSTOP)
    browser.wait(verdict + " === 'This node does not answer'", "the node is silent")
    site.agents[0].send_signal(signal.SIGCONT)
    browser.wait("document.getElementById('link').textContent === 'live'", "the node is back")


def asks_nobody_else(site, browser):
    own = f"http://{site.addresses[0]}/"
    others = [url for url in browser.requests if not url.startswith(own)]
    expect(not others, f"it asked others: {others}")
    # What a browser says of a node that did not answer, or said no, is right.
    wrong = [c for c in browser.complaints if "ERR_" not in c and "status of 401" not in c and "status of 503" not in c]
    expect(not wrong, f"the browser complains: {wrong}")


def main():
    pictures = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as directory:
        site = Site(directory)
        browser = Browser()

        def picture(name, width, height, dark=False):
            if pictures:
                browser.look(width, height, dark)
                browser.picture(f"{pictures}/{name}.png")

        try:
            browser.look(1280, 1000)
            load = loads(site, browser)
            payloads_are_text(site, browser)
            wants_the_right_token(browser)
            shows_and_drops_letters(site, browser)
            scales_and_pauses(site, browser)
            picture("light", 1280, 1030)
            picture("phone", 390, 1200)
            picture("wall", 2560, 1440, dark=True)
            browser.look(1280, 1000)
            tells_of_a_node_that_dies(site, browser, picture)
            load.wait()
            tells_of_a_server_that_is_gone(site, browser, picture)
            tells_of_its_own_node(site, browser)
            asks_nobody_else(site, browser)
        except (TimeoutError, AssertionError, RuntimeError) as error:
            print(f"the page: {error}")
            print("\n".join(browser.complaints))
            return 1
        finally:
            browser.close()
            site.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
