// Globals of the Web.

import { core } from "../host.js";
import "./engine.js";
import { fetch } from "../fetch/fetch.js";
import { Headers } from "../fetch/headers.js";
import { Request } from "../fetch/request.js";
import { Response } from "../fetch/response.js";
import { AbortController, AbortSignal } from "./abort.js";
import { Blob, File } from "./blob.js";
import { structuredClone } from "./clone.js";
import { Crypto, crypto } from "./crypto.js";
import { CryptoKey } from "./crypto/key.js";
import { SubtleCrypto } from "./crypto/subtle.js";
import { TextDecoder, TextEncoder } from "./encoding.js";
import {
  CloseEvent, CustomEvent, ErrorEvent, MessageEvent, ProgressEvent, PromiseRejectionEvent,
} from "./event_kinds.js";
import { Event, EventTarget, report } from "./events.js";
import { FormData } from "./form_data.js";
import { MessageChannel, MessagePort } from "./messages.js";
import { Navigator, navigator } from "./navigator.js";
import { forgetObjectUrls } from "./object_urls.js";
import { URLSearchParams } from "./search_params.js";
import * as streams from "./streams.js";
import {
  forgetTimeline, Performance, performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver,
  PerformanceObserverEntryList,
} from "./timeline.js";
import { CompressionStream, DecompressionStream, TextDecoderStream, TextEncoderStream } from "./transforms.js";
import { URL } from "./url.js";
import { required } from "./webidl.js";

const {
  ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableByteStreamController, ReadableStream,
  ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableStreamDefaultController, ReadableStreamDefaultReader,
  TransformStream, TransformStreamDefaultController, WritableStream, WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} = streams;

function queueMicrotask(callback) {
  required(arguments.length, 1, "queueMicrotask");
  if (typeof callback !== "function") throw new TypeError("queueMicrotask takes a function");
  core.microtask(callback);
}

function reportError(error) {
  required(arguments.length, 1, "reportError");
  report(error);
}

/** By name; defined on `globalThis`, not enumerable. */
export const globals = {
  AbortController, AbortSignal, Blob, ByteLengthQueuingStrategy, CloseEvent, CompressionStream, CountQueuingStrategy,
  Crypto, CryptoKey, CustomEvent, DecompressionStream, ErrorEvent, Event, EventTarget, File, FormData, Headers,
  MessageChannel, MessageEvent, MessagePort, Navigator, Performance, PerformanceEntry, PerformanceMark,
  PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList, ProgressEvent, PromiseRejectionEvent,
  ReadableByteStreamController, ReadableStream, ReadableStreamBYOBReader, ReadableStreamBYOBRequest,
  ReadableStreamDefaultController, ReadableStreamDefaultReader, Request, Response, SubtleCrypto, TextDecoder,
  TextDecoderStream, TextEncoder, TextEncoderStream, TransformStream, TransformStreamDefaultController, URL,
  URLSearchParams, WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter, crypto, fetch,
  navigator, performance, queueMicrotask, reportError, structuredClone,
};

// The bundler may have given a class another name than its global has.
for (const [name, value] of Object.entries(globals)) {
  if (typeof value !== "function") continue;
  Object.defineProperty(value, "name", { value: name, configurable: true });
  if (Object.hasOwn(value.prototype ?? {}, Symbol.toStringTag)) {
    Object.defineProperty(value.prototype, Symbol.toStringTag, { value: name, configurable: true });
  }
}

/** No function is loaded any more. */
export function forget() {
  forgetObjectUrls();
  forgetTimeline();
}
