// Configuration in three formats: YAML, INI and environment files.

const yaml = require("js-yaml");
const ini = require("ini");
const dotenv = require("dotenv");
const path = require("node:path");

exports.handler = async () => {
  let failure;
  try {
    yaml.load("a: b: c");
  } catch (error) {
    failure = [error.name, error.message];
  }
  const loaded = dotenv.config({ path: path.join(__dirname, "settings.env"), quiet: true });
  return {
    yaml: yaml.load("a: &x [1, 2.5, true, ~]\nb: *x\nc: |\n  text\n  more\nd: {e: 'f'}\n"),
    all: yaml.loadAll("a: 1\n---\nb: 2\n"),
    dumped: yaml.dump({ z: 1, a: [{ b: "x: y" }], s: "multi\nline\n", n: null }, { sortKeys: true }),
    failure,
    ini: ini.parse('; c\nroot=1\n[section]\nkey = "quoted"\nlist[]=a\nlist[]=b\nflag\n[a.b]\nc=true\n'),
    written: ini.stringify({ a: 1, section: { key: "x y", list: [1, 2] }, deep: { er: { k: true } } }),
    env: dotenv.parse("A=1\nB='single $A'\nC=\"line\\nbreak\" # comment\n# no\nexport D=x=y\nE=\n"),
    loaded: [loaded.parsed, process.env.FROM_FILE, process.env.MULTI],
  };
};
