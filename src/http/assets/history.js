// Charts over time, the network's difficulty, and what became of all shares.

import { $, bar, field, h, on, show } from "./dom.js";
import { big, count, micros, percent, rate, duration } from "./fmt.js";
import { Chart } from "./charts.js";
import { get, Refused } from "./net.js";
import { t, word } from "./text.js";

/** How often a span is asked for anew, ms. */
const ANEW = { "1h": 15_000, "1d": 60_000, "1w": 300_000 };
const BLOCK_MS = 120_000;

/** The outcomes, in the order of their pile. */
export const OUTCOMES = [
  ["accepted", "c1"], ["credited", "c2"], ["held", "c5"], ["undeliverable", "c6"],
  ["unanswered", "c7"], ["rejected", "c4"], ["refused", "c3"]];

const charts = {};
const chart = (id) => (charts[id] ??= new Chart($(id)));

/** The chart of a hash rate from an answer of `/api/v1/series`. */
export function rateSpec(series) {
  const points = series.points.map((point) => ({ ...point, at: point.at_unix_ms }));
  const known = points.filter((point) => point.hash_rate !== null);
  const values = known.map((point) => point.hash_rate);
  const newest = known[known.length - 1];
  return {
    from: series.from_unix_ms, to: series.to_unix_ms, step: series.step_ms, points, format: rate, tick: (value) => big(value, "H/s", 1),
    lines: [{ name: t("hash_rate"), cls: "c1", value: (p) => p.hash_rate }],
    band: { name: t("interval"), cls: "c1", low: (p) => p.hash_rate_low, high: (p) => p.hash_rate_high },
    summary: newest ? t("sum_range", { now: rate(newest.hash_rate), low: rate(Math.min(...values)), high: rate(Math.max(...values)) }) : t("no_data"),
  };
}

function draw(series) {
  const points = series.points.map((point) => ({ ...point, at: point.at_unix_ms }));
  const base = { from: series.from_unix_ms, to: series.to_unix_ms, step: series.step_ms, points };
  chart("chart-rate").draw(rateSpec(series));
  const total = (key) => points.reduce((all, point) => all + point[key], 0);
  const bars = OUTCOMES.filter(([key]) => key === "accepted" || total(key) > 0)
    .map(([key, cls]) => ({ name: word("outcome", key), cls, value: (p) => p[key] }));
  chart("chart-shares").draw({ ...base, format: count, bars,
    summary: OUTCOMES.map(([key]) => `${word("outcome", key)}: ${count(total(key))}`).join(", ") });
  const timed = points.filter((point) => point.latency_micros !== null);
  const newest = timed[timed.length - 1];
  chart("chart-latency").draw({ ...base, format: micros,
    lines: [{ name: t("latency_max"), cls: "c6", value: (p) => p.latency_micros_max },
      { name: t("latency_mean"), cls: "c1", value: (p) => p.latency_micros }],
    summary: newest ? t("sum_now", { now: micros(newest.latency_micros) }) : t("no_data") });
}

class History {
  span = "1h";
  series = null;
  askedAt = -Infinity;
  stored = null;
  asking = false;

  see(overview) {
    this.stored = overview.store !== null;
    if (!this.stored) {
      if (this.series !== "none") {
        this.series = "none";
        this.draw();
      }
      return;
    }
    if (this.series === "none") this.series = null;
    if (!document.hidden && performance.now() - this.askedAt > ANEW[this.span]) this.ask();
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    this.askedAt = performance.now();
    const { span } = this;
    try {
      const series = await get(`/api/v1/series?span=${span}`);
      if (span === this.span) {
        this.series = series;
        this.draw();
      }
    } catch (fault) {
      if (fault instanceof Refused) this.note(fault.message);
    } finally {
      this.asking = false;
    }
    if (span !== this.span) this.ask();
  }

  note(text) {
    $("history-note").hidden = !text;
    $("history-note").textContent = text;
  }

  draw() {
    if (this.series === null) return;
    this.note("");
    if (this.series === "none") {
      for (const id of ["chart-rate", "chart-shares", "chart-latency"]) chart(id).say(t("store_off"));
    } else {
      draw(this.series);
    }
  }
}

export const history = new History();

on("span", (button) => {
  for (const other of $("spans").children) other.setAttribute("aria-pressed", String(other === button));
  history.span = button.getAttribute("data-span");
  if (history.stored) history.ask();
});

let drawn = "";

