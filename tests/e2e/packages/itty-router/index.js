// A small router over Request and Response.

import { AutoRouter, Router, cors, error, html, json, status, text, withContent, withParams } from "itty-router";

const { preflight, corsify } = cors({ origin: "https://a.example" });
const app = AutoRouter({ before: [preflight], finally: [corsify], base: "/v1" });
app
  .get("/items/:id", ({ id, query }) => ({ id, query }))
  .post("/items", withContent, ({ content }) => json({ content }, { status: 201 }))
  .get("/fail", () => error(418, "a teapot"))
  .get("/throw", () => {
    throw new Error("crash");
  })
  .get("/text", () => text("plain"))
  .get("/html", () => html("<b>x</b>"))
  .get("/none", () => status(204))
  .all("*", () => error(404));

export const handler = async () => {
  const show = async (path, init) => {
    const response = await app.fetch(new Request(`https://b.example/v1${path}`, init));
    return [
      response.status,
      response.headers.get("content-type"),
      await response.text(),
      response.headers.get("access-control-allow-origin"),
    ];
  };
  const own = Router();
  own.get("/:greedy+", withParams, (request) => request.greedy).all("*", () => "else");
  return {
    replies: [
      await show("/items/7?a=1&a=2&b=%C3%BC", { headers: { origin: "https://a.example" } }),
      await show("/items", {
        method: "POST",
        body: JSON.stringify({ x: 1 }),
        headers: { "content-type": "application/json" },
      }),
      await show("/fail"),
      await show("/throw"),
      await show("/text"),
      await show("/html"),
      await show("/none"),
      await show("/else"),
      await show("/items/1", { method: "OPTIONS", headers: { origin: "https://a.example" } }),
    ],
    own: [
      await own.fetch({ method: "GET", url: "https://x.example/a/b/c" }),
      await own.fetch({ method: "POST", url: "https://x.example/" }),
    ],
  };
};
