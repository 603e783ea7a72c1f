// Modules of Node that a sandbox cannot have, but that packages load to see what is there. Each call throws and says
// what to do instead.

import { absent, missing } from "./errors.js";
import EventEmitter from "./events.js";

const functions = (module, hint, names) =>
  Object.fromEntries(names.map((name) => [name, absent(`node:${module}.${name}`, hint)]));

function classes(module, hint, names, Base = Object) {
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        [name]: class extends Base {
          constructor() {
            super();
            throw missing(`node:${module}.${name}`, hint);
          }
        },
      }[name],
    ]),
  );
}

const processes = "a sandbox has no processes; call another function over HTTP instead";
const sockets = "a sandbox opens no sockets; use fetch or node:https, which the host's rules on egress govern";
const names = "names are resolved by the host when fetch or node:https is used";
const terminal = "a sandbox has no terminal";
const listening = "a function is called by events; it does not listen";
const code =
  "code is compiled when the function is registered; new Function() evaluates text in the function's own realm";
const inspection = "there is nothing to inspect from inside; console writes to the log of the invocation";

const child_process = {
  ...functions("child_process", processes, [
    "exec",
    "execFile",
    "execFileSync",
    "execSync",
    "fork",
    "spawn",
    "spawnSync",
  ]),
  ...classes("child_process", processes, ["ChildProcess"], EventEmitter),
};

const cluster = {
  isMaster: true,
  isPrimary: true,
  isWorker: false,
  workers: {},
  settings: {},
  SCHED_NONE: 1,
  SCHED_RR: 2,
  schedulingPolicy: 2,
  ...functions("cluster", processes, ["disconnect", "fork", "setupMaster", "setupPrimary"]),
  ...classes("cluster", processes, ["Worker"], EventEmitter),
};

const dgram = {
  ...functions("dgram", sockets, ["createSocket"]),
  ...classes("dgram", sockets, ["Socket"], EventEmitter),
};

const tls = {
  ...functions("tls", sockets, ["checkServerIdentity", "connect", "createSecureContext", "createServer", "getCiphers"]),
  ...classes("tls", sockets, ["SecureContext", "Server", "TLSSocket"], EventEmitter),
  CLIENT_RENEG_LIMIT: 3,
  CLIENT_RENEG_WINDOW: 600,
  DEFAULT_CIPHERS: "",
  DEFAULT_ECDH_CURVE: "auto",
  DEFAULT_MAX_VERSION: "TLSv1.3",
  DEFAULT_MIN_VERSION: "TLSv1.2",
  rootCertificates: [],
};

const LOOKUPS = [
  "getServers",
  "lookup",
  "lookupService",
  "resolve",
  "resolve4",
  "resolve6",
  "resolveAny",
  "resolveCaa",
  "resolveCname",
  "resolveMx",
  "resolveNaptr",
  "resolveNs",
  "resolvePtr",
  "resolveSoa",
  "resolveSrv",
  "resolveTxt",
  "reverse",
  "setServers",
];
const CODES = [
  "NODATA",
  "FORMERR",
  "SERVFAIL",
  "NOTFOUND",
  "NOTIMP",
  "REFUSED",
  "BADQUERY",
  "BADNAME",
  "BADFAMILY",
  "BADRESP",
  "CONNREFUSED",
  "TIMEOUT",
  "EOF",
  "FILE",
  "NOMEM",
  "DESTRUCTION",
  "BADSTR",
  "BADFLAGS",
  "NONAME",
  "BADHINTS",
  "NOTINITIALIZED",
  "LOADIPHLPAPI",
  "ADDRGETNETWORKPARAMS",
  "CANCELLED",
];
const order = { getDefaultResultOrder: () => "verbatim", setDefaultResultOrder() {} };
const dnsCodes = Object.fromEntries(CODES.map((name) => [name, `E${name}`]));
const dns_promises = {
  ...functions("dns/promises", names, LOOKUPS),
  ...classes("dns/promises", names, ["Resolver"]),
  ...order,
  ...dnsCodes,
};
const dns = {
  ...functions("dns", names, LOOKUPS),
  ...classes("dns", names, ["Resolver"]),
  ...order,
  ...dnsCodes,
  ADDRCONFIG: 32,
  ALL: 16,
  V4MAPPED: 8,
  promises: dns_promises,
};

