// What a Request or a Response carries, and the methods of both that read it.
//
// Bytes and text stay as they are, and what the host receives is read from there: a stream is made when someone asks
// for `body`.

import { decodeUtf8, encodeUtf8 } from "../compute.js";
import { onAbort } from "../web/abort.js";
import { contents, isBlob, joined, makeBlob } from "../web/blob.js";
import { structuredClone } from "../web/clone.js";
import { isFormData } from "../web/form_data.js";
import { parseForm, URLSearchParams } from "../web/search_params.js";
import { isDisturbed, isReadableStream, ReadableByteStreamController, ReadableStream } from "../web/streams.js";
import { bytesOf, failed, isBuffer, isObject, usv } from "../web/webidl.js";
import { essence, extractMime, mimeText } from "../web/mime.js";
import { multipartBytes, parseMultipart } from "./multipart.js";
import { formOf } from "./form.js";

/** Content of one Request or Response: exactly one of text, bytes, what comes from the host, and a stream. */
export class Content {
  #text;
  #bytes;
  #incoming;
  #stream;
  #signal;
  // Others have the same bytes.
  #shared;
  #used = false;

  constructor({ text = null, bytes = null, incoming = null, stream = null, signal = null, shared = false }) {
    this.#text = text;
    this.#bytes = bytes;
    this.#incoming = incoming;
    this.#stream = stream;
    this.#signal = signal;
    this.#shared = shared;
  }

