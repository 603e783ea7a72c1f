// An HTTP client over `fetch`: JSON, hooks, retries, errors, time limits.

import ky, { HTTPError, TimeoutError } from "ky";

export const handler = async ({ endpoint }) => {
  const client = ky.create({
    prefixUrl: endpoint,
    headers: { "x-own": "yes" },
    hooks: {
      beforeRequest: [(request) => request.headers.set("x-hook", "set")],
      afterResponse: [
        (_request, _options, response) => (response.status === 299 ? new Response("replaced") : response),
      ],
    },
    retry: { limit: 2, delay: () => 1 },
  });
  const failures = [];
  try {
    await client.get("status/404");
  } catch (error) {
    failures.push([error instanceof HTTPError, error.name, error.response.status, error.message.replace(endpoint, "")]);
  }
  try {
    await client.get("slow/3000", { timeout: 30, retry: 0 });
  } catch (error) {
    failures.push([error instanceof TimeoutError, error.name]);
  }
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  try {
    await client.get("slow/3000", { signal: controller.signal });
  } catch (error) {
    failures.push([error.name]);
  }
  const form = new FormData();
  form.set("a", "1");
  form.set("file", new Blob(["content"], { type: "text/plain" }), "f.txt");
  const echoed = await client.post("echo", { body: form }).json();
  const boundary = /boundary=(.*)$/.exec(echoed.headers["content-type"])[1];
  const response = await client.get("json");
  return {
    json: await client.get("json", { searchParams: { q: "ü", n: 2 } }).json(),
    posted: await client.post("echo", { json: { a: [1, "ä"] } }).json(),
    form: echoed.body.replaceAll(boundary, "BOUNDARY"),
    encoded: await client.put("echo", { body: new URLSearchParams({ a: "b c" }) }).json(),
    text: await client.get("text").text(),
    bytes: (await client.get("bytes/100").arrayBuffer()).byteLength,
    blob: [(await client.get("bytes/100").blob()).size],
    replaced: await client.get("status/299").text(),
    flaky: await client.get(`flaky/${crypto.randomUUID()}`).text(),
    gzip: await client.get("gzip").json(),
    redirected: await (async () => {
      const r = await client.get("redirect/1");
      return [r.redirected, new URL(r.url).pathname];
    })(),
    response: [response.ok, response.status, response.headers.get("content-type"), response.clone().bodyUsed],
    failures,
  };
};
