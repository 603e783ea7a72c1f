// XML to objects and back; attributes, CDATA, entities, order, validation.

import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";

const text = `<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<shop open="true" xmlns:x="urn:x">
  <item id="1" price="2.50">Pen &amp; ink</item>
  <item id="2"><![CDATA[<raw>]]></item>
  <x:empty/>
  <n>007</n><f>1e3</f><t>  spaced  </t>
</shop>`;

export const handler = async () => {
  const options = { ignoreAttributes: false, attributeNamePrefix: "@", parseAttributeValue: true };
  const parsed = new XMLParser(options).parse(text);
  return {
    plain: new XMLParser().parse(text),
    parsed,
    ordered: new XMLParser({ preserveOrder: true, ignoreAttributes: false }).parse("<a k='v'>t<b/>u</a>"),
    arrays: new XMLParser({ isArray: (name) => name === "n", removeNSPrefix: true, cdataPropName: "#c" }).parse(text),
    built: new XMLBuilder({ ...options, format: true }).build(parsed),
    short: new XMLBuilder({ suppressEmptyNode: true }).build({ a: { b: ["1", "<2>"], c: "" } }),
    valid: [XMLValidator.validate(text), XMLValidator.validate("<a><b></a>"), XMLValidator.validate("<a k=v/>")],
  };
};
