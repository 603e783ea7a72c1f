// Streams that transform: text encodings and compression.

import { Compressor, Decoder, Decompressor, encodeUtf8 } from "../compute.js";
import { decodable } from "./encoding.js";
import { TransformStream } from "./streams.js";
import { bufferSource, dictionary, expose, failed, required, shown } from "./webidl.js";

export class TextEncoderStream {
  #stream;

  constructor() {
    // The first half of a character whose second may be in the next piece.
    let half = "";
    this.#stream = new TransformStream({
      transform(chunk, controller) {
        let text = half + `${chunk}`;
        const last = text.charCodeAt(text.length - 1);
        half = "";
        if (last >= 0xd800 && last <= 0xdbff) {
          half = text.at(-1);
          text = text.slice(0, -1);
        }
        if (text !== "") controller.enqueue(encodeUtf8(text));
      },
      flush(controller) {
        if (half !== "") controller.enqueue(encodeUtf8("\ufffd"));
      },
    });
  }

  get encoding() {
    this.#stream;
    return "utf-8";
  }
  get readable() { return this.#stream.readable; }
  get writable() { return this.#stream.writable; }
}

export class TextDecoderStream {
  #encoding;
  #fatal;
  #ignoreBOM;
  #stream;

  constructor(label = "utf-8", options = undefined) {
    this.#encoding = decodable(label);
    const { fatal, ignoreBOM } = dictionary(options, "TextDecoderStream options");
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
    const decoder = new Decoder(this.#encoding, { fatal: this.#fatal, ignoreBOM: this.#ignoreBOM });
    this.#stream = new TransformStream({
      transform(chunk, controller) {
        const text = decoder.decode(bufferSource(chunk, "A chunk of a TextDecoderStream"), true);
        if (text !== "") controller.enqueue(text);
      },
      flush(controller) {
        const text = decoder.decode();
        if (text !== "") controller.enqueue(text);
      },
    });
  }

  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  get readable() { return this.#stream.readable; }
  get writable() { return this.#stream.writable; }
}

const FORMATS = ["deflate", "deflate-raw", "gzip", "brotli"];

function formatOf(count, format, what) {
  required(count, 1, what);
  const name = `${format}`;
  if (!FORMATS.includes(name)) {
    throw failed(`${what}: ${JSON.stringify(name)} is none of ${FORMATS.join(", ")}`, "ERR_INVALID_ARG_VALUE");
  }
  return name;
}

function enqueue(controller, bytes) {
  if (bytes.length > 0) controller.enqueue(bytes);
}

export class CompressionStream {
  #stream;

  constructor(format) {
    const name = formatOf(arguments.length, format, "CompressionStream");
    let open;
    this.#stream = new TransformStream({
      transform(chunk, controller) {
        const bytes = bufferSource(chunk, "A chunk of a CompressionStream");
        open ??= new Compressor(name);
        enqueue(controller, open.push(bytes));
      },
      flush(controller) {
        open ??= new Compressor(name);
        enqueue(controller, open.finish());
      },
      cancel() { open?.close(); },
    });
  }

  get readable() { return this.#stream.readable; }
  get writable() { return this.#stream.writable; }
}

export class DecompressionStream {
  #stream;

  constructor(format) {
    const name = formatOf(arguments.length, format, "DecompressionStream");
    let open;
    this.#stream = new TransformStream({
      transform(chunk, controller) {
        const bytes = bufferSource(chunk, "A chunk of a DecompressionStream");
        open ??= new Decompressor(name);
        enqueue(controller, inflated(() => open.push(bytes)));
        if (open.trailing.length > 0) throw failed("There is data after the end of what was compressed");
      },
      flush(controller) {
        open ??= new Decompressor(name);
        enqueue(controller, inflated(() => open.finish()));
      },
      cancel() { open?.close(); },
    });
  }

  get readable() { return this.#stream.readable; }
  get writable() { return this.#stream.writable; }
}

function inflated(run) {
  try {
    return run();
  } catch (error) {
    throw error instanceof TypeError ? error : Object.assign(failed(error.message, error.code), { cause: error });
  }
}

for (const Class of [TextEncoderStream, TextDecoderStream, CompressionStream, DecompressionStream]) {
  expose(Class);
  shown(Class, ({ readable, writable }) => ({ readable, writable }));
}
