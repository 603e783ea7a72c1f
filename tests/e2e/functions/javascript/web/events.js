// Event, EventTarget, AbortController and MessageChannel.

let checks = 0;

function same(actual, expected, what) {
  checks++;
  const [got, want] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== want) throw new Error(`${what}: got ${got}, want ${want}`);
}

function fails(run, name, what) {
  checks++;
  try {
    run();
  } catch (error) {
    if (error.name !== name) throw new Error(`${what}: failed with ${error}, want ${name}`);
    return error;
  }
  throw new Error(`${what}: did not fail`);
}

function events() {
  const event = new Event("x", { cancelable: true, bubbles: 1 });
  same([event.type, event.bubbles, event.cancelable, event.composed, event.defaultPrevented, event.eventPhase,
    event.isTrusted, event.target, event.currentTarget, event.composedPath()],
  ["x", true, true, false, false, 0, false, null, null, []], "a new event");
  event.preventDefault();
  same([event.defaultPrevented, event.returnValue], [true, false], "preventDefault");
  same(typeof event.timeStamp, "number", "timeStamp");
  same([Event.AT_TARGET, event.BUBBLING_PHASE, Event.NONE], [2, 3, 0], "constants");
  fails(() => new Event(), "TypeError", "no type");
  const trusted = Object.getOwnPropertyDescriptor(event, "isTrusted");
  same([typeof trusted.get, trusted.configurable, trusted.enumerable], ["function", false, true],
    "isTrusted is its own");
  same(new CustomEvent("c", { detail: { a: 1 } }).detail, { a: 1 }, "detail");
  same(new CustomEvent("c").detail, null, "no detail");
  same([new MessageEvent("m", { data: 5, origin: "o" }).data, Object.isFrozen(new MessageEvent("m").ports)], [5, true],
    "MessageEvent");
  const error = new ErrorEvent("error", { message: "m", lineno: 3, error: 7 });
  same([error.message, error.filename, error.lineno, error.colno, error.error], ["m", "", 3, 0, 7], "ErrorEvent");
  const progress = new ProgressEvent("p", { lengthComputable: true, loaded: 1, total: 2 });
  same([progress.lengthComputable, progress.loaded, progress.total], [true, 1, 2], "ProgressEvent");
}

function targets() {
  const target = new EventTarget();
  const seen = [];
  const add = (name, options) => target.addEventListener("x", (event) => {
    seen.push([name, event.eventPhase, event.target === target, event.currentTarget === target]);
  }, options);
  add("bubble");
  add("capture", true);
  add("once", { once: true });
  same(target.dispatchEvent(new Event("x")), true, "dispatch");
  target.dispatchEvent(new Event("x"));
  same(seen.map((item) => item[0]), ["capture", "bubble", "once", "capture", "bubble"], "order, and once");
  same(seen[0].slice(1), [2, true, true], "phase and targets");

  const twice = new EventTarget();
  let count = 0;
  const listener = () => { count++; };
  twice.addEventListener("x", listener);
  twice.addEventListener("x", listener);
  twice.addEventListener("x", listener, { capture: true });
  twice.dispatchEvent(new Event("x"));
  same(count, 2, "the same listener counts once for each capture");
  twice.removeEventListener("x", listener);
  twice.dispatchEvent(new Event("x"));
  same(count, 3, "one was removed");
  const object = { handleEvent() { count += this === object ? 10 : 100; } };
  twice.addEventListener("y", object);
  twice.dispatchEvent(new Event("y"));
  same(count, 13, "handleEvent");
  twice.addEventListener("z", null);
  fails(() => twice.addEventListener("z", 5), "TypeError", "a number is no listener");
  fails(() => twice.addEventListener("z"), "TypeError", "no listener");
  fails(() => twice.dispatchEvent({ type: "x" }), "TypeError", "no event");

  const stop = new EventTarget();
  const order = [];
  stop.addEventListener("x", (event) => { order.push(1); event.stopImmediatePropagation(); });
  stop.addEventListener("x", () => order.push(2));
  stop.dispatchEvent(new Event("x"));
  same(order, [1], "stopImmediatePropagation");
  const again = new EventTarget();
  again.addEventListener("x", (event) => {
    fails(() => again.dispatchEvent(event), "InvalidStateError", "while it is dispatched");
    event.preventDefault();
  });
  same(again.dispatchEvent(new Event("x", { cancelable: true })), false, "prevented");
  again.addEventListener("p", (event) => event.preventDefault(), { passive: true });
  same(again.dispatchEvent(new Event("p", { cancelable: true })), true, "a passive listener prevents nothing");
  const removed = new EventTarget();
  const late = () => order.push("late");
  removed.addEventListener("x", () => removed.removeEventListener("x", late));
  removed.addEventListener("x", late);
  removed.dispatchEvent(new Event("x"));
  same(order, [1], "removed while dispatching");
  const controller = new AbortController();
  removed.addEventListener("s", () => order.push("s"), { signal: controller.signal });
  removed.dispatchEvent(new Event("s"));
  controller.abort();
  removed.dispatchEvent(new Event("s"));
  same(order, [1, "s"], "a signal removes the listener");
  class Own extends EventTarget {}
  same(new Own() instanceof EventTarget, true, "can be extended");
}

