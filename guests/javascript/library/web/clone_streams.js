// Streams that are transferred: a new stream that goes on where the old one, locked from then on, was.

import { cloneWith } from "./clone.js";
import { ReadableStream, WritableStream } from "./streams.js";

export function isTransferableStream(value) {
  return value instanceof ReadableStream || value instanceof WritableStream;
}

/** `put` is given the new stream; the function that is returned completes the transfer. */
export function transferStream(stream, put, refused) {
  if (stream.locked) throw refused("A stream that is locked");
  if (stream instanceof WritableStream) {
    let writer;
    put(new WritableStream({
      async write(chunk) {
        await writer.ready;
        await writer.write(cloneWith(chunk, []).copy);
      },
      close: () => writer.close(),
      abort: (reason) => writer.abort(reason),
    }));
    return () => { writer = stream.getWriter(); };
  }
  let reader;
  put(new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(cloneWith(value, []).copy);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 }));
  return () => { reader = stream.getReader(); };
}
