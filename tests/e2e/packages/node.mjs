// What Node itself answers: `node node.mjs MAIN EVENT` prints the reply of the handler in MAIN as JSON.

import { pathToFileURL } from "node:url";

const [main, event] = process.argv.slice(2);
const loaded = await import(pathToFileURL(main).href);
const handler = loaded.handler ?? loaded.default.handler;
// The members of Lambda's context that a handler here may look at.
const context = { awsRequestId: crypto.randomUUID(), functionName: "function", getRemainingTimeInMillis: () => 30_000 };
const reply = await handler(JSON.parse(event), context);
process.stdout.write(JSON.stringify(reply) ?? "null", () => process.exit(0));
