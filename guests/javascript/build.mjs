// Bundles the library into one expression: `node build.mjs NODE_MODULES OUT`.
//
// NODE_MODULES is a folder that `npm ci` filled from package-lock.json. Packages that ask for Node's own modules get
// those of library/node; the library itself reaches a package of the same name by a trailing slash ("buffer/").

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [modules, out] = process.argv.slice(2).map((path) => resolve(path));
const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(modules, "build.cjs"));
const { build } = require("esbuild");

const builtins = {
  name: "builtins",
  setup(bundle) {
    bundle.onResolve({ filter: /^(node:)?[a-z_]+(\/promises)?$/ }, ({ path, importer, kind }) => {
      const name = path.replace(/^node:/, "").replace("/", "_");
      const file = join(here, "library", "node", `${name}.js`);
      if (kind === "entry-point" || importer === file || !existsSync(file)) return undefined;
      return { path: file };
    });
    // Its other form is WebAssembly, which the guest has not.
    bundle.onResolve({ filter: /^cjs-module-lexer$/ }, ({ path }) => ({ path: require.resolve(path) }));
    bundle.onResolve({ filter: /^[a-z_]+\/$/ }, ({ path }) => ({ path: require.resolve(path) }));
  },
};

await build({
  absWorkingDir: here,
  entryPoints: ["library/main.js"],
  outfile: out,
  bundle: true,
  format: "iife",
  globalName: "library",
  target: "es2023",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["import", "default"],
  nodePaths: [modules],
  plugins: [builtins],
  legalComments: "none",
  charset: "utf8",
  define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
  banner: { js: "(function (hydra) {" },
  footer: { js: "return library; })" },
  logLevel: "warning",
});
