// Which names a CommonJS text exports, told without running it, as Node does for `import { name } from "cjs"`.

import { parse } from "cjs-module-lexer";

/** JSON of `{ exports, reexports }`. */
export function exportsOf(source) {
  try {
    const { exports, reexports } = parse(source);
    return JSON.stringify({ exports: [...exports], reexports: [...reexports] });
  } catch {
    // What cannot be told has a default export only.
    return '{"exports":[],"reexports":[]}';
  }
}
