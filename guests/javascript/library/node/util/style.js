// `styleText`: escapes of terminals around a text.

import { invalidValue } from "../errors.js";
import inspector from "node-inspect-extracted";
import * as check from "../validate.js";

export function styleText(styles, text, { validateStream = true, stream = process.stdout } = {}) {
  check.string(text, "text");
  const colors = inspector.inspect.colors;
  // A log is no terminal; colours come only where they are asked for.
  const plain = validateStream && !stream?.isTTY;
  let [before, after] = ["", ""];
  for (const style of Array.isArray(styles) ? styles : [styles]) {
    if (style === "none") continue;
    if (!Object.hasOwn(colors, style))
      throw invalidValue("format", style, `must be one of: ${Object.keys(colors).join(", ")}`);
    const [open, close] = colors[style];
    before += `\u001b[${open}m`;
    after = `\u001b[${close}m${after}`;
  }
  return plain ? text : before + text + after;
}
