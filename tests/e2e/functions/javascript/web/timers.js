// performance, queueMicrotask and reportError's neighbours: what tells time and order.

let checks = 0;

function same(actual, expected, what) {
  checks++;
  const [got, want] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== want) throw new Error(`${what}: got ${got}, want ${want}`);
}

const nameOf = (run) => {
  try {
    run();
  } catch (error) {
    return error.name;
  }
  return "no failure";
};

async function order() {
  const seen = [];
  setTimeout(() => seen.push("timer"), 0);
  queueMicrotask(() => seen.push("microtask"));
  Promise.resolve().then(() => seen.push("promise"));
  seen.push("now");
  await new Promise((resolve) => setTimeout(resolve, 5));
  same(seen, ["now", "microtask", "promise", "timer"], "order");
  same(nameOf(() => queueMicrotask("x")), "TypeError", "queueMicrotask of text");
}

async function time() {
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 10));
  const spent = performance.now() - start;
  same(spent >= 9 && spent < 5000, true, `time passes: ${spent}`);
  same(Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000, true, "timeOrigin");
  const mark = performance.mark("a", { startTime: 5, detail: { d: 1 } });
  same([mark.name, mark.entryType, mark.startTime, mark.duration, mark.detail], ["a", "mark", 5, 0, { d: 1 }], "mark");
  performance.mark("b", { startTime: 8 });
  const measure = performance.measure("m", "a", "b");
  same([measure.startTime, measure.duration, measure.entryType], [5, 3, "measure"], "measure");
  same(performance.measure("n", { start: 2, duration: 3 }).duration, 3, "measure with options");
  same(performance.getEntriesByName("m").length, 1, "getEntriesByName");
  same(performance.getEntriesByType("mark").map((entry) => entry.name), ["a", "b"], "getEntriesByType");
  performance.clearMarks("a");
  performance.clearMeasures();
  same(performance.getEntriesByType("mark").length + performance.getEntriesByType("measure").length, 1, "clear");
  same(nameOf(() => performance.measure("x", "unknown")), "SyntaxError", "an unknown mark");
  same(nameOf(() => performance.mark("x", { startTime: -1 })), "TypeError", "a time below zero");
  const seen = new Promise((resolve) => {
    new PerformanceObserver((list, observer) => {
      observer.disconnect();
      resolve(list.getEntries().map((entry) => entry.name));
    }).observe({ entryTypes: ["mark"] });
  });
  performance.mark("c");
  same(await seen, ["c"], "PerformanceObserver");
  performance.clearMarks();
}

export const handler = async () => {
  await order();
  await time();
  const error = new DOMException("m", "NotFoundError");
  same([error.name, error.message, error.code, error instanceof Error, String(error), DOMException.NOT_FOUND_ERR],
    ["NotFoundError", "m", 8, true, "NotFoundError: m", 8], "DOMException");
  return { checks };
};
