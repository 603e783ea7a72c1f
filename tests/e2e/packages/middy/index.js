// Middleware around a handler of Lambda.

import middy from "@middy/core";

const order = [];
const layer = (name) => ({
  before: async (request) => {
    order.push(`before ${name}`);
    if (request.event.endpoint === name) return { early: true };
    request.context[name] = true;
  },
  after: async (request) => {
    order.push(`after ${name}`);
    request.response = { ...request.response, [name]: true };
  },
  onError: async (request) => {
    order.push(`error ${name}: ${request.error.message}`);
    if (name === "outer") request.response = { failed: request.error.message };
  },
});

const inner = middy({ timeoutEarlyInMillis: 0 })
  .use([layer("outer"), layer("inner")])
  .handler(async (event, context) => {
    order.push("handler");
    if (event.fail) throw new Error("on purpose");
    return { request: typeof context.awsRequestId, seen: [context.outer, context.inner] };
  });

export const handler = async (event, context) => {
  order.length = 0;
  const good = await inner(event, context);
  const bad = await inner({ ...event, fail: true }, context);
  const early = await inner({ endpoint: "inner" }, context);
  return { good, bad, early, order: [...order] };
};
