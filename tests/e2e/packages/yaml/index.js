// YAML: documents, anchors, comments that survive, errors with places.

import YAML, { parse, parseDocument, parseAllDocuments, stringify } from "yaml";

const text = `# head
name: Ada
born: 1815-12-10
list: [1, 2.5, 0x1f, .inf, ~]
text: |
  two
   lines
folded: >-
  one
  line
base: &base { a: 1, b: yes }
merged:
  <<: *base
  c: "\\u00e4"
"quoted key": 'it''s'
`;

export const handler = async () => {
  const document = parseDocument(text);
  document.set("added", [true, null, "no"]);
  document.contents.items[0].comment = " first";
  let failure;
  try {
    parse("a: [1, 2\nb: }");
  } catch (error) {
    failure = [error.name, error.code, error.message];
  }
  return {
    parsed: parse(text, { merge: true }),
    again: document.toString(),
    all: parseAllDocuments("a: 1\n---\nb: 2\n...\n").map((one) => one.toJS()),
    written: stringify({ a: [1, { b: "x: y" }], multi: "l1\nl2\n", empty: {}, date: new Date(0), n: null, s: "true" }),
    alias: stringify(
      (() => {
        const shared = { x: 1 };
        return [shared, shared];
      })(),
    ),
    flow: YAML.stringify([1, [2]], { collectionStyle: "flow" }),
    failure,
  };
};
