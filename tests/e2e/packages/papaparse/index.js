// CSV, both ways, with guesses and errors.

const Papa = require("papaparse");
const { Readable } = require("node:stream");

exports.handler = async () => {
  const steps = [];
  Papa.parse("a,b\n1,2\n3,4\n5,6", {
    header: true,
    step: ({ data }, parser) => {
      steps.push(data);
      if (steps.length === 2) parser.abort();
    },
  });
  const streamed = [];
  for await (const row of Readable.from(["x;y\n1;", "2\n3;4\n"]).pipe(
    Papa.parse(Papa.NODE_STREAM_INPUT, { header: true }),
  ))
    streamed.push(row);
  const completed = await new Promise((resolve, reject) =>
    Papa.parse(Readable.from(["a\tb\n", "1\t2\n"]), { complete: resolve, error: reject }),
  );
  return {
    typed: Papa.parse('name,n,b,d\n"a ""q""",1.5,TRUE,2020-01-01\n', {
      header: true,
      dynamicTyping: true,
      skipEmptyLines: true,
    }),
    guessed: Papa.parse("a|b\n1|2\n3|4").meta,
    errors: Papa.parse('a,b\n1\n1,2,3\n"open', { header: true }).errors,
    comments: Papa.parse("#c\n1,2", { comments: "#" }).data,
    unparsed: [
      Papa.unparse([
        { a: 1, b: "x,y" },
        { a: null, b: 'q"' },
      ]),
      Papa.unparse({ fields: ["c"], data: [["l1\nl2"]] }, { quotes: true, delimiter: ";" }),
    ],
    steps,
    streamed,
    completed: completed.data,
  };
};
