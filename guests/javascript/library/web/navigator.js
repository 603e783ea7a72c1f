// `navigator`, which programs look at to tell where they run.

import { expose, illegal } from "./webidl.js";

const SECRET = Symbol("navigator");

const LANGUAGES = Object.freeze(["en-US"]);

export class Navigator {
  constructor() {
    if (arguments[0] !== SECRET) throw illegal();
  }

  get hardwareConcurrency() { return 1; }
  get language() { return LANGUAGES[0]; }
  get languages() { return LANGUAGES; }
  get onLine() { return true; }
  get platform() { return "linux"; }
  get userAgent() { return "Hydra"; }
}
expose(Navigator);

export const navigator = new Navigator(SECRET);
