// One HTTP exchange done by the host: what `fetch` and Node's `http` are made of.

import { cancel, drop, parts, piece, start } from "../host.js";
import { onAbort } from "../web/abort.js";

const NOTHING = new Uint8Array(0);

// Bodies that nobody reads give their place at the host back.
const unread = new FinalizationRegistry((body) => drop(body));

/** The body of a response at the host, which is read piece by piece. */
class Incoming {
  #body;
  #signal;
  #ended = false;
  #reading = null;
  // The engine holds a token for as long as it is registered: it must not be the object itself.
  #token = {};

  constructor(body, signal) {
    this.#body = body;
    this.#signal = signal ?? null;
    unread.register(this, body, this.#token);
  }

  /** The next bytes, or `null` at the end. Rejects with the reason of a signal that has aborted. */
  async read() {
    this.#signal?.throwIfAborted();
    if (this.#ended) return null;
    const { id, done } = start(parts("read", String(this.#body)));
    let answer;
    try {
      this.#reading = id;
      answer = await until(done, this.#signal, () => this.cancel());
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#reading = null;
    }
    if (!answer.end) return piece(id);
    this.#end();
    return null;
  }

  /** What is left is not wanted. */
  cancel() {
    if (this.#ended) return;
    if (this.#reading !== null) cancel(this.#reading);
    this.#reading = null;
    this.#end();
    drop(this.#body);
  }

  #end() {
    if (this.#ended) return;
    this.#ended = true;
    unread.unregister(this.#token);
  }
}

// What `done` becomes, or the reason of the signal if that aborts first.
function until(done, signal, stop) {
  if (!signal) return done;
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, (reason) => {
      stop();
      reject(reason);
    });
    done.then(resolve, reject).then(forget);
  });
}

/**
 * Sends `{ method, url, headers, body, redirect, decompress, signal }` and resolves with
 * `{ status, reason, url, redirected, headers, read(), cancel() }` once the head of the response is here. `headers`
 * are pairs; values are strings whose characters are bytes. `read` gives bytes, `null` at the end.
 */
export async function request({ method, url, headers, body = null, redirect, decompress = true, signal = null }) {
  signal?.throwIfAborted();
  const { id, done } = start(parts("fetch", JSON.stringify({ method, url, headers, redirect, decompress }),
    body ?? NOTHING));
  const head = await until(done, signal, () => cancel(id));
  const incoming = new Incoming(head.body, signal);
  return {
    status: head.status, reason: head.reason, url: head.url, redirected: head.redirected, headers: head.headers,
    read: () => incoming.read(),
    cancel: () => incoming.cancel(),
  };
}
