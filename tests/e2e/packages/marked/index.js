// Markdown to HTML: blocks, tables, a renderer and an extension of one's own, tokens.

import { Marked, lexer, marked, parse } from "marked";

const text = `# Title *with* emphasis

A paragraph with \`code\`, **bold**, ~~gone~~, a [link](http://a.example "t") and <https://auto.example>.
Second line  
after a break & an entity &copy;.

- one
- two
  1. nested
  2. list
- [x] done

> quoted
> text

| a | b |
|:--|--:|
| 1 | 2 |

\`\`\`js
const x = "<y>";
\`\`\`

***
![image](i.png)
`;

const own = new Marked({
  renderer: {
    heading({ tokens, depth }) {
      return `<h${depth} id="own">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
  },
  extensions: [
    {
      name: "mention",
      level: "inline",
      start: (source) => source.indexOf("@"),
      tokenizer(source) {
        const match = /^@([a-z]+)/.exec(source);
        return match ? { type: "mention", raw: match[0], user: match[1] } : undefined;
      },
      renderer: ({ user }) => `<a href="/${user}">@${user}</a>`,
    },
  ],
});

export const handler = async () => ({
  html: marked(text),
  inline: marked.parseInline("*a* _b_ `c`"),
  own: own.parse("# Hi @ada\n\ntext @alan"),
  later: await parse("*async*", { async: true }),
  tokens: lexer("# a\n\nb").map(({ type, raw }) => [type, raw]),
  breaks: parse("a\nb", { breaks: true, gfm: true }),
});
