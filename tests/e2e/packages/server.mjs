// What handlers fetch from: `node server.mjs` prints where it listens and serves until its input ends.
//
// The same for Hydra and for Node, so that what both get can be compared. Beside plain replies it plays, as far as
// the handlers go, S3 (paths below /bucket and /denied) and DynamoDB (/dynamo).

import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

const BODY_BYTES_MAX = 1 << 20;
const ECHOED = ["accept", "authorization", "content-length", "content-type"];

const objects = new Map();
const items = new Map();
const asked = new Map();

const send = (response, status, body, headers = {}) => response.writeHead(status, headers).end(body);
const json = (response, value, status = 200) =>
  send(response, status, JSON.stringify(value), { "content-type": "application/json" });

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const routes = {
  async echo(request, response) {
    const body = (await bodyOf(request)).toString();
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => ECHOED.includes(name) || name.startsWith("x-")),
    );
    json(response, { method: request.method, url: request.url, headers, body });
  },
  json: (_request, response) => json(response, { hello: "world", list: [1, "ä", null] }),
  text: (_request, response) => send(response, 200, "some text, ü", { "content-type": "text/plain; charset=utf-8" }),
  gzip: (_request, response) =>
    send(response, 200, gzipSync(JSON.stringify({ packed: "x".repeat(100) })), {
      "content-type": "application/json",
      "content-encoding": "gzip",
    }),
  bytes: (_request, response, size) =>
    send(response, 200, Buffer.from(Array.from({ length: Number(size) }, (_, i) => i % 256)), {
      "content-type": "application/octet-stream",
    }),
  status: (_request, response, status) => json(response, { status: Number(status) }, Number(status)),
  slow: (_request, response, ms) => void setTimeout(() => send(response, 200, "late"), Number(ms)),
  redirect: (_request, response, left) =>
    send(response, 302, "", { location: Number(left) > 1 ? `/redirect/${left - 1}` : "/json" }),
  // Fails at first, then answers.
  flaky(_request, response, key) {
    asked.set(key, (asked.get(key) ?? 0) + 1);
    send(response, asked.get(key) > 1 ? 200 : 503, `asked ${asked.get(key)} times`);
  },
  bucket: s3,
  denied: (_request, response) =>
    xml(response, "<Error><Code>AccessDenied</Code><Message>not for you</Message></Error>", 403),
  dynamo,
};

const xml = (response, text, status = 200) =>
  send(response, status, `<?xml version="1.0"?>\n${text}`, { "content-type": "application/xml" });

async function s3(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const key = pathname.slice("/bucket/".length);
  if (request.method === "PUT") {
    objects.set(key, { body: await bodyOf(request), headers: request.headers });
    return send(response, 200, "", { etag: '"an-etag"' });
  }
  if (request.method === "DELETE") {
    objects.delete(key);
    return send(response, 204);
  }
  if (searchParams.has("list-type")) {
    const prefix = searchParams.get("prefix") ?? "";
    const found = [...objects].filter(([name]) => name.startsWith(prefix)).sort();
    const contents = found.map(
      ([name, { body }]) => `<Contents><Key>${name}</Key><Size>${body.length}</Size></Contents>`,
    );
    return xml(
      response,
      `<ListBucketResult><KeyCount>${found.length}</KeyCount>${contents.join("")}</ListBucketResult>`,
    );
  }
  const object = objects.get(key);
  if (!object) return xml(response, "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>", 404);
  const meta = Object.entries(object.headers).filter(([name]) => name.startsWith("x-amz-meta-"));
  send(response, 200, request.method === "HEAD" ? undefined : object.body, {
    "content-type": object.headers["content-type"] ?? "application/octet-stream",
    "content-length": object.body.length,
    "last-modified": "Thu, 01 Jan 2024 00:00:00 GMT",
    ...Object.fromEntries(meta),
  });
}

async function dynamo(request, response) {
  const reply = (value, status = 200) =>
    send(response, status, JSON.stringify(value), { "content-type": "application/x-amz-json-1.0" });
  const asked = JSON.parse((await bodyOf(request)).toString());
  const id = asked.Key?.id.S ?? asked.Item?.id.S ?? asked.ExpressionAttributeValues?.[":id"].S;
  const failure = (name, message) => reply({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message }, 400);
  if (asked.TableName === "missing") return failure("ResourceNotFoundException", "no such table");
  if (asked.TableName === "throttled") return failure("ProvisionedThroughputExceededException", "slow down");
  if (asked.TableName === "pages") {
    const page = Number(asked.ExclusiveStartKey?.page.N ?? 0) + 1;
    return reply({ Count: page, Items: [], ...(page < 3 && { LastEvaluatedKey: { page: { N: String(page) } } }) });
  }
  switch (request.headers["x-amz-target"]?.split(".")[1]) {
    case "PutItem":
      items.set(id, asked.Item);
      return reply({});
    case "GetItem":
      return reply({ Item: items.get(id) });
    case "Query":
      return reply({ Count: items.has(id) ? 1 : 0, Items: [items.get(id)] });
    default:
      return failure("UnknownOperationException", "unknown");
  }
}

const server = createServer(async (request, response) => {
  const [name, argument] = new URL(request.url, "http://localhost").pathname.slice(1).split("/");
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
  try {
    if (route) await route(request, response, argument);
    else send(response, 404, "no such route");
  } catch (error) {
    send(response, 500, String(error));
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on("end", () => process.exit(0));
