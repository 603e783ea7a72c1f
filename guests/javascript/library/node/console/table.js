// `console.table`: rows and columns with lines around them.

import inspector from "node-inspect-extracted";

const { inspect, getStringWidth } = inspector;
const INDEX = "(index)",
  VALUES = "Values";

const show = (value) =>
  inspect(value, {
    maxArrayLength: 3,
    breakLength: Infinity,
    colors: false,
    depth:
      value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 2 ? -1 : 0,
  });

const isObject = (value) => value !== null && (typeof value === "object" || typeof value === "function");

export function table(data, wanted) {
  const iterated = data instanceof Map || data instanceof Set;
  const rows =
    data instanceof Map
      ? Array.from(data, ([key, value], i) => [String(i), value, key])
      : data instanceof Set
        ? Array.from(data, (value, i) => [String(i), value])
        : Object.keys(data).map((key) => [key, data[key]]);
  const columns = new Map();
  const values = [];
  const keys = [];
  rows.forEach(([, value, key], row) => {
    if (data instanceof Map) keys[row] = show(key);
    if (iterated || !isObject(value)) {
      if (!isObject(value) || iterated) values[row] = show(value);
      return;
    }
    for (const name of wanted ?? Object.keys(value)) {
      if (!columns.has(name)) columns.set(name, []);
      if (Object.hasOwn(value, name)) columns.get(name)[row] = show(value[name]);
    }
  });
  for (const name of wanted ?? []) if (!columns.has(name)) columns.set(name, []);
  const head = [iterated ? "(iteration index)" : INDEX, ...(keys.length > 0 ? ["Key"] : []), ...columns.keys()];
  const body = [rows.map(([key]) => key), ...(keys.length > 0 ? [keys] : []), ...columns.values()];
  if (values.length > 0) {
    head.push(VALUES);
    body.push(values);
  }
  return draw(head, body, rows.length);
}

function draw(head, body, count) {
  const widths = head.map(
    (title, i) =>
      Math.max(
        getStringWidth(title),
        ...Array.from({ length: count }, (_, row) => getStringWidth(body[i][row] ?? "")),
      ) + 2,
  );
  const cell = (text, width) => ` ${text}${" ".repeat(width - getStringWidth(text) - 1)}`;
  const line = (texts) => `│${texts.map((text, i) => cell(text, widths[i])).join("│")}│`;
  const rule = (left, middle, right) => left + widths.map((width) => "─".repeat(width)).join(middle) + right;
  const lines = [rule("┌", "┬", "┐"), line(head), rule("├", "┼", "┤")];
  for (let row = 0; row < count; row++) lines.push(line(body.map((column) => column[row] ?? "")));
  return [...lines, rule("└", "┴", "┘")].join("\n");
}
