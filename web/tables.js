// What a group consists of, as rows.
import {bytes, count, fill, h, number, seconds, timeOf, clock} from "./dom.js";
import {nameOf} from "./health.js";

function table(element, heads, rows, none) {
  const cell = (name, column, content, extra = {}) => h(name, {class: heads[column].startsWith(">") ? "number" : null, ...extra}, content);
  if (!rows.length) return fill(element, h("tbody", {}, h("tr", {}, h("td", {}, h("span", {class: "none"}, none)))));
  fill(element, h("thead", {}, h("tr", {}, heads.map((head, i) => cell("th", i, head.replace(">", ""), {scope: "col"})))),
       h("tbody", {}, rows.map((row) => h("tr", {}, row.map((content, i) =>
         content instanceof HTMLTableCellElement ? content : cell("td", i, content ?? "–"))))));
}

const bar = (value, most, label) => h("span", {}, h("progress", {value: Math.min(value, most), max: most || 1,
  class: most && value > 0.8 * most ? "bad" : null, "aria-label": label}), label);

const badges = (m) => [m.leader && "leader", m.leaving && "leaving", !m.listed && "not in the view", m.state === "paused" && "paused",
  m.listed && m.present && m.weight === 0 && "standby"].filter(Boolean).map((text) => h("span", {class: "badge"}, text));

export function showHosts(element, group) {
  const busy = (m) => (m.busy === null ? "–" : bar(m.busy, Math.max(m.weight, 1), `${m.busy.toFixed(1)} of ${m.weight}`));
  table(element, ["Host", "State", ">Consumers", ">Capacity", "Busy", ">Messages/s", ">Backlog", ">Lag", "Journal", ">Coverage", "Version"],
    group.members.map((m) => [
      h("td", {}, nameOf(m), badges(m)),
      !m.present ? h("td", {class: "bad"}, "silent") : m.kept ? h("td", {class: "bad wide"}, `fails: ${m.kept}`) :
        m.stuck.length ? h("td", {class: "bad"}, `stuck: ${m.stuck.join(", ")}`) : h("td", {class: "good"}, "well"),
      number(m.weight), m.capacity === null ? "fixed" : number(m.capacity), busy(m), number(m.rate), number(m.backlog), seconds(m.lag_ms),
      m.journal_limit ? bar(m.journal_bytes, m.journal_limit, `${bytes(m.journal_bytes)} of ${bytes(m.journal_limit)}`) : "–",
      seconds(m.coverage_ms), m.version]), "No node is there.");
}

export function showLanes(element, group) {
  const owner = (id) => {
    const member = group.members.find((m) => m.member === id);
    return member ? nameOf(member) : id;
  };
  table(element, ["View", ">Lane", "Owner", ">Position", ">End", ">Deaths"],
    group.lanes.map((l) => [l.view, number(l.lane), l.owner === null ? h("td", {class: "warn"}, "nobody") : owner(l.owner),
      number(l.position), l.end === null ? "open" : number(l.end),
      l.deaths > 1 ? h("td", {class: "bad number"}, number(l.deaths)) : number(l.deaths)]), "No lane is open.");
}

export function showLosses(element, group) {
  if (!group.losses) return fill(element, h("p", {class: "none"}, "None declared."));
  const where = (l) => ["view", "lane", "after", "to", "messages"].filter((key) => l[key] !== null && l[key] !== undefined)
    .map((key) => `${key} ${typeof l[key] === "number" ? number(l[key]) : l[key]}`).join(", ");
  fill(element, h("p", {}, `${count(group.losses, "line")} in the ledger, ${number(group.losses_known)} known to be lost.`),
    h("ol", {}, [...group.last_losses].reverse().map((l) => h("li", {},
      h("time", {}, timeOf(l.id).toLocaleString()), h("b", {class: l.kind === "possible" ? "warn" : "bad"}, l.kind ?? "?"),
      ` ${l.reason ?? ""} `, h("span", {class: "none"}, where(l))))));
}

/** `actions` has retry, drop and show, or is null where nothing may be done; `open` is a letter whose payload is shown. */
export function showDead(element, letters, actions, open) {
  if (!letters) return fill(element, h("p", {class: "none"}, "–"));
  if (letters.error) return fill(element, h("p", {class: "none"}, `They cannot be read: ${letters.error}`));
  if (!letters.in_stream) return fill(element, h("p", {class: "none"}, "None."));
  const button = (label, action, ...given) => h("button", {type: "button", "data-do": action, "data-given": given.join(" ")}, label);
  const reason = (r) => [number(r.count), h("td", {class: "wide"}, r.reason),
    actions ? h("td", {}, button("Retry", "retry", "reason", r.reason), " ", button("Drop …", "drop", "reason", r.reason)) : null].filter((c) => c !== null);
  const reasons = h("table", {});
  table(reasons, actions ? [">Count", "Reason", ""] : [">Count", "Reason"], letters.reasons.map(reason), "");
  const letter = (l) => h("li", {}, h("time", {}, timeOf(l.id).toLocaleString()), h("b", {}, l.message_id ?? "no id"), ` ${l.reason ?? ""} `,
    h("span", {class: "badge"}, bytes(l.payload_bytes)),
    actions ? [" ", button(open?.id === l.id ? "Hide" : "Show", "show", l.id), " ", button("Retry", "retry", "id", l.id), " ", button("Drop …", "drop", "id", l.id)] : null,
    open?.id === l.id ? h("pre", {}, open.payload + (open.whole ? "" : "\n… (cut here)")) : null);
  fill(element, h("p", {}, `${count(letters.in_stream, "dead letter")} in ${letters.stream}.`,
    letters.read < letters.in_stream ? ` Reasons of the newest ${number(letters.read)}:` : ""), h("div", {class: "scroll"}, reasons),
    h("ol", {}, letters.dead_letters.slice(0, 20).map(letter)));
}

export function showEvents(element, events) {
  fill(element, events.length ? events.map((e) => h("li", {}, h("time", {}, clock(e.at)), e.text)) : h("li", {class: "none"}, "Nothing yet."));
}
