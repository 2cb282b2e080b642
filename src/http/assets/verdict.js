// The answer to the first question, in one sentence.

import { $, field, mark, plain, show } from "./dom.js";
import { count, duration, interval, micros, percent, rate } from "./fmt.js";
import { looked } from "./farm.js";
import { t, tn } from "./text.js";

/** Shorter is no silence, whatever the difficulty. */
const PATIENCE_MS = 10 * 60_000;
/** A share that takes so many times longer than it takes on the average: once in 1,000 times. */
const LONG = 7;
/** Fewer of the answered shares than this are not what a healthy farm has. */
const FEW_ACCEPTED = 0.95;

/** The rate over the shortest span that has one. */
export const freshRate = (overview) => overview.earning.hash_rates[0] ?? null;

/** The upstreams that serve, those with the most lanes first. */
export const serving = (overview) =>
  overview.upstreams.filter((upstream) => upstream.serves > 0).sort((a, b) => b.serves - a.serves);

function overdue(overview) {
  const { since_accepted_ms: since } = overview.earning;
  if (since === null) return false;
  const speed = freshRate(overview)?.per_second;
  const difficulty = serving(overview)[0]?.difficulty;
  const usual = speed > 0 && difficulty > 0 ? (difficulty / speed) * 1000 * LONG : 0;
  return since > Math.max(PATIENCE_MS, usual);
}

/** What the ratio can be at most, given so many answers (Wilson's bound at 95 %): a few bad ones among
 *  a few are chance. */
function atMost(ratio, answers) {
  const z = 1.96;
  const spread = z * Math.sqrt((ratio * (1 - ratio)) / answers + (z * z) / (4 * answers * answers));
  return (ratio + (z * z) / (2 * answers) + spread) / (1 + (z * z) / answers);
}

/** Why miners can't be served, in the reader's language where the page knows the daemon's words. */
function why(reason) {
  if (!reason) return t("v_not_ready");
  if (reason.startsWith("leaving:")) return t("v_leaving");
  if (reason.startsWith("starting:")) return t("v_starting");
  const lane = /^lane (\d+): no upstream has a fresh job$/.exec(reason);
  return lane ? t("v_no_job", { lane: lane[1] }) : plain(reason);
}

function judge(overview) {
  const { earning } = overview;
  if (!overview.ready) {
    return ["bad", t("v_not", { why: why(overview.not_ready_because[0]) })];
  }
  if (earning.miners === 0) return ["bad", t("v_not", { why: t("v_no_miner") })];
  if (earning.since_accepted_ms === null) {
    return ["wait", tn("v_none_yet", earning.miners, { count: count(earning.miners) })];
  }
  if (overdue(overview)) {
    return ["bad", t("v_not", { why: t("v_overdue", { time: duration(earning.since_accepted_ms) }) })];
  }
  const parts = [];
  if (earning.accepted_ratio_1h !== null) {
    parts.push(t("v_accepted", { part: percent(earning.accepted_ratio_1h) }));
  }
  const speed = freshRate(overview);
  if (speed) {
    parts.push(`${rate(speed.per_second)} (${interval(speed.per_second, speed.low, speed.high)})`);
  }
  const answers = serving(overview)[0]?.submit_micros ?? null;
  if (answers !== null) parts.push(t("v_answers", { time: micros(answers) }));
  if (parts.length === 0) parts.push(t("v_last", { time: duration(earning.since_accepted_ms) }));
  const poor = earning.accepted_ratio_1h !== null
    && atMost(earning.accepted_ratio_1h, earning.answered_1h) < FEW_ACCEPTED;
  const said = parts.join(t("v_comma"));
  return poor ? ["warn", t("v_losses", { parts: said })] : ["ok", t("v_earning", { parts: said })];
}

function under(overview) {
  const parts = [];
  const total = overview.attention_total;
  parts.push(total > 0 ? tn("v_need", total, { count: count(total) }) : looked(overview) ? t("v_need_none") : t("presence_none"));
  if (overview.alerts) {
    const open = overview.alerts.length;
    parts.push(open > 0 ? tn("v_alerts", open, { count: count(open) }) : t("v_alerts_none"));
  }
  const filters = overview.filters;
  if (filters.length > 0) {
    const well = filters.filter((filter) => filter.state === "running").length;
    parts.push(t("v_filters", { well: count(well), all: count(filters.length) }));
  }
  parts.push(t("v_uptime", { time: duration(overview.uptime_s * 1000) }));
  return parts.join(" · ");
}

let said = null;

/** Shows the verdict; tells it to a screen reader only where it is another. */
export function verdict(overview) {
  const [tone, text] = judge(overview);
  $("verdict").dataset.state = tone;
  show($("verdict-text"), mark(tone), field("ready", overview.ready, text));
  show($("verdict-under"), under(overview));
  document.title = `${{ ok: "●", warn: "▲", bad: "✕", wait: "…" }[tone]} Zartrux`;
  if (said !== tone) {
    said = tone;
    $("say").textContent = text;
  }
}
