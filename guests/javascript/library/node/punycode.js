// `node:punycode`, from the npm package.

import punycode from "punycode/";

export default punycode;
export const { decode, encode, toASCII, toUnicode, ucs2, version } = punycode;
