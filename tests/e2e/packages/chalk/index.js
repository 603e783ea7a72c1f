// Colours for terminals.

import chalk, { Chalk, chalkStderr, supportsColor } from "chalk";

export const handler = async () => {
  const plain = new Chalk({ level: 0 });
  const basic = new Chalk({ level: 1 });
  const full = new Chalk({ level: 3 });
  return {
    plain: plain.red("x"),
    basic: [
      basic.red.bold("a") + basic.bgBlue.underline("b"),
      basic.green(`out ${basic.blue("in")} out`),
      basic.red("l1\nl2"),
    ],
    full: [full.hex("#ff8800")("c"), full.rgb(1, 2, 3).bgHex("#fff")("d"), full.ansi256(194)("e")],
    down: [basic.hex("#ff0000")("f"), new Chalk({ level: 2 }).hex("#ff0000")("g")],
    types: [typeof chalk.red, typeof chalkStderr.level, typeof supportsColor],
    visible: [plain.visible("v"), basic.visible("v")],
  };
};
