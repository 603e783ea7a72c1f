// Templates with inheritance, filters, macros, asynchronous filters; loaded from files of the package.

const nunjucks = require("nunjucks");
const path = require("node:path");

exports.handler = async () => {
  const env = new nunjucks.Environment(new nunjucks.FileSystemLoader(path.join(__dirname, "views")), {
    autoescape: true,
  });
  env.addFilter("shout", (text) => text.toUpperCase() + "!");
  env.addFilter("later", (text, done) => setTimeout(() => done(null, text + " (late)"), 1), true);
  env.addGlobal("year", 2024);
  const plain = new nunjucks.Environment(null, { autoescape: false, throwOnUndefined: true });
  let failure;
  try {
    plain.renderString("{% if %}", {});
  } catch (error) {
    failure = [error.name, error.message];
  }
  return {
    file: env.render("page.html", {
      title: "<T>",
      items: [
        { n: "a", p: 1 },
        { n: "b", p: 2.5 },
      ],
    }),
    later: await new Promise((resolve, reject) => {
      env.renderString("{{ x | later }}", { x: "so" }, (error, text) => (error ? reject(error) : resolve(text)));
    }),
    filters: env.renderString(
      "{{ names | sort | join('-') }} {{ 'a b' | title }} {{ 3.14159 | round(2) }} {{ o | dump }} " +
        "{{ 'x' | shout }} {{ [1,2,3] | batch(2) | length }}",
      { names: ["b", "a"], o: { k: 1 } },
    ),
    set: plain.renderString(
      "{% set x = 1 %}{% for i in range(3) %}{{ i + x }}{% if not loop.last %},{% endif %}{% endfor %}{# no #}",
      {},
    ),
    failure,
  };
};