/** The network's difficulty with the fan of its forecast. */
export function difficulty(overview) {
  const shown = overview.difficulty;
  const key = `${document.documentElement.lang} ${JSON.stringify(shown && { ...shown, age_s: 0 })}`;
  if (key === drawn) return footOf(shown);
  drawn = key;
  if (!shown) return chart("chart-difficulty").say(t("difficulty_off"));
  if (shown.past.length === 0) return chart("chart-difficulty").say(shown.missing ?? t("no_data"));
  const past = shown.past.map(([unix_s, value]) => ({ at: unix_s * 1000, past: value }));
  const last = past[past.length - 1];
  const joint = { at: last.at, past: last.past, ahead: last.past, low: last.past, high: last.past };
  const ahead = shown.forecast.map((one) =>
    ({ at: last.at + one.blocks * BLOCK_MS, ahead: one.difficulty, low: one.low, high: one.high }));
  const points = ahead.length > 0 ? [...past.slice(0, -1), joint, ...ahead] : past;
  const end = shown.forecast[shown.forecast.length - 1];
  chart("chart-difficulty").draw({
    newest: last, from: past[0].at, to: points[points.length - 1].at, step: Infinity, points, tight: true, format: (v) => big(v),
    lines: [{ name: t("measured"), cls: "c1", value: (p) => p.past },
      { name: t("forecast"), cls: "c2 dash", value: (p) => p.ahead }],
    band: { name: end ? t("interval_of", { level: percent(end.level) }) : t("interval"), cls: "c2", low: (p) => p.low, high: (p) => p.high },
    summary: t("sum_now", { now: big(shown.difficulty) }),
  });
  footOf(shown);
}

function footOf(shown) {
  if (!shown) return;
  const end = shown.forecast[shown.forecast.length - 1];
  chart("chart-difficulty").note(
    t("height"), " ", field("difficulty.height", shown.height, count(shown.height)), " · ",
    t("now"), " ", field("difficulty.difficulty", shown.difficulty, big(shown.difficulty)), " · ",
    t("next_block"), " ", field("difficulty.next", shown.next, big(shown.next)),
    end ? ` · ${t("sum_forecast", { blocks: count(end.blocks), value: big(end.difficulty), low: big(end.low), high: big(end.high) })}` : null,
    shown.age_s === null ? null : ` · ${t("node_said", { time: duration(shown.age_s * 1000) })}`,
    shown.missing ? ` · ${shown.missing}` : null);
}

const sum = (counts) => Object.values(counts).reduce((all, one) => all + one, 0);

/** From what came in to what the pool took, with what was lost on the way, and why. */
export function funnel(overview) {
  const { shares } = overview;
  const refused = sum(shares.refused);
  const rejected = sum(shares.rejected);
  const sent = shares.accepted + rejected + shares.unanswered;
  const losses = (list) => list.filter(([, many]) => many > 0).map(([text, many, path]) =>
    h("li", null, field(path, many, `${text} ${count(many)}`)));
  const all = shares.received;
  const step = (key, many, tone, list, path) => h("li", { class: "step" },
    h("p", null, h("span", null, t(key)), h("b", null, field(path, many, count(many))),
      h("span", { class: "more" }, all > 0 ? percent(many / all) : t("no_data"))),
    bar(all > 0 ? many / all : 0, tone), list.length > 0 ? h("ul", { class: "losses" }, list) : null);
  show($("funnel"), h("ol", { class: "funnel" },
    step("f_received", all, "accent", losses([
      ...Object.entries(shares.refused).map(([why, many]) =>
        [t("f_refused", { why: word("refusal", why) }), many, `shares.refused.${why}`]),
      [t("f_overload"), shares.overload, "shares.overload"], [t("f_pending"), shares.pending, "shares.pending"]]), "shares.received"),
    step("f_good", all - refused - shares.overload - shares.pending, "accent", losses([
      [t("f_credited"), shares.credited, "shares.credited"], [t("f_held"), shares.held, "shares.held"],
      [t("f_undeliverable"), shares.undeliverable, "shares.undeliverable"]]), "funnel.good"),
    step("f_sent", sent, "accent", losses([
      ...Object.entries(shares.rejected).map(([why, many]) =>
        [t("f_rejected", { why: word("reject", why) }), many, `shares.rejected.${why}`]),
      [t("f_unanswered"), shares.unanswered, "shares.unanswered"]]), "funnel.sent"),
    step("f_accepted", shares.accepted, "good", losses([
      [t("f_late"), shares.late, "shares.late"], [t("f_mended"), shares.mended, "shares.mended"]]), "shares.accepted")));
}
