//! Every form in which code may offer its handler.

use hydra_sandbox::LoadError;
use hydra_types::{Runtime, SpecFields};

use super::{js, outcome, refusal, reply};
use crate::harness;

#[test]
fn every_usual_form_of_handler_is_found() {
    let check = |code: &str| {
        let replied = outcome(code, r#"{"n":41}"#);
        let payload = replied
            .result
            .unwrap_or_else(|failure| panic!("{failure:?}\nin {code}"));
        assert_eq!(harness::text(&payload), "42", "{code}");
    };
    // ES modules.
    check("export function handler(event) { return event.n + 1 }");
    check("export async function handler(event) { return event.n + 1 }");
    check("export const handler = async (event) => event.n + 1;");
    check("export const handler = async ({ n }) => { await null; return n + 1 };");
    check("export default function (event) { return event.n + 1 }");
    check("export default function named(event) { return event.n + 1 }");
    check("export default (event) => event.n + 1");
    check("export default { handler(event) { return event.n + 1 } }");
    check("export default { handler: async (event) => event.n + 1 }");
    check("const handler = (event) => event.n + 1;\nexport { handler };");
    check("const f = (event) => event.n + 1;\nexport { f as handler };");
    check("const f = (event) => event.n + 1;\nexport { f as default };");
    check("export function main(event) { return event.n + 1 }");
    check("export function handle(event) { return event.n + 1 }");
    check("export let handler; handler = (event) => event.n + 1;");
    check(
        "export class Handler { static run(e) { return e.n + 1 } }\nexport const handler = Handler.run;",
    );
    check("export const handler = ((event) => event.n + 1).bind(null);");
    check("export const handler = new Proxy((event) => event.n + 1, {});");
    check("\n\n  export   const handler = (event) => event.n + 1");
    check("/* a comment */ export const handler = (event) => event.n + 1 // with a comment behind");
    // CommonJS.
    check("exports.handler = (event) => event.n + 1;");
    check("exports.handler = async function (event) { return event.n + 1 }");
    check("module.exports = (event) => event.n + 1;");
    check("module.exports = async (event) => event.n + 1;");
    check("module.exports = { handler: (event) => event.n + 1 };");
    check("module.exports.handler = (event) => event.n + 1;");
    check("module.exports = { default: (event) => event.n + 1 };");
    check("'use strict';\nexports.handler = (event) => event.n + 1;");
    check("this.handler = (event) => event.n + 1;");
    check(
        "Object.defineProperty(exports, '__esModule', { value: true });\nexports.handler = async (e) => e.n + 1;",
    );
    check("// exports nothing that is written export\nexports.handler = (event) => event.n + 1;");
    check("exports.handler = (event) => event.n + 1; // and no line end");
    // OpenWhisk.
    check("function main(params) { return params.n + 1 }");
    check("async function main(params) { return params.n + 1 }");
    check("const main = (params) => params.n + 1;");
    check("function handler(event) { return event.n + 1 }");
    // Callbacks.
    check("exports.handler = (event, context, callback) => callback(null, event.n + 1);");
    check(
        "exports.handler = (event, context, callback) => { setTimeout(() => callback(null, event.n + 1), 1) };",
    );
    check("exports.handler = (event, context, callback) => event.n + 1;");
    check("exports.handler = async (event, context, callback) => event.n + 1;");
    check("exports.handler = (event, context) => context.succeed(event.n + 1);");
    check("exports.handler = (event, context) => context.done(null, event.n + 1);");
    // Promises and what looks like one.
    check("export const handler = (event) => Promise.resolve(event.n + 1);");
    check(
        "export const handler = (event) => new Promise((done) => setTimeout(done, 1, event.n + 1));",
    );
    check("export const handler = (event) => ({ then: (done) => done(event.n + 1) });");
    check(
        "export const handler = (event) => ({ then(done) { setTimeout(() => done(event.n + 1), 1) } });",
    );
    check(
        "class Mine extends Promise {}\nexport const handler = (event) => Mine.resolve(event.n + 1);",
    );
    check("export const handler = async (event) => ({ then: (done) => done(event.n + 1) });");
}

#[test]
fn an_export_named_in_the_spec_is_the_handler() {
    let check = |name: &str, code: &str| {
        let fields = SpecFields {
            handler: Some(name.to_owned()),
            ..SpecFields::default()
        };
        let program = harness::load(Runtime::JavaScript, fields, code.as_bytes());
        let replied = harness::reply(&mut *program.restore().unwrap(), "null");
        assert_eq!(replied, r#""right""#, "{name} in {code}");
    };
    let esm = "export const handler = () => 'wrong';\nexport const other = () => 'right';";
    check("other", esm);
    check("index.other", esm);
    check(
        "hello",
        "exports.hello = () => 'right'; exports.handler = () => 'wrong';",
    );
    check("index.handler", "exports.handler = () => 'right';");
    check("index.main", "function main() { return 'right' }");
    check(
        "run",
        "export default { run: () => 'right', handler: () => 'wrong' }",
    );
    check("$_1", "exports.$_1 = () => 'right';");
    check("default", "export default () => 'right';");
}

#[test]
fn code_without_a_handler_is_refused_and_told_what_it_exports() {
    let check = |code: &str, needles: &[&str]| {
        let error = refusal(code.as_bytes());
        assert!(matches!(error, LoadError::Code { .. }), "{error:?}");
        let text = error.to_string();
        for needle in needles {
            assert!(text.contains(needle), "{text:?} does not say {needle:?}");
        }
    };
    check(
        "export const a = () => 1;\nexport function b() {}\nexport const c = 3;",
        &["a, b", "handler"],
    );
    check("exports.run = () => 1;", &["run", "handler"]);
    check("module.exports = 42;", &["no function"]);

    check("module.exports = 'text';", &["handler"]);
    check("export {};", &["no function"]);
    check("1 + 1", &["no function"]);
    check("", &["no function"]);
    check("export const handler = 42;", &["handler"]);
    check("export default 42;", &["no function"]);
    let named = SpecFields {
        handler: Some("index.nope".to_owned()),
        ..SpecFields::default()
    };
    let code = b"export const yes = () => 1;";
    let error = harness::try_load(Runtime::JavaScript, named, code)
        .err()
        .unwrap();
    let text = error.to_string();
    assert!(text.contains("\"nope\"") && text.contains("yes"), "{text}");
}

#[test]
fn code_that_exports_nothing_at_all_is_refused_like_code_without_a_handler() {
    for code in ["module.exports = null;", "module.exports = undefined;"] {
        let error = refusal(code.as_bytes());
        assert!(matches!(error, LoadError::Code { .. }), "{error:?}");
        assert!(error.to_string().contains("exports no handler"), "{error}");
    }
}

#[test]
fn the_context_tells_of_function_and_call() {
    let fields = SpecFields {
        memory_mb: Some(64),
        ..SpecFields::default()
    };
    let code = "export const handler = (event, context) => [
        context.functionName, context.functionVersion, context.invokedFunctionArn, context.memoryLimitInMB,
        context.logGroupName, context.logStreamName, context.callbackWaitsForEmptyEventLoop,
        typeof context.getRemainingTimeInMillis(), JSON.parse(JSON.stringify(context)).functionName]";
    let program = harness::load(Runtime::JavaScript, fields, code.as_bytes());
    assert_eq!(
        harness::reply(&mut *program.restore().unwrap(), "null"),
        r#"["f","$LATEST","arn:aws:lambda:local:000000000000:function:f","64","/hydra/f","f",true,"number","f"]"#
    );
}

#[test]
fn the_context_may_be_written_and_time_runs_down() {
    let code = "export async function handler(event, context) {
        context.callbackWaitsForEmptyEventLoop = false;
        context.mine = 1;
        const first = context.getRemainingTimeInMillis();
        await new Promise((done) => setTimeout(done, 20));
        const second = context.getRemainingTimeInMillis();
        return first - second >= 19 && first - second < 10_000 && context.mine === 1; }";
    assert_eq!(reply(code), "true");
}

