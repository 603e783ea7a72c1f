// FormData.

import { asFile, isBlob, isFile } from "./blob.js";
import { expose, failed, iterable, required, shown, usv } from "./webidl.js";

let listOf;

// An entry: its name, and a string or a File.
function entry(what, count, name, value, filename) {
  required(count, 2, what);
  if (count > 2 && !isBlob(value)) {
    throw failed(`${what}: with a file name the value must be a Blob`, "ERR_INVALID_ARG_TYPE");
  }
  const key = usv(name);
  if (!isBlob(value)) return [key, usv(value)];
  if (count > 2 && filename !== undefined) return [key, asFile(value, usv(filename))];
  return [key, isFile(value) ? value : asFile(value, "blob")];
}

export class FormData {
  #list = [];

  constructor(form = undefined, submitter = undefined) {
    if (form !== undefined || (submitter !== undefined && submitter !== null)) {
      throw failed("FormData takes no form here: there are no HTML elements", "ERR_INVALID_ARG_TYPE");
    }
  }

  append(name, value, filename = undefined) {
    this.#list.push(entry("FormData.append", arguments.length, name, value, filename));
  }

  delete(name) {
    required(arguments.length, 1, "FormData.delete");
    const wanted = usv(name);
    this.#list = this.#list.filter((pair) => pair[0] !== wanted);
  }

  get(name) {
    required(arguments.length, 1, "FormData.get");
    const wanted = usv(name);
    return this.#list.find((pair) => pair[0] === wanted)?.[1] ?? null;
  }

  getAll(name) {
    required(arguments.length, 1, "FormData.getAll");
    const wanted = usv(name);
    return this.#list.filter((pair) => pair[0] === wanted).map((pair) => pair[1]);
  }

  has(name) {
    required(arguments.length, 1, "FormData.has");
    const wanted = usv(name);
    return this.#list.some((pair) => pair[0] === wanted);
  }

  set(name, value, filename = undefined) {
    const made = entry("FormData.set", arguments.length, name, value, filename);
    const at = this.#list.findIndex((pair) => pair[0] === made[0]);
    if (at < 0) {
      this.#list.push(made);
      return;
    }
    this.#list[at] = made;
    this.#list = this.#list.filter((pair, i) => i <= at || pair[0] !== made[0]);
  }

  static {
    listOf = (form) => form.#list;
  }
}
iterable(FormData, "FormData", (form) => listOf(form));
expose(FormData);
shown(FormData, (form) => Object.fromEntries(listOf(form)));

export function isFormData(value) {
  return value instanceof FormData;
}

export { listOf as entriesOf };
