// Streams, and those that compress.

let checks = 0;

function same(actual, expected, what) {
  checks++;
  const [got, want] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== want) throw new Error(`${what}: got ${got}, want ${want}`);
}

const of = (...items) => new ReadableStream({
  start(controller) {
    for (const item of items) controller.enqueue(item);
    controller.close();
  },
});

async function collect(stream) {
  const found = [];
  for await (const item of stream) found.push(item);
  return found;
}

const failure = (promise) => promise.then(() => "no failure", (error) => error.name);

async function reading() {
  same(await collect(of(1, 2, 3)), [1, 2, 3], "for await");
  const reader = of("a").getReader();
  same([await reader.read(), await reader.read()], [{ value: "a", done: false }, { done: true }], "read");
  let pulled = 0;
  const lazy = new ReadableStream({
    pull(controller) {
      if (pulled++ === 2) controller.close();
      else controller.enqueue(pulled);
    },
  }, { highWaterMark: 0 });
  same(pulled, 0, "nothing is pulled before it is read");
  same(await collect(lazy), [1, 2], "pull");
  const locked = of(1);
  locked.getReader();
  same([locked.locked, await failure(locked.cancel())], [true, "TypeError"], "a locked stream");
  let cancelled;
  const stopped = new ReadableStream({ cancel(reason) { cancelled = reason; } });
  for await (const _ of ReadableStream.from([1])) break;
  await stopped.cancel("why");
  same(cancelled, "why", "cancel");
  const failed = new ReadableStream({ start(controller) { controller.error(new RangeError("r")); } });
  same(await failure(failed.getReader().read()), "RangeError", "error");
  same(await collect(ReadableStream.from((async function* () { yield 1; yield 2; })())), [1, 2], "from");
  const [a, b] = of(1, 2).tee();
  same([await collect(a), await collect(b)], [[1, 2], [1, 2]], "tee");
}

async function bytes() {
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const view = controller.byobRequest?.view;
      if (view) {
        new Uint8Array(view.buffer, view.byteOffset)[0] = 7;
        controller.byobRequest.respond(1);
      } else {
        controller.enqueue(Uint8Array.of(8, 9));
      }
    },
  });
  const reader = stream.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(4));
  same([value.length, value.buffer.byteLength, value[0]], [1, 4, 7], "byob");
  reader.releaseLock();
  same([...(await stream.getReader().read()).value], [8, 9], "the same stream without a buffer");
}

async function writing() {
  const written = [];
  const sink = new WritableStream({
    write(chunk) { written.push(chunk); },
    close() { written.push("closed"); },
  });
  await of(1, 2).pipeTo(sink);
  same(written, [1, 2, "closed"], "pipeTo");
  const writer = new WritableStream({}, new CountQueuingStrategy({ highWaterMark: 2 })).getWriter();
  same(writer.desiredSize, 2, "desiredSize");
  writer.write("x");
  same(writer.desiredSize, 1, "desiredSize after a write");
  let reason;
  const aborted = new WritableStream({ abort(why) { reason = why; } });
  await aborted.abort("stop");
  same(reason, "stop", "abort");
  const upper = new TransformStream({
    transform(chunk, controller) { controller.enqueue(chunk.toUpperCase()); },
    flush(controller) { controller.enqueue("END"); },
  });
  same(await collect(of("a", "b").pipeThrough(upper)), ["A", "B", "END"], "pipeThrough");
  const controller = new AbortController();
  const endless = new ReadableStream({ pull(it) { it.enqueue(1); } });
  const piping = endless.pipeTo(new WritableStream({ write: () => new Promise((resolve) => setTimeout(resolve, 1)) }),
    { signal: controller.signal });
  setTimeout(() => controller.abort(), 3);
  same(await failure(piping), "AbortError", "pipeTo with a signal");
  same(new ByteLengthQueuingStrategy({ highWaterMark: 5 }).size(new Uint8Array(3)), 3, "ByteLengthQueuingStrategy");
  let signal;
  const signalled = new WritableStream({ start(it) { signal = it.signal; } });
  same([signal instanceof AbortSignal, signal.aborted], [true, false], "the signal of a sink");
  await signalled.abort();
  same(signal.aborted, true, "the signal aborts");
}

async function compression() {
  const text = "compress me, ".repeat(5000);
  const source = new TextEncoder().encode(text);
  for (const format of ["gzip", "deflate", "deflate-raw"]) {
    const packed = await new Response(
      new Blob([source]).stream().pipeThrough(new CompressionStream(format)),
    ).arrayBuffer();
    same(packed.byteLength < 2000, true, `${format} is smaller`);
    const back = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream(format))).text();
    same(back === text, true, `${format} comes back`);
    const cut = new Blob([packed.slice(0, -6)]).stream().pipeThrough(new DecompressionStream(format));
    same(await failure(new Response(cut).text()), "TypeError", `${format} that is cut`);
    const more = new Blob([packed, "x"]).stream().pipeThrough(new DecompressionStream(format));
    same(await failure(new Response(more).text()), "TypeError", `${format} with more after it`);
    const empty = of().pipeThrough(new CompressionStream(format)).pipeThrough(new DecompressionStream(format));
    same(await new Response(empty).text(), "", `${format} of nothing`);
  }
  // "hello" as gzip of Python's zlib.
  const known = Uint8Array.fromBase64?.("H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==");
  if (known) same(await new Response(of(known).pipeThrough(new DecompressionStream("gzip"))).text(), "hello",
    "a known gzip");
  const bad = of(Uint8Array.of(1, 2, 3, 4)).pipeThrough(new DecompressionStream("gzip"));
  same(await failure(new Response(bad).text()), "TypeError", "no gzip");
  same(await failure(collect(of("text").pipeThrough(new CompressionStream("gzip")))), "TypeError", "text is not bytes");
  for (const Class of [CompressionStream, DecompressionStream]) {
    let name = "no failure";
    try {
      new Class("zip");
    } catch (error) {
      name = error.name;
    }
    same(name, "TypeError", "an unknown format");
  }
}

export const handler = async () => {
  await reading();
  await bytes();
  await writing();
  await compression();
  return { checks };
};