#[test]
fn only_the_first_answer_counts() {
    let check = |code: &str, expected: &str| assert_eq!(reply(code), expected, "{code}");
    check(
        "exports.handler = (e, c, callback) => { callback(null, 1); callback(null, 2); callback(Error('x')) }",
        "1",
    );
    check(
        "exports.handler = (e, c) => { c.succeed(1); c.fail(new Error('x')); return 2 }",
        "1",
    );
    check(
        "export const handler = () => new Promise((done, no) => { done(1); no(new Error('x')); done(2) })",
        "1",
    );
    check(
        "export const handler = () => ({ then(done, no) { done(1); no(2); done(3) } })",
        "1",
    );
}

#[test]
fn an_answer_that_comes_after_its_call_does_not_reach_the_next() {
    let program = js("let late;
        exports.handler = (event, context, callback) => {
            if (event === 'first') { late = callback; callback(null, 'one'); return; }
            late(null, 'wrong');
            setTimeout(() => callback(null, 'two'), 5);
        }");
    let mut sandbox = program.restore().unwrap();
    assert_eq!(harness::reply(&mut *sandbox, r#""first""#), r#""one""#);
    assert_eq!(harness::reply(&mut *sandbox, r#""second""#), r#""two""#);
}

#[test]
fn a_promise_of_an_earlier_call_does_not_answer_a_later_one() {
    let program = js("let resolve;
        export const handler = (event, context) => {
            if (event === 'first') {
                context.succeed('one');
                return new Promise((done) => { resolve = done });
            }
            resolve('wrong');
            return new Promise((done) => setTimeout(done, 5, 'two'));
        }");
    let mut sandbox = program.restore().unwrap();
    assert_eq!(harness::reply(&mut *sandbox, r#""first""#), r#""one""#);
    assert_eq!(harness::reply(&mut *sandbox, r#""second""#), r#""two""#);
}

#[test]
fn the_environment_is_in_process_env() {
    let fields = SpecFields {
        env: [
            ("A".to_owned(), "1".to_owned()),
            ("Ü".to_owned(), "ß🦀".to_owned()),
        ]
        .into(),
        ..SpecFields::default()
    };
    let code = "const atLoad = process.env.A;
        export const handler = () => [atLoad, process.env.A, process.env['Ü'], process.env.NOPE === undefined]";
    let program = harness::load(Runtime::JavaScript, fields, code.as_bytes());
    let mut sandbox = program.restore().unwrap();
    assert_eq!(
        harness::reply(&mut *sandbox, "null"),
        r#"["1","1","ß🦀",true]"#
    );
}
