// XML to objects over events, and back.

const xml2js = require("xml2js");

exports.handler = async () => {
  const text =
    '<?xml version="1.0"?><root a="1"><item id=\'x\'>one</item>' +
    "<item>two &amp; &#228;</item><e/><c><![CDATA[<raw>]]></c></root>";
  let failure;
  try {
    await xml2js.parseStringPromise("<a><b></a>");
  } catch (error) {
    failure = error.message;
  }
  const called = await new Promise((resolve, reject) => {
    new xml2js.Parser({ explicitArray: false, mergeAttrs: true, async: true }).parseString(text, (error, found) =>
      error ? reject(error) : resolve(found),
    );
  });
  return {
    parsed: await xml2js.parseStringPromise(text),
    called,
    processed: await xml2js.parseStringPromise("<A><N>5</N><F>true</F></A>", {
      tagNameProcessors: [xml2js.processors.normalize],
      valueProcessors: [xml2js.processors.parseNumbers, xml2js.processors.parseBooleans],
    }),
    built: new xml2js.Builder({ headless: true }).buildObject({
      root: { $: { a: "<1>" }, item: ["x", { _: "y", $: { k: 2 } }], empty: "" },
    }),
    failure,
  };
};
