// Templates compiled to functions; includes from files of the package.

const ejs = require("ejs");
const path = require("node:path");

exports.handler = async () => {
  let failure;
  try {
    ejs.render("<% if (true) { %>\n<%= missing.x %>\n<% } %>", {});
  } catch (error) {
    failure = [error.name, error.message.split("\n").pop()];
  }
  return {
    text: ejs.render("<% for (const x of xs) { %>[<%= x %>|<%- x %>]<% } %>", { xs: ["<a>", 2] }),
    file: await ejs.renderFile(path.join(__dirname, "views", "page.ejs"), { name: "Ada & co", rows: [1, 2] }),
    async: await ejs.render("<%= await later() %>", { later: async () => "late" }, { async: true }),
    delimiter: ejs.render("<? if (a) { ?>yes<? } ?>", { a: 1 }, { delimiter: "?" }),
    compiled: ejs.compile("<%_ const y = 1 -%>\n<%= locals.x + y %>")({ x: 2 }),
    escaped: ejs.escapeXML("<'&\">"),
    failure,
  };
};
