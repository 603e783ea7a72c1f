// Shows what a sandbox remembers. With `reuse=warm` (the default) module globals survive from one invocation
// to the next of the same sandbox; with `reuse=fresh` every invocation sees the module as it was loaded.
// Never keep state that matters here: another sandbox has a count of its own, and an idle one is dropped.

let count = 0;

export function handler() {
  count += 1;
  return { count };
}
