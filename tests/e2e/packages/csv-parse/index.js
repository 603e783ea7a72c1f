// CSV, at once, through a callback, as a stream and as an asynchronous iterator.

import { parse } from "csv-parse";
import { parse as parseSync } from "csv-parse/sync";
import { Readable } from "node:stream";

const text = 'id,name,note\n1,"Ada, L.","said ""hi"""\n2,Älan,\n3,"two\nlines", x \n';

export const handler = async () => {
  const called = await new Promise((resolve, reject) => {
    parse(text, { columns: true }, (error, records) => (error ? reject(error) : resolve(records)));
  });
  const streamed = [];
  const parser = Readable.from([text.slice(0, 11), text.slice(11, 30), text.slice(30)]).pipe(parse({ from_line: 2 }));
  for await (const record of parser) streamed.push(record);
  const events = await new Promise((resolve, reject) => {
    const seen = [];
    const stream = parse({ delimiter: ";", cast: true });
    stream.on("readable", () => {
      for (let record = stream.read(); record !== null; record = stream.read()) seen.push(record);
    });
    stream.on("error", reject);
    stream.on("end", () => resolve(seen));
    stream.write("1;2.5;x\n");
    stream.end("4;;y\n");
  });
  let failure;
  try {
    parseSync("a,b\n1,2,3");
  } catch (error) {
    failure = [error.code, error.message];
  }
  return {
    rows: parseSync(text),
    objects: parseSync(text, { columns: true, trim: true, skip_empty_lines: true }),
    cast: parseSync("1,x,2020-01-01", { cast: true, cast_date: false }),
    bom: parseSync(Buffer.from("\ufeffa\tb\n1\t2"), {
      bom: true,
      delimiter: "\t",
      columns: (names) => names.map((n) => n.toUpperCase()),
    }),
    comments: parseSync("# no\na|b\n", { comment: "#", delimiter: "|" }),
    relaxed: parseSync("a,b\n1,2,3", { relax_column_count: true }),
    called,
    streamed,
    events,
    failure,
  };
};
