// Asks another server for JSON. The sandbox holds no thread and no stack while it waits.
// It reaches public addresses, unless `egress` says otherwise at registration; loopback only where that names it.
//
// Event: `url`; `body` to POST as JSON, else it is a GET; `timeout_ms`.

const TIMEOUT_MS = 2000;

async function ask({ url, body, timeout_ms: timeout = TIMEOUT_MS }) {
  const post = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(url, {
    ...(body === undefined ? {} : post),
    // Also ends a body that comes too slowly.
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) {
    throw new Error(`it answered ${response.status} ${response.statusText}`);
  }
  return response.json();
}

export async function handler(event) {
  if (typeof event?.url !== "string") {
    throw new TypeError("the event needs a `url`");
  }
  try {
    return { answer: await ask(event) };
  } catch (error) {
    // What went wrong on the way is the cause: no such name, refused, not allowed by `egress`.
    return { failed: error.cause?.message ?? error.message };
  }
}
