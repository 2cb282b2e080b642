// All about one rig: why it stands as it does, its rates, its history, its last shares.

import { $, facts, h, name, on, said, show, status, table, td, plain } from "./dom.js";
import { big, clock, count, digits, duration, interval, micros, moment, percent, rate } from "./fmt.js";
import { Chart } from "./charts.js";
import { toneOf } from "./farm.js";
import { rateSpec } from "./history.js";
import { stages } from "./ia.js";
import { get, Refused } from "./net.js";
import { t, word } from "./text.js";

const LAST = 20;
let chart = null;
let open = null;

/** An answer, or words why there is none. */
async function tried(path) {
  try {
    return { value: await get(path), error: null };
  } catch (fault) {
    return { value: null, error: fault instanceof Refused ? fault.message : t("link_lost_short") };
  }
}

const why = (answer) => h("p", { class: "wait" }, plain(answer.error));

function judged(full) {
  const lanes = full.lanes.map((lane) => {
    const { quarantine, trust, proofs } = lane;
    return [h("h4", null, t("lane_n", { lane: count(lane.lane) }), " ", status(toneOf(lane.standing), word("presence", lane.standing))),
      facts(
        [t("trust"), `${big(trust.work)} / ${big(trust.work_needed)}`],
        [t("good_proofs"), `${count(trust.good_proofs)} / ${count(trust.good_proofs_needed)}`],
        [t("proofs"), t("proofs_told", { asked: count(proofs.asked), good: count(proofs.good), bad: count(proofs.bad), none: count(proofs.none) })],
        [t("chance"), percent(lane.last_chance)],
        [t("quarantines"), count(lane.quarantines)],
        quarantine ? [t("in_quarantine"), duration(quarantine.seconds * 1000)] : null,
        quarantine ? [t("to_release"), `${big(quarantine.work_delivered)} / ${big(quarantine.work_needed)}`] : null)];
  });
  return [lanes,
    h("h3", null, t("evidence_last")),
    full.evidence ? stages(full.evidence.stages) : h("p", { class: "wait" }, t("no_data"))];
}

function known(entry) {
  const { shares } = entry;
  const outcome = (key, tone) => [word("outcome", key), h("span", { class: shares[key] > 0 ? tone : null }, count(shares[key]))];
  return [
    facts([t("agent"), name(entry.agent)], [t("algorithms"), entry.algorithms.map(plain).join(", ") || "–"],
      [t("first_seen"), moment(entry.first_seen_unix_ms)], [t("last_seen"), moment(entry.last_seen_unix_ms)],
      [t("last_share"), entry.last_share_unix_ms === null ? t("never") : moment(entry.last_share_unix_ms)],
      [t("mined"), duration(entry.mined_seconds * 1000)], [t("difficulty"), big(entry.difficulty)],
      [t("expected"), entry.expected ? t("yes") : t("no")]),
    h("h3", null, t("hash_rates")),
    entry.hash_rates.length > 0
      ? table(t("hash_rates"), [t("over"), t("source"), [t("hash_rate"), "n"], [t("interval"), "n"], [t("shares"), "n"]],
        entry.hash_rates.map((one) => h("tr", null, h("th", { scope: "row" }, t(`over_${one.over}`)), td(word("source", one.source)),
          td(rate(one.hashes_per_second), "n"), td(interval(one.hashes_per_second, one.low, one.high), "n"), td(count(one.shares), "n"))))
      : h("p", { class: "wait" }, t("no_data")),
    h("h3", null, t("shares_ever")),
    facts(outcome("accepted"), outcome("credited"), outcome("rejected", "warn"), outcome("refused", "bad"), outcome("held", "warn"),
      outcome("unanswered"), outcome("undeliverable"), outcome("late"))];
}

function lastShares(answer) {
  if (!answer.value) return why(answer);
  const rows = answer.value.shares.map((share) => h("tr", { "data-key": share.id },
    h("th", { scope: "row" }, h("time", { title: moment(share.unix_ms) }, clock(share.unix_ms)), h("span", { class: "name mono sub" }, share.id)),
    td([word("ended", share.settlement.ended), share.settlement.reason ? ` (${word(share.settlement.pool_said === null ? "refusal" : "reject", share.settlement.reason)})` : null,
      share.settlement.pool_said ? h("span", { class: "name sub" }, plain(share.settlement.pool_said)) : null]),
    td(big(share.difficulty_asked), "n"), td(big(share.difficulty_found), "n"),
    td(share.proof ? word("proof", share.proof.outcome) : "–"),
    td(share.joined_log_e === null ? "–" : digits(share.joined_log_e), "n"),
    td(micros(share.latency.total_micros), "n")));
  return rows.length > 0
    ? table(t("last_shares"), [t("when"), t("ended_as"), [t("asked"), "n"], [t("found"), "n"], t("proof"), ["ln e", "n"], [t("took"), "n"]], rows)
    : h("p", { class: "wait" }, t("no_share_kept"));
}

async function fill(key) {
  const path = encodeURIComponent(key);
  // The table tells who knows the rig; who does not is not asked.
  const found = await tried(`/api/v1/rigs/table?search=${path}&limit=1`);
  const row = found.value?.rows.find((one) => one.rig === key) ?? null;
  const ofJudges = async (where) => (row && row.standing === null
    ? { value: null, error: t("not_judged") } : tried(where));
  const ofStore = async (where) => (row && row.presence === null
    ? { value: null, error: t("not_stored") } : tried(where));
  const [full, entry, shares, series] = await Promise.all([
    ofJudges(`/api/v1/rigs/${path}`), ofStore(`/api/v1/registry/${path}`),
    ofJudges(`/api/v1/shares?rig=${path}&limit=${LAST}`), ofStore(`/api/v1/series?span=1d&rig=${path}`)]);
  if (open !== key) return;
  const who = row ?? full.value ?? entry.value;
  show($("rig-name"), who?.rig_id ? plain(who.rig_id) : key);
  const presence = row?.state ?? entry.value?.presence ?? full.value?.standing ?? null;
  show($("rig-body"),
    h("p", { class: "lead" }, presence ? status(toneOf(presence), word("presence", presence)) : null, " ",
      h("span", { class: "mono" }, key), " ", who?.user ? name(who.user, { class: "name sub" }) : null),
    row?.reason ? said(row.reason, { class: "note bad" }, "p") : null,
    h("h3", null, t("how_it_stands")), full.value ? judged(full.value) : why(full),
    h("h3", null, t("what_is_known")), entry.value ? known(entry.value) : why(entry));
  chart ??= new Chart($("chart-rig"));
  if (series.value) chart.draw(rateSpec(series.value));
  else chart.say(plain(series.error));
  show($("rig-shares"), h("h3", null, t("last_shares")), lastShares(shares));
}

on("rig", (button) => {
  open = button.getAttribute("data-rig");
  show($("rig-name"), open);
  show($("rig-body"), h("p", { class: "wait" }, t("waiting")));
  show($("rig-shares"));
  $("rig").showModal();
  fill(open);
});
on("close-rig", () => $("rig").close());
$("rig").addEventListener("close", () => { open = null; });
$("rig").addEventListener("click", (event) => {
  if (event.target === $("rig")) $("rig").close();
});
