// Paths as Windows has them, for names that came from there. The current folder is `C:\`.

import { invalidType } from "../errors.js";

const ROOT = /^(?:([\\/]{2}[^\\/]+[\\/]+[^\\/]+)([\\/]?)|([A-Za-z]:)([\\/]?)|([\\/]))/;

function check(path, name = "path") {
  if (typeof path !== "string") throw invalidType(name, "of type string", path);
}

// `device` is `C:` or `\\server\share`; `rooted` whether a separator follows.
function split(path) {
  const found = ROOT.exec(path);
  if (!found) return { device: "", rooted: false, rest: path, raw: "" };
  const [raw, unc, , drive, after] = found;
  const device = unc ? unc.replace(/[\\/]+/g, "\\").replace(/^\\+/, "\\\\") : (drive ?? "");
  return { device, rooted: Boolean(unc || after || found[5]), rest: path.slice(raw.length), raw };
}

function tidy(rest, rooted) {
  const out = [];
  for (const part of rest.split(/[\\/]+/)) {
    if (part === "" || part === ".") continue;
    if (part !== "..") out.push(part);
    else if (out.length > 0 && out.at(-1) !== "..") out.pop();
    else if (!rooted) out.push("..");
  }
  return out.join("\\");
}

function normalize(path) {
  check(path);
  if (path === "") return ".";
  const { device, rooted, rest } = split(path);
  let tail = tidy(rest, rooted);
  if (tail === "" && !rooted) tail = ".";
  if (tail !== "" && /[\\/]$/.test(path)) tail += "\\";
  return device + (rooted ? "\\" : "") + tail;
}

function resolve(...paths) {
  let device = "",
    tail = "",
    rooted = false;
  for (let i = paths.length - 1; i >= -1 && !(rooted && device); i--) {
    const path = i >= 0 ? paths[i] : "C:\\";
    check(path, `paths[${i}]`);
    if (path === "") continue;
    const found = split(path);
    if (found.device && device && found.device.toLowerCase() !== device.toLowerCase()) continue;
    device ||= found.device;
    if (rooted) continue;
    tail = `${found.rest}\\${tail}`;
    rooted = found.rooted;
  }
  return device + (rooted ? "\\" : "") + tidy(tail, rooted) || ".";
}

function parts(path) {
  check(path);
  const { rest, raw } = split(path);
  const trimmed = rest.replace(/[\\/]+$/, "");
  const cut = Math.max(trimmed.lastIndexOf("\\"), trimmed.lastIndexOf("/"));
  return { root: raw, base: trimmed.slice(cut + 1), above: cut < 0 ? "" : trimmed.slice(0, cut) };
}

function extname(path) {
  const { base } = parts(path);
  const dot = base.lastIndexOf(".");
  return dot <= 0 || base === ".." ? "" : base.slice(dot);
}

export const win32 = {
  sep: "\\",
  delimiter: ";",
  normalize,
  resolve,
  extname,
  isAbsolute(path) {
    check(path);
    return /^(?:[\\/]|[A-Za-z]:[\\/])/.test(path);
  },
  join(...paths) {
    paths.forEach((path) => check(path));
    const joined = paths.filter((path) => path !== "").join("\\");
    if (joined === "") return ".";
    // Two separators in front mean a server only where the first part has them.
    const first = paths.find((path) => path !== "");
    return normalize(/^[\\/]{2}[^\\/]/.test(first) ? joined : joined.replace(/^[\\/]{2,}/, "\\"));
  },
  relative(from, to) {
    const [start, end] = [resolve(from), resolve(to)];
    if (start.toLowerCase() === end.toLowerCase()) return "";
    const [a, b] = [start, end].map((path) => path.split("\\").filter((part) => part !== ""));
    if (a[0]?.toLowerCase() !== b[0]?.toLowerCase()) return end;
    let same = 0;
    while (same < a.length && same < b.length && a[same].toLowerCase() === b[same].toLowerCase()) same++;
    return [...a.slice(same).map(() => ".."), ...b.slice(same)].join("\\");
  },
  toNamespacedPath(path) {
    if (typeof path !== "string" || path === "") return path;
    const full = resolve(path);
    if (/^[A-Za-z]:\\/.test(full)) return `\\\\?\\${full}`;
    return /^\\\\[^?.]/.test(full) ? `\\\\?\\UNC\\${full.slice(2)}` : path;
  },
  dirname(path) {
    const { root, above } = parts(path);
    return root + above || ".";
  },
  basename(path, suffix) {
    const { base } = parts(path);
    return suffix && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
  },
  parse(path) {
    const { root, base, above } = parts(path);
    const ext = extname(path);
    return { root, dir: root + above, base, ext, name: ext ? base.slice(0, -ext.length) : base };
  },
  format(parsed) {
    if (parsed === null || typeof parsed !== "object") throw invalidType("pathObject", "of type object", parsed);
    const dir = parsed.dir || parsed.root;
    const ext = parsed.ext ? (parsed.ext.startsWith(".") ? parsed.ext : `.${parsed.ext}`) : "";
    const base = parsed.base || `${parsed.name || ""}${ext}`;
    if (!dir) return base;
    return dir === parsed.root ? dir + base : `${dir}\\${base}`;
  },
};
