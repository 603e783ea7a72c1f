// An HTTP client: JSON, parameters, forms, interceptors, failures, time limits, redirects, several at once.

const axios = require("axios");

const failure = async (promise) => {
  try {
    return (await promise).status;
  } catch (error) {
    return [axios.isAxiosError(error), error.code, error.message, error.response?.status, error.response?.data];
  }
};

exports.handler = async ({ endpoint }) => {
  const client = axios.create({ baseURL: endpoint, timeout: 5000, headers: { "x-own": "yes" } });
  const seen = [];
  client.interceptors.request.use((config) => {
    seen.push(`${config.method} ${config.url}`);
    return config;
  });
  client.interceptors.response.use((response) => ({ ...response, marked: true }));
  const get = await client.get("/json", { params: { a: [1, 2], b: "ü &" } });
  const post = await client.post("/echo?x=1", { hello: "wörld", n: 1 });
  const form = await client.post("/echo", new URLSearchParams({ a: "1 2", b: "ä" }));
  const encoded = await client.postForm("/echo", { field: "value" });
  const put = await client.put("/echo", Buffer.from("bytes"), {
    headers: { "content-type": "application/octet-stream" },
    auth: { username: "u", password: "p" },
  });
  const bytes = await client.get("/bytes/300", { responseType: "arraybuffer" });
  const stream = await client.get("/bytes/1000", { responseType: "stream" });
  let streamed = 0;
  for await (const chunk of stream.data) streamed += chunk.length;
  const controller = new AbortController();
  const aborted = failure(client.get("/slow/3000", { signal: controller.signal }));
  setTimeout(() => controller.abort(), 20);
  const many = await Promise.all([1, 2, 3, 4, 5].map((n) => client.get("/echo", { params: { n } })));
  return {
    get: [get.status, get.statusText, get.data, get.marked, get.headers["content-type"], get.request !== undefined],
    post: post.data,
    form: form.data,
    encoded: [encoded.data.headers["content-type"].split(";")[0], encoded.data.body.includes('name="field"')],
    put: [put.data.method, put.data.body, put.data.headers.authorization],
    bytes: [bytes.data.length, bytes.data[7]],
    streamed,
    gzip: (await client.get("/gzip")).data,
    redirect: (await client.get("/redirect/2")).data,
    head: (await client.head("/json")).headers["content-type"],
    text: (await client.get("/text", { transformResponse: [(data) => data.toUpperCase()] })).data,
    failures: [
      await failure(client.get("/status/404")),
      await failure(client.get("/status/500")),
      await failure(client.get("/slow/3000", { timeout: 30 })),
      await aborted,
      await failure(client.get("/redirect/9", { maxRedirects: 2 })),
      await failure(client.get("/status/418", { validateStatus: () => true })),
    ],
    many: many.map(({ data }) => data.url),
    seen: seen.length,
  };
};
