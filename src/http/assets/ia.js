// What the IA does: filters, prover, models, lift, trainer.

import { $, facts, field, h, name, s, said, show, status, table, td } from "./dom.js";
import { count, digits, duration, odds, percent, since, stamp } from "./fmt.js";
import { level } from "./farm.js";
import { t, tn, word } from "./text.js";

const STATES = { running: "ok", backing_off: "warn", degraded: "warn", bypassed: "bad", stopped: "bad" };

/** An actor's state by colour, shape and word. */
export const stateMark = (state) => status(STATES[state] ?? "off", word("state", state));

function filterCard(filter, at) {
  const path = `filters.${at}`;
  const without = filter.needs_model && filter.model === null;
  return h("article", { class: "card", "data-key": filter.stage },
    h("h4", null, word("filter", filter.stage), stateMark(filter.state)),
    h("p", { class: "value" }, field(`${path}.strongest_log_e`, filter.strongest_log_e,
      filter.strongest_log_e === null ? t("no_evidence") : odds(filter.strongest_log_e),
      { title: filter.strongest_log_e === null ? null : `ln e = ${digits(filter.strongest_log_e, 4)}` })),
    h("p", { class: "more" }, filter.strongest_cause ? said(filter.strongest_cause)
      : filter.strongest_log_e === null ? " " : t("evidence_strongest")),
    facts(
      [t("suspects"), field(`${path}.suspects`, filter.suspects, count(filter.suspects))],
      [t("looked_at"), field(`${path}.looked_at`, filter.looked_at, count(filter.looked_at))],
      [t("faults"), field(`${path}.faults`, filter.faults, count(filter.faults), { class: filter.faults > 0 ? "warn" : null })],
      [t("model"), without ? h("span", { class: "none" }, t("model_missing"))
        : filter.model ? name(filter.model, { class: "name mono" }) : t("model_none")]));
}

function prover(overview) {
  const { prover: shown } = overview;
  if (!shown) return h("p", { class: "fine" }, status("warn", t("prover_off")));
  return [
    shown.failure ? said(shown.failure, { class: "note bad" }, "p") : null,
    level(t("threads_busy"), shown.threads > 0 ? shown.busy / shown.threads : 0,
      field("prover.busy", shown.busy, `${count(shown.busy)} / ${count(shown.threads)}`)),
    level(t("queue"), shown.queue_capacity > 0 ? shown.queue_depth / shown.queue_capacity : 0,
      field("prover.queue_depth", shown.queue_depth, `${count(shown.queue_depth)} / ${count(shown.queue_capacity)}`),
      shown.queue_depth * 2 > shown.queue_capacity ? "bad" : "accent"),
    facts(
      [t("mode"), word("mode", shown.mode)],
      [t("hash_takes"), field("prover.hash_ms", shown.hash_ms, shown.hash_ms === null ? t("no_data") : `${digits(shown.hash_ms)} ms`)],
      [t("hashes"), field("prover.hashes", shown.hashes, count(shown.hashes))],
      [t("proved_good"), field("prover.proved_good", shown.proved_good, count(shown.proved_good))],
      [t("proved_bad"), field("prover.proved_bad", shown.proved_bad, count(shown.proved_bad), { class: shown.proved_bad > 0 ? "bad" : null })],
      [t("unproved"), field("prover.unproved", shown.unproved, count(shown.unproved))],
      [t("budget"), field("prover.budget", shown.budget, percent(shown.budget))])];
}

function trainer(overview) {
  const { models } = overview;
  const now = overview.at_unix_ms;
  if (!models) return h("p", { class: "wait" }, t("nothing_learnt"));
  const next = models.next_training_unix_ms;
  return [
    h("p", { class: "lead" }, status(models.phase === "idle" ? "off" : "wait", word("phase", models.phase)),
      models.training ? ` ${word("slot", models.training)}` : null),
    level(t("window"), models.min_shares > 0 ? models.window / models.min_shares : 1,
      field("models.window", models.window, models.window < models.min_shares
        ? t("of_needed", { count: count(models.window), all: count(models.min_shares) })
        : tn("shares_n", models.window, { count: count(models.window) }))),
    facts(
      [t("last_training"), h("time", { title: stamp(models.last_training_unix_ms) }, since(models.last_training_unix_ms, now))],
      [t("next_training"), next === null ? t("no_data") : next <= now ? t("due_now") : t("in_time", { time: duration(next - now) })],
      [t("drift"), models.drifted === null ? t("no_data")
        : models.drifted ? status("warn", t("drifted")) : status("ok", t("not_drifted"))]),
    models.last_results.length > 0
      ? h("ul", { class: "lines" }, models.last_results.map((line) => said(line, { class: null }, "li"))) : null,
    models.faults.length > 0
      ? h("ul", { class: "lines bad" }, models.faults.map((line) => said(line, { class: null }, "li"))) : null];
}

