// The words of the page, in the language that was chosen.

import en from "./en.js";
import es from "./es.js";

const BOOKS = { en, es };
const listeners = [];
let lang = document.documentElement.lang === "es" ? "es" : "en";

/** The language now. */
export const language = () => lang;

/** The locale for numbers and dates: the reader's own one of that language. */
export const locale = () =>
  (navigator.languages ?? []).find((tag) => tag.toLowerCase().split("-")[0] === lang) ?? lang;

/** The text of a key, with its `{places}` filled. */
export function t(key, places) {
  const text = BOOKS[lang][key] ?? BOOKS.en[key] ?? key;
  return places ? text.replace(/\{(\w+)\}/g, (all, place) => places[place] ?? all) : text;
}

/** The text of a count: the key with `_one` or `_other`. */
export function tn(key, count, places) {
  const form = new Intl.PluralRules(locale()).select(count) === "one" ? "one" : "other";
  return t(`${key}_${form}`, places);
}

/** The word for a name that the daemon uses; the name itself where there is none. */
export function word(kind, value) {
  const text = BOOKS[lang][`${kind}.${value}`] ?? BOOKS.en[`${kind}.${value}`];
  return text ?? String(value).replaceAll("_", " ");
}

/** Called after the language changed. */
export const onLanguage = (listener) => listeners.push(listener);

/** Puts the texts of the fixed parts of the page in place. */
export function translate() {
  document.documentElement.lang = lang;
  for (const node of document.querySelectorAll("[data-t]")) {
    node.textContent = t(node.getAttribute("data-t"));
  }
  for (const node of document.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.getAttribute("data-t-label")));
  }
  for (const node of document.querySelectorAll("[data-t-hint]")) {
    node.setAttribute("placeholder", t(node.getAttribute("data-t-hint")));
  }
  for (const node of document.querySelectorAll("[data-act=lang]")) {
    node.setAttribute("aria-pressed", String(node.getAttribute("data-lang") === lang));
  }
}

/** Changes the language, and keeps it. */
export function speak(next) {
  lang = next === "es" ? "es" : "en";
  try {
    localStorage.setItem("zartrux.lang", lang);
  } catch { /* not kept then */ }
  translate();
  for (const listener of listeners) listener();
}
