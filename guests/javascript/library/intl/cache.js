// Formatters by what they were asked for. Making one takes milliseconds, and most code makes the same ones again.

const FORMATTERS_MAX = 100;
const caches = [];

// The locales and options as a text, where every part of them is plain; else `undefined`.
function keyOf(locales, options, names) {
  let key;
  if (locales === undefined || typeof locales === "string") key = String(locales);
  else if (Array.isArray(locales) && locales.every((locale) => typeof locale === "string")) key = locales.join();
  else return undefined;
  for (const name of names) {
    const value = options[name];
    if (value === undefined) key += "|";
    else if (typeof value === "object" || typeof value === "function" || typeof value === "symbol") return undefined;
    else key += `|${typeof value === "string" ? JSON.stringify(value) : value}`;
  }
  return key;
}

/** `make(locales, options)`, of which equal answers are kept; `names` are the options that it looks at. */
export function cached(names, make) {
  const known = new Map();
  caches.push(known);
  const none = Object.freeze(Object.create(null));
  return (locales, options) => {
    const given = options === undefined ? none : options;
    const key = given === null || typeof given !== "object" ? undefined : keyOf(locales, given, names);
    if (key === undefined) return make(locales, options);
    let found = known.get(key);
    if (found === undefined) {
      found = make(locales, options);
      if (known.size >= FORMATTERS_MAX) known.clear();
      known.set(key, found);
    }
    return found;
  };
}

/** Lets go of what a function had made. */
export function forget() {
  for (const known of caches) known.clear();
}
