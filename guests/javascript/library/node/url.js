// `node:url`: the Web's classes, what turns paths into URLs and back, and the old functions of the npm package.

import legacy from "url";
import { domainToASCII, domainToUnicode } from "../compute.js";
import { invalidType, nodeError, typeError } from "./errors.js";
import querystring from "./querystring.js";

const { URL, URLSearchParams } = globalThis;

function fileURLToPath(path, options) {
  let url = path;
  if (typeof url === "string") url = new URL(url);
  else if (!(url?.href && url.protocol)) throw invalidType("path", "of type string or an instance of URL", path);
  if (url.protocol !== "file:") throw typeError("ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (options?.windows) throw nodeError("ERR_INVALID_ARG_VALUE", "fileURLToPath gives paths of Linux only");
  if (url.hostname !== "") {
    throw typeError("ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linux');
  }
  if (/%2f/i.test(url.pathname)) {
    throw typeError("ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded / characters");
  }
  return decodeURIComponent(url.pathname);
}

const ESCAPES = { "%": "%25", "\\": "%5C", "\n": "%0A", "\r": "%0D", "\t": "%09", "?": "%3F", "#": "%23" };

function pathToFileURL(path) {
  if (typeof path !== "string") throw invalidType("path", "of type string", path);
  const parts = [];
  for (const part of (path.startsWith("/") ? path : `${process.cwd()}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const full = `/${parts.join("/")}${path.endsWith("/") && parts.length > 0 ? "/" : ""}`;
  return new URL(`file://${full.replace(/[%\\\n\r\t?#]/g, (c) => ESCAPES[c])}`);
}

function urlToHttpOptions(url) {
  const { hostname, pathname, port, username, password, search } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname: hostname?.startsWith("[") ? hostname.slice(1, -1) : hostname,
    hash: url.hash,
    search,
    pathname,
    path: `${pathname || ""}${search || ""}`,
    href: url.href,
  };
  if (port !== "") options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}

// The package reads queries as `qs` does, which makes objects of `a[b]=c`; Node does not.
function parse(input, query = false, slashes = false) {
  if (typeof input !== "string") {
    if (input instanceof legacy.Url) return input;
    throw invalidType("url", "of type string", input);
  }
  const found = legacy.parse(input, false, slashes);
  if (query) {
    found.query = querystring.parse(found.search ? found.search.slice(1) : "");
    if (!found.search) found.search = "";
  }
  return found;
}

function format(url, options) {
  if (url instanceof URL) {
    const { auth = true, fragment = true, search = true, unicode = false } = options ?? {};
    const copy = new URL(url.href);
    if (!fragment) copy.hash = "";
    if (!search) copy.search = "";
    if (!auth) copy.username = copy.password = "";
    return unicode && copy.hostname ? copy.href.replace(copy.hostname, domainToUnicode(copy.hostname)) : copy.href;
  }
  if (url === null || (typeof url !== "object" && typeof url !== "string")) {
    throw invalidType("urlObject", "of type object or string", url);
  }
  if (typeof url === "string") return legacy.parse(url).format();
  const { query } = url;
  if (query === null || typeof query !== "object") return legacy.Url.prototype.format.call(url);
  const search = url.search || (Object.keys(query).length > 0 ? `?${querystring.stringify(query)}` : "");
  return legacy.Url.prototype.format.call({ ...url, query: undefined, search });
}

function resolve(from, to) {
  return legacy.resolve(from, to);
}

function resolveObject(from, to) {
  return from ? legacy.parse(from, false, true).resolveObject(to) : to;
}

const url = {
  URL,
  URLSearchParams,
  Url: legacy.Url,
  parse,
  format,
  resolve,
  resolveObject,
  fileURLToPath,
  pathToFileURL,
  urlToHttpOptions,
  fileURLToPathBuffer: (path) => globalThis.Buffer.from(fileURLToPath(path)),
  domainToASCII: (domain) => domainToASCII(domain) ?? "",
  domainToUnicode: (domain) => domainToUnicode(domain) ?? "",
};

export default url;
export { URL, URLSearchParams, parse, format, resolve, fileURLToPath, pathToFileURL, urlToHttpOptions };
