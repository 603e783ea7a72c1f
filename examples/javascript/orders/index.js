// Checks an order, names it and dates its delivery, with three packages from npm: zod, uuid and dayjs.
// The packages are loaded when the function is registered; a sandbox starts with all of them in memory.

import dayjs from "dayjs";
import utc from "dayjs/plugin/utc.js";
import { v5 as nameBased } from "uuid";
import { z } from "zod";

import { deliveryDays } from "./delivery.js";

dayjs.extend(utc);

const ORDERS = "7016386c-0746-47a4-9d9b-cdd11887ad2d";

const Order = z.object({
  customer: z.email(),
  placed: z.iso.datetime(),
  express: z.boolean().default(false),
  items: z.array(z.object({ sku: z.string().regex(/^[A-Z]{2}-\d{3}$/), count: z.int().positive() })).min(1).max(100),
});

export function handler(event) {
  const { success, data: order, error } = Order.safeParse(event);
  if (!success) {
    return { problems: error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) };
  }
  const due = dayjs.utc(order.placed).add(deliveryDays(order), "day");
  return {
    // The same order has the same name, however often it is sent.
    id: nameBased(`${order.customer} ${order.placed}`, ORDERS),
    pieces: order.items.reduce((sum, { count }) => sum + count, 0),
    due: due.format("dddd, D MMMM YYYY"),
  };
}

// Packages prepare much at their first use. Done once at registration, that is in the image, and no invocation waits.
handler({ customer: "nobody@example.com", placed: "2026-01-01T00:00:00Z", items: [{ sku: "AA-000", count: 1 }] });
