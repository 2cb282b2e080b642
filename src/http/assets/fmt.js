// Numbers, dates and durations as the reader writes them. What is none is "no data".

import { locale, t } from "./text.js";

const made = new Map();

function maker(Kind, options) {
  const key = `${Kind.name} ${locale()} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new Kind(locale(), options));
  return made.get(key);
}

const num = (value, options) => maker(Intl.NumberFormat, options).format(value);
const none = (value) => value === null || value === undefined || !Number.isFinite(value);

/** A count. */
export const count = (value) => (none(value) ? t("no_data") : num(value, { maximumFractionDigits: 0 }));

/** A number with so many digits that matter. */
export const digits = (value, most = 3) =>
  none(value) ? t("no_data") : num(value, { maximumSignificantDigits: most });

/** A part of one, in percent; never rounded up to all, nor down to nothing. */
export function percent(value) {
  if (none(value)) return t("no_data");
  const fine = (value > 0.999 && value < 1) || (value > 0 && value < 0.001);
  const shown = value < 1 && value > 0.9999 ? 0.9999 : value;
  return num(shown, { style: "percent", maximumFractionDigits: fine ? 2 : 1 });
}

const SCALES = ["", "k", "M", "G", "T", "P", "E"];
const scaleOf = (value) =>
  Math.min(SCALES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(Math.abs(value), 1)) / 3)));
const scaled = (value, scale, least = 3, broken = false) => {
  const x = value / 1000 ** scale;
  return num(x, Math.abs(x) >= 1000 ? { maximumFractionDigits: 0 } : scale > 0 || (broken && x > 0) ? { minimumSignificantDigits: least, maximumSignificantDigits: 3 } : { maximumSignificantDigits: 3 });
};

/** With the letter of a power of thousand: 412 G; with at least so many digits, also below
 *  a thousand where it need not be whole. */
export function big(value, unit = "", least = 3, broken = false) {
  if (none(value)) return t("no_data");
  const scale = scaleOf(value);
  return `${scaled(value, scale, least, broken)}\u00a0${SCALES[scale]}${unit}`.trim();
}

/** Hashes per second. */
export const rate = (value) => (none(value) ? t("no_data") : big(value, "H/s", 3, true));

/** The ends of an interval, in the unit of its middle. */
export function interval(middle, low, high) {
  if (none(low) || none(high)) return "";
  const scale = scaleOf(none(middle) ? high : middle);
  return `${scaled(low, scale, 3, true)}–${scaled(high, scale, 3, true)}`;
}

const unit = (value, name, most = 0) =>
  num(value, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: most });

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

/** A time in ms, in its two largest units where the smaller one matters. */
export function duration(ms) {
  if (none(ms)) return t("no_data");
  if (ms < 1000) return unit(Math.round(ms), "millisecond");
  const seconds = Math.floor(ms / 1000);
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  const [name, size] = UNITS[first];
  const whole = Math.floor(seconds / size);
  const text = unit(whole, name);
  if (first === UNITS.length - 1) return text;
  const [next, part] = UNITS[first + 1];
  // Nobody counts the seconds of a long while.
  if (name === "minute" && whole >= 10) return text;
  const rest = Math.floor((seconds - whole * size) / part);
  return rest > 0 ? `${text} ${unit(rest, next)}` : text;
}

/** A time in µs. */
export function micros(value) {
  if (none(value)) return t("no_data");
  if (value < 1000) return unit(value, "microsecond", value < 10 ? 1 : 0);
  if (value < 1e6) return unit(value / 1000, "millisecond", value < 10_000 ? 1 : 0);
  return unit(value / 1e6, "second", value < 1e7 ? 1 : 0);
}

/** Bytes. */
export function bytes(value) {
  if (none(value)) return t("no_data");
  const names = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"];
  let at = 0;
  let x = value;
  while (x >= 1000 && at < names.length - 1) {
    x /= 1000;
    at += 1;
  }
  return unit(x, names[at], x < 10 && at > 0 ? 1 : 0);
}

/** A moment of today by its time, another one with its date. */
export function moment(ms) {
  if (none(ms)) return t("no_data");
  const today = new Date(ms).toDateString() === new Date().toDateString();
  return maker(Intl.DateTimeFormat, today ? { timeStyle: "medium" }
    : { dateStyle: "medium", timeStyle: "short" }).format(ms);
}

/** A moment with its date and its seconds. */
export const stamp = (ms) =>
  none(ms) ? t("no_data") : maker(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "medium" }).format(ms);

/** A time of day with seconds. */
export const clock = (ms) => maker(Intl.DateTimeFormat, { timeStyle: "medium" }).format(ms);

/** What stands at an axis of time that is this long. */
export const axis = (ms, span) => maker(Intl.DateTimeFormat, span > 4 * 86_400_000
  ? { weekday: "short", day: "numeric" } : span > 1.2 * 86_400_000
    ? { weekday: "short", hour: "2-digit", minute: "2-digit" } : { hour: "2-digit", minute: "2-digit" }).format(ms);

/** Odds against honesty, from their natural logarithm. */
export function odds(log) {
  if (none(log)) return t("no_data");
  if (log < Math.log(1e6)) return `${digits(Math.exp(log), 2)} : 1`;
  const power = Math.floor(log / Math.LN10);
  return `10${[...String(power)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]).join("")} : 1`;
}

/** How long ago that was, by the daemon's clock. */
export const since = (then, now) =>
  none(then) || none(now) ? t("no_data") : t("ago", { time: duration(Math.max(0, now - then)) });
