// Checks and cleaning of text.

import validator from "validator";
import isEmail from "validator/lib/isEmail.js";

const table = [
  ["isEmail", "a@b.example"],
  ["isEmail", "a@b"],
  ["isURL", "https://a.example/x?y=1"],
  ["isURL", "nope"],
  ["isIP", "::1"],
  ["isUUID", "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"],
  ["isCreditCard", "4111111111111111"],
  ["isISBN", "978-3-16-148410-0"],
  ["isISO8601", "2024-02-30", { strict: true }],
  ["isIBAN", "DE89370400440532013000"],
  ["isJWT", "a.b.c"],
  ["isHexColor", "#ff0"],
  ["isMobilePhone", "+15551234567", "en-US"],
  ["isStrongPassword", "Abcdef1!"],
  ["isJSON", '{"a":1}'],
  ["isBase64", "YQ=="],
  ["isAlpha", "äöü", "de-DE"],
  ["isDecimal", "1.5"],
  ["isFQDN", "a.b.example"],
  ["isMACAddress", "00:11:22:33:44:55"],
  ["isLatLong", "51.5,-0.1"],
  ["isMimeType", "text/html"],
  ["isPostalCode", "10115", "DE"],
  ["isSemVer", "1.2.3-a"],
  ["isByteLength", "ä", { max: 1 }],
  ["isSlug", "a-b"],
  ["isDate", "2024/02/29"],
  ["isCurrency", "$1,000.00"],
  ["isEAN", "4006381333931"],
];

export const handler = async () => ({
  table: table.map(([name, ...args]) => [name, args[0], validator[name](...args)]),
  email: isEmail("x@y.example"),
  clean: [
    validator.escape("<a href='x'>&</a>"),
    validator.unescape("&lt;&amp;"),
    validator.trim("  x "),
    validator.normalizeEmail("A.B+c@GMail.com"),
    validator.stripLow("a\u0000b"),
    validator.toBoolean("1"),
    validator.toInt("0x1f", 16),
    validator.whitelist("a1b2", "a-z"),
  ],
});
