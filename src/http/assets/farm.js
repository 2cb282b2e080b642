// Is the farm earning, and which rig needs somebody.

import { $, bar, facts, field, h, mark, name, said, show, status, table, td, plain } from "./dom.js";
import { big, count, duration, interval, micros, percent, rate, since, stamp } from "./fmt.js";
import { t, tn, word } from "./text.js";

/** After so long without a job its upstream's news are old: a block comes every two minutes. */
const JOB_OLD_MS = 10 * 60_000;

const tile = (label, value, ...more) =>
  h("div", { class: "tile" }, h("p", { class: "label" }, label),
    h("p", { class: "value" }, value), h("p", { class: "more" }, more));

function rateTile(earning, over) {
  const found = earning.hash_rates.findIndex((shown) => shown.over === over);
  const shown = earning.hash_rates[found];
  const path = `earning.hash_rates.${found < 0 ? over : found}`;
  return tile(t("hash_rate_over", { over: t(`over_${over}`) }),
    field(`${path}.per_second`, shown?.per_second, rate(shown?.per_second)),
    shown ? [field(`${path}.interval`, `${shown.low},${shown.high}`,
      interval(shown.per_second, shown.low, shown.high)), h("br"),
    tn("shares_n", shown.shares, { count: count(shown.shares) })] : t("no_share_in_it"));
}

/** Tiles and upstreams. */
export function farm(overview) {
  const { earning } = overview;
  const [median, worst] = earning.reply_micros ?? [null, null];
  show($("farm-tiles"),
    tile(t("accepted_1h"),
      field("earning.accepted_ratio_1h", earning.accepted_ratio_1h, percent(earning.accepted_ratio_1h)),
      field("earning.answered_1h", earning.answered_1h,
        tn("answers_n", earning.answered_1h, { count: count(earning.answered_1h) }))),
    rateTile(earning, "10m"), rateTile(earning, "1h"), rateTile(earning, "24h"),
    tile(t("last_accepted"),
      field("earning.since_accepted_ms", earning.since_accepted_ms,
        earning.since_accepted_ms === null ? t("no_data")
          : t("ago", { time: duration(earning.since_accepted_ms) })),
      t("accepted_total", { count: count(overview.shares.accepted) })),
    tile(t("miners"), field("earning.miners", earning.miners, count(earning.miners)),
      field("earning.miners_at_work", earning.miners_at_work,
        t("at_work", { count: count(earning.miners_at_work) }))),
    tile(t("reply"), field("earning.reply_micros.0", median, median === null ? t("no_data") : `≤ ${micros(median)}`),
      worst === null ? t("no_share_yet") : t("reply_99", { time: micros(worst) })));
  upstreams(overview);
}

function stateOf(upstream) {
  if (upstream.serves > 0) {
    return upstream.job_age_ms !== null && upstream.job_age_ms > JOB_OLD_MS
      ? status("warn", t("up_old")) : status("ok", t("up_serves"));
  }
  return upstream.sessions.some((session) => session.connected_since_unix_ms !== null)
    ? status("wait", t("up_standby")) : status("off", t("up_away"));
}

const sum = (counts) => Object.values(counts).reduce((all, one) => all + one, 0);
const classes = (kind, counts) =>
  Object.entries(counts).filter(([, many]) => many > 0)
    .map(([what, many]) => `${word(kind, what)} ${count(many)}`).join(", ");

function sessions(upstream, now) {
  const rows = upstream.sessions.map((session) => h("tr", { "data-key": session.name },
    h("th", { scope: "row" }, name(session.name)),
    td(session.connected_since_unix_ms === null ? t("up_away") : since(session.connected_since_unix_ms, now), "n"),
    td(duration(session.job_age_ms), "n"), td(count(session.forwarded), "n"),
    td(count(session.accepted), "n"), td(count(session.pending), "n"),
    td(micros(session.submit_micros), "n"), td(classes("reject", session.lost) || "–")));
  return h("details", null,
    h("summary", null, tn("sessions_n", upstream.sessions_total, { count: count(upstream.sessions_total) })),
    table(t("sessions_of", { name: plain(upstream.name) }),
      [t("session"), [t("connected"), "n"], [t("job_age"), "n"], [t("forwarded"), "n"], [t("accepted"), "n"],
        [t("pending"), "n"], [t("answers_in"), "n"], t("lost_times")], rows),
    upstream.sessions_total > upstream.sessions.length
      ? h("p", { class: "more" }, t("and_more", { count: count(upstream.sessions_total - upstream.sessions.length) }))
      : null);
}

