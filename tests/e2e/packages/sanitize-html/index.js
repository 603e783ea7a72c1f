// HTML made safe.

const sanitize = require("sanitize-html");

exports.handler = async () => ({
  plain: [
    "<p onclick=x>a<script>alert(1)</script><b>b</b></p>",
    "<a href='javascript:1'>x</a><a href='https://a.example' target=_blank>y</a>",
    "<img src=x onerror=1>",
    "<<p>unclosed &amp; <i>x",
    "<style>b{}</style><iframe src=//e.example></iframe>text",
  ].map((text) => sanitize(text)),
  allowed: sanitize(
    "<h1 class='a b' style='color:red;position:fixed'>t</h1>" +
      "<img src='data:x' alt='y'><img src='https://i.example/x.png'>",
    {
      allowedTags: [...sanitize.defaults.allowedTags, "img"],
      allowedAttributes: { h1: ["class", "style"], img: ["src", "alt"] },
      allowedClasses: { h1: ["a"] },
      allowedStyles: { "*": { color: [/^red$/] } },
    },
  ),
  transformed: sanitize("<ol><li>x</li></ol>", {
    transformTags: { ol: sanitize.simpleTransform("ul", { class: "l" }) },
    allowedAttributes: { ul: ["class"] },
  }),
  none: sanitize("<b>x</b> & <i>y</i>", { allowedTags: [], allowedAttributes: {} }),
  escaped: sanitize("<x>y</x>", { disallowedTagsMode: "escape" }),
  filtered: sanitize("<p></p><p>k</p>", {
    exclusiveFilter: (frame) => frame.tag === "p" && !frame.text.trim(),
    textFilter: (text) => text.toUpperCase(),
  }),
});
