// Fills in a template. The file is read and parsed when the function is registered, once: the parsed template is part
// of the image that every sandbox starts from.

const fs = require("node:fs");
const path = require("node:path");
const Mustache = require("mustache");

const template = fs.readFileSync(path.join(__dirname, "letter.html"), "utf8");
Mustache.parse(template);

const money = (cents) => (cents / 100).toFixed(2);

exports.handler = async ({ name, lines = [] }) => {
  const total = lines.reduce((sum, { cents }) => sum + cents, 0);
  const view = { name, lines: lines.map(({ what, cents }) => ({ what, price: money(cents) })), total: money(total) };
  return { letter: Mustache.render(template, view) };
};
