// JSON Schema, compiled to JavaScript text at run time; a later draft, keywords and formats of one's own, errors.

const Ajv = require("ajv");
const Ajv2020 = require("ajv/dist/2020");
const standalone = require("ajv/dist/standalone").default;

const ajv = new Ajv({ allErrors: true, coerceTypes: true, useDefaults: true });
ajv.addFormat("even-length", (text) => text.length % 2 === 0);
ajv.addKeyword({ keyword: "even", type: "number", validate: (on, value) => !on || value % 2 === 0 });
ajv.addSchema({
  $id: "address",
  type: "object",
  required: ["city"],
  properties: { city: { type: "string", minLength: 2 } },
});
const validate = ajv.compile({
  type: "object",
  required: ["id", "name"],
  additionalProperties: false,
  properties: {
    id: { type: "integer", minimum: 1, even: true },
    name: { type: "string", pattern: "^[a-zä]+$", format: "even-length" },
    role: { enum: ["user", "admin"], default: "user" },
    tags: { type: "array", uniqueItems: true, items: { type: "string" } },
    address: { $ref: "address" },
    either: { oneOf: [{ type: "null" }, { type: "object", properties: { deep: { $ref: "#" } } }] },
  },
});

exports.handler = async () => {
  const results = [
    { id: "4", name: "ädam" },
    { id: 3, name: "Bob", extra: 1 },
    { id: 2, name: "ab", tags: ["x", "x"], address: { city: "P" }, either: { deep: { id: 2 } } },
    [],
  ].map((value) => {
    const ok = validate(value);
    return {
      ok,
      value,
      errors: validate.errors?.map(({ instancePath, message, params }) => [instancePath, message, params]),
    };
  });
  const later = new Ajv2020();
  const tuple = later.compile({
    type: "array",
    prefixItems: [{ type: "number" }],
    items: false,
    unevaluatedItems: false,
  });
  const code = standalone(
    new Ajv({ code: { source: true } }),
    new Ajv({ code: { source: true } }).compile({ type: "number" }),
  );
  let strict;
  try {
    new Ajv().compile({ type: "object", nonsense: 1 });
  } catch (error) {
    strict = error.message;
  }
  return {
    results,
    tuple: [tuple([1]), tuple([1, 2]), tuple(["a"])],
    text: ajv.errorsText(validate.errors),
    code: code.length > 100,
    strict,
  };
};
