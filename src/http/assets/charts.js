// Charts, drawn by hand: lines with a band, or bars on each other, over time. What was not measured
// is a gap. Each is told in words too, and its points stand in a table.

import { h, s, show, table, td } from "./dom.js";
import { axis, moment } from "./fmt.js";
import { t } from "./text.js";

const HEIGHT = 190;
const PAD = { top: 10, right: 8, bottom: 22, left: 62 };
/** The newest of the table; all of them are in the API. */
const ROWS = 60;

function nice(top) {
  const step = 10 ** Math.floor(Math.log10(top));
  return [1, 2, 2.5, 5, 10].map((x) => x * step).find((x) => x >= top) ?? top;
}

function ticks(low, high) {
  if (!(high > low)) return [low];
  const step = nice((high - low) / 4);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(at);
  return found;
}

function times(from, to, room) {
  const many = Math.max(2, Math.min(7, Math.floor(room / 90)));
  const raw = (to - from) / many;
  const step = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880].map((m) => m * 60_000)
    .find((size) => size >= raw) ?? raw;
  const shift = new Date(from).getTimezoneOffset() * 60_000;
  const found = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) found.push(at);
  return found;
}

const has = (value) => value !== null && value !== undefined && Number.isFinite(value);

/** Runs of points without a hole between them. */
function runs(points, step, value) {
  const found = [];
  let run = [];
  for (const point of points) {
    const whole = has(value(point));
    const last = run[run.length - 1];
    if (run.length > 0 && (!whole || point.at - last.at > step * 1.5)) {
      found.push(run);
      run = [];
    }
    if (whole) run.push(point);
  }
  if (run.length > 0) found.push(run);
  return found;
}

function extent(spec) {
  let low = Infinity, high = -Infinity;
  const see = (value) => {
    if (has(value)) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  };
  for (const point of spec.points) {
    if (spec.bars) see(spec.bars.reduce((all, one) => all + one.value(point), 0));
    for (const line of spec.lines ?? []) see(line.value(point));
    if (spec.band) {
      see(spec.band.low(point));
      see(spec.band.high(point));
    }
  }
  if (!(high > -Infinity)) return null;
  if (!spec.tight) low = 0;
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return [spec.tight ? low - room : 0, high + room];
}

/** A chart within a figure. `spec` has from, to (ms), step (ms), points (each with `at`), format, tick (the
 *  same, shorter, for the axis), lines ({ name, cls, value }), band ({ cls, low, high }), bars, tight (the axis need not begin at
 *  0), newest (the point that is told of, unless one is chosen), summary (in words). */
export class Chart {
  constructor(figure) {
    this.figure = figure;
    this.at = null;
    this.width = 0;
    this.caption = figure.querySelector("figcaption");
    this.host = h("div", { class: "plot" });
    this.svg = null;
    new ResizeObserver(() => {
      const width = this.host.clientWidth;
      if (width > 0 && width !== this.width && this.spec) this.draw(this.spec);
    }).observe(this.host);
  }

  /** Words in place of a chart. */
  say(text) {
    this.spec = null;
    this.svg = null;
    this.host.replaceChildren();
    for (const old of this.figure.querySelectorAll(":scope > :not(figcaption)")) old.remove();
    this.figure.append(h("p", { class: "wait" }, text));
  }

  /** What stands below. */
  note(...words) {
    if (this.spec) show(this.foot, ...words);
  }

  draw(spec) {
    const scale = extent(spec);
    if (scale === null) {
      this.say(spec.empty ?? t("no_data_span"));
      return;
    }
    this.spec = spec;
    if (!this.host.isConnected) {
      for (const old of this.figure.querySelectorAll(":scope > :not(figcaption)")) old.remove();
      this.legend = h("ul", { class: "legend" });
      this.more = h("details", { class: "data" });
      this.foot = h("p", { class: "more foot" });
      this.figure.append(this.legend, this.host, this.foot, this.more);
      this.more.addEventListener("toggle", () => this.fillTable());
    }
    this.width = this.host.clientWidth || 480;
    const right = this.width - PAD.right;
    const bottom = HEIGHT - PAD.bottom;
    this.x = (at) => PAD.left + ((at - spec.from) / (spec.to - spec.from || 1)) * (right - PAD.left);
    this.y = (value) => bottom - ((value - scale[0]) / (scale[1] - scale[0])) * (bottom - PAD.top);
    const svg = s("svg", { viewBox: `0 0 ${this.width} ${HEIGHT}`, width: this.width, height: HEIGHT,
      role: "img", tabindex: "0", "aria-label": `${this.caption.textContent}. ${spec.summary}`, "data-points": spec.points.length });
    for (const value of ticks(...scale)) {
      const y = this.y(value);
      svg.append(s("line", { class: "grid", x1: PAD.left, x2: right, y1: y, y2: y }),
        s("text", { class: "tick", x: PAD.left - 6, y: y + 4, "text-anchor": "end" }, (spec.tick ?? spec.format)(value)));
    }
    for (const at of times(spec.from, spec.to, right - PAD.left)) {
      svg.append(s("line", { class: "grid soft", x1: this.x(at), x2: this.x(at), y1: PAD.top, y2: bottom }),
        s("text", { class: "tick", x: this.x(at), y: HEIGHT - 6,
          "text-anchor": right - this.x(at) < 24 ? "end" : "middle" },
          axis(at, spec.to - spec.from)));
    }
    this.drawData(svg, right);
    this.cursor = s("line", { class: "cursor", y1: PAD.top, y2: bottom, visibility: "hidden" });
    svg.append(this.cursor);
    this.listen(svg);
    const focused = document.activeElement === this.svg && this.svg !== null;
    this.host.replaceChildren(svg);
    this.svg = svg;
    if (focused) svg.focus({ preventScroll: true });
    this.read();
    this.fillTable();
  }

