// `blob:` URLs: names for blobs, for as long as the sandbox keeps its memory.

import { isBlob } from "./blob.js";
import { uuid } from "./random.js";
import { failed } from "./webidl.js";

const blobs = new Map();

export function makeObjectUrl(object) {
  if (!isBlob(object)) throw failed("URL.createObjectURL takes a Blob", "ERR_INVALID_ARG_TYPE");
  const url = `blob:null/${uuid()}`;
  blobs.set(url, object);
  return url;
}

export function revokeObjectUrl(url) {
  blobs.delete(url);
}

/** The blob of a URL, or `undefined`. */
export function blobOf(url) {
  return blobs.get(url.split("#", 1)[0]);
}

/** No function is loaded any more. */
export function forgetObjectUrls() {
  blobs.clear();
}
