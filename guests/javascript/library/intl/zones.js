// Time zones: their names, and when each had which offset.
//
// A zone's transitions are taken apart at its first use: all of them would be ten times the size of the text.

let zones = Object.create(null);
const byLowerCase = new Map();

// Names that the data has not: what they are now called.
const RENAMED = {
  CET: "Europe/Brussels",
  CST6CDT: "America/Chicago",
  EET: "Europe/Athens",
  EST: "America/Panama",
  EST5EDT: "America/New_York",
  HST: "Pacific/Honolulu",
  MET: "Europe/Brussels",
  MST: "America/Phoenix",
  MST7MDT: "America/Denver",
  PST8PDT: "America/Los_Angeles",
  WET: "Europe/Lisbon",
};
const UTC = [
  "UTC",
  "GMT",
  "Etc/UTC",
  "Etc/GMT",
  "Etc/UCT",
  "Etc/Zulu",
  "Etc/Universal",
  "Etc/Greenwich",
  "UCT",
  "Zulu",
  "Universal",
  "Greenwich",
];

/** Names under which the data keeps what some zones are called, by their name of today. */
export const FORMERLY = {
  "Africa/Asmara": "Africa/Asmera",
  "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
  "America/Argentina/Catamarca": "America/Catamarca",
  "America/Argentina/Cordoba": "America/Cordoba",
  "America/Argentina/Jujuy": "America/Jujuy",
  "America/Argentina/Mendoza": "America/Mendoza",
  "America/Atikokan": "America/Coral_Harbour",
  "America/Indiana/Indianapolis": "America/Indianapolis",
  "America/Kentucky/Louisville": "America/Louisville",
  "America/Nuuk": "America/Godthab",
  "Asia/Ho_Chi_Minh": "Asia/Saigon",
  "Asia/Kathmandu": "Asia/Katmandu",
  "Asia/Kolkata": "Asia/Calcutta",
  "Asia/Yangon": "Asia/Rangoon",
  "Atlantic/Faroe": "Atlantic/Faeroe",
  "Europe/Kyiv": "Europe/Kiev",
  "Pacific/Chuuk": "Pacific/Truk",
  "Pacific/Kanton": "Pacific/Enderbury",
  "Pacific/Pohnpei": "Pacific/Ponape",
};

/** Takes FormatJS's packed data; returns it in the form in which FormatJS looks things up. */
export function addZones({ abbrvs, offsets, zones: packed }) {
  const names = abbrvs.split("|");
  const seconds = offsets.split("|").map((text) => parseInt(text, 36));
  zones = Object.create(null);
  for (const text of packed) {
    const bar = text.indexOf("|");
    const name = text.slice(0, bar);
    byLowerCase.set(name.toLowerCase(), name);
    Object.defineProperty(zones, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = unpack(text.slice(bar + 1), names, seconds);
        Object.defineProperty(zones, name, { value, enumerable: true });
        return value;
      },
    });
  }
  for (const name of UTC) byLowerCase.set(name.toLowerCase(), "UTC");
  for (const [name, now] of Object.entries(RENAMED)) if (!(name in zones)) byLowerCase.set(name.toLowerCase(), now);
  return zones;
}

// Each entry is the state from a moment on. Where two in a row are equal, the second says nothing.
function unpack(text, names, seconds) {
  const found = [];
  let last = "";
  for (const entry of text.split("|")) {
    const comma = entry.indexOf(",");
    const state = entry.slice(comma + 1);
    const from = comma === 0 ? -Infinity : parseInt(entry.slice(0, comma), 36);
    if (state === last || Number.isNaN(from)) continue;
    last = state;
    const [name, offset, dst] = state.split(",");
    found.push([from, names[name], seconds[offset], dst === "1"]);
  }
  return found;
}

/** The zone's name as it is written, whatever the case; `undefined` for a name that is not in the data. */
export const zoneNamed = (name) => byLowerCase.get(name.toLowerCase());

/** Remembers another name of a zone. */
export const addName = (name, zone) => byLowerCase.set(name.toLowerCase(), zone);

const OFFSET = /^([+-])(\d\d):(\d\d)$/;

/** Seconds east of Greenwich in a zone at a time in ms, and whether that is summer time. */
export function offsetAt(zone, time) {
  const fixed = OFFSET.exec(zone);
  if (fixed) return { seconds: (fixed[1] === "-" ? -60 : 60) * (fixed[2] * 60 + Number(fixed[3])), isSummer: false };
  const transitions = zones[zone];
  if (transitions === undefined) return { seconds: 0, isSummer: false };
  let [low, high] = [0, transitions.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (transitions[middle][0] * 1000 <= time) low = middle;
    else high = middle;
  }
  return { seconds: transitions[low][2], isSummer: transitions[low][3] };
}

/** All names, sorted. */
export const zoneNames = () => [...new Set([...byLowerCase.values()])].sort();