function lift(overview) {
  const shown = overview.models?.lift ?? null;
  if (!shown) return [h("p", { class: "value none", "data-field": "models.lift.estimate", "data-value": "none" }, t("no_data")), h("p", { class: "more" }, t("lift_none"))];
  const high = shown.high === null ? "∞" : digits(shown.high, 4);
  const told = shown.low > 1 ? ["ok", t("lift_better")]
    : shown.high !== null && shown.high < 1 ? ["bad", t("lift_worse")] : ["off", t("lift_open")];
  return [
    h("p", { class: "value" }, field("models.lift.estimate", shown.estimate, `× ${digits(shown.estimate, 4)}`)),
    h("p", { class: "more" }, field("models.lift.interval", `${shown.low},${shown.high ?? "none"}`,
      `${digits(shown.low, 4)} – ${high}`), " · ", tn("shares_n", shown.shares, { count: count(shown.shares) })),
    whisker(shown),
    h("p", { class: "lead" }, status(told[0], told[1])),
    h("p", { class: "more" }, t("lift_what"))];
}

/** The interval on a line, with chance in its middle; what it says stands above it in words. */
function whisker({ estimate, low, high }) {
  const far = Math.max(0.002, 1.25 * Math.max(...[estimate, low, high ?? estimate].map((x) => Math.abs(x - 1))));
  const x = (value) => Math.round((100 + ((value - 1) / far) * 96) * 10) / 10;
  return s("svg", { class: "whisker", viewBox: "0 0 200 34", "aria-hidden": "true" },
    s("line", { class: "grid", x1: 2, x2: 198, y1: 14, y2: 14 }),
    s("line", { class: "chance", x1: 100, x2: 100, y1: 4, y2: 24 }),
    s("line", { class: "range", x1: x(low), x2: high === null ? 198 : x(high), y1: 14, y2: 14 }),
    s("circle", { class: "point c1", cx: x(estimate), cy: 14, r: 4 }),
    s("text", { class: "tick", x: 100, y: 33, "text-anchor": "middle" }, digits(1)));
}

function models(overview) {
  if (!overview.models) return h("p", { class: "wait" }, t("nothing_learnt"));
  const now = overview.at_unix_ms;
  const rows = overview.models.models.map((model) => h("tr", { "data-key": model.id },
    h("th", { scope: "row" }, word("slot", model.slot), h("span", { class: "name mono sub" }, model.id)),
    td(status(model.in_force ? "ok" : "wait", word("model", model.state))),
    td(h("time", { title: stamp(model.since_unix_ms) }, duration(now - model.since_unix_ms)), "n"),
    td(count(model.trained_on), "n"),
    td(model.worth.length > 0 ? h("ul", { class: "lines" }, model.worth.map((line) => said(line, { class: null }, "li"))) : t("no_data")),
    td(said(model.why))));
  return rows.length > 0
    ? table(t("h_models"), [t("slot"), t("state"), [t("age"), "n"], [t("trained_on"), "n"], t("worth"), t("why")], rows, { class: "stack" })
    : h("p", { class: "wait" }, t("no_model"));
}

/** All of it. */
export function ia(overview) {
  show($("filters"), overview.filters.length > 0 ? overview.filters.map(filterCard)
    : h("p", { class: "wait" }, t("filters_off")));
  show($("prover"), prover(overview));
  show($("trainer"), trainer(overview));
  show($("lift"), lift(overview));
  show($("models"), models(overview));
}

/** What each filter said at one share. */
export const stages = (list) => table(t("h_filters"), [t("filter"), t("says"), [t("evidence"), "n"], t("cause")],
  list.map((one) => h("tr", null, h("th", { scope: "row" }, word("filter", one.stage)),
    td(word("says", one.says)), td(one.log_e === null ? "–" : odds(one.log_e), "n"),
    td(one.cause ? said(one.cause) : "–"))));

