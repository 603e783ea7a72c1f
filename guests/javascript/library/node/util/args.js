// `parseArgs`.

import { invalidType, typeError } from "../errors.js";
import * as check from "../validate.js";

const unknown = (name, hint) => typeError("ERR_PARSE_ARGS_UNKNOWN_OPTION", `Unknown option '${name}'${hint}`);
const invalid = (message) => typeError("ERR_PARSE_ARGS_INVALID_OPTION_VALUE", message);

function checkOptions(options) {
  check.object(options, "options");
  for (const [name, option] of Object.entries(options)) {
    check.object(option, `options.${name}`);
    check.oneOf(option.type, `options.${name}.type`, ["string", "boolean"]);
    if (option.short !== undefined) {
      check.string(option.short, `options.${name}.short`);
      if (option.short.length !== 1) {
        throw invalidType(`options.${name}.short`, "a single character", option.short);
      }
    }
  }
}

// What the words are, before it is known which of them are allowed.
function tokenize(args, options) {
  const byShort = new Map(
    Object.entries(options)
      .filter(([, o]) => o.short)
      .map(([name, o]) => [o.short, name]),
  );
  const tokens = [];
  const rest = args.map((word, index) => ({ word, index }));
  const option = (index, name, rawName, value, inlineValue) =>
    tokens.push({ kind: "option", name, rawName, index, value, inlineValue });
  while (rest.length > 0) {
    const { word, index } = rest.shift();
    if (word === "--") {
      tokens.push({ kind: "option-terminator", index });
      for (const more of rest.splice(0)) tokens.push({ kind: "positional", index: more.index, value: more.word });
    } else if (/^--[^=]/.test(word)) {
      const at = word.indexOf("=", 3);
      const name = at < 0 ? word.slice(2) : word.slice(2, at);
      if (at >= 0) option(index, name, `--${name}`, word.slice(at + 1), true);
      else if (options[name]?.type === "string" && rest.length > 0)
        option(index, name, `--${name}`, rest.shift().word, false);
      else option(index, name, `--${name}`, undefined, undefined);
    } else if (/^-[^-]/.test(word)) {
      const name = byShort.get(word[1]) ?? word[1];
      const text = options[name]?.type === "string";
      if (text && word.length > 2) option(index, name, `-${word[1]}`, word.slice(2), true);
      else if (text && rest.length > 0) option(index, name, `-${word[1]}`, rest.shift().word, false);
      else {
        option(index, name, `-${word[1]}`, undefined, undefined);
        if (word.length > 2) rest.unshift({ word: `-${word.slice(2)}`, index });
      }
    } else {
      tokens.push({ kind: "positional", index, value: word });
    }
  }
  return tokens;
}

function checkToken(token, options, allowPositionals) {
  if (!Object.hasOwn(options, token.name)) {
    const hint = allowPositionals
      ? `. To specify a positional argument starting with a '-', place it at the end of the ` +
        `command after '--', as in '-- "${token.rawName}"`
      : "";
    throw unknown(token.rawName, hint);
  }
  const { type, short } = options[token.name];
  const shown = `${short ? `-${short}, ` : ""}--${token.name}`;
  if (type === "string" && typeof token.value !== "string") throw invalid(`Option '${shown} <value>' argument missing`);
  if (type === "boolean" && token.value != null) throw invalid(`Option '${shown}' does not take an argument`);
  if (type === "string" && token.inlineValue === false && /^-./.test(token.value)) {
    throw invalid(
      `Option '${token.rawName}' argument is ambiguous.\nDid you forget to specify the option argument for ` +
        `'${token.rawName}'?\nTo specify an option argument starting with a dash use '--${token.name}=-XYZ'.`,
    );
  }
}

export function parseArgs(config = {}) {
  const {
    args = process.argv.slice(2),
    strict = true,
    allowNegative = false,
    tokens: wanted = false,
    options = {},
  } = config;
  const allowPositionals = config.allowPositionals ?? !strict;
  checkOptions(options);
  const tokens = tokenize(args, options);
  const values = { __proto__: null };
  const positionals = [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (!allowPositionals) {
        throw typeError(
          "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL",
          `Unexpected argument '${token.value}'. This command does ` + "not take positional arguments",
        );
      }
      positionals.push(token.value);
    }
    if (token.kind !== "option" || token.name === "__proto__") continue;
    let { name, value } = token;
    let plain = value ?? true;
    if (allowNegative && value === undefined && !Object.hasOwn(options, name) && name.startsWith("no-")) {
      name = name.slice(3);
      token.name = name;
      plain = false;
    }
    if (strict) checkToken(token, options, allowPositionals);
    if (options[name]?.multiple) (values[name] ??= []).push(plain);
    else values[name] = plain;
  }
  for (const [name, { default: preset }] of Object.entries(options)) {
    if (preset !== undefined && values[name] === undefined) values[name] = preset;
  }
  return wanted ? { values, positionals, tokens } : { values, positionals };
}
