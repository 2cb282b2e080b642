// The table of all rigs: looked up, sorted and cut into pages by the daemon.

import { $, h, on, said, show, status, table, td, plain } from "./dom.js";
import { big, clock, count, duration, interval, rate, stamp } from "./fmt.js";
import { rigButton, toneOf, userOf } from "./farm.js";
import { get, Refused } from "./net.js";
import { t, word } from "./text.js";
import "./rig.js";

const PAGE = 25;
const ANEW_MS = 10_000;
const TYPING_MS = 250;
/** The columns: sort key, or none, its text, its class. */
const COLUMNS = [
  ["name", "rig"], ["state", "state"], ["hash_rate", "hash_rate_1h", "n"],
  ["last_share", "last_share", "n"], ["difficulty", "difficulty", "n"], [null, "accepted", "n"], [null, "rejected", "n"],
  ["refused", "refused", "n"], [null, "reason"]];
/** Where the largest is looked for first; of states the gravest is the first. */
const DOWN = new Set(["hash_rate", "last_share", "difficulty", "refused"]);

class Rigs {
  answer = null;
  error = null;
  sort = "state";
  order = "asc";
  offset = 0;
  askedAt = -Infinity;
  number = 0;

  /** What is shown is renewed as long as the daemon is there. */
  see() {
    if (!document.hidden && performance.now() - this.askedAt > ANEW_MS) this.ask();
  }

  async ask(byHand = false) {
    this.askedAt = performance.now();
    this.number += 1;
    const mine = this.number;
    const query = new URLSearchParams({ sort: this.sort, order: this.order, offset: this.offset, limit: PAGE });
    const search = $("rig-search").value.trim();
    if (search) query.set("search", search);
    if ($("rig-state").value) query.set("state", $("rig-state").value);
    try {
      const answer = await get(`/api/v1/rigs/table?${query}`);
      if (mine !== this.number) return;
      this.answer = answer;
      this.error = null;
      if (answer.rows.length === 0 && this.offset > 0 && answer.matched > 0) {
        this.offset = Math.floor((answer.matched - 1) / PAGE) * PAGE;
        await this.ask(byHand);
        return;
      }
    } catch (fault) {
      if (mine !== this.number || !(fault instanceof Refused)) return;
      this.error = fault.message;
    }
    this.draw();
    // Told to a screen reader, but only to whom asked.
    if (byHand) $("say").textContent = $("rig-count")?.textContent ?? "";
  }

  /** Another question, from the first page on. */
  anew() {
    this.offset = 0;
    this.ask(true);
  }

  draw() {
    if (this.error !== null) {
      show($("rig-table"), h("p", { class: "wait" }, plain(this.error)));
      return;
    }
    if (this.answer === null) return;
    const { answer } = this;
    const now = answer.as_of_unix_ms;
    const heads = COLUMNS.map(([key, text, cls]) => {
      const mine = key === this.sort;
      return h("th", { scope: "col", class: cls, "data-name": t(text), "aria-sort": mine ? (this.order === "asc" ? "ascending" : "descending") : null },
        key ? h("button", { type: "button", class: "sort", "data-act": "sort", "data-sort": key, id: `sort-${key}` }, t(text),
          h("span", { class: "arrow", "aria-hidden": "true" }, mine ? (this.order === "asc" ? " ↑" : " ↓") : " ↕")) : t(text));
    });
    const rows = answer.rows.map((rig) => h("tr", { "data-key": rig.rig },
      h("th", { scope: "row" }, rigButton(rig.rig, rig.rig_id, "table"), userOf(rig)),
      td(status(toneOf(rig.state), word("presence", rig.state))),
      td(rig.hash_rate ? [rate(rig.hash_rate.per_second), h("span", { class: "sub", title: t("interval") },
        interval(rig.hash_rate.per_second, rig.hash_rate.low, rig.hash_rate.high))] : t("no_data"), `n${rig.hash_rate ? "" : " none"}`),
      td(h("time", { title: stamp(rig.last_share_unix_ms) }, rig.last_share_unix_ms === null ? t("never")
        : t("ago", { time: duration(Math.max(0, now - rig.last_share_unix_ms)) })), "n"),
      td(big(rig.difficulty), `n${rig.difficulty === null ? " none" : ""}`),
      td(count(rig.accepted), rig.accepted === null ? "n none" : "n"), td(count(rig.rejected), rig.rejected > 0 ? "n warn" : "n"),
      td(count(rig.refused), rig.refused > 0 ? "n bad" : "n"),
      rig.reason ? td(said(rig.reason)) : td("–", "blank")));
    const last = Math.min(answer.matched, this.offset + answer.rows.length);
    show($("rig-table"),
      rows.length > 0 ? table(t("h_rigs"), heads, rows, { class: "stack rigs" }) : h("p", { class: "wait" }, t("no_rig_matches")),
      h("div", { class: "pager" },
        h("p", { id: "rig-count" }, t("page_of", { from: count(rows.length > 0 ? this.offset + 1 : 0), to: count(last),
          matched: count(answer.matched), total: count(answer.total) }), " · ", t("as_of", { time: clock(now) })),
        h("button", { type: "button", class: "plain", "data-act": "page", "data-by": -PAGE, id: "rigs-back", disabled: this.offset === 0 }, t("back")),
        h("button", { type: "button", class: "plain", "data-act": "page", "data-by": PAGE, id: "rigs-on", disabled: last >= answer.matched }, t("forward"))));
  }
}

export const rigs = new Rigs();

on("sort", (button) => {
  const key = button.getAttribute("data-sort");
  if (key === rigs.sort) {
    rigs.order = rigs.order === "asc" ? "desc" : "asc";
  } else {
    rigs.sort = key;
    rigs.order = DOWN.has(key) ? "desc" : "asc";
  }
  rigs.anew();
});

on("page", (button) => {
  rigs.offset = Math.max(0, rigs.offset + Number(button.getAttribute("data-by")));
  rigs.ask(true);
});

let typing = null;
$("rig-search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => rigs.anew(), TYPING_MS);
});
$("rig-state").addEventListener("change", () => rigs.anew());
$("rig-filter").addEventListener("submit", (event) => {
  event.preventDefault();
  rigs.anew();
});
