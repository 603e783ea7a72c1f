// URLs as the WHATWG standard parses them; the host does the work.

import { json, text } from "../host.js";
import { OPS } from "./ops.js";

/** `{ href, protocol, username, password, host, hostname, port, pathname, search, hash, origin }`, or `null`. */
export function parseUrl(input, base) {
  const url = `${input}`.toWellFormed();
  if (base === undefined) return json(OPS.PARSE_URL, url);
  return json(OPS.PARSE_URL_WITH, JSON.stringify([url, `${base}`.toWellFormed()]));
}

/** The same record with one part set; as it was where the part cannot be that. */
export function setUrl(href, part, value) {
  return json(OPS.SET_URL, JSON.stringify([href, part, `${value}`.toWellFormed()]));
}

export function domainToASCII(domain) {
  return text(OPS.DOMAIN_TO_ASCII, `${domain}`.toWellFormed());
}

export function domainToUnicode(domain) {
  return text(OPS.DOMAIN_TO_UNICODE, `${domain}`.toWellFormed());
}
