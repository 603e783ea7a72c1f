// Streams, from a package that follows the standard's reference implementation.

import {
  ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableByteStreamController, ReadableStream,
  ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableStreamDefaultController, ReadableStreamDefaultReader,
  TransformStream, TransformStreamDefaultController, WritableStream, WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from "web-streams-polyfill";
import { shown, uncloneable } from "./webidl.js";

/** Whether anything has been read from a stream, or it was cancelled; the package keeps it in this property. */
export function isDisturbed(stream) {
  return stream._disturbed === true;
}

export function isReadableStream(value) {
  return value instanceof ReadableStream;
}

uncloneable(
  ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableByteStreamController, ReadableStream,
  ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableStreamDefaultController, ReadableStreamDefaultReader,
  TransformStream, TransformStreamDefaultController, WritableStream, WritableStreamDefaultController,
  WritableStreamDefaultWriter,
);
// The package makes a prototype of its own where it cannot tell that of the engine.
const made = Object.getPrototypeOf(new ReadableStream()[Symbol.asyncIterator]());
const native = Object.getPrototypeOf(Object.getPrototypeOf((async function* () {}).prototype));
if (Object.getPrototypeOf(made) !== native) Object.setPrototypeOf(made, native);

shown(ReadableStream, (stream) => ({ locked: stream.locked, state: stream._state }));
shown(WritableStream, (stream) => ({ locked: stream.locked, state: stream._state }));
shown(TransformStream, (stream) => ({ readable: stream.readable, writable: stream.writable }));

export {
  ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableByteStreamController, ReadableStream,
  ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableStreamDefaultController, ReadableStreamDefaultReader,
  TransformStream, TransformStreamDefaultController, WritableStream, WritableStreamDefaultController,
  WritableStreamDefaultWriter,
};