const http2 = {
  constants: {
    NGHTTP2_CANCEL: 8,
    HTTP2_HEADER_METHOD: ":method",
    HTTP2_HEADER_PATH: ":path",
    HTTP2_HEADER_STATUS: ":status",
    HTTP2_HEADER_SCHEME: ":scheme",
    HTTP2_HEADER_AUTHORITY: ":authority",
  },
  sensitiveHeaders: Symbol("sensitiveHeaders"),
  ...functions("http2", "use fetch or node:https; the host speaks HTTP/2 where the server does", [
    "connect",
    "createServer",
    "createSecureServer",
    "getDefaultSettings",
    "getPackedSettings",
    "getUnpackedSettings",
    "performServerHandshake",
  ]),
  ...classes("http2", listening, ["Http2ServerRequest", "Http2ServerResponse"]),
};

const readlinePromises = {
  ...functions("readline/promises", terminal, ["createInterface"]),
  ...classes("readline/promises", terminal, ["Interface", "Readline"], EventEmitter),
};
const readline = {
  ...functions("readline", terminal, [
    "clearLine",
    "clearScreenDown",
    "createInterface",
    "cursorTo",
    "emitKeypressEvents",
    "moveCursor",
  ]),
  ...classes("readline", terminal, ["Interface"], EventEmitter),
  promises: readlinePromises,
};

const repl = {
  ...functions("repl", terminal, ["start"]),
  ...classes("repl", terminal, ["REPLServer", "Recoverable"], EventEmitter),
};

const v8 = {
  ...functions("v8", inspection, [
    "deserialize",
    "getHeapSnapshot",
    "getHeapSpaceStatistics",
    "queryObjects",
    "serialize",
    "setHeapSnapshotNearHeapLimit",
    "stopCoverage",
    "takeCoverage",
    "writeHeapSnapshot",
  ]),
  ...classes("v8", "use structuredClone or JSON", [
    "DefaultDeserializer",
    "DefaultSerializer",
    "Deserializer",
    "Serializer",
  ]),
  setFlagsFromString() {},
  cachedDataVersionTag: () => 0,
  getHeapStatistics() {
    const total = process.constrainedMemory();
    return {
      total_heap_size: total,
      total_physical_size: total,
      total_available_size: total,
      used_heap_size: 0,
      heap_size_limit: total,
      malloced_memory: 0,
      peak_malloced_memory: 0,
      does_zap_garbage: 0,
      number_of_native_contexts: 1,
      number_of_detached_contexts: 0,
      total_heap_size_executable: 0,
      total_global_handles_size: 0,
      used_global_handles_size: 0,
      external_memory: 0,
    };
  },
  startupSnapshot: { isBuildingSnapshot: () => false },
};

const vm = {
  ...functions("vm", code, [
    "compileFunction",
    "createContext",
    "createScript",
    "measureMemory",
    "runInContext",
    "runInNewContext",
    "runInThisContext",
  ]),
  ...classes("vm", code, ["Script", "Module", "SourceTextModule", "SyntheticModule"]),
  isContext: () => false,
  constants: { __proto__: null },
};

const inspector = {
  console: undefined,
  url: () => undefined,
  ...functions("inspector", inspection, ["open", "waitForDebugger"]),
  ...classes("inspector", inspection, ["Session"], EventEmitter),
  close() {},
};

const tty = {
  isatty: () => false,
  ...classes("tty", terminal, ["ReadStream", "WriteStream"], EventEmitter),
};

const trace_events = {
  getEnabledCategories: () => undefined,
  ...functions("trace_events", inspection, ["createTracing"]),
};

const domain = {
  active: null,
  ...functions("domain", "use AsyncLocalStorage of node:async_hooks", ["create", "createDomain"]),
};

export const modules = {
  child_process,
  cluster,
  dgram,
  tls,
  dns,
  "dns/promises": dns_promises,
  http2,
  readline,
  "readline/promises": readlinePromises,
  repl,
  v8,
  vm,
  inspector,
  "inspector/promises": inspector,
  tty,
  trace_events,
  domain,
};
