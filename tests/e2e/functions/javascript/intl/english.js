// What is different here from an engine with the data of all locales: everything is English. And what newer engines
// than Node 20 do: time zones that are offsets.

const assert = require("node:assert");

let checks = 0;

function same(found, expected) {
  checks++;
  assert.strictEqual(found, expected);
}

function refused(run, name) {
  checks++;
  assert.throws(run, { name });
}

const day = new Date(Date.UTC(2024, 1, 29, 13, 5, 9));

exports.handler = () => {
  for (const locale of ["de-DE", "fr", "zh-Hans-CN", ["xx", "ja"]]) {
    same((1234.5).toLocaleString(locale), "1,234.5");
    same(day.toLocaleDateString(locale, { timeZone: "UTC" }), "2/29/2024");
    same(new Intl.PluralRules(locale).select(1), "one");
    same(new Intl.ListFormat(locale).format(["a", "b"]), "a and b");
    same(new Intl.RelativeTimeFormat(locale).format(-1, "day"), "1 day ago");
    same(["b", "ä", "a"].sort(new Intl.Collator(locale).compare).join(), "a,ä,b");
  }
  for (const Class of [
    Intl.Collator,
    Intl.DateTimeFormat,
    Intl.ListFormat,
    Intl.NumberFormat,
    Intl.PluralRules,
    Intl.RelativeTimeFormat,
    Intl.Segmenter,
  ]) {
    same(Class.supportedLocalesOf(["de", "xx-YY"]).length, 0);
    same(Class.supportedLocalesOf(["de", "en-US"]).join(), "en-US");
    refused(() => Class.supportedLocalesOf(["not_a_locale"]), "RangeError");
    refused(() => Reflect.construct(Class, ["not_a_locale"]), "RangeError");
    refused(() => Class.prototype.resolvedOptions.call({}), "TypeError");
    same(Object.keys(Class).length, 0);
    same(Class.prototype[Symbol.toStringTag], `Intl.${Class.name}`);
  }
  same(new Intl.NumberFormat("de").resolvedOptions().locale, "en-US");

  same(day.toLocaleTimeString("en-US", { timeZone: "+05:30" }), "6:35:09 PM");
  same(day.toLocaleTimeString("en-US", { timeZone: "-0800" }), "5:05:09 AM");
  same(new Intl.DateTimeFormat("en", { timeZone: "+02" }).resolvedOptions().timeZone, "+02:00");
  for (const timeZone of ["+24:00", "+1", "UTC+1", "", "Europe/Nowhere", "constructor"]) {
    refused(() => new Intl.DateTimeFormat("en", { timeZone }), "RangeError");
  }

  const zones = Intl.supportedValuesOf("timeZone");
  same(zones.length > 400, true);
  same([...zones].sort().join(), zones.join());
  for (const timeZone of zones) {
    const text = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }).format(day);
    checks++;
    assert.match(text, /^(2\/29|3\/1)\/2024, GMT[+-]\d\d:\d\d$/, timeZone);
  }
  same(Intl.supportedValuesOf("currency").length > 150, true);
  return { checks };
};
