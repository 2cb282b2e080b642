// The daemon: one stream of what it tells by itself, and questions. A lost daemon is asked again,
// ever more seldom, and the page goes on when it is back.

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** The daemon tells every two seconds; so long without a word means that it is gone. */
const SILENCE_MS = 15_000;
/** A line that is longer is not ours. */
const LONGEST_FRAME = 8 * 1024 * 1024;

let token = null;
try {
  token = sessionStorage.getItem("zartrux.token");
} catch { /* it is asked for each time then */ }
let given = null;

/** A refusal of the daemon, with its words. */
export class Refused extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

async function ask(path, signal) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { headers, signal, cache: "no-store" });
  if (answer.ok) return answer;
  let words = `HTTP ${answer.status}`;
  try {
    const body = await answer.json();
    if (typeof body.error === "string") words = body.error;
  } catch { /* no words */ }
  throw new Refused(answer.status, words);
}

/** The answer of a route, or {@link Refused}, or the fault of the network. */
export const get = async (path) => (await ask(path, AbortSignal.timeout(20_000))).json();

/** Takes a token, keeps it for this tab, and goes on. */
export function useToken(text) {
  token = text;
  try {
    sessionStorage.setItem("zartrux.token", text);
  } catch { /* not kept then */ }
  given?.();
}

function pause(ms) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });
}

/** Splits what comes into frames of server-sent events. */
function frames(onFrame) {
  let rest = "";
  return (text) => {
    rest += text;
    if (rest.length > LONGEST_FRAME) throw new Error("a frame without an end");
    const parts = rest.replaceAll("\r\n", "\n").split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      let kind = "message";
      const data = [];
      for (const line of part.split("\n")) {
        if (line.startsWith("event:")) kind = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
      }
      if (data.length > 0) onFrame(kind, data.join("\n"));
    }
  };
}

async function listen(onFrame, onOpen) {
  const stop = new AbortController();
  let timer = null;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), SILENCE_MS);
  };
  alive();
  try {
    const answer = await ask("/api/v1/stream", stop.signal);
    onOpen();
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    const feed = frames(onFrame);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

/** Listens for ever. `told` takes `open()`, `frame(kind, value)`, `lost(words)` and
 *  `token(words)`. */
export async function follow(told) {
  let wait = FIRST_WAIT_MS;
  for (;;) {
    let words = null;
    try {
      await listen((kind, data) => {
        let value;
        try {
          value = JSON.parse(data);
        } catch {
          return;
        }
        wait = FIRST_WAIT_MS;
        told.frame(kind, value);
      }, () => told.open());
    } catch (fault) {
      if (fault instanceof Refused && fault.status === 401) {
        told.token(token ? fault.message : "");
        await new Promise((resolve) => { given = resolve; });
        given = null;
        continue;
      }
      if (fault instanceof Refused) words = fault.message;
    }
    told.lost(words);
    await pause(wait);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }
}
