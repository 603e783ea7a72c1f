// Runs one file of the Web Platform Tests per call; the runner (xtask/src/wpt.rs) gives every call a sandbox of its
// own.
//
// The event: `scripts` ([{ name, text }], testharness.js first), `files` (texts by URL, what the test may fetch of its
// own folder), `location` (the test's URL), `limit_ms`. The reply: `ended`, the harness's `status` and `message`, and
// `tests` ([{ name, status, message }]).

const evaluate = globalThis.eval;
const { setTimeout, clearTimeout } = globalThis;

// What a browser's worker would have around the test.
function surroundings({ files, location }) {
  const place = new URL(location);
  const given = globalThis.fetch;
  globalThis.self ??= globalThis;
  globalThis.GLOBAL = { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false };
  globalThis.location = {
    href: place.href, origin: place.origin, protocol: place.protocol, host: place.host, hostname: place.hostname,
    port: place.port, pathname: place.pathname, search: place.search, hash: place.hash,
    toString() { return this.href; },
  };
  globalThis.fetch = function fetch(input, init) {
    if (typeof input === "string" && !/^[a-z]+:/i.test(input)) {
      const url = new URL(input, place).href;
      if (Object.hasOwn(files, url)) return Promise.resolve(new Response(files[url]));
      input = url.endsWith("/echo-content.py") ? `http://${place.searchParams.get("peer")}/content` : url;
    }
    return given(input, init);
  };
}

// What some scripts of the suite need of a browser, by the script's name.
const NEEDS = {
  // Says of what is exposed to windows that it must be there.
  "resources/idlharness.js"() { globalThis.Window = class Window {}; },
  // Reads blobs by it, in tests that are about blobs.
  "FileAPI/support/Blob.js"() {
    globalThis.FileReader = class FileReader {
      readAsText(blob) { this.#read(blob.text()); }
      readAsArrayBuffer(blob) { this.#read(blob.arrayBuffer()); }
      #read(promise) {
        promise.then((result) => {
          this.result = result;
          this.onload?.({ target: this });
          this.onloadend?.({ target: this });
        }, (error) => {
          this.error = error;
          this.onerror?.({ target: this });
          this.onloadend?.({ target: this });
        });
      }
    };
  },
};

// Scripts whose own way leads through WebAssembly.
const INSTEAD = {
  "common/sab.js": `const createBuffer = (type, length, options) =>
    new (type === "ArrayBuffer" ? ArrayBuffer : SharedArrayBuffer)(length, options);`,
};

// What one `eval` declares with `let`, `const` or `class`, or in strict mode, the next does not see: such scripts
// become one.
const OWN = /^(?:let|const|class)\s|^\s*['"]use strict['"]/m;

function joined([harness, ...given]) {
  for (const { name } of given) NEEDS[name]?.();
  const scripts = given.map(({ name, text }) => ({ name, text: INSTEAD[name] ?? text }));
  if (!scripts.slice(0, -1).some(({ text }) => OWN.test(text))) return [harness, ...scripts];
  const { name } = scripts.at(-1);
  return [harness, { name, text: scripts.map(({ text }) => text).join("\n;\n") }];
}

exports.handler = (event, context, callback) => {
  const tests = [];
  const reply = (ended, status, message) => {
    clearTimeout(timer);
    callback(null, { ended, status, message, tests });
  };
  const timer = setTimeout(() => reply(false, 2, null), event.limit_ms);
  surroundings(event);
  for (const [at, { name, text }] of joined(event.scripts).entries()) {
    try {
      evaluate(`${text}\n//# sourceURL=${name}`);
    } catch (error) {
      return reply(true, 1, `${name}: ${error?.name}: ${error?.message}`);
    }
    if (at === 0) observe(tests, reply);
  }
};

function observe(tests, reply) {
  globalThis.add_result_callback(({ name, status, message }) => {
    tests.push({ name: String(name).toWellFormed(), status, message });
  });
  globalThis.add_completion_callback((all, { status, message }) => {
    // A test that never ran has had no result.
    const told = new Set(tests.map(({ name }) => name));
    for (const { name, status, message } of all) {
      const known = String(name).toWellFormed();
      if (!told.has(known)) tests.push({ name: known, status, message });
    }
    reply(true, status, message);
  });
}