function upstreams(overview) {
  const routed = new Set(overview.upstreams.map((upstream) => upstream.route)).size > 1;
  const cards = overview.upstreams.map((upstream, at) => {
    const path = `upstreams.${at}`;
    const rejected = sum(upstream.rejected);
    return h("article", { class: "upstream", "data-key": `${at} ${upstream.name}` },
      h("h4", null, name(upstream.name), " ", stateOf(upstream),
        upstream.tls ? h("span", { class: "chip" }, "TLS") : h("span", { class: "chip" }, t("no_tls")),
        routed ? h("span", { class: "chip" }, t("route_of", { name: upstream.route })) : null),
      facts(
        [t("lanes"), field(`${path}.serves`, upstream.serves, `${count(upstream.serves)} / ${count(upstream.lanes)}`)],
        [t("job_age"), field(`${path}.job_age_ms`, upstream.job_age_ms, duration(upstream.job_age_ms))],
        [t("height"), field(`${path}.height`, upstream.height, count(upstream.height))],
        [t("difficulty"), field(`${path}.difficulty`, upstream.difficulty, big(upstream.difficulty))],
        [t("answers_in"), field(`${path}.submit_micros`, upstream.submit_micros, micros(upstream.submit_micros))],
        [t("accepted"), field(`${path}.accepted`, upstream.accepted, count(upstream.accepted))],
        [t("rejected"), h("span", { class: rejected > 0 ? "bad" : null },
          field(`${path}.rejected`, rejected, rejected > 0 ? classes("reject", upstream.rejected) : count(0)))],
        [t("slots"), field(`${path}.slots_used`, upstream.slots_used,
          upstream.slots_used === null ? t("no_data") : `${count(upstream.slots_used)} / ${count(upstream.slots)}`)],
        [t("pays"), name(upstream.user)]),
      sessions(upstream, overview.at_unix_ms));
  });
  show($("upstreams"), cards.length > 0 ? cards : h("p", { class: "wait" }, t("no_upstream")));
}

/** The tone of a rig's state. */
export const toneOf = (state) => ({
  quarantined: "bad", failing: "bad", suspect: "warn", silent: "bad", late: "warn",
  online: "ok", trusted: "ok", new: "wait", gone: "off" }[state] ?? "off");

/** A rig's name, as a button that opens all about it. */
export const rigButton = (rig, id, where) =>
  h("button", { type: "button", class: "rigname", "data-act": "rig", "data-rig": rig, id: `${where}-${rig}`,
    title: `${plain(id || "")} ${rig}`.trim() }, h("bdi", { class: "name" }, id ? plain(id) : rig));

/** Whose it is, where its name does not say that already. */
export const userOf = (rig) =>
  rig.user && rig.user !== rig.rig_id ? name(rig.user, { class: "name sub" }) : null;

function presence(overview) {
  const { presence: rigs, known } = overview.rigs;
  if (!rigs) return h("p", { class: "more chips" }, t("presence_none"));
  return h("p", { class: "chips" },
    known === null ? null : h("span", { class: "chip" }, field("rigs.known", known, tn("known_n", known, { count: count(known) }))),
    ["online", "late", "silent", "quarantined", "gone"].map((state) =>
      h("span", { class: `chip ${rigs[state] > 0 && state !== "online" ? toneOf(state) : ""}`.trim() }, mark(toneOf(state)), " ",
        field(`rigs.presence.${state}`, rigs[state], `${count(rigs[state])} ${word("presence", state)}`))));
}

/** Whether anybody has looked at the rigs: else that none is named means nothing. */
export const looked = (overview) => overview.rigs.presence !== null || overview.rigs.standing !== null;

/** Rigs that need somebody, and alerts. */
export function need(overview) {
  const now = overview.at_unix_ms;
  const rows = overview.attention.map((rig, at) => h("tr", { "data-key": rig.rig },
    h("th", { scope: "row" }, rigButton(rig.rig, rig.rig_id, "need"), userOf(rig)),
    td(status(toneOf(rig.state), word("presence", rig.state))),
    td(said(rig.reason, { "data-field": `attention.${at}.reason`, "data-value": rig.reason })),
    td(h("time", { title: stamp(rig.since_unix_ms) },
      rig.since_unix_ms === null ? t("no_data") : duration(now - rig.since_unix_ms)), "n")));
  const hidden = overview.attention_total - overview.attention.length;
  show($("attention"), looked(overview) || rows.length > 0 ? presence(overview) : null,
    rows.length > 0
      ? table(t("h_need_long"), [t("rig"), t("state"), t("reason"), [t("since"), "n"]], rows, { class: "stack" })
      : looked(overview) ? h("p", { class: "fine" }, status("ok", t("nobody_needs"))) : h("p", { class: "wait" }, t("presence_none")),
    hidden > 0 ? h("p", { class: "more foot" }, t("and_more", { count: count(hidden) })) : null);

  const { alerts } = overview;
  show($("alerts"), alerts === null ? h("p", { class: "wait" }, t("alerts_off"))
    : alerts.length === 0 ? h("p", { class: "fine" }, status("ok", t("no_alert")))
      : h("ul", { class: "alerts" }, alerts.map((alert) =>
        h("li", { class: alert.severity, "data-key": `${alert.kind} ${alert.subject} ${alert.since_unix_ms}` },
          status(alert.severity === "critical" ? "bad" : "warn", word("alert", alert.kind)),
          " ", name(alert.subject), said(alert.text, null, "p"),
          h("p", { class: "more" }, h("time", { title: stamp(alert.since_unix_ms) },
            t("since_time", { time: duration(now - alert.since_unix_ms) })))))));
}

/** A part of a whole as a bar with its words. */
export const level = (label, part, text, tone, limit) =>
  h("div", { class: "level" }, h("p", null, h("span", null, label), h("span", { class: "n" }, text)),
    bar(part, tone, limit));
