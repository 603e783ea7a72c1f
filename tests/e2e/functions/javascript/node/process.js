// `node:process`, `node:console`, `node:os`, `node:net` addresses, `node:module` and `node:perf_hooks`.

const assert = require("node:assert");
const { Console } = require("node:console");
const { Writable } = require("node:stream");

function capture() {
  let text = "";
  const stdout = new Writable({
    write(chunk, encoding, callback) {
      text += chunk;
      callback();
    },
  });
  return {
    stdout,
    take() {
      const out = text;
      text = "";
      return out;
    },
  };
}

const tests = {
  "console writes what Node writes"() {
    const { stdout, take } = capture();
    const c = new Console(stdout, stdout);
    const cases = [
      [() => c.log("a %s", "b", 1), "a b 1\n"],
      [() => c.log(), "\n"],
      [() => c.error({ a: [1] }), "{ a: [ 1 ] }\n"],
      [() => c.assert(true, "no"), ""],
      [() => c.assert(false, "bad %d", 1), "Assertion failed: bad 1\n"],
      [() => c.assert(false), "Assertion failed\n"],
      [
        () => {
          c.group("g");
          c.log("in\nside");
          c.groupEnd();
          c.log("out");
        },
        "g\n  in\n  side\nout\n",
      ],
      [
        () => {
          c.count();
          c.count("x");
          c.count();
          c.countReset();
          c.count();
        },
        "default: 1\nx: 1\ndefault: 2\ndefault: 1\n",
      ],
      [() => c.dir({ a: { b: { c: {} } } }, { depth: 0 }), "{ a: [Object] }\n"],
      [
        () => c.table([{ a: 1, b: "x" }, { a: 2 }]),
        [
          "┌─────────┬───┬─────┐",
          "│ (index) │ a │ b   │",
          "├─────────┼───┼─────┤",
          "│ 0       │ 1 │ 'x' │",
          "│ 1       │ 2 │     │",
          "└─────────┴───┴─────┘",
          "",
        ].join("\n"),
      ],
      [
        () => c.table([1, "z"]),
        [
          "┌─────────┬────────┐",
          "│ (index) │ Values │",
          "├─────────┼────────┤",
          "│ 0       │ 1      │",
          "│ 1       │ 'z'    │",
          "└─────────┴────────┘",
          "",
        ].join("\n"),
      ],
      [() => c.table(5), "5\n"],
    ];
    for (const [run, text] of cases) {
      run();
      assert.strictEqual(take(), text, String(run));
    }
    c.time("t");
    c.timeEnd("t");
    assert.match(take(), /^t: [\d.]+ms\n$/);
    c.trace("here");
    assert.match(take(), /^Trace: here\n\s+at /);
    const { log } = c;
    log("unbound");
    assert.strictEqual(take(), "unbound\n");
    assert.ok(c instanceof Console && console instanceof Console);
    assert.strictEqual(console.Console, Console);
  },
  async "process tells what it is"() {
    assert.strictEqual(require("node:process"), process);
    assert.strictEqual(require("process"), process);
    assert.match(process.version, /^v(20|22)\.\d+\.\d+$/);
    assert.strictEqual(`v${process.versions.node}`, process.version);
    assert.strictEqual(process.platform, "linux");
    assert.strictEqual(process.release.name, "node");
    assert.ok(Array.isArray(process.argv) && process.argv.slice(2).length >= 0);
    assert.strictEqual(typeof process.env, "object");
    process.env.ADDED = "x";
    assert.strictEqual(process.env.ADDED, "x");
    delete process.env.ADDED;
    assert.ok(!("ADDED" in process.env));
    assert.strictEqual(typeof process.cwd(), "string");
    assert.strictEqual(typeof process.pid, "number");
    const [s, ns] = process.hrtime();
    assert.ok(s >= 0 && ns >= 0 && ns < 1e9);
    const [ds, dns] = process.hrtime([s, ns]);
    assert.ok(ds >= 0 && dns >= 0);
    assert.strictEqual(typeof process.hrtime.bigint(), "bigint");
    assert.ok(process.uptime() >= 0);
    assert.deepStrictEqual(Object.keys(process.memoryUsage()).sort(), [
      "arrayBuffers",
      "external",
      "heapTotal",
      "heapUsed",
      "rss",
    ]);
    assert.strictEqual(process.stdout.fd, 1);
    assert.strictEqual(process.stderr.fd, 2);
    assert.ok(process.stdout instanceof Writable && process.stdout.write(""));
    assert.strictEqual(typeof process.umask(), "number");
    assert.throws(() => process.binding("nope"), Error);
    assert.strictEqual(Object.prototype.toString.call(process), "[object process]");
    const warned = new Promise((resolve) => process.once("warning", resolve));
    process.emitWarning("careful", "CustomWarning", "C1");
    const warning = await warned;
    assert.deepStrictEqual([warning.name, warning.message, warning.code], ["CustomWarning", "careful", "C1"]);
    if (process.getBuiltinModule) assert.strictEqual(process.getBuiltinModule("node:path"), require("path"));
  },
  os() {
    const os = require("node:os");
    assert.strictEqual(os.EOL, "\n");
    assert.strictEqual(os.endianness(), "LE");
    assert.strictEqual(os.platform(), "linux");
    assert.strictEqual(os.constants.signals.SIGTERM, 15);
    assert.strictEqual(os.constants.errno.ENOENT, 2);
    assert.ok(os.cpus().length >= 1 && os.totalmem() >= 0 && os.tmpdir() === "/tmp" && os.hostname().length > 0);
    assert.deepStrictEqual(os.loadavg().length, 3);
  },
  addresses() {
    const net = require("node:net");
    const cases = {
      "127.0.0.1": 4,
      "255.255.255.255": 4,
      "1.2.3": 0,
      "256.1.1.1": 0,
      "01.2.3.4": 0,
      "": 0,
      "::1": 6,
      "::": 6,
      "1::": 6,
      "fe80::1%eth0": 6,
      "::ffff:1.2.3.4": 6,
      "1:2:3:4:5:6:7:8": 6,
      "1:2:3:4:5:6:7": 0,
      "1:2:3:4:5:6:7::": 6,
      "1:2:3:4:5:6:7:8:9": 0,
      ":::": 0,
      "1::2::3": 0,
      "12345::": 0,
      "g::": 0,
      "1:2:3:4:5:6:1.2.3.4": 6,
      "::1.2.3": 0,
    };
    for (const [address, family] of Object.entries(cases)) assert.strictEqual(net.isIP(address), family, address);
    const list = new net.BlockList();
    list.addSubnet("10.0.0.0", 8);
    list.addAddress("::1", "ipv6");
    list.addRange("192.168.0.1", "192.168.0.9");
    assert.deepStrictEqual(
      ["10.1.2.3", "11.0.0.1", "192.168.0.5", "192.168.0.10"].map((a) => list.check(a)),
      [true, false, true, false],
    );
    assert.ok(list.check("::1", "ipv6") && !list.check("::2", "ipv6") && list.check("::ffff:10.0.0.1", "ipv6"));
  },
  modules() {
    const { createRequire, builtinModules, isBuiltin } = require("node:module");
    assert.ok(builtinModules.includes("fs/promises") || builtinModules.includes("path"));
    assert.ok(isBuiltin("node:path") && isBuiltin("path") && !isBuiltin("nope"));
    assert.strictEqual(createRequire("file:///a/b.js")("path"), require("path"));
    assert.throws(() => createRequire("relative.js"), { code: "ERR_INVALID_ARG_VALUE" });
    for (const name of ["path", "util", "events", "stream", "crypto", "url"])
      assert.strictEqual(require(`node:${name}`), require(name));
    assert.strictEqual(require("path/posix"), require("path").posix);
    assert.strictEqual(require("stream/promises"), require("stream").promises);
    assert.strictEqual(require("util/types"), require("util").types);
    assert.strictEqual(require("sys"), require("util"));
  },
  performance() {
    const { performance: p, createHistogram } = require("node:perf_hooks");
    assert.strictEqual(p, performance);
    assert.ok(p.now() >= 0);
    assert.strictEqual(p.timerify((x) => x + 1)(1), 2);
    const h = createHistogram();
    h.record(5);
    h.record(15);
    assert.deepStrictEqual([h.min, h.max, h.count], [5, 15, 2]);
    assert.strictEqual(require("node:worker_threads").isMainThread, true);
    assert.strictEqual(require("node:tty").isatty(0), false);
    assert.strictEqual(require("node:punycode").encode("mañana"), "maana-pta");
  },
};

exports.handler = async () => {
  for (const [name, run] of Object.entries(tests)) {
    try {
      await run();
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
  }
  return { checks: Object.keys(tests).length };
};
