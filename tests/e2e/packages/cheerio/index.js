// HTML parsed, searched with CSS selectors, changed and written again.

import * as cheerio from "cheerio";

const page = `<!doctype html><html><head><title>T &amp; t</title></head><body>
<ul id="fruits"><li class="apple">Apple</li><li class="orange" data-price="3">Orange</li><li class="pear">Pear</li></ul>
<p>one<p>two<br>three<table><tr><td>cell</table><script>if (a < b) {}</script>
<form><input name="a" value="1"><select name="s"><option value="x">X<option value="y" selected>Y</select></form>
</body></html>`;

export const handler = async () => {
  const $ = cheerio.load(page);
  const found = {
    title: $("title").text(),
    items: $("#fruits > li")
      .map((_, item) => $(item).text())
      .get(),
    price: $("li[data-price]").data("price"),
    nth: $("li:nth-child(2)").attr("class"),
    not: $("li:not(.pear):first").text(),
    has: $("ul:has(.apple)").length,
    next: $(".apple").next().text(),
    paragraphs: $("p")
      .toArray()
      .map((p) => $(p).text().trim()),
    cell: $("td").closest("table").find("tr").html(),
    form: $("form").serializeArray(),
    contains: $("li:contains('ra')").length,
  };
  $(".apple").addClass("red").after("<li>Plum</li>").attr("title", '"q" & <r>');
  $(".pear").remove();
  $("title").text("<new>");
  const extracted = $.extract({ fruits: ["li"], first: { selector: "li", value: "class" } });
  const xml = cheerio.load("<a><b x='1'/><c>&lt;</c></a>", { xml: true });
  return {
    found,
    list: $("#fruits").prop("outerHTML"),
    html: $.html().length,
    extracted,
    xml: [xml.xml(), xml("b").attr("x")],
    text: cheerio.load("<i>a</i> b").text(),
  };
};