async function aborts() {
  const controller = new AbortController();
  const { signal } = controller;
  const seen = [];
  signal.onabort = (event) => seen.push(["on", event.type, event.isTrusted, event.target === signal]);
  signal.addEventListener("abort", () => seen.push(["listener", signal.aborted]));
  same([signal.aborted, signal.reason], [false, undefined], "a new signal");
  signal.throwIfAborted();
  controller.abort();
  controller.abort("again");
  same(seen, [["on", "abort", true, true], ["listener", true]], "abort is told once");
  same([signal.reason.name, signal.reason.code, signal.reason instanceof DOMException], ["AbortError", 20, true],
    "reason");
  fails(() => signal.throwIfAborted(), "AbortError", "throwIfAborted");
  fails(() => new AbortSignal(), "TypeError", "no constructor");
  same(AbortSignal.abort("r").reason, "r", "AbortSignal.abort");
  same(AbortSignal.abort().reason.name, "AbortError", "AbortSignal.abort without a reason");
  const [a, b] = [new AbortController(), new AbortController()];
  const any = AbortSignal.any([a.signal, b.signal]);
  const all = AbortSignal.any([any]);
  let order = "";
  a.signal.addEventListener("abort", () => { order += "a"; });
  b.signal.addEventListener("abort", () => { order += "b"; same([any.aborted, all.aborted], [true, true],
    "all are marked first"); });
  any.addEventListener("abort", () => { order += "y"; });
  all.addEventListener("abort", () => { order += "z"; });
  b.abort("why");
  a.abort("late");
  same([any.reason, all.reason, order], ["why", "why", "byza"], "any");
  same(AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]).reason, 1, "any of aborted");
  same(AbortSignal.any([]).aborted, false, "any of none");
  fails(() => AbortSignal.any([{}]), "TypeError", "any of others");
  const timeout = AbortSignal.timeout(5);
  await new Promise((resolve) => { timeout.onabort = resolve; });
  same(timeout.reason.name, "TimeoutError", "timeout");
  fails(() => AbortSignal.timeout(-1), "TypeError", "timeout below zero");
}

async function messages() {
  const { port1, port2 } = new MessageChannel();
  const got = [];
  const done = new Promise((resolve) => {
    port2.onmessage = (event) => {
      got.push(event.data);
      if (got.length === 2) resolve(event);
    };
  });
  const sent = { a: [1, new Date(5)] };
  port1.postMessage(sent);
  sent.a.push("later");
  const buffer = new ArrayBuffer(8);
  port1.postMessage(buffer, [buffer]);
  same(got.length, 0, "not at once");
  const event = await done;
  same([got[0], got[1].byteLength, buffer.byteLength, event.constructor.name],
    [{ a: [1, "1970-01-01T00:00:00.005Z"] }, 8, 0, "MessageEvent"], "messages");
  const other = new MessageChannel();
  const moved = new Promise((resolve) => { port2.onmessage = ({ ports, data }) => resolve([ports[0], data]); });
  other.port2.postMessage("before");
  port1.postMessage("a port", [other.port1]);
  const [port, data] = await moved;
  same(data, "a port", "a port is sent");
  const early = await new Promise((resolve) => { port.onmessage = ({ data: text }) => resolve(text); });
  same(early, "before", "what came before goes with it");
  fails(() => port1.postMessage(() => {}), "DataCloneError", "a function cannot be sent");
  for (const it of [port1, other.port2]) it.close();
}

export const handler = async () => {
  events();
  targets();
  await aborts();
  await messages();
  same([typeof WebSocket, typeof Worker, typeof BroadcastChannel,
    typeof EventSource].every((kind) => kind === "undefined")
    || navigator.userAgent !== "Hydra", true, "what is absent");
  same(typeof navigator.userAgent, "string", "navigator");
  return { checks };
};
