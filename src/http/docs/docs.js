// Shows the API's document. Everything is put in as text, never as HTML.
"use strict";

const $ = (id) => document.getElementById(id);

/** An element with a class, and texts or elements in it. */
function el(name, className, ...inside) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...inside.filter((part) => part !== undefined && part !== null));
  return element;
}

/** A text whose parts between backticks are code. */
const words = (text) =>
  (text || "").split("`").map((part, at) => (at % 2 === 1 ? el("code", "", part) : part));

/** What a schema refers to. */
function resolve(schema, whole) {
  const seen = new Set();
  while (schema && schema.$ref && !seen.has(schema.$ref)) {
    seen.add(schema.$ref);
    schema = schema.$ref.replace(/^#\//, "").split("/").reduce((at, key) => at && at[key], whole);
  }
  return schema || {};
}

/** The shape of a value: types in place of values, a few levels deep. */
function shape(schema, whole, depth = 0) {
  schema = resolve(schema, whole);
  if (depth > 5) return "…";
  if (schema.allOf) {
    const parts = schema.allOf.map((part) => shape(part, whole, depth));
    const objects = parts.filter((part) => part && typeof part === "object");
    return Object.assign({}, ...objects);
  }
  const choices = schema.oneOf || schema.anyOf;
  if (choices) {
    const some = choices.filter((one) => resolve(one, whole).type !== "null");
    const one = shape(some[0] || {}, whole, depth);
    return typeof one === "string" && some.length < choices.length ? `${one} or null` : one;
  }
  const types = [].concat(schema.type || []);
  const type = types.find((one) => one !== "null");
  const orNull = types.includes("null") ? " or null" : "";
  if (type === "array") {
    if (schema.prefixItems) return schema.prefixItems.map((one) => shape(one, whole, depth + 1));
    return [shape(schema.items || {}, whole, depth + 1)];
  }
  if (type === "object" || schema.properties) {
    const object = {};
    for (const [name, property] of Object.entries(schema.properties || {})) {
      object[name] = shape(property, whole, depth + 1);
    }
    if (schema.additionalProperties && typeof schema.additionalProperties === "object") {
      object["…"] = shape(schema.additionalProperties, whole, depth + 1);
    }
    return object;
  }
  if (schema.enum) return schema.enum.join(" | ") + orNull;
  return (type || "any") + orNull;
}

function typeOf(schema, whole) {
  const made = shape(schema, whole);
  return typeof made === "string" ? made.replace(" or null", "") : JSON.stringify(made);
}

/** Whose token a route asks for where tokens are set. */
function lock(operation, method, path) {
  const needs = (operation.security || []).some((one) => Object.keys(one).length > 0);
  if (!needs) return "open";
  return method === "post" && path !== "/api/v1/predict" ? "admin" : "read";
}

function parameters(operation, whole, fields) {
  const table = el("table");
  for (const parameter of operation.parameters || []) {
    const input = el("input");
    input.setAttribute("aria-label", parameter.name);
    input.placeholder = parameter.required ? "needed" : "";
    fields.push({ parameter, input });
    table.append(el("tr", "",
      el("th", "", parameter.name),
      el("td", "type", typeOf(parameter.schema, whole)),
      el("td", "", ...words(parameter.description)),
      el("td", "", input)));
  }
  return table;
}

function answers(operation, whole) {
  const list = el("div");
  for (const [status, response] of Object.entries(operation.responses)) {
    const good = status.startsWith("2");
    const head = el("summary", "",
      el("span", good ? "status ok" : "status", status),
      el("span", "says", ...words(response.description)));
    const answer = el("details", "answer", head);
    answer.open = good;
    for (const [kind, content] of Object.entries(response.content || {})) {
      const made = shape(content.schema, whole);
      const text = typeof made === "string" ? made : JSON.stringify(made, null, 2);
      answer.append(el("div", "hint", kind), el("pre", "", text));
    }
    list.append(answer);
  }
  return list;
}

/** The address with what was filled in, or what is missing. */
function address(path, fields) {
  const query = new URLSearchParams();
  for (const { parameter, input } of fields) {
    const value = input.value.trim();
    if (parameter.in === "path") {
      if (!value) return { missing: parameter.name };
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    } else if (value) {
      query.set(parameter.name, value);
    }
  }
  const text = query.toString();
  return { url: text ? `${path}?${text}` : path };
}

const LONGEST = 200000;

async function ask(path, fields, told, output) {
  const { url, missing } = address(path, fields);
  output.hidden = false;
  if (missing) {
    told.textContent = `${missing} is missing`;
    output.hidden = true;
    return;
  }
  told.textContent = `GET ${url} …`;
  const headers = {};
  const token = $("token").value.trim();
  if (token) headers.Authorization = `Bearer ${token}`;
  try {
    const response = await fetch(url, { headers, cache: "no-store" });
    let text = await response.text();
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* it is no JSON */ }
    if (text.length > LONGEST) text = `${text.slice(0, LONGEST)}\n… and more`;
    told.textContent = `GET ${url}: ${response.status}`;
    output.textContent = text;
  } catch (fault) {
    told.textContent = `GET ${url}: no answer`;
    output.textContent = String(fault);
  }
}

