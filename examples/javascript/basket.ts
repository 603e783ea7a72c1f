// Types are taken out when the function is registered: no compiler, no build step, and errors name these lines.
// The file's ending says that it is TypeScript, so `file=basket.ts` belongs into the query.

interface Item {
  name: string;
  cents: number;
  count?: number;
}

type Currency = "EUR" | "USD";

type Basket = { items: Item[]; currency?: Currency };

interface Total {
  items: number;
  total: string;
}

const MOST_ITEMS = 1000 as const;

// Made and used once when the function is registered: what that needs is in the image, and no invocation waits for it.
const money: Record<Currency, Intl.NumberFormat> = { EUR: formatFor("EUR"), USD: formatFor("USD") };

function formatFor(currency: Currency): Intl.NumberFormat {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  format.format(0);
  return format;
}

function isBasket(event: unknown): event is Basket {
  const items = (event as Basket | null)?.items;
  return Array.isArray(items) && items.length <= MOST_ITEMS && items.every((item) => Number.isSafeInteger(item?.cents));
}

export function handler(event: unknown): Total {
  if (!isBasket(event)) {
    throw new TypeError("the event needs `items`, each with `name` and `cents`");
  }
  const { items, currency = "EUR" } = event;
  let [count, cents] = [0, 0];
  for (const item of items) {
    const times: number = item.count ?? 1;
    count += times;
    cents += times * item.cents;
  }
  if (!Object.hasOwn(money, currency)) {
    throw new RangeError(`no prices in ${currency}; there are ${Object.keys(money).join(", ")}`);
  }
  return { items: count, total: money[currency].format(cents / 100) };
}
