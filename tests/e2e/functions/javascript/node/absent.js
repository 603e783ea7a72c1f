// What a sandbox has not says so: modules load, and calls throw an error that names what to do instead.

const assert = require("node:assert");

const CODE = "ERR_METHOD_NOT_IMPLEMENTED";
const calls = {
  child_process: ["spawn", "exec", "execSync", "fork"],
  cluster: ["fork"],
  dgram: ["createSocket"],
  dns: ["lookup", "resolve4"],
  "dns/promises": ["lookup"],
  http2: ["connect", "createServer"],
  net: ["connect", "createConnection", "createServer"],
  readline: ["createInterface"],
  "readline/promises": ["createInterface"],
  repl: ["start"],
  tls: ["connect"],
  v8: ["serialize", "writeHeapSnapshot"],
  vm: ["runInNewContext", "createContext"],
  inspector: ["open"],
  async_hooks: ["createHook"],
  perf_hooks: ["monitorEventLoopDelay"],
  crypto: ["publicEncrypt", "createDiffieHellman", "generatePrime"],
  zlib: ["zstdCompress"],
};
const classes = {
  worker_threads: ["Worker"],
  vm: ["Script"],
  net: ["Socket", "Server"],
  tls: ["TLSSocket"],
  inspector: ["Session"],
  crypto: ["X509Certificate"],
};

exports.handler = async () => {
  let checks = 0;
  for (const [name, functions] of Object.entries(calls)) {
    for (const call of functions) {
      const expected = new RegExp(`${call} is not available in Hydra: .{10}`);
      assert.throws(() => require(`node:${name}`)[call](), { code: CODE, message: expected }, `${name}.${call}`);
      assert.strictEqual(require(name)[call].name, call);
      checks++;
    }
  }
  for (const [name, constructors] of Object.entries(classes)) {
    for (const Class of constructors) {
      assert.throws(() => new (require(name)[Class])(), { code: CODE }, `${name}.${Class}`);
      checks++;
    }
  }
  assert.throws(() => require("node:http").createServer().listen(80), { code: CODE, message: /called by events/ });
  assert.throws(() => process.chdir("/tmp"), { code: CODE });
  assert.throws(() => process.dlopen({}, "x.node"), { code: CODE });
  assert.throws(() => require("node:https").request("https://x.test", { key: "k" }), { code: CODE });
  assert.throws(() => require("node:crypto").generateKeyPairSync("rsa", { modulusLength: 2048 }), { code: CODE });
  for (const missing of ["node:test", "node:sqlite", "node:sea"]) assert.throws(() => require(missing), Error, missing);
  return { checks: checks + 8 };
};
