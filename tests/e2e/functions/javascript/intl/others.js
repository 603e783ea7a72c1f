// Plurals, lists, relative times, locales, segments and collation. The expected values are those of Node 20.

function failure(run, more) {
  try {
    run();
  } catch (error) {
    return more ? `${error.name}: ${error.message}` : error.name;
  }
  return "no failure";
}

const table = [
  ["other", () => new Intl.PluralRules("en-US").select(0)],
  ["one", () => new Intl.PluralRules("en-US").select(1)],
  ["other", () => new Intl.PluralRules("en-US").select(2)],
  ["other", () => new Intl.PluralRules("en-US").select(1.5)],
  ["one", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(1)],
  ["two", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(2)],
  ["few", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(3)],
  ["other", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(4)],
  ["other", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(11)],
  ["other", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(12)],
  ["other", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(13)],
  ["one", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(21)],
  ["two", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(22)],
  ["few", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(23)],
  ["one", () => new Intl.PluralRules("en-US", { type: "ordinal" }).select(101)],
  ["other", () => new Intl.PluralRules("en-US").selectRange(1, 2)],
  ["other", () => new Intl.PluralRules("en", { minimumFractionDigits: 1 }).select(1)],
  ["1 day ago", () => new Intl.RelativeTimeFormat("en").format(-1, "day")],
  ["yesterday", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-1, "day")],
  ["in 0 days", () => new Intl.RelativeTimeFormat("en").format(0, "day")],
  ["today", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(0, "day")],
  ["in 1 day", () => new Intl.RelativeTimeFormat("en").format(1, "day")],
  ["tomorrow", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(1, "day")],
  ["in 2 days", () => new Intl.RelativeTimeFormat("en").format(2, "day")],
  ["in 2 days", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(2, "day")],
  ["2 days ago", () => new Intl.RelativeTimeFormat("en").format(-2, "day")],
  ["2 days ago", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-2, "day")],
  ["1 hour ago", () => new Intl.RelativeTimeFormat("en").format(-1, "hour")],
  ["1 hour ago", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-1, "hour")],
  ["in 3 weeks", () => new Intl.RelativeTimeFormat("en").format(3, "weeks")],
  ["in 3 weeks", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(3, "weeks")],
  ["1.5 months ago", () => new Intl.RelativeTimeFormat("en").format(-1.5, "month")],
  ["1.5 months ago", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-1.5, "month")],
  ["in 1 quarter", () => new Intl.RelativeTimeFormat("en").format(1, "quarter")],
  ["next quarter", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(1, "quarter")],
  ["1 year ago", () => new Intl.RelativeTimeFormat("en").format(-1, "year")],
  ["last year", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-1, "year")],
  ["in 10 seconds", () => new Intl.RelativeTimeFormat("en").format(10, "second")],
  ["in 10 seconds", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(10, "second")],
  ["in 0 seconds", () => new Intl.RelativeTimeFormat("en").format(0, "second")],
  ["now", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(0, "second")],
  ["0 days ago", () => new Intl.RelativeTimeFormat("en").format(-0, "day")],
  ["today", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-0, "day")],
  ["in 1,000 minutes", () => new Intl.RelativeTimeFormat("en").format(1000, "minute")],
  ["in 1,000 minutes", () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(1000, "minute")],
  ["3 months ago", () => new Intl.RelativeTimeFormat("en", { style: "long" }).format(-3, "month")],
  ["3 mo. ago", () => new Intl.RelativeTimeFormat("en", { style: "short" }).format(-3, "month")],
  ["3mo ago", () => new Intl.RelativeTimeFormat("en", { style: "narrow" }).format(-3, "month")],
  [
    `[{"type":"integer","value":"12","unit":"day"},{"type":"literal","value":" days ago"}]`,
    () => JSON.stringify(new Intl.RelativeTimeFormat("en").formatToParts(-12, "day")),
  ],
  [
    `{"locale":"en-US","style":"long","numeric":"auto","numberingSystem":"latn"}`,
    () => JSON.stringify(new Intl.RelativeTimeFormat("en-US", { numeric: "auto" }).resolvedOptions()),
  ],
  [
    "RangeError",
    () =>
      failure(() => {
        new Intl.RelativeTimeFormat("en").format(1, "eon");
      }),
  ],
  ["", () => new Intl.ListFormat("en", { type: "conjunction", style: "long" }).format([])],
  ["a", () => new Intl.ListFormat("en", { type: "conjunction", style: "long" }).format(["a"])],
  ["a and b", () => new Intl.ListFormat("en", { type: "conjunction", style: "long" }).format(["a", "b"])],
  [
    "a, b, c, and d",
    () => new Intl.ListFormat("en", { type: "conjunction", style: "long" }).format(["a", "b", "c", "d"]),
  ],
  ["", () => new Intl.ListFormat("en", { type: "conjunction", style: "short" }).format([])],
  ["a", () => new Intl.ListFormat("en", { type: "conjunction", style: "short" }).format(["a"])],
  ["a & b", () => new Intl.ListFormat("en", { type: "conjunction", style: "short" }).format(["a", "b"])],
  [
    "a, b, c, & d",
    () => new Intl.ListFormat("en", { type: "conjunction", style: "short" }).format(["a", "b", "c", "d"]),
  ],
  ["", () => new Intl.ListFormat("en", { type: "conjunction", style: "narrow" }).format([])],
  ["a", () => new Intl.ListFormat("en", { type: "conjunction", style: "narrow" }).format(["a"])],
  ["a, b", () => new Intl.ListFormat("en", { type: "conjunction", style: "narrow" }).format(["a", "b"])],
  [
    "a, b, c, d",
    () => new Intl.ListFormat("en", { type: "conjunction", style: "narrow" }).format(["a", "b", "c", "d"]),
  ],
  ["", () => new Intl.ListFormat("en", { type: "disjunction", style: "long" }).format([])],
  ["a", () => new Intl.ListFormat("en", { type: "disjunction", style: "long" }).format(["a"])],
  ["a or b", () => new Intl.ListFormat("en", { type: "disjunction", style: "long" }).format(["a", "b"])],
  [
    "a, b, c, or d",
    () => new Intl.ListFormat("en", { type: "disjunction", style: "long" }).format(["a", "b", "c", "d"]),
  ],
  ["", () => new Intl.ListFormat("en", { type: "disjunction", style: "short" }).format([])],
  ["a", () => new Intl.ListFormat("en", { type: "disjunction", style: "short" }).format(["a"])],
  ["a or b", () => new Intl.ListFormat("en", { type: "disjunction", style: "short" }).format(["a", "b"])],
  [
    "a, b, c, or d",
    () => new Intl.ListFormat("en", { type: "disjunction", style: "short" }).format(["a", "b", "c", "d"]),
  ],
  ["", () => new Intl.ListFormat("en", { type: "disjunction", style: "narrow" }).format([])],
  ["a", () => new Intl.ListFormat("en", { type: "disjunction", style: "narrow" }).format(["a"])],
  ["a or b", () => new Intl.ListFormat("en", { type: "disjunction", style: "narrow" }).format(["a", "b"])],
  [
    "a, b, c, or d",
    () => new Intl.ListFormat("en", { type: "disjunction", style: "narrow" }).format(["a", "b", "c", "d"]),
  ],
  ["", () => new Intl.ListFormat("en", { type: "unit", style: "long" }).format([])],
  ["a", () => new Intl.ListFormat("en", { type: "unit", style: "long" }).format(["a"])],
  ["a, b", () => new Intl.ListFormat("en", { type: "unit", style: "long" }).format(["a", "b"])],
  ["a, b, c, d", () => new Intl.ListFormat("en", { type: "unit", style: "long" }).format(["a", "b", "c", "d"])],
  ["", () => new Intl.ListFormat("en", { type: "unit", style: "short" }).format([])],
  ["a", () => new Intl.ListFormat("en", { type: "unit", style: "short" }).format(["a"])],
  ["a, b", () => new Intl.ListFormat("en", { type: "unit", style: "short" }).format(["a", "b"])],
  ["a, b, c, d", () => new Intl.ListFormat("en", { type: "unit", style: "short" }).format(["a", "b", "c", "d"])],
  ["", () => new Intl.ListFormat("en", { type: "unit", style: "narrow" }).format([])],
  ["a", () => new Intl.ListFormat("en", { type: "unit", style: "narrow" }).format(["a"])],
  ["a b", () => new Intl.ListFormat("en", { type: "unit", style: "narrow" }).format(["a", "b"])],
  ["a b c d", () => new Intl.ListFormat("en", { type: "unit", style: "narrow" }).format(["a", "b", "c", "d"])],
  [
    `[{"type":"element","value":"x"},{"type":"literal","value":", "},{"type":"element","value":"y"},` +
      `{"type":"literal","value":", and "},{"type":"element","value":"z"}]`,
    () => JSON.stringify(new Intl.ListFormat("en").formatToParts(["x", "y", "z"])),
  ],
  ["a and b", () => new Intl.ListFormat("en").format(new Set(["a", "b"]))],
  [
    "TypeError",
    () =>
      failure(() => {
        new Intl.ListFormat("en").format([1]);
      }),
  ],
  [
    `{"locale":"en-US","type":"conjunction","style":"long"}`,
    () => JSON.stringify(new Intl.ListFormat("en-US").resolvedOptions()),
  ],
  [
    "en-US,de-Latn-DE,zh-Hans-CN-u-ca-gregory,he",
    () => String(Intl.getCanonicalLocales(["EN-us", "de-latn-de", "zh-hans-cn-u-ca-gregory", "iw"])),
  ],
  ["", () => String(Intl.getCanonicalLocales())],
  ["en-Latn-US-u-ca-buddhist-hc-h12", () => new Intl.Locale("en-Latn-US-u-ca-buddhist-hc-h12").toString()],
  [
    "zh,Hans,CN,zh-Hans-CN,true,h23,,zh-Hans-CN-u-hc-h23-kn",
    () =>
      (() => {
        const l = new Intl.Locale("zh-Hans-CN", { numeric: true, hourCycle: "h23" });
        return [l.language, l.script, l.region, l.baseName, l.numeric, l.hourCycle, l.calendar, l.toString()].join();
      })(),
  ],
  ["en-Latn-US", () => new Intl.Locale("en").maximize().toString()],
  ["en", () => new Intl.Locale("en-Latn-US").minimize().toString()],
  ["en-Latn-GB", () => new Intl.Locale("en-GB").maximize().baseName],
  [
    "RangeError",
    () =>
      failure(() => {
        new Intl.Locale("x_y");
      }),
  ],
  [
    "truetruetruetrue",
    () =>
      Intl.supportedValuesOf("currency").includes("EUR") +
      "" +
      Intl.supportedValuesOf("unit").includes("kilobyte") +
      Intl.supportedValuesOf("timeZone").includes("Europe/Berlin") +
      Intl.supportedValuesOf("calendar").includes("gregory"),
  ],
  [
    "RangeError",
    () =>
      failure(() => {
        Intl.supportedValuesOf("x");
      }),
  ],
  [
    "1,2,8,4,2,1",
    () =>
      [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment("aé👨‍👩‍👧🇩🇪\r\nx")]
        .map((s) => s.segment.length)
        .join(),
  ],
  [
    '[{"segment":"a","index":0,"input":"a\\r\\nbé́ x́y😀🇩🇪z"},{"segment":"\\r\\n","index":1,' +
      '"input":"a\\r\\nbé́ x́y😀🇩🇪z"},{"segment":"b","index":3,"input":"a\\r\\nbé́ x́y😀🇩🇪z"},' +
      '{"segment":"é́","index":4,"input":"a\\r\\nbé́ x́y😀🇩🇪z"},{"segment":" ","index":6,"input":"a\\r\\nbé́ ' +
      'x́y😀🇩🇪z"},{"segment":"x́","index":7,"input":"a\\r\\nbé́ x́y😀🇩🇪z"},{"segment":"y","index":9,' +
      '"input":"a\\r\\nbé́ x́y😀🇩🇪z"},{"segment":"😀","index":10,"input":"a\\r\\nbé́ x́y😀🇩🇪z"},' +
      '{"segment":"🇩🇪","index":12,"input":"a\\r\\nbé́ x́y😀🇩🇪z"},{"segment":"z","index":16,' +
      '"input":"a\\r\\nbé́ x́y😀🇩🇪z"}]',
    () =>
      JSON.stringify([
        ...new Intl.Segmenter("en").segment("a\r\nbé\u0301 x\u0301y\ud83d\ude00\ud83c\udde9\ud83c\uddeaz"),
      ]),
  ],
  ["x́", () => new Intl.Segmenter("en").segment("ax\u0301b").containing(2).segment],
  ["0", () => [...new Intl.Segmenter("en").segment("")].length],
  [
    "TypeError",
    () =>
      failure(() => {
        Intl.Segmenter("en");
      }),
  ],
  [
    "RangeError",
    () =>
      failure(() => {
        new Intl.Segmenter("en", { granularity: "x" });
      }),
  ],
  ["7", () => [...new Intl.Segmenter("en").segment("日本語 한국어")].length],
  [
    `[{"segment":"Hello","index":0,"input":"Hello, wörld! It's 3.14.","isWordLike":true},{"segment":",",` +
      `"index":5,"input":"Hello, wörld! It's 3.14.","isWordLike":false},{"segment":" ","index":6,` +
      `"input":"Hello, wörld! It's 3.14.","isWordLike":false},{"segment":"wörld","index":7,"input":"Hello, ` +
      `wörld! It's 3.14.","isWordLike":true},{"segment":"!","index":12,"input":"Hello, wörld! It's 3.14.",` +
      `"isWordLike":false},{"segment":" ","index":13,"input":"Hello, wörld! It's 3.14.","isWordLike":false},` +
      `{"segment":"It's","index":14,"input":"Hello, wörld! It's 3.14.","isWordLike":true},{"segment":" ",` +
      `"index":18,"input":"Hello, wörld! It's 3.14.","isWordLike":false},{"segment":"3.14","index":19,` +
      `"input":"Hello, wörld! It's 3.14.","isWordLike":true},{"segment":".","index":23,"input":"Hello, ` +
      `wörld! It's 3.14.","isWordLike":false}]`,
    () => JSON.stringify([...new Intl.Segmenter("en", { granularity: "word" }).segment("Hello, wörld! It's 3.14.")]),
  ],
  [
    `{"segment":"cd","index":3,"input":"ab cd","isWordLike":true}`,
    () => JSON.stringify(new Intl.Segmenter("en", { granularity: "word" }).segment("ab cd").containing(3)),
  ],
  [`{"locale":"en-US","granularity":"grapheme"}`, () => JSON.stringify(new Intl.Segmenter("en-US").resolvedOptions())],
  ["[object Intl.Segmenter]", () => Object.prototype.toString.call(new Intl.Segmenter("en"))],
  [
    "| x|_|-|(|#|%|$|1|10|2|a|A|ä|a b|a-b|ab|æ|b|C|e|é|É|n|ñ|o|ø|ss|ß|st|z|Z|ω|Ω|ж|я|日",
    () =>
      [
        "b",
        "a",
        "C",
        "ä",
        "Z",
        "z",
        "é",
        "e",
        "1",
        "_",
        "10",
        "2",
        "A",
        "",
        " x",
        "-",
        "ß",
        "st",
        "ss",
        "æ",
        "ø",
        "o",
        "ñ",
        "n",
        "É",
        "Ω",
        "ω",
        "я",
        "ж",
        "日",
        "$",
        "%",
        "#",
        "(",
        "a b",
        "ab",
        "a-b",
      ]
        .sort(new Intl.Collator("en").compare)
        .join("|"),
  ],
  ["a,A,b,B", () => ["a", "B", "A", "b"].sort((x, y) => x.localeCompare(y)).join()],
  [
    "img1,img2,img02,img10,img12",
    () =>
      ["img12", "img10", "img2", "img1", "img02"].sort(new Intl.Collator(undefined, { numeric: true }).compare).join(),
  ],
  [
    "a,a1,a9b1,a10b2,a10b10",
    () => ["a10b2", "a10b10", "a9b1", "a", "a1"].sort((a, b) => a.localeCompare(b, "en", { numeric: true })).join(),
  ],
  ["-1", () => "a".localeCompare("b", "en", { sensitivity: "base" })],
  ["0", () => "a".localeCompare("á", "en", { sensitivity: "base" })],
  ["0", () => "a".localeCompare("A", "en", { sensitivity: "base" })],
  ["0", () => "a".localeCompare("a", "en", { sensitivity: "base" })],
  ["0", () => "resume".localeCompare("Résumé", "en", { sensitivity: "base" })],
  ["0", () => "Ab".localeCompare("aB", "en", { sensitivity: "base" })],
  ["-1", () => "a".localeCompare("b", "en", { sensitivity: "accent" })],
  ["-1", () => "a".localeCompare("á", "en", { sensitivity: "accent" })],
  ["0", () => "a".localeCompare("A", "en", { sensitivity: "accent" })],
  ["0", () => "a".localeCompare("a", "en", { sensitivity: "accent" })],
  ["-1", () => "resume".localeCompare("Résumé", "en", { sensitivity: "accent" })],
  ["0", () => "Ab".localeCompare("aB", "en", { sensitivity: "accent" })],
  ["-1", () => "a".localeCompare("b", "en", { sensitivity: "case" })],
  ["0", () => "a".localeCompare("á", "en", { sensitivity: "case" })],
  ["-1", () => "a".localeCompare("A", "en", { sensitivity: "case" })],
  ["0", () => "a".localeCompare("a", "en", { sensitivity: "case" })],
  ["-1", () => "resume".localeCompare("Résumé", "en", { sensitivity: "case" })],
  ["1", () => "Ab".localeCompare("aB", "en", { sensitivity: "case" })],
  ["-1", () => "a".localeCompare("b", "en", { sensitivity: "variant" })],
  ["-1", () => "a".localeCompare("á", "en", { sensitivity: "variant" })],
  ["-1", () => "a".localeCompare("A", "en", { sensitivity: "variant" })],
  ["0", () => "a".localeCompare("a", "en", { sensitivity: "variant" })],
  ["-1", () => "resume".localeCompare("Résumé", "en", { sensitivity: "variant" })],
  ["1", () => "Ab".localeCompare("aB", "en", { sensitivity: "variant" })],
  ["0", () => "a-b".localeCompare("ab", "en", { ignorePunctuation: true })],
  ["1", () => "a".localeCompare("A", "en", { caseFirst: "upper" })],
  ["-1", () => "a".localeCompare("A")],
  ["-1", () => "a".localeCompare("b")],
  ["1", () => "b".localeCompare("a")],
  ["0", () => "a".localeCompare("a")],
  ["1", () => "ab".localeCompare("a")],
  ["-1", () => "".localeCompare("a")],
  ["-1", () => "co-op".localeCompare("coop")],
  ["1", () => "Äpfel".localeCompare("Apfel")],
  ["1", () => "z".localeCompare("ä")],
  ["-1", () => "2".localeCompare("10", undefined, { numeric: true })],
  [
    `{"locale":"en-US","usage":"sort","sensitivity":"variant","ignorePunctuation":false,` +
      `"collation":"default","numeric":false,"caseFirst":"false"}`,
    () => JSON.stringify(new Intl.Collator("en-US").resolvedOptions()),
  ],
  [
    `{"locale":"en-US-u-kn","usage":"sort","sensitivity":"variant","ignorePunctuation":false,` +
      `"collation":"default","numeric":true,"caseFirst":"false"}`,
    () => JSON.stringify(new Intl.Collator("en-US-u-kn-true").resolvedOptions()),
  ],
  [
    "RangeError",
    () =>
      failure(() => {
        new Intl.Collator("en", { sensitivity: "x" });
      }),
  ],
  ["0", () => "a\u0301".localeCompare("\u00e1")],
  ["e,E,é,É,ê,f", () => ["é", "e", "E", "É", "ê", "f"].sort(new Intl.Collator().compare).join()],
  ["-1", () => Intl.Collator().compare("x", "y")],
  [
    "Collator0[object Intl.Collator]",
    () => Intl.Collator.name + Intl.Collator.length + Object.prototype.toString.call(new Intl.Collator()),
  ],
  ["100", () => "x".localeCompare.length + "" + (0).toLocaleString.length + Date.prototype.toLocaleString.length],
  ["0", () => Object.keys(Intl).length],
  [
    "en,en,en,en,en,en",
    () =>
      [
        Intl.PluralRules.supportedLocalesOf("en"),
        Intl.ListFormat.supportedLocalesOf("en"),
        Intl.RelativeTimeFormat.supportedLocalesOf("en"),
        Intl.Collator.supportedLocalesOf("en"),
        Intl.DateTimeFormat.supportedLocalesOf("en"),
        Intl.Segmenter.supportedLocalesOf("en"),
      ].join(),
  ],
  [
    "TypeError",
    () =>
      failure(() => {
        Intl.PluralRules();
      }),
  ],
  [
    "TypeError",
    () =>
      failure(() => {
        Intl.ListFormat();
      }),
  ],
  [
    "[object Intl.PluralRules][object Intl.ListFormat][object Intl.RelativeTimeFormat][object " + "Intl.Locale]",
    () =>
      Object.prototype.toString.call(new Intl.PluralRules()) +
      Object.prototype.toString.call(new Intl.ListFormat()) +
      Object.prototype.toString.call(new Intl.RelativeTimeFormat()) +
      Object.prototype.toString.call(new Intl.Locale("en")),
  ],
  ["i̇iSS", () => "İI".toLocaleLowerCase("en") + "ß".toLocaleUpperCase()],
];

exports.handler = () => {
  for (const [expected, run] of table) {
    const found = String(run());
    if (found !== expected) throw new Error(`${run} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
  return { checks: table.length };
};
