// `node:path`: paths as Linux has them from the npm package; `win32` for code that handles names from Windows.

import posix from "path-browserify";
import { invalidType } from "./errors.js";
import { win32 } from "./path/win32.js";

const checked = {};
for (const name of ["dirname", "extname", "isAbsolute", "parse"]) {
  const native = posix[name];
  checked[name] = {
    [name](path) {
      if (typeof path !== "string") throw invalidType("path", "of type string", path);
      return native.call(posix, path);
    },
  }[name];
}

// The package looks at each character, which takes an interpreter long.
function tidy(path, rooted) {
  const out = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") out.push(part);
    else if (out.length > 0 && out.at(-1) !== "..") out.pop();
    else if (!rooted) out.push("..");
  }
  return out.join("/");
}

function normalize(path) {
  if (typeof path !== "string") throw invalidType("path", "of type string", path);
  if (path === "") return ".";
  const rooted = path.startsWith("/");
  let tail = tidy(path, rooted);
  if (tail === "" && !rooted) tail = ".";
  if (tail !== "" && path.endsWith("/")) tail += "/";
  return rooted ? `/${tail}` : tail;
}

const path = {
  ...posix,
  ...checked,
  normalize,
  basename(path, suffix) {
    if (typeof path !== "string") throw invalidType("path", "of type string", path);
    if (suffix !== undefined && typeof suffix !== "string") throw invalidType("suffix", "of type string", suffix);
    return posix.basename(path, suffix);
  },
  join(...parts) {
    for (const part of parts) if (typeof part !== "string") throw invalidType("path", "of type string", part);
    return normalize(parts.filter((part) => part !== "").join("/"));
  },
  resolve(...parts) {
    parts.forEach((part, i) => {
      if (typeof part !== "string") throw invalidType(`paths[${i}]`, "of type string", part);
    });
    const last = parts.findLastIndex((part) => part.startsWith("/"));
    const joined = last < 0 ? [process.cwd(), ...parts] : parts.slice(last);
    return `/${tidy(joined.join("/"), true)}`;
  },
  format(parsed) {
    if (parsed === null || typeof parsed !== "object") throw invalidType("pathObject", "of type object", parsed);
    const dir = parsed.dir || parsed.root;
    const ext = parsed.ext ? (parsed.ext.startsWith(".") ? parsed.ext : `.${parsed.ext}`) : "";
    const base = parsed.base || `${parsed.name || ""}${ext}`;
    if (!dir) return base;
    return dir === parsed.root ? dir + base : `${dir}/${base}`;
  },
  toNamespacedPath: (path) => path,
  sep: "/",
  delimiter: ":",
};
path.posix = path;
path.win32 = win32;
win32.posix = path;
win32.win32 = win32;

export default path;
export const { basename, dirname, extname, format, isAbsolute, join, parse, relative, resolve, sep, delimiter } = path;
export { normalize, path as posix, win32 };
