// Decimal numbers of any precision, from two packages.

import Decimal from "decimal.js";
import Big from "big.js";

export const handler = async () => {
  Decimal.set({ precision: 40 });
  return {
    sum: [String(new Decimal(0.1).plus(0.2)), String(Big(0.1).plus(0.2))],
    divide: [new Decimal(1).div(3).toString(), Big(1).div(3).round(5).toString()],
    power: new Decimal(2).pow(200).toFixed(),
    roots: [
      Decimal.sqrt(2).toString(),
      Decimal.ln(10).toString(),
      Decimal.sin(1).toString(),
      Decimal.exp(1).toString(),
      Decimal.atan2(1, 2).toString(),
    ],
    bases: [new Decimal("0xff.8").toString(), new Decimal(255.5).toHex(), new Decimal(5).toBinary()],
    format: [
      new Decimal("12345.6789").toFixed(2),
      new Decimal("0.000001234").toExponential(2),
      new Decimal(1234.5).toSD(2).toString(),
      Big("1e21").toString(),
    ],
    compare: [new Decimal(1).cmp("1.0"), Big(2).gt(1), new Decimal(NaN).isNaN(), Decimal.max(1, "3", 2).toString()],
    rounding: [0, 1, 2, 3, 4, 5, 6].map((mode) => new Decimal("-2.5").toDecimalPlaces(0, mode).toString()),
    fraction: new Decimal(Math.PI).toFraction(1000).map(String),
    json: JSON.stringify({ d: new Decimal("1.10"), b: Big("2.20") }),
    mod: [new Decimal(-7).mod(3).toString(), Big(7).mod(3).toString()],
    failure: (() => {
      try {
        return Big("x");
      } catch (error) {
        return error.message;
      }
    })(),
  };
};
