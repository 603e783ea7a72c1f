// Logging by namespace, and its package for durations.

const debug = require("debug");
const ms = require("ms");

exports.handler = async () => {
  const lines = [];
  debug.enable("app:*,-app:quiet");
  const log = debug("app:main");
  log.useColors = false;
  log.log = (...args) => lines.push(args);
  log("hello %s %d %j %o %%", "you", 42, { a: 1 }, [1, { b: 2 }]);
  log(new Error("as an error").message);
  const quiet = debug("app:quiet");
  const child = log.extend("child");
  return {
    lines: lines.map((args) => args.map((arg) => String(arg).replace(/^\S+Z /, "TIME "))),
    enabled: [log.enabled, quiet.enabled, debug.enabled("other"), child.namespace, child.enabled],
    disabled: debug.disable(),
    ms: [ms("2 days"), ms("1.5h"), ms("-3 min"), ms(60000), ms(2 * 3600000, { long: true }), ms(-90000), ms("x")].map(
      String,
    ),
  };
};
