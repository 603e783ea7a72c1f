// Forms out of pairs.

import { FormData } from "../web/form_data.js";

/** A FormData of pairs of a name and a string or a File. */
export function formOf(pairs) {
  const form = new FormData();
  for (const [name, value] of pairs) form.append(name, value);
  return form;
}
