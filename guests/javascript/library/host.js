// The library's side of the one door to the host; see crates/sandbox-wasm/src/javascript/shim.rs for shapes.
//
// Every function here throws what the host refused with. `hydra` is the parameter of the function that the bundle is
// wrapped into: see ../build.mjs.

const { host: door, core } = hydra;

const GIVE_STRING = 1, GIVE_BYTES = 2, WANT_STRING = 1 << 4, WANT_BYTES = 2 << 4, WANT_JSON = 3 << 4;
const DROP = 15, WHY = 20, START = 21, PIECE = 23, CANCEL = 24;

const classes = { Error, TypeError, RangeError, SyntaxError, URIError, EvalError, ReferenceError };

/** What the host refused with last, as an error; `null` where it refused nothing. */
function refusal() {
  const why = door(WHY, WANT_JSON);
  return why === null ? null : problem(why);
}

/** `{ name, code, message }` as an error of that class, or a DOMException of that name. */
export function problem({ name, code, message, ...more }) {
  const Class = classes[name];
  const error = Class ? new Class(message) : new DOMException(message, name);
  // Of a DOMException `code` is an accessor.
  if (code) Object.defineProperty(error, "code", { value: code, writable: true, enumerable: true, configurable: true });
  return Object.assign(error, more);
}

function ask(op, payload, want) {
  if (payload === undefined || payload.length === 0) return door(op, want);
  return door(op, (typeof payload === "string" ? GIVE_STRING : GIVE_BYTES) | want, payload);
}

function wanted(op, payload, want) {
  const found = ask(op, payload, want);
  if (found === null) {
    const error = refusal();
    if (error !== null) throw error;
  }
  return found;
}

/** Asks for a number; what is negative is a refusal. `payload` is nothing, a string or a Uint8Array. */
export function number(op, payload) {
  const found = ask(op, payload, 0);
  if (found < 0) throw refusal() ?? new Error(`the host knows no operation ${op}`);
  return found;
}

/** Asks for a string; `null` where there is none. */
export function text(op, payload) {
  return wanted(op, payload, WANT_STRING);
}

/** Asks for a Uint8Array; `null` where there is none. */
export function bytes(op, payload) {
  return wanted(op, payload, WANT_BYTES);
}

/** Asks for a value that travels as JSON; `null` where there is none. */
export function json(op, payload) {
  return wanted(op, payload, WANT_JSON);
}

/** UTF-8 of a string, halves of characters replaced. */
export function utf8(string) {
  const encoded = unescape(encodeURIComponent(string.toWellFormed()));
  const out = new Uint8Array(encoded.length);
  for (let i = 0; i < encoded.length; i++) out[i] = encoded.charCodeAt(i);
  return out;
}

/** Several parts as one payload: for each its length as 32 bits, little-endian, then its bytes. */
export function parts(...items) {
  const raw = items.map((item) => (item instanceof Uint8Array ? item : utf8(String(item))));
  const out = new Uint8Array(raw.reduce((sum, item) => sum + 4 + item.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const item of raw) {
    view.setUint32(at, item.length, true);
    out.set(item, at + 4);
    at += 4 + item.length;
  }
  return out;
}

/**
 * Begins something that the host does while the guest waits. Returns `{ id, done }`: `done` is a promise of the
 * host's answer, which has come from JSON; bytes that belong to it are fetched with `piece(id)`.
 */
export function start(payload) {
  const id = number(START, payload);
  return { id, done: core.wait(id) };
}

/** Bytes that came with an answer of `start`. */
export function piece(id) {
  return bytes(PIECE, String(id));
}

/** Ends what `start` began; its promise stays pending. */
export function cancel(id) {
  core.unwait(id);
  number(CANCEL, String(id));
}

/** Ends the response body of that number, of which no more is wanted. */
export function drop(body) {
  number(DROP, String(body));
}

export { core };
