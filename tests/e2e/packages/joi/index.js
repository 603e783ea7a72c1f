// Validation: conversion, references, alternatives, messages, asynchronous rules.

const Joi = require("joi");

const schema = Joi.object({
  name: Joi.string().alphanum().min(3).max(10).required(),
  password: Joi.string().pattern(/^[a-z0-9]{3,30}$/),
  repeat: Joi.ref("password"),
  year: Joi.number().integer().min(1900).max(2013),
  email: Joi.string().email({ tlds: { allow: false } }),
  born: Joi.date().iso(),
  tags: Joi.array().items(Joi.string(), Joi.number()).unique().max(3),
  kind: Joi.valid("a", "b").default("a"),
  other: Joi.when("kind", { is: "b", then: Joi.required(), otherwise: Joi.forbidden() }),
  link: Joi.string().uri({ scheme: "https" }),
  id: Joi.string().guid(),
  host: Joi.string().hostname(),
  ip: Joi.string().ip({ version: "ipv4" }),
})
  .with("password", "repeat")
  .xor("year", "born");

const check = (value, options) => {
  const { error, value: found } = schema.validate(value, { abortEarly: false, ...options });
  return { found, errors: error?.details.map(({ message, type, path }) => [message, type, path.join(".")]) };
};

exports.handler = async () => {
  const later = Joi.string().external(async (value) => {
    if (value === "taken") throw new Error("is taken");
    return value + "!";
  });
  const failures = [];
  for (const value of ["free", "taken"]) {
    try {
      failures.push(await later.validateAsync(value));
    } catch (error) {
      failures.push(error.message);
    }
  }
  return {
    results: [
      check({ name: "ada", year: "1999", tags: ["x", 1], link: "https://a.example/ü" }),
      check({ name: "a!", password: "x", year: 3000, email: "nobody", tags: [1, 1, 2, 3] }),
      check({ name: "bob", born: "2000-01-01T00:00:00Z", kind: "b", id: "no", ip: "1.2.3.256", host: "a b" }),
      check({ name: "bob", born: "2000-01-01", extra: 1 }, { stripUnknown: true }),
      check("text"),
    ],
    failures,
    attempt: Joi.attempt("5", Joi.number()),
    custom: Joi.string()
      .custom((value, helpers) => (value === "x" ? helpers.error("any.invalid") : value))
      .messages({ "any.invalid": "never {#label}" })
      .validate("x").error.message,
    described: Joi.object({ a: Joi.number().min(1) }).describe(),
  };
};
