// Markdown whose code is coloured by another package.

import MarkdownIt from "markdown-it";
import hljs from "highlight.js";

const md = new MarkdownIt({
  html: true,
  linkify: true,
  typographer: true,
  highlight: (text, language) => (hljs.getLanguage(language) ? hljs.highlight(text, { language }).value : ""),
});
md.use((own) => {
  own.core.ruler.push("count", (state) => {
    state.env.tokens = state.tokens.length;
  });
});

export const handler = async () => {
  const env = {};
  const text =
    '# T\n\n"quotes" -- (c) https://a.example/ü see\n\n' +
    "| a | b |\n|---|--:|\n| 1 | 2 |\n\n```js\nconst f = async (x) => `t${x}` // c\n```\n\n" +
    "```nope\nraw <x>\n```\n\n<b>html</b>\n\n1. x\n   - y\n";
  return {
    html: md.render(text, env),
    tokens: env.tokens,
    inline: md.renderInline("*a* **b** `c` ![i](u 't')"),
    strict: new MarkdownIt("commonmark").render("a  \nb <script>x</script>\n\n    code"),
    sources: [
      ["python", 'def f(x: int) -> str:\n    return f"{x!r}"  # c'],
      ["rust", 'fn main() { let x: u8 = 0xff; println!("{x}"); }'],
      ["json", '{"a": [1, true, null]}'],
      ["sql", "SELECT * FROM t WHERE x = 'y'"],
      ["bash", 'for f in *; do echo "$f"; done'],
      ["css", "a:hover { color: #fff }"],
    ].map(([language, code]) => hljs.highlight(code, { language }).value),
    guessed: hljs.highlightAuto("<?php echo $x; ?>", ["php", "xml", "css"]).language,
    languages: hljs.listLanguages().length > 150,
  };
};
