// The older module form, and the older way to answer: a callback with an error or a result.

const WORDS = /[\p{L}\p{N}]+/gu;

exports.handler = function (event, context, callback) {
  if (typeof event?.text !== "string") {
    callback(new TypeError("the event needs a string `text`"));
    return;
  }
  callback(null, { words: (event.text.match(WORDS) ?? []).length });
};
