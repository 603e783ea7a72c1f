// `node:constants`: those of `os`, `fs` and `crypto` together.

import crypto from "./crypto.js";
import fs from "./fs.js";
import os from "./os.js";

export default {
  ...os.constants.errno,
  ...os.constants.signals,
  ...os.constants.priority,
  ...fs.constants,
  ...crypto.constants,
};
