// `performance`: time since the sandbox first asked for it, marks and measures.
//
// The engine's own origin is when the base image was made, so a second one is laid over it at the first question.

import { performance as engine } from "./engine.js";

let origin = null;

// The first answer is above zero too.
function begin(at) {
  return (origin ??= at - 1);
}

/** Milliseconds since the origin. */
export function now() {
  const at = engine.now();
  return at - begin(at);
}

/** The origin, in milliseconds since 1970. */
export function timeOrigin() {
  return engine.timeOrigin + begin(engine.now());
}
