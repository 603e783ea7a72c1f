// `node:stream`: the npm package, with what turns its streams into those of the Web and back.

import packaged from "readable-stream/lib/stream.js";
import { readableFromWeb, readableToWeb, writableFromWeb, writableToWeb } from "./stream/web_adapters.js";
import { invalidType } from "./errors.js";

const Stream = packaged;
const { Readable, Writable, Duplex, Transform, PassThrough, finished, pipeline, addAbortSignal, compose, promises } =
  packaged;

Readable.fromWeb = (stream, options) => readableFromWeb(Readable, stream, options);
Readable.toWeb = (stream, options) => readableToWeb(finished, stream, options);
Writable.fromWeb = (stream, options) => writableFromWeb(Writable, stream, options);
Writable.toWeb = (stream) => writableToWeb(finished, stream);

Duplex.fromWeb = (pair, options) => {
  if (!pair?.readable || !pair?.writable) throw invalidType("pair", "of { readable, writable }", pair);
  return Duplex.from({
    readable: Readable.fromWeb(pair.readable, options),
    writable: Writable.fromWeb(pair.writable, options),
  });
};
Duplex.toWeb = (duplex) => ({ readable: Readable.toWeb(duplex), writable: Writable.toWeb(duplex) });

Stream.isWritable ??= (stream) => stream?.writable === true && !stream.destroyed;
Stream.Stream = Stream;
Object.defineProperty(Stream, "promises", { value: promises, enumerable: true, configurable: true });

export default Stream;
export {
  Readable,
  Writable,
  Duplex,
  Transform,
  PassThrough,
  finished,
  pipeline,
  addAbortSignal,
  compose,
  promises,
  Stream,
};
