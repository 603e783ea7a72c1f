// Templates: sections, partials, escaping, other delimiters, functions.

const Mustache = require("mustache");

exports.handler = async (event) => {
  const view = {
    title: "Joe & <Jane>",
    items: [
      { name: "pen", price: 2 },
      { name: "ink", price: 7.5 },
    ],
    empty: [],
    shout() {
      return (text, render) => render(text).toUpperCase();
    },
    total() {
      return this.items.reduce((sum, item) => sum + item.price, 0);
    },
  };
  const out = [];
  out.push(Mustache.render("{{title}} {{{title}}} {{&title}} {{missing}}", view));
  out.push(Mustache.render("{{#items}}<{{name}}:{{price}}>{{/items}}{{^empty}}none{{/empty}} = {{total}}", view));
  out.push(Mustache.render("{{#shout}}hello {{title}}{{/shout}}", view));
  out.push(Mustache.render("{{#items}}{{> row}}{{/items}}", view, { row: "[{{name}}]\n" }));
  out.push(Mustache.render("<% title %> {{title}}", view, {}, ["<%", "%>"]));
  out.push(
    Mustache.render("{{! a comment }}{{#a.b}}{{c}}{{/a.b}}{{#list}}{{.}},{{/list}}", {
      a: { b: { c: 1 } },
      list: [1, 2],
    }),
  );
  let error;
  try {
    Mustache.parse("{{#open}} never closed");
  } catch (thrown) {
    error = thrown.message;
  }
  return {
    out,
    tokens: Mustache.parse("a {{b}} {{#c}}d{{/c}}"),
    error,
    echo: Mustache.render("{{endpoint}}", event).length > 0,
  };
};
