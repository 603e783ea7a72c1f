// A web framework over Request and Response, with middleware, and its adapter for Lambda.

import { Hono } from "hono";
import { handle } from "hono/aws-lambda";
import { basicAuth } from "hono/basic-auth";
import { getCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import { sign, verify } from "hono/jwt";
import { streamText } from "hono/streaming";
import { validator } from "hono/validator";

const app = new Hono();
app.use("/api/*", cors({ origin: "https://a.example" }));
app.use("/private/*", basicAuth({ username: "u", password: "p" }));
app.use(async (c, next) => {
  await next();
  c.header("x-mark", "1");
});
app.get("/", (c) => c.text("hello"));
app.get("/api/:id{[0-9]+}", (c) => c.json({ id: c.req.param("id"), q: c.req.query("q"), all: c.req.queries("t") }));
app.post("/body", async (c) => c.json({ got: await c.req.json(), type: c.req.header("content-type") }, 201));
app.post("/form", async (c) => c.json(await c.req.parseBody()));
app.post(
  "/valid",
  validator("json", (value, c) => (value.n ? value : c.text("bad", 400))),
  (c) => c.json(c.req.valid("json")),
);
app.get("/private/x", (c) => c.text("in"));
app.get("/cookie", (c) => {
  setCookie(c, "b", "2", { httpOnly: true, path: "/" });
  return c.text(getCookie(c, "a") ?? "none");
});
app.get("/html", (c) => c.html(html`<p>${"<esc>"}</p>`));
app.get("/stream", (c) =>
  streamText(c, async (stream) => {
    await stream.write("one ");
    await stream.sleep(1);
    await stream.write("two");
  }),
);
app.get("/fail", () => {
  throw new HTTPException(418, { message: "a teapot" });
});
app.get("/crash", () => {
  throw new Error("crash");
});
app.get("/away", (c) => c.redirect("/", 303));
app.onError((error, c) =>
  error instanceof HTTPException ? error.getResponse() : c.text(`caught ${error.message}`, 500),
);
app.notFound((c) => c.text("nothing here", 404));
app.route(
  "/sub",
  new Hono().get("/x/*", (c) => c.text(c.req.path)),
);
const lambda = handle(app);

export const handler = async (_event, context) => {
  const show = async (path, init) => {
    const response = await app.request(path, init);
    const headers = [
      "content-type",
      "x-mark",
      "location",
      "set-cookie",
      "access-control-allow-origin",
      "www-authenticate",
    ];
    return [response.status, await response.text(), headers.map((name) => response.headers.get(name))];
  };
  const json = (body) => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const form = new FormData();
  form.set("a", "1");
  form.set("b", "ü");
  const token = await sign({ sub: "x" }, "secret");
  return {
    replies: [
      await show("/"),
      await show("/api/12?q=%C3%BC&t=1&t=2"),
      await show("/api/ab"),
      await show("/body", json({ a: [1] })),
      await show("/form", { method: "POST", body: form }),
      await show("/form", { method: "POST", body: new URLSearchParams({ x: "y z" }) }),
      await show("/valid", json({ n: 0 })),
      await show("/valid", json({ n: 1 })),
      await show("/private/x"),
      await show("/private/x", { headers: { authorization: "Basic " + btoa("u:p") } }),
      await show("/cookie", { headers: { cookie: "a=1; c=3" } }),
      await show("/html"),
      await show("/stream"),
      await show("/fail"),
      await show("/crash"),
      await show("/away"),
      await show("/sub/x/y/z"),
      await show("/none"),
      await show("/", { method: "HEAD" }),
    ],
    token: [token, (await verify(token, "secret", "HS256")).sub],
    lambda: await lambda(
      {
        version: "2.0",
        routeKey: "$default",
        rawPath: "/api/7",
        rawQueryString: "q=x",
        headers: { host: "a.example" },
        isBase64Encoded: false,
        requestContext: { http: { method: "GET", path: "/api/7" }, domainName: "a.example", stage: "$default" },
      },
      context,
    ),
  };
};
