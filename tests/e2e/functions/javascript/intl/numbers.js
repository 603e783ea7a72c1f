// Intl.NumberFormat and what numbers and arrays say by locale. The expected values are those of Node 20.

const number = (value, options) => new Intl.NumberFormat("en-US", options).format(value);

function failure(run, more) {
  try {
    run();
  } catch (error) {
    return more ? `${error.name}: ${error.message}` : error.name;
  }
  return "no failure";
}

const table = [
  ["0", () => number(0)],
  ["-0", () => number(-0)],
  ["1", () => number(1)],
  ["-1,234.568", () => number(-1234.5678)],
  ["1,234,567.891", () => number(1234567.891)],
  ["0.3", () => number(0.1 + 0.2)],
  ["1,000,000,000,000,000,000,000", () => number(1e21)],
  ["0", () => number(1e-7)],
  ["NaN", () => number(NaN)],
  ["∞", () => number(Infinity)],
  ["-∞", () => number(-Infinity)],
  ["123,456,789,012,345,678,901,234,567,890", () => number(123456789012345678901234567890n)],
  ["1.001", () => number(1.0005)],
  ["2.5", () => number(2.5)],
  ["1,000,000", () => number(999999.9995)],
  ["12,345.679", () => number("12345.67890")],
  ["1", () => number(true)],
  ["0", () => number(null)],
  ["-$1,234.50", () => number(-1234.5, { style: "currency", currency: "USD" })],
  ["-€1,234.50", () => number(-1234.5, { style: "currency", currency: "EUR" })],
  ["-¥1,235", () => number(-1234.5, { style: "currency", currency: "JPY" })],
  ["-£1,234.50", () => number(-1234.5, { style: "currency", currency: "GBP" })],
  ["-₹1,234.50", () => number(-1234.5, { style: "currency", currency: "INR" })],
  ["-CHF 1,234.50", () => number(-1234.5, { style: "currency", currency: "CHF" })],
  ["-BTC 1,234.50", () => number(-1234.5, { style: "currency", currency: "BTC" })],
  ["-KWD 1,234.500", () => number(-1234.5, { style: "currency", currency: "KWD" })],
  ["CAD 1.00", () => number(1, { style: "currency", currency: "CAD", currencyDisplay: "code" })],
  ["1.00 Canadian dollars", () => number(1, { style: "currency", currency: "CAD", currencyDisplay: "name" })],
  ["$1.00", () => number(1, { style: "currency", currency: "CAD", currencyDisplay: "narrowSymbol" })],
  ["CA$1.00", () => number(1, { style: "currency", currency: "CAD", currencyDisplay: "symbol" })],
  ["($5.00)", () => number(-5, { style: "currency", currency: "USD", currencySign: "accounting" })],
  ["2.50 US dollars", () => number(2.5, { style: "currency", currency: "USD", currencyDisplay: "name" })],
  ["$5", () => number(5.129, { style: "currency", currency: "USD", maximumFractionDigits: 0 })],
  ["$1,234.5", () => number(1234.5, { style: "currency", currency: "USD", minimumFractionDigits: 0 })],
  ["26%", () => number(0.256, { style: "percent" })],
  ["-150%", () => number(-1.5, { style: "percent" })],
  ["1,235%", () => number(12.3456, { style: "percent" })],
  ["25.60%", () => number(0.256, { style: "percent", minimumFractionDigits: 2 })],
  ["16 km/h", () => number(16, { style: "unit", unit: "kilometer-per-hour" })],
  ["16 L", () => number(16, { style: "unit", unit: "liter" })],
  ["16 MB", () => number(16, { style: "unit", unit: "megabyte" })],
  ["16°C", () => number(16, { style: "unit", unit: "celsius" })],
  ["16%", () => number(16, { style: "unit", unit: "percent" })],
  ["16 days", () => number(16, { style: "unit", unit: "day" })],
  ["16 mi", () => number(16, { style: "unit", unit: "mile" })],
  ["1 hour", () => number(1, { style: "unit", unit: "hour", unitDisplay: "long" })],
  ["1 hr", () => number(1, { style: "unit", unit: "hour", unitDisplay: "short" })],
  ["1h", () => number(1, { style: "unit", unit: "hour", unitDisplay: "narrow" })],
  ["1.5 gigabytes", () => number(1.5, { style: "unit", unit: "gigabyte", unitDisplay: "long" })],
  ["999", () => number(999, { notation: "compact" })],
  ["1.2K", () => number(1234, { notation: "compact" })],
  ["15K", () => number(15300, { notation: "compact" })],
  ["1.2M", () => number(1234567, { notation: "compact" })],
  ["988M", () => number(987654321, { notation: "compact" })],
  ["-2.5B", () => number(-2.5e9, { notation: "compact" })],
  ["1000T", () => number(1e15, { notation: "compact" })],
  ["1.2 thousand", () => number(1234, { notation: "compact", compactDisplay: "long" })],
  ["1.2 million", () => number(1234567, { notation: "compact", compactDisplay: "long" })],
  ["1.23M", () => number(1234567, { notation: "compact", maximumFractionDigits: 2 })],
  ["$1.2M", () => number(1234567, { notation: "compact", style: "currency", currency: "USD" })],
  ["1.235E5", () => number(123456, { notation: "scientific" })],
  ["123.456E3", () => number(123456, { notation: "engineering" })],
  ["1.2E-4", () => number(0.00012, { notation: "scientific", maximumFractionDigits: 3 })],
  ["123,000", () => number(123456, { maximumSignificantDigits: 3 })],
  ["1.500", () => number(1.5, { minimumSignificantDigits: 4 })],
  ["0.0012", () => number(0.00123456, { maximumSignificantDigits: 2 })],
  ["005", () => number(5, { minimumIntegerDigits: 3 })],
  ["00,001,234", () => number(1234, { minimumIntegerDigits: 8 })],
  ["1.23", () => number(1.23456, { minimumFractionDigits: 1, maximumFractionDigits: 2 })],
  ["3.00", () => number(3, { minimumFractionDigits: 2 })],
  ["12345.6", () => number(12345.6, { useGrouping: false })],
  ["1234", () => number(1234, { useGrouping: "min2" })],
  ["12,345", () => number(12345, { useGrouping: "min2" })],
  ["+5", () => number(5, { signDisplay: "always" })],
  ["-5", () => number(-5, { signDisplay: "always" })],
  ["+0", () => number(0, { signDisplay: "always" })],
  ["-0", () => number(-0, { signDisplay: "always" })],
  ["5", () => number(5, { signDisplay: "never" })],
  ["5", () => number(-5, { signDisplay: "never" })],
  ["0", () => number(0, { signDisplay: "never" })],
  ["0", () => number(-0, { signDisplay: "never" })],
  ["+5", () => number(5, { signDisplay: "exceptZero" })],
  ["-5", () => number(-5, { signDisplay: "exceptZero" })],
  ["0", () => number(0, { signDisplay: "exceptZero" })],
  ["0", () => number(-0, { signDisplay: "exceptZero" })],
  ["5", () => number(5, { signDisplay: "negative" })],
  ["-5", () => number(-5, { signDisplay: "negative" })],
  ["0", () => number(0, { signDisplay: "negative" })],
  ["0", () => number(-0, { signDisplay: "negative" })],
  ["5", () => number(5, { signDisplay: "auto" })],
  ["-5", () => number(-5, { signDisplay: "auto" })],
  ["0", () => number(0, { signDisplay: "auto" })],
  ["-0", () => number(-0, { signDisplay: "auto" })],
  ["3", () => number(2.5, { roundingMode: "ceil", maximumFractionDigits: 0 })],
  ["-2", () => number(-2.5, { roundingMode: "ceil", maximumFractionDigits: 0 })],
  ["2", () => number(2.5, { roundingMode: "floor", maximumFractionDigits: 0 })],
  ["-3", () => number(-2.5, { roundingMode: "floor", maximumFractionDigits: 0 })],
  ["3", () => number(2.5, { roundingMode: "expand", maximumFractionDigits: 0 })],
  ["-3", () => number(-2.5, { roundingMode: "expand", maximumFractionDigits: 0 })],
  ["2", () => number(2.5, { roundingMode: "trunc", maximumFractionDigits: 0 })],
  ["-2", () => number(-2.5, { roundingMode: "trunc", maximumFractionDigits: 0 })],
  ["3", () => number(2.5, { roundingMode: "halfCeil", maximumFractionDigits: 0 })],
  ["-2", () => number(-2.5, { roundingMode: "halfCeil", maximumFractionDigits: 0 })],
  ["2", () => number(2.5, { roundingMode: "halfFloor", maximumFractionDigits: 0 })],
  ["-3", () => number(-2.5, { roundingMode: "halfFloor", maximumFractionDigits: 0 })],
  ["3", () => number(2.5, { roundingMode: "halfExpand", maximumFractionDigits: 0 })],
  ["-3", () => number(-2.5, { roundingMode: "halfExpand", maximumFractionDigits: 0 })],
  ["2", () => number(2.5, { roundingMode: "halfTrunc", maximumFractionDigits: 0 })],
  ["-2", () => number(-2.5, { roundingMode: "halfTrunc", maximumFractionDigits: 0 })],
  ["2", () => number(2.5, { roundingMode: "halfEven", maximumFractionDigits: 0 })],
  ["-2", () => number(-2.5, { roundingMode: "halfEven", maximumFractionDigits: 0 })],
  ["1.25", () => number(1.27, { roundingIncrement: 5, minimumFractionDigits: 2, maximumFractionDigits: 2 })],
  ["5", () => number(5, { minimumFractionDigits: 2, trailingZeroDisplay: "stripIfInteger" })],
  [
    `[{"type":"minusSign","value":"-"},{"type":"currency","value":"€"},{"type":"integer","value":"1"},` +
      `{"type":"group","value":","},{"type":"integer","value":"234"},{"type":"group","value":","},` +
      `{"type":"integer","value":"567"},{"type":"decimal","value":"."},{"type":"fraction","value":"89"}]`,
    () =>
      JSON.stringify(
        new Intl.NumberFormat("en-US", { style: "currency", currency: "EUR" }).formatToParts(-1234567.891),
      ),
  ],
  [
    `[{"type":"integer","value":"2"},{"type":"literal","value":" "},{"type":"unit","value":"liters"}]`,
    () =>
      JSON.stringify(
        new Intl.NumberFormat("en-US", { style: "unit", unit: "liter", unitDisplay: "long" }).formatToParts(2),
      ),
  ],
  [
    `[{"type":"integer","value":"15"},{"type":"compact","value":"K"}]`,
    () => JSON.stringify(new Intl.NumberFormat("en-US", { notation: "compact" }).formatToParts(15300)),
  ],
  ["3–5", () => new Intl.NumberFormat("en-US").formatRange(3, 5)],
  ["€3.00 – €5.00", () => new Intl.NumberFormat("en-US", { style: "currency", currency: "EUR" }).formatRange(3, 5)],
  ["1,234.5", () => (1234.5).toLocaleString()],
  ["$1,234.50", () => (1234.5).toLocaleString("en-US", { style: "currency", currency: "USD" })],
  ["3,833,759,992,447,475,122,176", () => (12n ** 20n).toLocaleString()],
  ["50%", () => (0.5).toLocaleString(undefined, { style: "percent" })],
  [
    "1,234.5,1/1/1970, 12:00:00 AM,,x,1,000,000",
    () => [1234.5, new Date(0), null, "x", 1e6].toLocaleString("en-US", { timeZone: "UTC" }),
  ],
  ["1,000", () => Intl.NumberFormat("en").format(1e3)],
  ["en-US", () => new Intl.NumberFormat().resolvedOptions().locale],
  ["en-US,en", () => String(Intl.NumberFormat.supportedLocalesOf(["en-US", "en"]))],
  [
    "TypeError",
    () =>
      failure(() => {
        new Intl.NumberFormat("en", { style: "currency" });
      }),
  ],
  [
    "RangeError",
    () =>
      failure(() => {
        new Intl.NumberFormat("en", { style: "nonsense" });
      }),
  ],
  [
    "RangeError",
    () =>
      failure(() => {
        new Intl.NumberFormat("en", { maximumFractionDigits: 200 });
      }),
  ],
  [
    "RangeError",
    () =>
      failure(() => {
        new Intl.NumberFormat("en", { style: "currency", currency: "EURO" });
      }),
  ],
  [
    "TypeError",
    () =>
      failure(() => {
        Intl.NumberFormat.prototype.format;
      }),
  ],
  ["[object Intl.NumberFormat]", () => Object.prototype.toString.call(new Intl.NumberFormat())],
  ["[object Intl]", () => String(Intl)],
  ["0NumberFormat", () => Intl.NumberFormat.length + Intl.NumberFormat.name],
  [
    "objectfalse",
    () => typeof Object.getOwnPropertyDescriptor(globalThis, "Intl").value + Object.keys(globalThis).includes("Intl"),
  ],
  ["3.0,1.0,2.0", () => [3, 1, 2].map(new Intl.NumberFormat("en-US", { minimumFractionDigits: 1 }).format).join()],
  [
    "2,000",
    () =>
      class extends Intl.NumberFormat {}.name +
      new (class X extends Intl.NumberFormat {
        twice(n) {
          return this.format(n * 2);
        }
      })("en").twice(1000),
  ],
];

exports.handler = () => {
  for (const [expected, run] of table) {
    const found = String(run());
    if (found !== expected) throw new Error(`${run} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
  return { checks: table.length };
};