  get used() { return this.#used || (this.#stream !== null && isDisturbed(this.#stream)); }

  get unusable() { return this.used || (this.#stream !== null && this.#stream.locked); }

  /** Is a stream from outside, which cannot be sent twice. */
  get streamed() { return this.#text === null && this.#bytes === null; }

  /** All of it, as text. */
  async text() {
    if (this.#text !== null && this.#stream === null && !this.#used) {
      this.#used = true;
      return withoutMark(this.#text);
    }
    return withoutMark(decodeUtf8(await this.bytes()));
  }

  /** All of it; nobody else has these bytes. */
  async bytes(signal = null) {
    if (this.unusable) throw failed("Body is unusable: Body has already been read or is locked");
    if (this.#stream !== null) return readAll(this.#stream, signal);
    this.#used = true;
    if (this.#incoming !== null) return receiveAll(this.#incoming);
    const bytes = this.#bytes ?? encodeUtf8(this.#text);
    return this.#shared ? bytes.slice() : bytes;
  }

  /** The bytes that are here, without using them up; `null` of a stream. */
  get kept() {
    if (this.streamed) return null;
    return this.#bytes ??= encodeUtf8(this.#text);
  }

  get stream() { return this.#stream ??= this.#used ? spentStream() : this.#open(); }

  #open() {
    const incoming = this.#incoming;
    if (incoming === null) return bytesStream(this.#shared ? this.kept.slice() : this.kept);
    const signal = this.#signal;
    return new ReadableStream({
      type: "bytes",
      start(controller) {
        if (signal) onAbort(signal, (reason) => controller.error(reason));
      },
      async pull(controller) {
        const piece = await incoming.read();
        if (piece === null) close(controller);
        else controller.enqueue(piece);
      },
      cancel() { incoming.cancel(); },
    }, { highWaterMark: 0 });
  }

  /** The same content once more. */
  copy() {
    if (!this.streamed && this.#stream === null) {
      this.#shared = true;
      return new Content({ text: this.#text, bytes: this.#bytes, shared: true });
    }
    const [mine, other] = this.stream.tee();
    this.#stream = mine;
    return new Content({ stream: clonesOf(other), bytes: null });
  }

  /** What is left is not wanted. */
  drop() {
    if (this.#incoming !== null && this.#stream === null && !this.#used) this.#incoming.cancel();
  }
}

const withoutMark = (text) => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

function close(controller) {
  controller.close();
  controller.byobRequest?.respond(0);
}

function bytesStream(bytes) {
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      close(controller);
    },
  }, { highWaterMark: 0 });
}

function spentStream() {
  const stream = new ReadableStream({ start: (controller) => controller.close() });
  stream.getReader().read();
  return stream;
}

// The second branch of a tee gets copies of its own.
function clonesOf(stream) {
  if (stream._readableStreamController instanceof ReadableByteStreamController) return stream;
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(structuredClone(value));
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

async function receiveAll(incoming) {
  const first = await incoming.read();
  if (first === null) return new Uint8Array(0);
  const pieces = [first];
  for (let piece; (piece = await incoming.read()) !== null;) pieces.push(piece);
  return pieces.length === 1 ? first : joined(pieces);
}

async function readAll(stream, signal) {
  const reader = stream.getReader();
  const forget = signal ? onAbort(signal, (reason) => reader.cancel(reason).catch(() => {})) : null;
  const pieces = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      signal?.throwIfAborted();
      if (done) return joined(pieces);
      if (!(value instanceof Uint8Array)) throw failed("A chunk of a body must be a Uint8Array");
      pieces.push(value.slice === Uint8Array.prototype.slice ? value : bytesOf(value));
    }
  } finally {
    forget?.();
  }
}

/** What `body` of a constructor means: its content, and the type that it says of itself. */
export function extract(body) {
  if (typeof body === "string") return { content: new Content({ text: usv(body) }), type: "text/plain;charset=UTF-8" };
  if (isReadableStream(body)) {
    if (body.locked || isDisturbed(body)) throw failed("The body is a stream that is locked or has been read");
    return { content: new Content({ stream: body }), type: null };
  }
  if (isBuffer(body)) return { content: new Content({ bytes: bytesOf(body).slice() }), type: null };
  if (isBlob(body)) return { content: new Content({ bytes: contents(body), shared: true }), type: body.type || null };
  if (body instanceof URLSearchParams) {
    const type = "application/x-www-form-urlencoded;charset=UTF-8";
    return { content: new Content({ text: body.toString() }), type };
  }
  if (isFormData(body)) {
    const { bytes, boundary } = multipartBytes(body);
    return { content: new Content({ bytes }), type: `multipart/form-data; boundary=${boundary}` };
  }
  // As Node does: what can be iterated over asynchronously is a stream.
  if (isObject(body) && typeof body[Symbol.asyncIterator] === "function") {
    return { content: new Content({ stream: streamOf(body) }), type: null };
  }
  return { content: new Content({ text: usv(body) }), type: "text/plain;charset=UTF-8" };
}

function streamOf(iterable) {
  const iterator = iterable[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await iterator.next();
      if (done) return controller.close();
      const bytes = isBuffer(value) ? bytesOf(value) : encodeUtf8(`${value}`);
      if (bytes.length > 0) controller.enqueue(bytes);
      return undefined;
    },
    async cancel(reason) { await iterator.return?.(reason); },
  }, { highWaterMark: 0 });
}

/** Adds to a class the members that read its content. `partsOf` gives `{ content, headers }`; content may be null. */
export function readable(Class, partsOf) {
  const bytes = async (it) => {
    const { content } = partsOf(it);
    return content === null ? new Uint8Array(0) : content.bytes();
  };
  const text = async (it) => {
    const { content } = partsOf(it);
    return content === null ? "" : content.text();
  };
  const typeOf = (it) => {
    const values = partsOf(it).headers.get("content-type");
    return values === null ? null : extractMime(values);
  };
  class Members {
    get body() { return partsOf(this).content?.stream ?? null; }
    get bodyUsed() { return partsOf(this).content?.used ?? false; }

    async arrayBuffer() {
      const all = await bytes(this);
      return all.length === all.buffer.byteLength ? all.buffer : all.slice().buffer;
    }

    async blob() {
      const all = await bytes(this);
      const mime = typeOf(this);
      return makeBlob(all, mime === null ? "" : mimeText(mime));
    }

    async bytes() { return bytes(this); }

    async formData() {
      const mime = typeOf(this);
      const kind = mime === null ? null : essence(mime);
      if (kind === "multipart/form-data") {
        const boundary = mime.parameters.get("boundary");
        if (boundary === undefined) throw failed("The Content-Type of the body names no boundary");
        return parseMultipart(await bytes(this), boundary);
      }
      if (kind === "application/x-www-form-urlencoded") {
        return formOf(parseForm(decodeUtf8(await bytes(this))));
      }
      // For what is no body at all.
      if (partsOf(this).content?.unusable) await bytes(this);
      throw failed(`The body is no form: its Content-Type is ${kind ?? "not given"}`);
    }

    async json() { return JSON.parse(await text(this)); }

    async text() { return text(this); }
  }
  for (const key of Object.getOwnPropertyNames(Members.prototype)) {
    if (key === "constructor") continue;
    const property = Object.getOwnPropertyDescriptor(Members.prototype, key);
    Object.defineProperty(Class.prototype, key, { ...property, enumerable: true });
  }
}
