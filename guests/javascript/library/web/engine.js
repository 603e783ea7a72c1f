// What the engine has of the Web's globals, taken before the library puts its own in their place.

const { performance, atob, btoa, queueMicrotask, DOMException } = globalThis;

export { DOMException, atob, btoa, performance, queueMicrotask };
