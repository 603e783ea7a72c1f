// CompressionStream and DecompressionStream, from the Compression Standard.

const FORMATS = ["deflate", "deflate-raw", "gzip"];
const bytes = (text) => new TextEncoder().encode(text);

async function through(stream, ...chunks) {
  const writer = stream.writable.getWriter();
  const written = Promise.all([...chunks.map((chunk) => writer.write(chunk)), writer.close()]);
  written.catch(() => {});
  const parts = [];
  for await (const part of stream.readable) {
    assert_true(part instanceof Uint8Array);
    parts.push(part);
  }
  await written;
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const fromHex = (hex) => new Uint8Array(hex.match(/../g)?.map((pair) => parseInt(pair, 16)) ?? []);

for (const format of FORMATS) {
  for (const [what, ...chunks] of [
    ["nothing"],
    ["an empty chunk", new Uint8Array(0)],
    ["a short text", bytes("expected output")],
    ["several chunks", bytes("one "), bytes("two "), bytes("three")],
    ["a buffer and a view", bytes("abc").buffer, new DataView(bytes("xdefx").buffer, 1, 3)],
    ["a mebibyte of zeros", new Uint8Array(1 << 20)],
    ["what does not compress", Uint8Array.from({ length: 70_000 }, (_, at) => (at * 7919 + (at >> 3) * 104729) & 255)],
  ]) {
    promise_test(async () => {
      const packed = await through(new CompressionStream(format), ...chunks);
      const whole = new Uint8Array(await new Blob(chunks).arrayBuffer());
      const unpacked = await through(new DecompressionStream(format), packed);
      assert_equals(unpacked.length, whole.length);
      assert_true(unpacked.every((byte, at) => byte === whole[at]));
      if (whole.length === 1 << 20) assert_less_than(packed.length, 5000);
    }, `${format} there and back: ${what}`);
  }

  promise_test(async () => {
    const packed = await through(new CompressionStream(format), bytes("byte by byte"));
    const single = [...packed].map((byte) => new Uint8Array([byte]));
    assert_array_equals(await through(new DecompressionStream(format), ...single), bytes("byte by byte"));
  }, `${format} unpacked byte by byte`);

  promise_test(async (t) => {
    const packed = await through(new CompressionStream(format), bytes("cut short, cut short"));
    await promise_rejects_js(t, TypeError, through(new DecompressionStream(format), packed.subarray(0, -1)));
  }, `${format} that is cut short`);

  promise_test(async (t) => {
    const packed = await through(new CompressionStream(format), bytes("more"));
    await promise_rejects_js(t, TypeError, through(new DecompressionStream(format), packed, new Uint8Array([0])));
  }, `${format} with more behind it`);

  promise_test((t) => promise_rejects_js(t, TypeError, through(new DecompressionStream(format))), `${format} of nothing`);

  for (const bad of ["text", 1, null, undefined, {}, [65]]) {
    promise_test(async (t) => {
      for (const Class of [CompressionStream, DecompressionStream]) {
        const stream = new Class(format);
        const writer = stream.writable.getWriter();
        const reading = stream.readable.getReader().read();
        await promise_rejects_js(t, TypeError, writer.write(bad));
        await promise_rejects_js(t, TypeError, reading);
      }
    }, `${format} of ${JSON.stringify(bad)}, which is no bytes`);
  }
}

for (const [format, hex] of [
  ["deflate", "789ccb48cdc9c90700062c0216"], ["deflate", "789dcb48cdc9c90700062c0215"], ["deflate-raw", "ffcb48"],
  ["gzip", "1f8b0800000000000003cb48cdc9c9070086a6103705000000"], ["gzip", "1f8b0900000000000003"],
]) {
  promise_test((t) => promise_rejects_js(t, TypeError, through(new DecompressionStream(format), fromHex(hex))),
    `${format} that is damaged: ${hex}`);
}

for (const [format, hex, text] of [
  ["deflate", "789ccb48cdc9c907000" + "62c0215", "hello"],
  ["deflate-raw", "cb48cdc9c90700", "hello"],
  ["gzip", "1f8b0800000000000003cb48cdc9c9070086a6103605000000", "hello"],
  ["gzip", "1f8b0808000000000003780" + "0cb48cdc9c9070086a6103605000000", "hello"],
]) {
  promise_test(async () => {
    const unpacked = await through(new DecompressionStream(format), fromHex(hex));
    assert_equals(new TextDecoder().decode(unpacked), text);
  }, `${format} as others write it: ${hex.slice(0, 24)}`);
}

test(() => {
  for (const Class of [CompressionStream, DecompressionStream]) {
    for (const bad of ["", "a", "GZIP", "brotli "]) assert_throws_js(TypeError, () => new Class(bad), bad);
    assert_throws_js(TypeError, () => new Class());
    assert_throws_js(TypeError, () => Class("gzip"));
    assert_equals(Class.length, 1);
    const stream = new Class("gzip");
    assert_true(stream.readable instanceof ReadableStream);
    assert_true(stream.writable instanceof WritableStream);
    assert_equals(stream.readable, stream.readable);
    assert_equals(Object.prototype.toString.call(stream), `[object ${Class.name}]`);
    const { get, set } = Object.getOwnPropertyDescriptor(Class.prototype, "readable");
    assert_equals(set, undefined);
    assert_throws_js(TypeError, () => get.call({}));
  }
}, "the classes are as Web IDL has them");

promise_test(async () => {
  const packed = new Response("through pipes").body.pipeThrough(new CompressionStream("gzip"));
  const text = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
  assert_equals(text, "through pipes");
}, "pipeThrough");