  drawData(svg, right) {
    const { spec, x, y } = this;
    if (spec.band) {
      for (const run of runs(spec.points, spec.step, spec.band.high)) {
        const up = run.map((p) => `${x(p.at).toFixed(1)},${y(spec.band.high(p)).toFixed(1)}`);
        const down = run.map((p) => `${x(p.at).toFixed(1)},${y(spec.band.low(p)).toFixed(1)}`).reverse();
        svg.append(s("polygon", { class: `band ${spec.band.cls}`, points: [...up, ...down].join(" ") }));
      }
    }
    const wide = Math.max(1, x(spec.from + spec.step) - x(spec.from) - 0.6);
    for (const point of spec.bars ? spec.points : []) {
      let base = 0;
      for (const one of spec.bars) {
        const value = one.value(point);
        if (!(value > 0)) continue;
        const top = y(base + value);
        svg.append(s("rect", { class: `area ${one.cls}`, x: x(point.at).toFixed(1),
          y: top.toFixed(1), width: Math.max(0.5, Math.min(wide, right - x(point.at))).toFixed(1),
          height: Math.max(0.5, y(base) - top).toFixed(1) }));
        base += value;
      }
    }
    for (const line of spec.lines ?? []) {
      for (const run of runs(spec.points, spec.step, line.value)) {
        if (run.length === 1) {
          svg.append(s("circle", { class: `point ${line.cls}`, cx: x(run[0].at), cy: y(line.value(run[0])), r: 2 }));
        } else {
          svg.append(s("polyline", { class: `line ${line.cls}`,
            points: run.map((p) => `${x(p.at).toFixed(1)},${y(line.value(p)).toFixed(1)}`).join(" ") }));
        }
      }
    }
  }

  listen(svg) {
    const { points } = this.spec;
    const nearest = (event) => {
      const at = event.clientX - svg.getBoundingClientRect().left;
      let best = 0;
      points.forEach((point, i) => {
        if (Math.abs(this.x(point.at) - at) < Math.abs(this.x(points[best].at) - at)) best = i;
      });
      return points[best]?.at ?? null;
    };
    const move = (to) => {
      this.at = to;
      this.read();
    };
    svg.addEventListener("pointermove", (event) => move(nearest(event)));
    svg.addEventListener("pointerleave", () => move(null));
    svg.addEventListener("blur", () => move(null));
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || points.length === 0) return;
      event.preventDefault();
      const now = points.findIndex((point) => point.at === this.at);
      const next = now < 0 ? points.length - 1 : Math.max(0, Math.min(points.length - 1, now + step));
      move(points[next].at);
    });
  }

  /** What the legend tells: the point under the cursor, or the newest. */
  read() {
    const { spec } = this;
    const chosen = spec.points.find((point) => point.at === this.at) ?? null;
    const point = chosen ?? spec.newest ?? spec.points[spec.points.length - 1];
    this.cursor.setAttribute("visibility", chosen ? "visible" : "hidden");
    if (chosen) {
      const x = this.x(chosen.at + (spec.bars ? spec.step / 2 : 0));
      this.cursor.setAttribute("x1", x);
      this.cursor.setAttribute("x2", x);
    }
    const told = [...(spec.bars ?? []), ...(spec.lines ?? [])];
    show(this.legend, told.map((one) => h("li", null, swatch(one.cls), one.name, " ",
      one.value(point) === undefined ? null
        : h("b", null, has(one.value(point)) ? spec.format(one.value(point)) : t("no_data")))),
    spec.band && has(spec.band.low(point)) ? h("li", null, swatch(`${spec.band.cls} soft`),
      spec.band.name, " ", h("b", null, `${spec.format(spec.band.low(point))} – ${spec.format(spec.band.high(point))}`)) : null,
    h("li", { class: "when" }, moment(point.at)));
  }

  fillTable() {
    const { spec } = this;
    const unfolded = this.more.open;
    const columns = [...(spec.bars ?? []), ...(spec.lines ?? [])];
    show(this.more, h("summary", null, t("as_table")), unfolded
      ? table(this.caption.textContent, [t("when"), ...columns.map((one) => [one.name, "n"])],
        spec.points.slice(-ROWS).reverse().map((point) => h("tr", null,
          h("th", { scope: "row" }, moment(point.at)),
          columns.map((one) => td(has(one.value(point)) ? spec.format(one.value(point)) : t("no_data"), "n"))))) : null);
  }
}

const swatch = (cls) => s("svg", { class: "swatch", viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" },
  s("rect", { class: `area ${cls}`, width: 10, height: 10, rx: 2 }));
