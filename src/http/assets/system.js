// The store, and the tree of actors.

import { $, facts, field, h, name, on, said, show, status, table, td, plain } from "./dom.js";
import { bytes, count, micros, since, stamp } from "./fmt.js";
import { stateMark } from "./ia.js";
import { t, tn } from "./text.js";

function store(shown) {
  if (!shown) return h("p", { class: "fine" }, status("warn", t("store_off")));
  return [
    h("p", { class: "lead" }, shown.failing === null ? status("ok", t("store_writes")) : status("bad", t("store_fails")),
      " ",
      shown.failing === null ? null : said(shown.failing)),
    shown.damage.length > 0 ? h("ul", { class: "lines bad" }, shown.damage.map((line) => said(line, { class: null }, "li"))) : null,
    facts(
      [t("recorded"), field("store.recorded", shown.recorded, count(shown.recorded))],
      [t("unrecorded"), field("store.acknowledged_unrecorded", shown.acknowledged_unrecorded, count(shown.acknowledged_unrecorded))],
      [t("lost"), field("store.lost", shown.lost, count(shown.lost), { class: shown.lost > 0 ? "bad" : null })],
      [t("on_disk"), field("store.bytes", shown.bytes, bytes(shown.bytes))],
      [t("disk_free"), field("store.disk_free_bytes", shown.disk_free_bytes, bytes(shown.disk_free_bytes))])];
}

/** Of a larger group only what is amiss is shown, until it is unfolded by hand. */
const SMALL = 12;
/** Groups that were folded or unfolded by hand. */
const chosen = new Map();
let last = null;

function tree(actors) {
  const root = { name: "", kids: new Map(), actor: null };
  for (const actor of actors) {
    let at = root;
    for (const part of actor.name.split("/")) {
      if (!at.kids.has(part)) at.kids.set(part, { name: at.name ? `${at.name}/${part}` : part, kids: new Map(), actor: null });
      at = at.kids.get(part);
    }
    at.actor = actor;
  }
  return root;
}

const below = (node) => [...(node.actor ? [node.actor] : []), ...[...node.kids.values()].flatMap(below)];

const ailing = (node) => below(node).filter((actor) => actor.state !== "running");

function rows(node, depth, now, few = false) {
  return [...node.kids].filter(([, kid]) => !few || ailing(kid).length > 0).flatMap(([part, kid]) => {
    const all = below(kid);
    const amiss = ailing(kid);
    const group = kid.kids.size > 0;
    const unfolded = chosen.get(kid.name) ?? all.length <= SMALL;
    const some = !chosen.has(kid.name) && !unfolded && amiss.length > 0;
    const { actor } = kid;
    const label = group
      ? h("button", { type: "button", class: "fold", "data-act": "fold", "data-name": kid.name, id: `fold-${kid.name}`,
        "aria-expanded": String(unfolded) }, h("span", { class: "arrow", "aria-hidden": "true" }, unfolded ? "▾ " : "▸ "), plain(part))
      : name(part, { class: "leaf", title: plain(kid.name) });
    const told = !actor ? [
      td(amiss.length > 0 ? stateMark(amiss[0].state) : stateMark("running")),
      h("td", { colspan: 5, class: "more" }, tn("actors_n", all.length, { count: count(all.length) }),
        some ? `, ${t("only_amiss")}` : null), h("td")] : [
      td(stateMark(actor.state)), td(count(actor.generation), "n"),
      td(count(actor.faults), actor.faults > 0 ? "n warn" : "n"), td(count(actor.queue_depth), "n"),
      td(count(actor.steps), "n"), td(actor.steps > 0 ? micros(actor.step_micros) : "–", "n"),
      td([actor.note ? said(actor.note) : null, actor.last_fault
        ? h("span", { class: "fault", title: stamp(actor.last_fault_unix_ms) },
          t("last_fault", { time: since(actor.last_fault_unix_ms, now) }), " ", said(actor.last_fault)) : null])];
    const row = h("tr", { "data-key": kid.name }, h("th", { scope: "row", class: `d${Math.min(depth, 4)}` }, label), told);
    return [row, ...(group && (unfolded || some) ? rows(kid, depth + 1, now, some) : [])];
  });
}

/** Both. */
export function system(overview) {
  last = overview;
  show($("store"), store(overview.store));
  const amiss = overview.invariant_violations;
  show($("actors"),
    amiss > 0 ? h("p", { class: "note bad" }, field("invariant_violations", amiss, tn("violations", amiss, { count: count(amiss) }))) : null,
    table(t("h_actors"), [t("actor"), t("state"), [t("generation"), "n"], [t("faults"), "n"], [t("queue"), "n"],
      [t("steps"), "n"], [t("step_takes"), "n"], t("says_itself")], rows(tree(overview.actors), 0, overview.at_unix_ms), { class: "actors" }));
}

on("fold", (button) => {
  chosen.set(button.getAttribute("data-name"), button.getAttribute("aria-expanded") !== "true");
  if (last) system(last);
});
