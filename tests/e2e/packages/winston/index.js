// Structured logs through streams.

const winston = require("winston");
const { Writable } = require("node:stream");

exports.handler = async () => {
  const lines = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const { combine, errors, json, label, printf, splat, timestamp } = winston.format;
  const logger = winston.createLogger({
    level: "debug",
    defaultMeta: { service: "tests" },
    format: combine(errors({ stack: false }), splat(), json()),
    transports: [new winston.transports.Stream({ stream }), new winston.transports.Console({ silent: true })],
  });
  logger.info("hello %s", "you", { extra: 1 });
  logger.warn({ message: "an object", code: 7 });
  logger.child({ request: "r1" }).debug("from a child");
  logger.error(new Error("went wrong"));
  logger.silly("not shown");
  const second = winston.createLogger({
    format: combine(
      label({ label: "L" }),
      timestamp(),
      printf(
        ({ level, message, label: name, timestamp: at }) => `${!isNaN(Date.parse(at))} [${name}] ${level}: ${message}`,
      ),
    ),
    transports: [new winston.transports.Stream({ stream })],
  });
  second.info("formatted");
  await new Promise((resolve) => {
    logger.on("finish", resolve);
    logger.end();
  });
  return {
    lines: lines.map((line) =>
      line.startsWith("{") ? Object.fromEntries(Object.entries(JSON.parse(line)).sort()) : line,
    ),
    levels: winston.config.npm.levels,
  };
};
