// The page: looks at one group each second, as /api/events tells of it, and shows what it is told.
import {$, fill, h, number, seconds, count} from "./dom.js";
import {chart} from "./charts.js";
import {access, ask, askForToken, get, post, token} from "./control.js";
import {lagOf, problemsOf} from "./health.js";
import {newsOf} from "./news.js";
import {showDead, showEvents, showHosts, showLanes, showLosses} from "./tables.js";

const SAMPLES = 900, EVENTS = 100, SILENT = 5000;

let names = [];             // of groups
let group = null;           // as last told
let name = null;            // of the group that is shown; null: the only one
let samples = [];           // {at, rate, lag, backlog}
let events = [];            // {at, text}, the newest first
let letters = null;         // dead letters
let open = null;            // the one whose payload is shown
let source = null;
let heardAt = 0;
let may = "none";

const query = () => (name === null ? "" : `?group=${encodeURIComponent(name)}`);

// --- what is told

async function start() {
  const first = await get("/api/group").catch(() => null);
  names = first?.groups ? first.groups.map((g) => g.group) : [];
  const wanted = new URLSearchParams(location.search).get("group");
  name = names.length ? (names.includes(wanted) ? wanted : names[0]) : null;
  $("groups").hidden = names.length < 2;
  fill($("group"), names.map((n) => h("option", {value: n, selected: n === name}, n)));
  unlock(await access().catch(() => "none"));
  await follow();
}

async function follow() {
  [group, samples, events, letters, open] = [null, [], [], null, null];
  source?.close();
  const now = Date.now();
  const past = await get(`/api/history${query()}`).catch(() => null);
  for (const [age, rate, backlog, lag] of past?.samples ?? []) samples.push({at: now - age, rate, backlog, lag});
  connect();
}

