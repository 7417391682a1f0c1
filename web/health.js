// What is wrong with a group, if anything: as docs/operating.md says to watch. Pure.
import {clock, count, number, seconds, timeOf} from "./dom.js";

const HOUR = 3_600_000;
const recent = (id, now) => now - timeOf(id) < HOUR;

/** The most that a present node tells of its lag, in ms; null: none tells. */
export function lagOf(group) {
  const told = group.members.filter((m) => m.present && m.lag_ms !== null).map((m) => m.lag_ms);
  return told.length ? Math.max(...told) : null;
}

export const nameOf = (member) => (member.host ? `${member.host}:${member.pid}` : member.member);

/** [{level: "warn" or "bad", what, action}], the worst first. `letters`: dead letters, if they could be read. */
export function problemsOf(group, letters, now = Date.now()) {
  const problems = [];
  const say = (level, what, action) => problems.push({level, what, action});
  const {desired, members} = group;
  const paused = desired.state === "paused";
  if (group.nodes === 0) {
    if (desired.state === "stopped") say("warn", "The group is stopped", "resume it, and start the nodes");
    else say("bad", "No node is running", "start one: what is published now reaches nobody");
  } else if (desired.state === "stopped") {
    say("warn", "The group is being stopped", "nodes finish what they have, and end");
  }
  if (paused) say("warn", "The group is paused", "messages are received and held, not processed");
  const lag = lagOf(group);
  if (!paused && lag > 5000)
    say(lag > 30_000 ? "bad" : "warn", `A message has waited for ${seconds(lag)}`, "too few consumers, or something below");
  for (const m of members.filter((m) => m.listed && !m.present))
    say("bad", `${nameOf(m)} is silent`, "its messages are taken over after a lease");
  for (const m of members.filter((m) => m.present && m.kept)) say("bad", `The processor fails on ${nameOf(m)}`, m.kept);
  for (const m of members.filter((m) => m.stuck.length))
    say("bad", `${count(m.stuck.length, "consumer")} hang on ${nameOf(m)}`, "see what the processor waits for");
  for (const m of members.filter((m) => m.journal_limit > 0 && m.journal_bytes > 0.8 * m.journal_limit))
    say("bad", `The journal of ${nameOf(m)} is nearly full`, "then it stops reading, and messages are lost");
  if (paused && group.journal_lasts_s !== null && group.journal_lasts_s < 600)
    say("bad", `The first journal is full in ${seconds(group.journal_lasts_s * 1000)}`, "resume, or messages are lost");
  for (const lane of group.lanes.filter((l) => l.deaths > 1))
    say("bad", `${number(lane.deaths)} nodes died at one message`, `after position ${lane.view}:${lane.position}`);
  for (const journal of group.journals)
    say("warn", `The group waits for the journal of ${journal.host ?? journal.directory}, ${seconds(journal.waits_s * 1000)} more`,
        "start its node there again, or tributary forget: what only it holds is given up then");
  if (group.dedup_reach_ms < group.dedup_window_ms)
    say("warn", `Duplicates are known for the last ${seconds(group.dedup_reach_ms)} only`, "raise dedup-limit");
  for (const loss of group.last_losses.filter((l) => recent(l.id, now)).slice(-1))
    say(loss.kind === "possible" ? "warn" : "bad", loss.kind === "possible" ? "A loss cannot be excluded" : "Messages were lost",
        loss.reason ?? "");
  const newest = letters?.dead_letters?.[0];
  if (newest && recent(newest.id, now))
    say("warn", `${count(letters.in_stream, "dead letter")}, the newest of ${clock(timeOf(newest.id))}`, newest.reason ?? "");
  if (group.server_identity && group.view_identity && group.server_identity !== group.view_identity)
    say("warn", "Redis was restarted", "nodes must join again");
  const wanted = desired.consumers;
  if (desired.state === "running" && !desired.auto && wanted !== null && desired.actual !== Math.max(wanted, desired.fixed, 1) && group.nodes)
    say("warn", `${count(desired.actual, "consumer")}, not ${number(wanted)} as asked for`, desired.why ?? "");
  for (const complaint of desired.complaints) say("warn", "The desired state makes no sense", complaint);
  const versions = new Set(members.filter((m) => m.present && m.version).map((m) => m.version));
  if (versions.size > 1) say("warn", `Nodes of versions ${[...versions].join(", ")}`, "upgrade the rest");
  if (group.expelled) say("warn", "A node was expelled", group.expelled);
  return problems.sort((a, b) => (a.level === b.level ? 0 : a.level === "bad" ? -1 : 1));
}
