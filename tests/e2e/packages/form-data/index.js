// Multipart bodies as streams and as buffers, and one that sends itself with Node's HTTP client.

const FormData = require("form-data");
const http = require("node:http");
const { Readable } = require("node:stream");

exports.handler = async ({ endpoint }) => {
  const form = new FormData();
  form.setBoundary("fixed-boundary");
  form.append("text", "välue");
  form.append("number", 7);
  form.append("file", Buffer.from([1, 2, 3]), { filename: "a.png", knownLength: 3 });
  const buffer = form.getBuffer().toString("latin1");
  const length = await new Promise((resolve, reject) =>
    form.getLength((error, bytes) => (error ? reject(error) : resolve(bytes))),
  );
  const own = new FormData();
  own.append("stream", Readable.from([Buffer.from("from "), Buffer.from("a stream")]), {
    filename: "s.txt",
    contentType: "text/plain",
  });
  own.append("after", "x");
  const reply = await new Promise((resolve, reject) => {
    const request = http.request(`${endpoint}/echo`, { method: "POST", headers: own.getHeaders() }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve(JSON.parse(body)));
    });
    request.on("error", reject);
    own.pipe(request);
  });
  return {
    buffer,
    length,
    headers: form.getHeaders({ "x-own": "1" }),
    sent: reply.body.replaceAll(own.getBoundary(), "BOUNDARY"),
  };
};
