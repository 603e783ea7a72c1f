// Schemas, queries, variables, errors, introspection, all in the process.

const {
  GraphQLEnumType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  buildSchema,
  execute,
  graphql,
  introspectionFromSchema,
  parse,
  print,
  printSchema,
  subscribe,
  validate,
  visit,
} = require("graphql");

const schema = buildSchema(`
  "A person"
  type Person { name: String!, age: Int, friends(first: Int = 2): [Person!]!, kind: Kind }
  enum Kind { GOOD BAD }
  input New { name: String!, age: Int }
  union Found = Person | Place
  type Place { city: String! }
  type Query { person(name: String!): Person, find: [Found!]!, broken: Int!, later: String }
  type Mutation { add(person: New!): Person! }
  type Subscription { count: Int! }
`);
const people = { ada: { name: "ada", age: 36, kind: "GOOD" }, bob: { name: "bob", age: null } };
const person = (one) => ({ ...one, friends: ({ first }) => Object.values(people).slice(0, first).map(person) });
const rootValue = {
  person: ({ name }) => people[name] && person(people[name]),
  find: () => [
    { __typename: "Person", ...person(people.ada) },
    { __typename: "Place", city: "Paris" },
  ],
  broken: () => {
    throw new Error("broken on purpose");
  },
  later: async () => "late",
  add: ({ person: given }) => person({ ...given, kind: "BAD" }),
  async *count() {
    for (let i = 1; i <= 3; i++) yield { count: i };
  },
};

exports.handler = async () => {
  const ask = (source, variableValues) => graphql({ schema, source, rootValue, variableValues });
  const even = new GraphQLScalarType({
    name: "Even",
    parseValue: (value) => value,
    serialize: (value) => {
      if (value % 2) throw new TypeError("odd");
      return value;
    },
  });
  const own = new GraphQLSchema({
    query: new GraphQLObjectType({
      name: "Query",
      fields: {
        e: { type: even, resolve: () => 3 },
        c: { type: new GraphQLEnumType({ name: "C", values: { RED: { value: 1 } } }), resolve: () => 1 },
        s: {
          type: new GraphQLNonNull(GraphQLString),
          args: { x: { type: GraphQLString } },
          resolve: (_, { x }) => x ?? "none",
        },
      },
    }),
  });
  const counts = [];
  for await (const { data } of await subscribe({ schema, document: parse("subscription { count }"), rootValue }))
    counts.push(data.count);
  return JSON.parse(
    JSON.stringify({
      query: await ask(
        "query Q($n: String!) { a: person(name: $n) { ...f friends { name } } } fragment f on Person { name age kind }",
        { n: "ada" },
      ),
      union: await ask("{ find { __typename ... on Person { name } ... on Place { city } } later }"),
      mutation: await ask("mutation ($p: New!) { add(person: $p) { name kind } }", { p: { name: "cy" } }),
      errors: [
        await ask("{ nothing }"),
        await ask("{ broken }"),
        await ask("{ person(name: 1) { name } }"),
        await ask("{ person("),
        await ask("mutation ($p: New!) { add(person: $p) { name } }", { p: {} }),
      ],
      printed: print(parse("{a(x:[1,{b:$c}]) @skip(if:true){...on T{d}}}")),
      schema: printSchema(schema),
      validated: validate(schema, parse("{ person { name } }")).map((error) => error.message),
      introspected: introspectionFromSchema(schema).__schema.types.length,
      visited: print(visit(parse("{ a b }"), { Field: (node) => (node.name.value === "a" ? null : undefined) })),
      own: await execute({ schema: own, document: parse('{ e c s(x: "ü") }') }),
      counts,
    }),
  );
};
