// Elements, made and renewed. Text from outside only ever becomes a text node or an attribute's value.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/** An element of HTML with attributes and children. */
export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);

/** An element of SVG. */
export const s = (tag, props, ...children) =>
  fill(document.createElementNS(SVG, tag), props, children);

export const $ = (id) => document.getElementById(id);

const keyOf = (node) => (node.nodeType === 1 ? node.getAttribute("data-key") : null);
const same = (a, b) => a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function morph(old, next) {
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) {
      old.removeAttribute(name);
    }
  }
  for (const { name, value } of next.attributes) {
    if (name === "open" && old.nodeName === "DETAILS") continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  morphChildren(old, next);
}

function morphChildren(old, next) {
  let at = old.firstChild;
  for (const kid of [...next.childNodes]) {
    if (at && !same(at, kid) && keyOf(kid) !== null) {
      // It may only have moved.
      let found = at.nextSibling;
      while (found && !same(found, kid)) found = found.nextSibling;
      if (found) {
        old.insertBefore(found, at);
        at = found;
      }
    }
    if (!at) {
      old.append(kid);
    } else if (!same(at, kid)) {
      const gone = at;
      at = at.nextSibling;
      // What has a key may be wanted further on.
      if (keyOf(kid) !== null) {
        old.insertBefore(kid, gone);
        at = gone;
      } else {
        gone.replaceWith(kid);
      }
    } else {
      if (at.nodeType === 1) morph(at, kid);
      else if (at.data !== kid.data) at.data = kid.data;
      at = at.nextSibling;
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

/** Makes the children of an element these, and touches only what differs: focus, selection and
 *  what is unfolded stay. */
export function show(target, ...children) {
  const focus = document.activeElement?.id;
  const next = document.createElement("div");
  fill(next, null, children);
  morphChildren(target, next);
  if (focus && document.activeElement?.id !== focus) $(focus)?.focus({ preventScroll: true });
}

const ODD = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** What turns text round or hides is written out. */
export const plain = (text) =>
  String(text).replace(ODD, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

/** A name from outside: cut by the style, whole in its title, and alone in its direction. */
export const name = (text, props) =>
  h("bdi", { class: "name", title: plain(text), ...props }, plain(text));

/** What the daemon says in its own words, which are English whatever the page speaks. */
export const said = (text, props, tag = "span") =>
  h(tag, { class: "words", lang: "en", ...props }, plain(text));

/** A measured value: where it comes from in the overview, as it came, and as it is told. */
export const field = (path, value, text, props) =>
  h("span", { "data-field": path, "data-value": value === null || value === undefined ? "none" : String(value),
    class: value === null || value === undefined ? "none" : null, ...props }, text);

const handlers = new Map();

/** What a click on an element with this `data-act` does. */
export const on = (act, handler) => handlers.set(act, handler);

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target.closest("[data-act]") : null;
  if (target) handlers.get(target.getAttribute("data-act"))?.(target, event);
});

/** A status: by colour, by shape and by word. */
export const status = (tone, word, props) =>
  h("span", { class: `status ${tone}`, ...props }, mark(tone), word);

const MARKS = {
  ok: "M2 6.5 5 9.5 10 3",
  warn: "M6 1.5 11 10.5H1zM6 5v2.6M6 9.1v.2",
  bad: "M2.5 2.5l7 7m0-7-7 7",
  off: "M2 6h8",
  wait: "M6 1.2a4.8 4.8 0 1 0 .01 0zM6 3.6V6l1.8 1.1",
};

/** The shape that goes with a tone. */
export const mark = (tone) =>
  s("svg", { viewBox: "0 0 12 12", width: 12, height: 12, class: "mark", "aria-hidden": "true" },
    s("path", { d: MARKS[tone] ?? MARKS.off }));

/** A bar from 0 to 1, whose meaning stands beside it in words. */
export function bar(part, tone = "accent", over = null) {
  const width = (x) => Math.round(Math.max(0, Math.min(1, x)) * 1000) / 10;
  return s("svg", { class: `meter ${tone}`, viewBox: "0 0 100 6", preserveAspectRatio: "none",
    "aria-hidden": "true" },
    s("rect", { class: "rail", width: 100, height: 6 }),
    s("rect", { class: "fill", width: width(part), height: 6 }),
    over === null ? null : s("rect", { class: "limit", x: Math.max(0, width(over) - 0.4), width: 0.8, height: 6 }));
}

/** A table with a header, whose heads are texts, `[text, class]` or made already. Of class `stack`,
 *  a row becomes a block on a phone, where each cell names its head. */
export function table(caption, heads, rows, props) {
  if (props?.class?.includes("stack")) {
    const names = heads.map((head) =>
      head instanceof Node ? head.dataset.name : Array.isArray(head) ? head[0] : head);
    for (const row of rows) {
      [...row.children].forEach((cell, at) => cell.setAttribute("data-label", names[at] ?? ""));
    }
  }
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    h("table", props,
      h("caption", { class: "hidden" }, caption),
      h("thead", null, h("tr", null, heads.map((head) =>
        head instanceof Node ? head
          : Array.isArray(head) ? h("th", { scope: "col", class: head[1] }, head[0])
            : h("th", { scope: "col" }, head)))),
      h("tbody", null, rows)));
}

/** A cell. */
export const td = (content, cls) => h("td", { class: cls }, content);

/** A list of names and values. */
export const facts = (...pairs) =>
  h("dl", { class: "facts" }, pairs.filter(Boolean).map(([term, value]) =>
    h("div", null, h("dt", null, term), h("dd", null, value))));
