// MIME types, as the MIME Sniffing standard parses and writes them.

const TOKEN = /^[-!#$%&'*+.^_`|~A-Za-z0-9]+$/;
const QUOTABLE = /^[\t\x20-\x7e\x80-\xff]*$/;
const SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/** `{ type, subtype, parameters }`, all names in lower case, or `null`. */
export function parseMime(input) {
  const text = input.replace(SPACE, "");
  const slash = text.indexOf("/");
  const type = text.slice(0, slash);
  if (slash < 0 || !TOKEN.test(type)) return null;
  let at = text.indexOf(";", slash);
  if (at < 0) at = text.length;
  const subtype = text.slice(slash + 1, at).replace(/[\t\n\r ]+$/, "");
  if (!TOKEN.test(subtype)) return null;
  const parameters = new Map();
  while (at < text.length) {
    at++;
    while (at < text.length && "\t\n\r ".includes(text[at])) at++;
    const start = at;
    while (at < text.length && text[at] !== ";" && text[at] !== "=") at++;
    const name = text.slice(start, at).toLowerCase();
    if (at >= text.length) break;
    if (text[at] === ";") continue;
    at++;
    let value;
    if (text[at] === '"') {
      [value, at] = quoted(text, at);
      while (at < text.length && text[at] !== ";") at++;
    } else {
      const end = text.indexOf(";", at) < 0 ? text.length : text.indexOf(";", at);
      value = text.slice(at, end).replace(/[\t\n\r ]+$/, "");
      at = end;
      if (value === "") continue;
    }
    if (TOKEN.test(name) && QUOTABLE.test(value) && !parameters.has(name)) parameters.set(name, value);
  }
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters };
}

// The text between quotes that begin at `at`, and where it ends.
function quoted(text, at) {
  let value = "";
  for (at++; at < text.length; at++) {
    if (text[at] === '"') return [value, at + 1];
    if (text[at] === "\\" && at + 1 < text.length) at++;
    value += text[at];
  }
  return [value, at];
}

export function essence(mime) {
  return `${mime.type}/${mime.subtype}`;
}

export function mimeText(mime) {
  let out = essence(mime);
  for (const [name, value] of mime.parameters) {
    const plain = TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
    out += `;${name}=${plain}`;
  }
  return out;
}

/** The MIME type of the values of Content-Type headers, or `null`. */
export function extractMime(values) {
  let found = null;
  let charset = null;
  for (const value of splitCommas(values)) {
    const mime = parseMime(value);
    if (mime === null || essence(mime) === "*/*") continue;
    if (found === null || essence(mime) !== essence(found)) {
      charset = mime.parameters.get("charset") ?? null;
    } else if (!mime.parameters.has("charset") && charset !== null) {
      mime.parameters.set("charset", charset);
    }
    found = mime;
  }
  return found;
}

// At commas that are not within quotes.
function splitCommas(text) {
  const out = [];
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (text[at] === '"') {
      at = quoted(text, at)[1] - 1;
    } else if (at === text.length || text[at] === ",") {
      out.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return out;
}
