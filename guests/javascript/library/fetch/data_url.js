// `data:` URLs, as the Fetch standard reads them.

import { parseMime, mimeText } from "../web/mime.js";
import { atob } from "../web/engine.js";
import { percentDecode } from "../web/search_params.js";

const BASE64 = /;\x20*base64$/i;

/** `{ type, bytes }`, or `null`. */
export function dataOf(href) {
  const hash = href.indexOf("#");
  const input = (hash < 0 ? href : href.slice(0, hash)).slice("data:".length);
  const comma = input.indexOf(",");
  if (comma < 0) return null;
  let type = input.slice(0, comma).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "");
  let bytes = percentDecode(input.slice(comma + 1));
  if (BASE64.test(type)) {
    bytes = base64(bytes);
    if (bytes === null) return null;
    type = type.replace(BASE64, "");
  }
  if (type.startsWith(";")) type = `text/plain${type}`;
  const mime = parseMime(type);
  return { type: mime === null ? "text/plain;charset=US-ASCII" : mimeText(mime), bytes };
}

// What `atob` takes, as bytes.
function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  try {
    const plain = atob(text);
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
