// Templates that are compiled to JavaScript text at run time: helpers, blocks, partials, precompiled specs.

const Handlebars = require("handlebars");

Handlebars.registerHelper("loud", (text) => String(text).toUpperCase());
Handlebars.registerHelper("list", function (items, options) {
  return "<ul>" + items.map((item) => "<li>" + options.fn(item) + "</li>").join("") + "</ul>";
});
Handlebars.registerPartial("person", "{{first}} {{last}}{{#if age}} ({{age}}){{/if}}");
const page = Handlebars.compile(`<h1>{{title}}</h1>{{#each people as |p i|}}
{{i}}: {{> person p}}{{#unless @last}},{{/unless}}{{/each}}`);

exports.handler = async () => {
  const out = [];
  out.push(
    page({
      title: "<A & B>",
      people: [
        { first: "Ada", last: "L", age: 36 },
        { first: "Alan", last: "T" },
      ],
    }),
  );
  out.push(Handlebars.compile("{{#list names}}{{loud this}}{{/list}}")({ names: ["a", "b"] }));
  out.push(Handlebars.compile("{{#with a.b}}{{c}}{{../d}}{{/with}}")({ a: { b: { c: 1 }, d: 2 } }));
  out.push(Handlebars.compile("{{{raw}}} {{raw}}")({ raw: "<b>" }));
  out.push(
    Handlebars.compile("{{lookup map key}}{{#each map}}{{@key}}={{this}};{{/each}}")({ map: { x: 1, y: 2 }, key: "y" }),
  );
  const precompiled = Handlebars.precompile("Hello {{name}}");
  const template = Handlebars.template(new Function("return " + precompiled)());
  out.push(template({ name: "spec" }));
  const errors = [];
  for (const text of ["{{#if a}}", "{{missing 1}}"]) {
    try {
      errors.push(Handlebars.compile(text)({}));
    } catch (error) {
      errors.push(error.message);
    }
  }
  return { out, errors, ast: Handlebars.parse("{{a.b}} c").body.map((node) => node.type) };
};
