// `node:stream/promises`.

import Stream from "./stream.js";

export default Stream.promises;
export const { finished, pipeline } = Stream.promises;
