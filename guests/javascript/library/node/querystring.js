// `node:querystring`.

const HEX = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`);

function escape(value) {
  let text = value;
  if (typeof text !== "string") text = typeof text === "object" ? String(text) : `${text}`;
  try {
    return encodeURIComponent(text);
  } catch (error) {
    const { Buffer } = globalThis;
    if (text.isWellFormed()) throw error;
    return Array.from(Buffer.from(text), (byte) =>
      /[A-Za-z0-9\-_.!~*'()]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : HEX[byte],
    ).join("");
  }
}

/** Bytes of a text with `%XX`, where what is none stays as it is. */
function unescapeBuffer(text, plus = false) {
  const bytes = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x25 && /^[0-9a-fA-F]{2}$/.test(text.slice(i + 1, i + 3))) {
      bytes.push(parseInt(text.slice(i + 1, i + 3), 16));
      i += 2;
    } else {
      bytes.push(plus && unit === 0x2b ? 0x20 : unit);
    }
  }
  return globalThis.Buffer.from(bytes);
}

function unescape(text, plus) {
  try {
    return decodeURIComponent(text);
  } catch {
    return unescapeBuffer(text, plus).toString();
  }
}

function primitive(value) {
  if (typeof value === "string") return value;
  if (typeof value === "number" && isFinite(value)) return `${value}`;
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "boolean") return value ? "true" : "false";
  return "";
}

function stringify(object, separator, equals, options) {
  const sep = separator || "&",
    eq = equals || "=";
  const encode = typeof options?.encodeURIComponent === "function" ? options.encodeURIComponent : querystring.escape;
  if (object === null || typeof object !== "object") return "";
  const out = [];
  for (const key of Object.keys(object)) {
    const value = object[key];
    const name = encode(primitive(key)) + eq;
    if (Array.isArray(value)) for (const item of value) out.push(name + encode(primitive(item)));
    else out.push(name + encode(primitive(value)));
  }
  return out.join(sep);
}

function parse(text, separator, equals, options) {
  const found = Object.create(null);
  if (typeof text !== "string" || text.length === 0) return found;
  const sep = separator ? `${separator}` : "&",
    eq = equals ? `${equals}` : "=";
  const decode = typeof options?.decodeURIComponent === "function" ? options.decodeURIComponent : querystring.unescape;
  const most = typeof options?.maxKeys === "number" ? options.maxKeys : 1000;
  const plain = (raw) => {
    const spaced = raw.replaceAll("+", " ");
    if (!spaced.includes("%") && decode === unescape) return spaced;
    try {
      return decode(spaced);
    } catch {
      return unescape(spaced, true);
    }
  };
  let count = 0;
  for (const pair of text.split(sep)) {
    if (pair === "") continue;
    if (most > 0 && count++ >= most) break;
    const at = pair.indexOf(eq);
    const key = plain(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : plain(pair.slice(at + eq.length));
    if (!(key in found)) found[key] = value;
    else if (Array.isArray(found[key])) found[key].push(value);
    else found[key] = [found[key], value];
  }
  return found;
}

const querystring = { escape, unescape, unescapeBuffer, stringify, encode: stringify, parse, decode: parse };

export default querystring;
export { escape, unescape, unescapeBuffer, stringify, parse };