function route(path, method, operation, whole) {
  const fields = [];
  const body = el("div", "body");
  if (operation.description) body.append(el("p", "", ...words(operation.description)));
  if ((operation.parameters || []).length) {
    body.append(el("h3", "", "Parameters"), parameters(operation, whole, fields));
  }
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (content) {
    const text = JSON.stringify(shape(content.schema, whole), null, 2);
    body.append(el("h3", "", "Body"), el("pre", "", text));
  }
  body.append(el("h3", "", "Answers"), answers(operation, whole));
  const stream = Object.values(operation.responses)
    .some((one) => one.content && one.content["text/event-stream"]);
  if (method === "get" && !stream) {
    const button = el("button", "", "Try it");
    const told = el("span", "hint");
    told.setAttribute("role", "status");
    const output = el("pre", "result");
    output.hidden = true;
    output.tabIndex = 0;
    button.type = "button";
    button.addEventListener("click", () => ask(path, fields, told, output));
    body.append(el("div", "try", button, told), output);
  }
  const details = el("details", "route",
    el("summary", "",
      el("span", `method ${method}`, method.toUpperCase()),
      el("span", "path", path),
      el("span", "says", ...words(operation.summary)),
      el("span", "lock", lock(operation, method, path))),
    body);
  details.dataset.words = `${path} ${operation.summary || ""} ${operation.description || ""}`.toLowerCase();
  details.id = operation.operationId || `${method}${path}`;
  return details;
}

function show(whole) {
  $("about").textContent = `${whole.info.version}: ${whole.info.description || ""}`;
  const groups = new Map((whole.tags || []).map((tag) => [tag.name, { about: tag.description, routes: [] }]));
  for (const [path, item] of Object.entries(whole.paths)) {
    for (const method of ["get", "post"]) {
      const operation = item[method];
      if (!operation) continue;
      const name = (operation.tags || ["other"])[0];
      if (!groups.has(name)) groups.set(name, { about: "", routes: [] });
      groups.get(name).routes.push(route(path, method, operation, whole));
    }
  }
  $("state").remove();
  for (const [name, group] of groups) {
    if (!group.routes.length) continue;
    const heading = el("h2", "", name);
    heading.id = `group-${name}`;
    $("routes").append(el("section", "", heading, el("p", "", group.about || ""), ...group.routes));
    const link = el("a", "", name, " ", el("small", "", String(group.routes.length)));
    link.href = `#group-${name}`;
    $("groups").append(link);
  }
  open();
}

/** Opens the route that the address names. */
function open() {
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!named) return;
  if (named.tagName === "DETAILS") named.open = true;
  named.scrollIntoView();
}

function find() {
  const words = $("search").value.trim().toLowerCase();
  for (const section of document.querySelectorAll("#routes section")) {
    let any = false;
    for (const details of section.querySelectorAll("details.route")) {
      details.hidden = !details.dataset.words.includes(words);
      any = any || !details.hidden;
    }
    section.hidden = !any;
  }
}

for (const form of ["access", "find"]) {
  $(form).addEventListener("submit", (event) => event.preventDefault());
}
$("search").addEventListener("input", find);
window.addEventListener("hashchange", open);
fetch("/api/v1/openapi.json")
  .then((response) => {
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  })
  .then(show)
  .catch((fault) => { $("state").textContent = `The document can't be read: ${fault}`; });
