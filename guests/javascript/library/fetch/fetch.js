// fetch: HTTP through the host, and the URLs that name data in the sandbox itself.
//
// A body that is a stream is collected before it is sent. `mode`, `credentials`, `cache`, `referrer` and `integrity`
// are taken and do nothing, as on other servers: there is no origin, no cookie jar and no cache here.

import { contents } from "../web/blob.js";
import { required } from "../web/webidl.js";
import { Content } from "./body.js";
import { dataOf } from "./data_url.js";
import { request } from "./exchange.js";
import { headerList } from "./headers.js";
import { recordOf } from "./request.js";
import { hasNoBody, received } from "./response.js";

// Fields that belong to the connection, which the host has: programs that pass on what they were sent name them.
const OF_THE_CONNECTION = new Set([
  "connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
]);

function unreachable(why, code) {
  const cause = new Error(why);
  if (code) cause.code = code;
  return new TypeError("fetch failed", { cause });
}

/** Sends a request and resolves with the Response once its head is here. */
export async function fetch(input, init = undefined) {
  required(arguments.length, 1, "fetch");
  const record = recordOf(input, init);
  const { signal, url, content } = record;
  if (signal?.aborted) {
    if (content?.streamed) content.stream.cancel(signal.reason).catch(() => {});
    throw signal.reason;
  }
  switch (url.protocol) {
    case "http:":
    case "https:": return overHttp(record);
    case "data:": return ofData(record);
    case "blob:": return ofBlob(record);
    default: throw unreachable(`the scheme ${url.protocol} cannot be fetched; there are http, https, data and blob`);
  }
}
Object.defineProperty(fetch, "length", { value: 1, configurable: true });

async function overHttp({ method, url, headers, content, redirect, signal }) {
  const list = headerList(headers).filter(([name]) => !OF_THE_CONNECTION.has(name));
  if (!headers.has("accept")) list.push(["accept", "*/*"]);
  if (!headers.has("user-agent")) list.push(["user-agent", "Hydra"]);
  const body = content === null ? null : await content.bytes(signal);
  const fragment = url.hash;
  const answer = await request({ method, url: without(url.href, fragment), headers: list, body, redirect, signal });
  const { status, reason, redirected } = answer;
  let incoming = null;
  if (method === "HEAD" || hasNoBody(status)) answer.cancel();
  else incoming = new Content({ incoming: answer, signal });
  const response = { url: without(answer.url, hashOf(answer.url)), redirected, status, statusText: reason };
  return received({ ...response, headers: answer.headers, content: incoming });
}

const hashOf = (href) => (href.includes("#") ? href.slice(href.indexOf("#")) : "");
const without = (href, fragment) => (fragment === "" ? href : href.slice(0, href.length - fragment.length));

function ofData({ url, method }) {
  const data = dataOf(url.href);
  if (data === null) throw unreachable("the data: URL is malformed");
  const content = method === "HEAD" ? null : new Content({ bytes: data.bytes });
  return received({
    url: without(url.href, url.hash), redirected: false, status: 200, statusText: "OK",
    headers: [["content-type", data.type]], content,
  });
}

function ofBlob({ url, method, headers, blob }) {
  if (method !== "GET") throw unreachable("a blob: URL takes the method GET only");
  if (!blob) throw unreachable("no blob has this URL; it was revoked, or never was");
  const bytes = contents(blob);
  const range = headers.get("range");
  const type = [["content-type", blob.type]];
  const response = { url: without(url.href, url.hash), redirected: false };
  if (range === null) {
    return received({
      ...response, status: 200, statusText: "OK", headers: [["content-length", `${bytes.length}`], ...type],
      content: new Content({ bytes, shared: true }),
    });
  }
  const found = rangeOf(range, bytes.length);
  if (found === null) throw unreachable(`the range ${range} is not in the blob`);
  const [start, end] = found;
  return received({
    ...response, status: 206, statusText: "Partial Content",
    headers: [
      ["content-length", `${end - start}`], ...type, ["content-range", `bytes ${start}-${end - 1}/${bytes.length}`],
    ],
    content: new Content({ bytes: bytes.slice(start, end) }),
  });
}

// The first byte and the one after the last, of the one range of a header; `null` where it is none.
function rangeOf(text, size) {
  const found = /^bytes[\t ]*=[\t ]*(\d*)[\t ]*-[\t ]*(\d*)$/.exec(text);
  if (!found || (found[1] === "" && found[2] === "")) return null;
  if (found[1] === "") return [Math.max(size - Number(found[2]), 0), size];
  const start = Number(found[1]);
  const end = found[2] === "" ? size : Math.min(Number(found[2]) + 1, size);
  return start < end ? [start, end] : null;
}
