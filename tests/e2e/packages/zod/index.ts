// Schemas in TypeScript: parsing, refinement, transformation, unions, errors, asynchronous checks, JSON Schema.

import * as z from "zod";

const User = z.object({
  id: z.number().int().positive(),
  email: z.email(),
  name: z.string().min(2).max(20).trim(),
  role: z.enum(["user", "admin"]).default("user"),
  born: z.coerce.date().optional(),
  tags: z.array(z.string()).max(2).default([]),
});
type User = z.infer<typeof User>;

const Shape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: z.number() }),
  z.object({ kind: z.literal("square"), side: z.number() }),
]);

interface Event {
  endpoint: string;
}

function issues(result: { success: boolean; error?: z.ZodError }): unknown {
  return result.error?.issues.map((issue) => [issue.path.join("."), issue.code, issue.message]) ?? null;
}

export const handler = async (_event: Event): Promise<Record<string, unknown>> => {
  const good: User = User.parse({ id: 1, email: "ada@lovelace.example", name: " Ada ", born: "1815-12-10" });
  const bad = User.safeParse({ id: -1.5, email: "nowhere", name: "A", tags: ["a", "b", "c"] });
  const Password = z.object({ one: z.string(), two: z.string() }).refine((both) => both.one === both.two, {
    message: "the passwords differ",
    path: ["two"],
  });
  const Length = z
    .string()
    .transform((text) => text.length)
    .pipe(z.number().max(3));
  const Later = z.string().refine(async (text) => text !== "taken", { message: "taken" });
  type Tree = { value: number; children: Tree[] };
  const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ value: z.number(), children: z.array(Tree) }));
  return {
    good,
    bad: issues(bad),
    pretty: bad.error ? z.prettifyError(bad.error) : null,
    flat: bad.error ? z.flattenError(bad.error).fieldErrors : null,
    differ: issues(Password.safeParse({ one: "a", two: "b" })),
    length: [Length.parse("abc"), issues(Length.safeParse("abcd"))],
    later: [(await Later.safeParseAsync("free")).success, issues(await Later.safeParseAsync("taken"))],
    shape: [Shape.parse({ kind: "circle", radius: 2 }), issues(Shape.safeParse({ kind: "line" }))],
    tree: Tree.parse({ value: 1, children: [{ value: 2, children: [] }] }),
    strict: issues(z.strictObject({ a: z.string() }).safeParse({ a: "x", b: 1 })),
    formats: [
      z.uuid().safeParse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b").success,
      z.url().safeParse("https://a.example/x?y").success,
      z.url().safeParse("no url").success,
      z.iso.datetime().safeParse("2024-01-01T00:00:00Z").success,
      z.ipv4().safeParse("1.2.3.400").success,
    ],
    schema: z.toJSONSchema(User.omit({ born: true })),
    partial: User.partial().pick({ name: true }).parse({}),
    map: [...z.map(z.string(), z.number()).parse(new Map([["a", 1]]))],
    catch: z.number().catch(7).parse("x"),
    record: issues(z.record(z.string(), z.number()).safeParse({ a: "1" })),
  };
};
