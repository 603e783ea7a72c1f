// `fetch` over Node's own HTTP client, with streams for bodies; forms with their own package.

import fetch, { AbortError, Blob, FetchError, FormData, Headers, Request } from "node-fetch";
import MultipartStream from "form-data";
import { Readable } from "node:stream";

const failure = async (promise) => {
  try {
    return (await promise).status;
  } catch (error) {
    return [
      error.name,
      error instanceof FetchError || error instanceof AbortError,
      error.type ?? null,
      error.code ?? null,
    ];
  }
};

export const handler = async ({ endpoint }) => {
  const response = await fetch(`${endpoint}/json`, {
    headers: new Headers([
      ["x-a", "1"],
      ["x-a", "2"],
    ]),
  });
  const streamed = await fetch(`${endpoint}/bytes/70000`);
  let size = 0;
  for await (const chunk of streamed.body) size += chunk.length;
  const form = new FormData();
  form.set("a", "1");
  form.set("f", new Blob(["blob"]), "f.bin");
  const sent = await (await fetch(`${endpoint}/echo`, { method: "POST", body: form })).json();
  const old = new MultipartStream();
  old.append("name", "välue");
  old.append("buffer", Buffer.from("buffered"), { filename: "b.txt", contentType: "text/plain" });
  old.append("stream", Readable.from([Buffer.from("streamed")]), { filename: "s.txt", knownLength: 8 });
  const oldSent = await (
    await fetch(`${endpoint}/echo`, { method: "POST", body: old, headers: old.getHeaders() })
  ).json();
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  return {
    json: [response.status, response.statusText, await response.json(), response.headers.get("content-type")],
    size,
    sent: sent.body.includes("blob") && sent.headers["content-type"].startsWith("multipart/form-data"),
    old: oldSent.body.replaceAll(old.getBoundary(), "BOUNDARY"),
    stream: (await (await fetch(`${endpoint}/echo`, { method: "POST", body: Readable.from(["one ", "two"]) })).json())
      .body,
    request: (await (await fetch(new Request(`${endpoint}/echo`, { method: "PUT", body: "x" }))).json()).method,
    gzip: await (await fetch(`${endpoint}/gzip`)).json(),
    redirect: await (async () => {
      const r = await fetch(`${endpoint}/redirect/1`);
      return [r.redirected, new URL(r.url).pathname];
    })(),
    manual: (await fetch(`${endpoint}/redirect/1`, { redirect: "manual" })).status,
    failures: [
      await failure(fetch(`${endpoint}/status/500`)),
      await failure(fetch(`${endpoint}/slow/3000`, { signal: controller.signal })),
      await failure(fetch(`${endpoint}/redirect/5`, { follow: 2 })),
      await failure(fetch("ftp://nowhere.example/")).then((found) => found[0]),
    ],
  };
};
