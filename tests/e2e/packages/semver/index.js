// Versions: order, ranges, increments.

const semver = require("semver");
const satisfies = require("semver/functions/satisfies");

exports.handler = async () => ({
  valid: ["1.2.3", "v1.2.3-beta.1+b", "1.2", "a.b.c"].map((text) => semver.valid(text)),
  clean: semver.clean("  =v1.2.3   "),
  sorted: semver.sort(["1.10.0", "1.2.0", "1.2.0-rc.1", "0.9.9"]),
  inc: ["major", "minor", "patch", "prerelease", "premajor"].map((part) => semver.inc("1.2.3", part, "beta")),
  ranges: ["^1.2.3", "~1.2", ">=1.0.0 <2.0.0 || 3.x", "1.2.3 - 2.3", "*"].map((range) => [
    new semver.Range(range).range,
    satisfies("1.9.0", range),
  ]),
  max: semver.maxSatisfying(["1.0.0", "1.5.2", "2.0.0"], "^1.0.0"),
  diff: semver.diff("1.2.3", "1.3.0-pre"),
  coerce: semver.coerce("version 42.6 or so").version,
  compare: [semver.gt("1.0.1", "1.0.0"), semver.compare("1.0.0", "1.0.0-a"), semver.eq("1.0.0+a", "1.0.0+b")],
  intersects: semver.intersects("^1.0.0", ">=1.5.0"),
  min: semver.minVersion(">1.0.0 <3.0.0").version,
  parts: semver.parse("1.2.3-alpha.4+build.5"),
});
