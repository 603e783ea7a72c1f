// Logs as lines of JSON.

const pino = require("pino");

exports.handler = async () => {
  const lines = [];
  const stream = {
    write: (line) => {
      lines.push(line);
    },
  };
  const logger = pino(
    {
      level: "debug",
      base: { app: "tests" },
      timestamp: () => ',"time":0',
      redact: { paths: ["password", "user.token"], censor: "[gone]" },
      serializers: { big: (value) => String(value) },
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  logger.info({ password: "x", user: { token: "y", name: "ada" } }, "hello %s %d %j", "you", 3, { a: 1 });
  logger.child({ request: "r1" }).warn({ big: 12n }, "from a child");
  logger.trace("not shown");
  logger.error(new TypeError("went wrong"), "failed");
  logger.fatal("the end");
  const dated = [];
  pino({ timestamp: pino.stdTimeFunctions.isoTime }, { write: (line) => dated.push(line) }).info("now");
  const seen = JSON.parse(dated[0]);
  return {
    lines: lines.map((line) => {
      const entry = JSON.parse(line);
      if (entry.err) entry.err.stack = typeof entry.err.stack;
      return entry;
    }),
    dated: [typeof seen.pid, typeof seen.hostname, !isNaN(Date.parse(seen.time)), seen.level, seen.msg],
    levels: [pino.levels.labels, logger.isLevelEnabled("trace")],
  };
};
