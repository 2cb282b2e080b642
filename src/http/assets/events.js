// The console of events: the newest first, at most so many.

import { $, h, name, on, said, show, status } from "./dom.js";
import { moment, stamp } from "./fmt.js";
import { t, tn, word } from "./text.js";

const KEPT = 512;
const SHOWN = 200;
const TONES = { info: "off", warning: "warn", critical: "bad" };

/** What happened, and to whom, unless the words name it themselves. */
function words({ kind, subject, text }) {
  const head = `${kind}: ${subject}: `;
  const rest = text.startsWith(head) ? text.slice(head.length) : text;
  return h("span", { class: "words" },
    subject && !rest.includes(subject) ? [name(subject, { class: "name subject" }), " "] : null, said(rest));
}

class Events {
  kept = [];
  seen = new Set();
  severities = new Set(["info", "warning", "critical"]);
  paused = false;
  /** What came while it was paused. */
  missed = 0;
  due = false;
  opened_once = false;

  opened() {
    this.opened_once = true;
    this.later();
  }

  add(event) {
    // After a restart of the daemon the numbers begin anew, but not the times.
    const key = `${event.seq}:${event.unix_ms}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.kept.push({ ...event, key });
    while (this.kept.length > KEPT) this.seen.delete(this.kept.shift().key);
    if (this.paused) this.missed += 1;
    this.later();
  }

  /** Many events at once are drawn once. */
  later() {
    if (this.due) return;
    this.due = true;
    setTimeout(() => {
      this.due = false;
      this.draw();
    }, 100);
  }

  draw() {
    $("pause").textContent = this.paused
      ? (this.missed > 0 ? tn("resume_n", this.missed, { count: this.missed }) : t("resume")) : t("pause");
    $("pause").setAttribute("aria-pressed", String(this.paused));
    if (this.paused && !this.redraw) return;
    this.redraw = false;
    if (!this.opened_once) return;
    const list = this.kept.filter((event) => this.severities.has(event.severity)).slice(-SHOWN).reverse();
    show($("console"), list.length > 0 ? h("ol", { class: "events" }, list.map((event) =>
      h("li", { "data-key": event.key, class: event.severity },
        h("time", { title: stamp(event.unix_ms) }, moment(event.unix_ms)),
        status(TONES[event.severity] ?? "off", word("severity", event.severity)),
        h("code", null, event.kind),
        words(event))))
      : h("p", { class: "wait" }, this.kept.length > 0 ? t("events_filtered") : t("no_event")));
  }
}

export const events = new Events();

on("severity", (button) => {
  const severity = button.getAttribute("data-severity");
  const on = !events.severities.has(severity);
  if (on) events.severities.add(severity);
  else events.severities.delete(severity);
  button.setAttribute("aria-pressed", String(on));
  events.redraw = true;
  events.draw();
});

on("pause", () => {
  events.paused = !events.paused;
  events.missed = 0;
  events.redraw = !events.paused;
  events.draw();
});
