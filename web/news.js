// What happens to a group, from one look to the next, in words. Pure.
import {count, number} from "./dom.js";
import {nameOf} from "./health.js";

const listed = (group) => new Map(group.members.filter((m) => m.listed).map((m) => [m.member, m]));

/** Lines of what is new since `before`, which may be null. */
export function newsOf(before, now) {
  if (!before || before.error || now.error) return [];
  const lines = [];
  const [was, is] = [listed(before), listed(now)];
  if (before.view !== now.view) {
    const consumers = [...is.values()].reduce((sum, m) => sum + m.weight, 0);
    lines.push(`View ${now.view}: ${count(is.size, "node")}, ${count(consumers, "consumer")}`);
  }
  for (const [id, m] of is) if (!was.has(id)) lines.push(`${nameOf(m)} came`);
  for (const [id, m] of was) if (!is.has(id)) lines.push(`${nameOf(m)} ${m.leaving ? "left" : "is gone"}`);
  for (const [id, m] of is) {
    const old = was.get(id);
    if (!old) continue;
    if (old.present && !m.present) lines.push(`${nameOf(m)} is silent`);
    if (!old.present && m.present) lines.push(`${nameOf(m)} is back`);
    if (old.weight !== m.weight) lines.push(`${nameOf(m)}: ${number(old.weight)} → ${count(m.weight, "consumer")}`);
  }
  if (before.leader !== now.leader && now.leader) lines.push(`${nameOf(is.get(now.leader) ?? {member: now.leader})} leads`);
  const seen = new Set(before.changes.map((c) => c.id));
  for (const c of now.changes.filter((c) => !seen.has(c.id)))
    lines.push(`${c.field}: ${c.from ?? "not set"} → ${c.to ?? "not set"}, by ${c.who ?? "?"}`);
  if (now.losses > before.losses) lines.push(`${count(now.losses - before.losses, "line")} more in the loss ledger`);
  if (now.dead_letters > before.dead_letters) lines.push(`${count(now.dead_letters - before.dead_letters, "dead letter")} more`);
  return lines;
}
