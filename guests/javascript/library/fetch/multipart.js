// multipart/form-data, written and read as the HTML and Fetch standards say.

import { decodeUtf8, encodeUtf8 } from "../compute.js";
import { contents, File, joined } from "../web/blob.js";
import { entriesOf } from "../web/form_data.js";
import { fill } from "../web/random.js";
import { failed } from "../web/webidl.js";
import { formOf } from "./form.js";

const escaped = (text) => text.replace(/\n/g, "%0A").replace(/\r/g, "%0D").replace(/"/g, "%22");
const lines = (text) => text.replace(/\r\n|\r|\n/g, "\r\n");

/** `{ bytes, boundary }` of a FormData. */
export function multipartBytes(form) {
  const boundary = `----formdata-hydra-${fill(new Uint8Array(12)).toHex()}`;
  const pieces = [];
  for (const [name, value] of entriesOf(form)) {
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(lines(name))}"`;
    if (typeof value === "string") {
      pieces.push(encodeUtf8(`${head}\r\n\r\n${lines(value)}\r\n`));
      continue;
    }
    head += `; filename="${escaped(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}\r\n\r\n`;
    pieces.push(encodeUtf8(head), contents(value), CRLF);
  }
  pieces.push(encodeUtf8(`--${boundary}--\r\n`));
  return { bytes: joined(pieces), boundary };
}

const CR = 13, LF = 10, DASH = 45;
const CRLF = Uint8Array.of(CR, LF);

function bytesOfText(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function textOf(bytes) {
  let out = "";
  for (let at = 0; at < bytes.length; at += 8192) out += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return out;
}

function find(bytes, wanted, from) {
  for (let at = bytes.indexOf(wanted[0], from); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}

const startsWith = (bytes, wanted, at) => find(bytes.subarray(at, at + wanted.length), wanted, 0) === 0;
const malformed = (why) => failed(`The body is no well-formed multipart/form-data: ${why}`);

/** The FormData that bytes say. */
export function parseMultipart(bytes, boundary) {
  if (boundary.length === 0 || boundary.length > 70) throw malformed("the boundary is empty or longer than 70");
  const mark = bytesOfText(`--${boundary}`);
  const next = bytesOfText(`\r\n--${boundary}`);
  const pairs = [];
  let at = 0;
  while (startsWith(bytes, CRLF, at)) at += 2;
  for (;;) {
    if (!startsWith(bytes, mark, at)) throw malformed("a boundary is missing");
    at += mark.length;
    if (bytes[at] === DASH && bytes[at + 1] === DASH) return formOf(pairs);
    if (!startsWith(bytes, CRLF, at)) throw malformed("a boundary has no end of line");
    at += 2;
    const head = parseHead(bytes, at);
    const end = find(bytes, next, head.at - 2);
    if (end < 0) throw malformed("a part has no end");
    const body = bytes.subarray(head.at, Math.max(end, head.at));
    at = end + 2;
    if (head.filename === null) {
      const text = decodeUtf8(body);
      pairs.push([head.name, text.charCodeAt(0) === 0xfeff ? text.slice(1) : text]);
    } else {
      pairs.push([head.name, new File([body], head.filename, { type: head.type })]);
    }
  }
}

// The fields of a part, and where its body begins.
function parseHead(bytes, at) {
  const found = { name: null, filename: null, type: "text/plain", at };
  for (;;) {
    const end = find(bytes, CRLF, at);
    if (end < 0) throw malformed("the head of a part has no end");
    const line = bytes.subarray(at, end);
    at = end + 2;
    if (line.length === 0) break;
    const colon = line.indexOf(58);
    if (colon <= 0) throw malformed("a field has no name");
    const field = textOf(line.subarray(0, colon)).trim().toLowerCase();
    const value = textOf(line.subarray(colon + 1)).replace(/^[\t ]+|[\t ]+$/g, "");
    if (field === "content-disposition") Object.assign(found, disposition(value));
    else if (field === "content-type") found.type = value;
  }
  if (found.name === null) throw malformed("a part has no name");
  found.at = at;
  return found;
}

const DISPOSITION =
  /^form-data((?:[\t ]*;[\t ]*[-!#$%&'*+.^_`|~A-Za-z0-9]+=(?:"[^"\r\n]*"|[^";\t ]*))*)[\t ]*;?[\t ]*$/i;
const PARAMETER = /;[\t ]*([^=;\t ]+)=(?:"([^"]*)"|([^";\t ]*))/g;

function disposition(value) {
  const whole = DISPOSITION.exec(value);
  if (whole === null) throw malformed("a Content-Disposition is not form-data with parameters");
  const found = { name: null, filename: null };
  for (const [, key, quoted, plain] of whole[1].matchAll(PARAMETER)) {
    const name = key.toLowerCase();
    if (name === "name" || name === "filename") found[name] = unescaped(quoted ?? plain);
  }
  return found;
}

function unescaped(text) {
  const decoded = decodeUtf8(bytesOfText(text));
  return decoded.replace(/%0A/gi, "\n").replace(/%0D/gi, "\r").replace(/%22/g, '"');
}