function connect() {
  source?.close();
  source = new EventSource(`/api/events${query()}`);
  source.onmessage = (message) => {
    heardAt = Date.now();
    take(JSON.parse(message.data));
  };
  source.onerror = () => {
    showLink();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}

function take(now) {
  const at = new Date();
  if (now.error) {
    samples.push({at: at.getTime(), rate: null, lag: null, backlog: null});
    if (!group?.error) events.unshift({at, text: now.error});
    group = {...now, last: group?.last ?? group};
    return show();
  }
  const before = group?.error ? group.last : group;
  if (group?.error) events.unshift({at, text: "Redis answers again"});
  for (const text of newsOf(before, now)) events.unshift({at, text});
  events.length = Math.min(events.length, EVENTS);
  samples.push({at: at.getTime(), rate: now.rate, lag: lagOf(now), backlog: now.backlog});
  if (samples.length > SAMPLES) samples = samples.slice(-SAMPLES);
  if (!letters || letters.in_stream !== now.dead_letters || before?.dead_letters !== now.dead_letters) lookAtDead();
  group = now;
  show();
}

async function lookAtDead() {
  letters = await get(`/api/dead${query()}`).catch(() => letters);
  showLetters();
  if (group) showHealth();
}

// --- what is shown

const tile = (label, value, small = "", level = null) =>
  h("div", {class: "tile"}, h("span", {}, label), h("b", {class: level}, value), h("small", {}, small));

function showHealth() {
  const silent = Date.now() - heardAt > SILENT;
  const problems = silent ? [{level: "bad", what: "This node does not answer", action: "what is shown is how it was; trying again"}] :
    group.error ? [{level: "bad", what: "The group cannot be read", action: group.error}] : problemsOf(group, letters);
  const level = problems[0]?.level ?? "good";
  $("health").className = level;
  $("verdict").textContent = problems.length === 0 ? "All is well" : problems[0].what;
  $("action").textContent = problems[0]?.action ?? "";
  fill($("problems"), problems.slice(1).map((p) =>
    h("li", {class: p.level}, h("b", {}, p.what), p.action ? h("span", {}, ` – ${p.action}`) : null)));
  document.body.classList.toggle("stale", silent || Boolean(group.error));
  document.title = `${level === "good" ? "" : level === "bad" ? "✖ " : "! "}${group.group ?? "tributary"}`;
}

function showTiles(g) {
  const lag = lagOf(g);
  const wanted = g.desired.auto ? "auto" : g.desired.consumers === null ? "by capacity" : `${number(g.desired.consumers)} asked for`;
  fill($("tiles"),
    tile("State", g.nodes ? g.desired.state : "no node", g.desired.state_change?.who ? `by ${g.desired.state_change.who}` : "", g.nodes && g.desired.state === "running" ? null : "warn"),
    tile("Appended", `${number(g.rate)}/s`, `${number(g.total)} ever`),
    tile("Lag", seconds(lag), "oldest not committed", lag > 30_000 ? "bad" : lag > 5000 ? "warn" : null),
    tile("Backlog", number(g.backlog) + (g.backlog_known ? "" : "+"), "messages"),
    tile("Nodes", number(g.nodes), `view ${g.view}`),
    tile("Consumers", number(g.desired.actual), wanted),
    g.dedup_window_ms === null ? null : tile("Duplicates dropped", number(g.duplicates_dropped), `${number(g.dedup_ids)} ids kept`),
    tile("Dead letters", number(g.dead_letters), "", g.dead_letters ? "warn" : null),
    tile("Losses", number(g.losses), g.losses ? `${number(g.losses_known)} known` : "", g.losses_known ? "bad" : g.losses ? "warn" : null));
}

function showCharts() {
  const width = Math.max(240, Math.round(($("charts").querySelector("svg")?.clientWidth ?? 600)));
  const figure = (title, key, text, least, className = null) => h("figure", {class: className},
    h("figcaption", {}, title, h("span", {}, text(samples.at(-1)?.[key] ?? null))),
    chart(title, samples.map((s) => ({at: s.at, value: s[key]})), text, least, width));
  fill($("charts"), figure("Messages per second", "rate", number, 10),
       figure("Lag", "lag", (v) => (v === 0 ? "0" : seconds(v)), 100, "lag"), figure("Backlog", "backlog", number, 10));
}

function showLetters() { showDead($("dead"), letters, may === "open" ? {} : null, open); }

function showLink() {
  const silent = heardAt && Date.now() - heardAt > SILENT;
  $("link").className = silent ? "gone" : "";
  $("link").textContent = !heardAt ? "connecting" : silent ? `no answer for ${seconds(Date.now() - heardAt)}` : "live";
}

function show() {
  showLink();
  showHealth();
  showCharts();
  showEvents($("events"), events);
  if (group.error) return;
  $("title").textContent = group.group;
  showTiles(group);
  showHosts($("hosts"), group);
  showLanes($("lanes"), group);
  showLosses($("losses"), group);
  const paused = group.desired.state !== "running";
  $("pause").textContent = paused ? "Resume" : "Pause";
  if (document.activeElement !== $("consumers")) $("consumers").placeholder = number(group.desired.actual);
  $("facts").textContent = `Redis at ${group.server} · protocol ${group.protocol} · server process ${(group.server_identity ?? "").slice(0, 12)}`;
}

// --- what is done

function unlock(access) {
  may = access;
  document.body.classList.toggle("controls", may === "open");
  $("controls").hidden = may !== "open";
  $("token").hidden = may === "none" || may === "open";
  if (letters) showLetters();
}

async function act(path, body, doing) {
  $("said").className = "";
  $("said").textContent = `${doing} …`;
  const answer = await post(path + query(), body).catch((error) => ({error: String(error)}));
  $("said").className = answer.error ? "bad" : "";
  $("said").textContent = answer.error ?? answer.said.join(" ");
  if (answer.error && token() && (await access().catch(() => may)) === "locked") unlock("locked");
  lookAtDead();
}

const pause = () => (group.desired.state !== "running" ? act("/api/resume", {}, "Resuming") : act("/api/pause", {}, "Pausing"));

async function stop() {
  if (await ask(`Stop ${group.group}?`, "Every node finishes what it has and ends, wherever it runs. What is published then reaches nobody. " +
                "To go on, resume the group and start the nodes on each host.", "Stop the group"))
    act("/api/stop", {}, "Stopping");
}

async function drop(which, value) {
  const body = {[which]: value};
  const what = which === "id" ? `dead letter ${value}` : `all dead letters with the reason “${value}”`;
  if (await ask("Drop?", `This deletes ${what}. It cannot be undone.`, "Drop")) act("/api/dead/drop", body, "Dropping");
}

async function showPayload(id) {
  open = open?.id === id ? null : await get(`/api/dead/show${query() ? query() + "&" : "?"}id=${id}`);
  if (open?.error) {
    $("said").className = "bad";
    $("said").textContent = open.error;
    open = null;
  }
  showLetters();
}

$("dead").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  const given = button.dataset.given;
  const blank = given.indexOf(" ");
  const [which, value] = [given.slice(0, blank), given.slice(blank + 1)];
  if (button.dataset.do === "show") showPayload(given);
  if (button.dataset.do === "retry") act("/api/dead/retry", {[which]: value}, "Retrying");
  if (button.dataset.do === "drop") drop(which, value);
});
$("pause").addEventListener("click", pause);
$("stop").addEventListener("click", stop);
$("auto").addEventListener("click", () => act("/api/scale", {consumers: "auto"}, "Scaling"));
$("scale").addEventListener("submit", (event) => {
  event.preventDefault();
  act("/api/scale", {consumers: Number($("consumers").value)}, "Scaling");
  $("consumers").value = "";
});
$("token").addEventListener("click", async () => unlock(await askForToken()));
$("group").addEventListener("change", () => {
  name = $("group").value;
  history.replaceState(null, "", query());
  follow();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, dialog")) return;
  if (event.key === "g" && names.length > 1) {
    $("group").value = names[(names.indexOf(name) + 1) % names.length];
    $("group").dispatchEvent(new Event("change"));
  }
  if (event.key === "t" && may === "locked") $("token").click();
  if (event.key === "p" && may === "open" && group && !group.error) pause();
  if (event.key === "s" && may === "open") {
    event.preventDefault();
    $("consumers").focus();
  }
});
setInterval(() => {
  if (!group) return showLink();
  showLink();
  if (Date.now() - heardAt > SILENT) showHealth();
}, 1000);
start();
