// Between streams of Node and streams of the Web.

import { invalidType, nodeError } from "../errors.js";

const early = () => nodeError("ERR_STREAM_PREMATURE_CLOSE", "Premature close");

export function readableFromWeb(Readable, stream, options = {}) {
  if (typeof stream?.getReader !== "function") {
    throw invalidType("readableStream", "an instance of ReadableStream", stream);
  }
  const reader = stream.getReader();
  let over = false;
  const { highWaterMark, encoding, objectMode = false, signal } = options;
  return new Readable({
    objectMode,
    highWaterMark,
    encoding,
    signal,
    read() {
      reader.read().then(
        ({ done, value }) => {
          over = done;
          this.push(done ? null : value);
        },
        (error) => {
          over = true;
          this.destroy(error);
        },
      );
    },
    destroy(error, callback) {
      if (over) return callback(error);
      over = true;
      reader.cancel(error ?? undefined).then(
        () => callback(error),
        (failed) => callback(error ?? failed),
      );
    },
  });
}

export function readableToWeb(finished, stream, options = {}) {
  if (typeof stream?.read !== "function") throw invalidType("streamReadable", "an instance of stream.Readable", stream);
  if (stream.destroyed) {
    return new ReadableStream({
      start(controller) {
        controller.close();
      },
    });
  }
  const objects = stream.readableObjectMode;
  const plain = (piece) =>
    objects || typeof piece === "string" ? piece : new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  let over = false;
  return new ReadableStream(
    {
      start(controller) {
        stream.pause();
        finished(stream, { writable: false }, (error) => {
          if (over) return;
          over = true;
          if (error) controller.error(error);
          else controller.close();
        });
        stream.on("data", (piece) => {
          if (over) return;
          controller.enqueue(plain(piece));
          if (controller.desiredSize <= 0) stream.pause();
        });
        stream.pause();
      },
      pull() {
        stream.resume();
      },
      cancel(reason) {
        over = true;
        stream.destroy(reason instanceof Error ? reason : undefined);
      },
    },
    options.strategy ??
      (objects
        ? new CountQueuingStrategy({ highWaterMark: stream.readableHighWaterMark })
        : { highWaterMark: stream.readableHighWaterMark, size: (piece) => piece.byteLength ?? piece.length }),
  );
}

export function writableFromWeb(Writable, stream, options = {}) {
  if (typeof stream?.getWriter !== "function") {
    throw invalidType("writableStream", "an instance of WritableStream", stream);
  }
  const writer = stream.getWriter();
  let over = false;
  const { highWaterMark, decodeStrings = true, objectMode = false, signal } = options;
  const settle = (promise, callback) =>
    promise.then(
      () => callback(),
      (error) => callback(error ?? early()),
    );
  return new Writable({
    highWaterMark,
    decodeStrings,
    objectMode,
    signal,
    write(piece, encoding, callback) {
      settle(
        writer.ready.then(() => writer.write(piece)),
        callback,
      );
    },
    final(callback) {
      over = true;
      settle(writer.close(), callback);
    },
    destroy(error, callback) {
      if (over) return callback(error);
      over = true;
      writer.abort(error ?? undefined).then(
        () => callback(error),
        () => callback(error),
      );
    },
  });
}

export function writableToWeb(finished, stream) {
  if (typeof stream?.write !== "function")
    throw invalidType("streamWritable", "an instance of stream.Writable", stream);
  let over = false;
  return new WritableStream(
    {
      start(controller) {
        finished(stream, { readable: false }, (error) => {
          if (over) return;
          over = true;
          controller.error(error ?? early());
        });
      },
      write(piece) {
        if (stream.writableNeedDrain || !stream.write(piece)) {
          return new Promise((resolve, reject) => {
            const settle = (error) => {
              stream.off("drain", settle).off("error", settle);
              if (error) reject(error);
              else resolve();
            };
            stream.once("drain", settle).once("error", settle);
          });
        }
        return undefined;
      },
      close() {
        over = true;
        return new Promise((resolve, reject) => {
          finished(stream, { readable: false }, (error) => (error ? reject(error) : resolve()));
          stream.end();
        });
      },
      abort(reason) {
        over = true;
        stream.destroy(reason instanceof Error ? reason : undefined);
      },
    },
    { highWaterMark: stream.writableHighWaterMark, size: (piece) => piece?.byteLength ?? piece?.length ?? 1 },
  );
}
