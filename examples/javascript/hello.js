// The smallest function: an ECMAScript module that exports `handler`.
// The event is parsed JSON, the value returned becomes the JSON reply.

export function handler(event) {
  return { message: `Hello, ${event?.name ?? "world"}!` };
}
