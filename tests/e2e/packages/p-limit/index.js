// How many promises run at once; a cache with bounds in count, size and time.

import pLimit from "p-limit";
import { LRUCache } from "lru-cache";

export const handler = async () => {
  const limit = pLimit(2);
  let running = 0;
  let most = 0;
  const results = await Promise.all(
    [5, 1, 3, 2, 4].map((n) =>
      limit(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, n));
        running--;
        return n * 10;
      }),
    ),
  );
  const disposed = [];
  const cache = new LRUCache({ max: 3, dispose: (value, key, reason) => disposed.push([key, value, reason]) });
  for (const key of ["a", "b", "c"]) cache.set(key, key + "!");
  cache.get("a");
  cache.set("d", "d!");
  cache.delete("c");
  const timed = new LRUCache({ max: 10, ttl: 15 });
  timed.set("x", 1);
  const before = timed.get("x");
  await new Promise((resolve) => setTimeout(resolve, 40));
  const sized = new LRUCache({ maxSize: 10, sizeCalculation: (value) => value.length });
  sized.set("long", "12345678");
  sized.set("more", "1234");
  const fetching = new LRUCache({ max: 2, fetchMethod: async (key) => key + " fetched" });
  return {
    results,
    most,
    counts: [limit.activeCount, limit.pendingCount],
    keys: [...cache.keys()],
    has: [cache.has("b"), cache.size, cache.peek("a")],
    disposed,
    timed: [before, timed.get("x")],
    sized: [...sized.entries()],
    fetched: await fetching.fetch("k"),
    mapped: await limit.map([1, 2], async (n) => n + 1),
  };
};
