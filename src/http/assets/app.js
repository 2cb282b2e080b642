// The page: what the daemon tells is shown as it comes; what is asked is asked only where it is seen.

import { $, on, show, plain } from "./dom.js";
import { clock, duration } from "./fmt.js";
import { follow, useToken } from "./net.js";
import { onLanguage, speak, t, translate } from "./text.js";
import { verdict } from "./verdict.js";
import { farm, need } from "./farm.js";
import { ia } from "./ia.js";
import { history, difficulty, funnel } from "./history.js";
import { rigs } from "./rigs.js";
import { system } from "./system.js";
import { events } from "./events.js";

/** Older than this, what is shown is old. */
const OLD_MS = 12_000;

let overview = null;
/** When it came, by this browser's clock, which need not agree with the daemon's. */
let cameAt = 0;
let link = { state: "wait", since: Date.now(), words: null };

function render() {
  if (!overview || document.hidden) return;
  $("version").textContent = overview.version;
  for (const part of [verdict, farm, need, ia, difficulty, funnel, system]) part(overview);
}

function renderLink() {
  const old = overview && Date.now() - cameAt > OLD_MS;
  const lost = link.state === "lost";
  $("link").dataset.state = lost ? "lost" : old ? "old" : link.state;
  const refused = link.words ? plain(link.words) : null;
  const text = lost && refused ? t("link_refused", { words: refused }) : link.state === "live" ? (old ? t("link_old") : t("link_live"))
    : lost ? t("link_lost", { time: clock(link.since) })
      : link.state === "token" ? t("link_token") : t("link_connecting");
  if ($("link-text").textContent !== text) $("link-text").textContent = text;
  document.documentElement.toggleAttribute("data-old", Boolean(overview && (old || lost)));
  const note = $("stale-note");
  note.hidden = !(overview && (old || lost));
  if (!note.hidden) {
    // It may not be true any more.
    document.title = "? Zartrux";
    note.textContent = t("data_of", { time: clock(cameAt), age: duration(Date.now() - cameAt) });
  }
}

follow({
  open() {
    link = { state: "live", since: Date.now(), words: null };
    $("token").hidden = true;
    events.opened();
    renderLink();
  },
  frame(kind, value) {
    if (kind === "overview") {
      const first = overview === null;
      overview = value;
      cameAt = Date.now();
      render();
      history.see(overview);
      rigs.see(overview);
      if (first) document.documentElement.setAttribute("data-ready", "");
      renderLink();
    } else if (kind === "event") {
      events.add(value);
    }
  },
  lost(words) {
    link = { state: "lost", since: link.state === "lost" ? link.since : Date.now(), words };
    renderLink();
  },
  token(words) {
    link = { state: "token", since: Date.now(), words: null };
    $("token").hidden = false;
    $("token-said").textContent = words ? t("token_wrong", { words: plain(words) }) : "";
    $("token-text").focus();
    renderLink();
  },
});

$("token").addEventListener("submit", (event) => {
  event.preventDefault();
  useToken($("token-text").value.trim());
  $("token-text").value = "";
});

on("lang", (button) => speak(button.getAttribute("data-lang")));
on("theme", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("zartrux.theme", root.dataset.theme);
  } catch { /* not kept then */ }
});

onLanguage(() => {
  render();
  renderLink();
  history.draw();
  rigs.draw();
  events.draw();
});

document.addEventListener("visibilitychange", render);
setInterval(renderLink, 1_000);
translate();
show($("say"));
