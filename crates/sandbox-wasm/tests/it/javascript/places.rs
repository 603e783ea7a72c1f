//! Stacks and syntax errors point into the user's text, not into what Hydra made of it.

use hydra_sandbox::LoadError;

use super::{failure, refusal};

/// The innermost frame of a failing call, as `line:column`; `^` in the code marks the place and is taken out.
fn check(marked: &str) {
    let code = marked.replacen('^', "", 1);
    let expected = place(marked);
    let failure = failure(&code);
    let frame = failure.stack().first().map_or("", String::as_str);
    assert!(
        frame.contains(&format!("index.js:{expected}")),
        "{frame:?} is not at {expected}; all of it: {:?}\nin {code}",
        failure.stack()
    );
    assert!(
        failure
            .stack()
            .iter()
            .all(|frame| !frame.contains("hydra:")),
        "{:?}",
        failure.stack()
    );
}

fn place(marked: &str) -> String {
    let before = &marked[..marked.find('^').expect("a mark")];
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    format!("{line}:{column}")
}

#[test]
fn a_throw_is_told_with_its_line_and_column() {
    check("export function handler() { throw new ^Error('x') }");
    check("export const handler = () => {\n\n  throw new ^Error('x') }");
    check("export const handler = async () => { throw new ^Error('x') }");
    check("export const handler = async () => {\n await null;\n throw new ^Error('x') }");
    check("const more = 'é🦀'; export default () => { throw new ^Error('x') }");
}

#[test]
fn a_throw_in_commonjs_is_told_with_its_line_and_column() {
    check("exports.handler = () => { throw new ^Error('x') }");
    check("exports.handler = () => {\n\n  throw new ^Error('x') }");
    check("exports.handler = async () => {\n await null;\n throw new ^Error('x') }");
    check("function main() { throw new ^Error('x') }");
}

#[test]
fn an_error_of_the_interpreter_is_told_with_its_line_too() {
    let line = |code: &str, expected: &str| {
        let failure = failure(code);
        let frame = failure.stack().first().cloned().unwrap_or_default();
        assert!(
            frame.contains(&format!("index.js:{expected}:")),
            "{frame:?} in {code}"
        );
    };
    line("export function handler() { null.x }", "1");
    line(
        "export function handler() {\n\n  undefinedFunction() }",
        "3",
    );
}

#[test]
fn frames_are_innermost_first_and_name_their_functions() {
    let failure = failure(
        "function inner() { throw new Error('x') }\nfunction outer() { inner() }\nexport function handler() { outer() }",
    );
    let found: Vec<bool> = ["inner", "outer", "handler"]
        .iter()
        .zip(failure.stack())
        .map(|(name, frame)| frame.contains(name))
        .collect();
    assert_eq!(found, [true; 3], "{:?}", failure.stack());
}

fn check_syntax(code: &str, line_and_column: &str, says: &str) {
    let error = refusal(code.as_bytes());
    assert!(matches!(error, LoadError::Code { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with("SyntaxError: "), "{text}");
    let place = format!("index.js:{line_and_column}");
    assert!(
        text.contains(&place),
        "{text:?} does not say {place:?}, in {code}"
    );
    assert!(
        text.contains(says),
        "{text:?} does not say {says:?}, in {code}"
    );
}

#[test]
fn syntax_errors_are_told_at_registration_with_line_and_column() {
    check_syntax("export function handler( { return 1 }", "1:", "");
    check_syntax("export const a = 1;\nexport const b = ;\n", "2:18", "");
    check_syntax("exports.handler = () => {\n\n", "", "");

    check_syntax("export const handler = () => 'open", "1:", "");
    check_syntax("exports.handler = (", "", "");
    check_syntax("export const x = 1, x = 2;", "1:", "");
}

#[test]
fn syntax_errors_in_commonjs_are_told_with_line_and_column() {
    check_syntax("exports.a = 1;\nexports.b = ;\n", "2:13", "");
    check_syntax("exports.a = ;\n", "1:13", "");
}

#[test]
fn code_that_would_end_the_wrapper_is_refused() {
    for code in [
        "}); exports.handler = () => 1; (function () {",
        "} exports.handler = () => 1; {",
        "}}}}",
        "return { handler: () => 1 }; }); (function () {",
    ] {
        let error = refusal(code.as_bytes());
        assert!(
            !matches!(error, LoadError::Internal(_)),
            "{error:?}\nin {code}"
        );
    }
}

fn check_top_level(marked: &str) {
    let code = marked.replacen('^', "", 1);
    let expected = place(marked);
    match refusal(code.as_bytes()) {
        LoadError::TopLevel(failure) => {
            assert_eq!(failure.to_string(), "Error: early", "{code}");
            let frame = failure.stack().first().map_or("", String::as_str);
            assert!(
                frame.contains(&format!("index.js:{expected}")),
                "{frame:?} in {code}"
            );
        }
        other => panic!("{other:?}\nin {code}"),
    }
}

#[test]
fn a_failure_at_the_top_level_of_commonjs_is_told_with_its_place() {
    check_top_level("throw new ^Error('early');\nexports.handler = () => 1;");
    check_top_level("exports.handler = () => 1;\n\n throw new ^Error('early');");
}

#[test]
fn a_failure_at_the_top_level_is_told_with_its_place() {
    let check = check_top_level;

    check("throw new ^Error('early');\nexport const handler = () => 1;");
    check("export const handler = () => 1;\n\nthrow new ^Error('early');");
    check("await null;\n throw new ^Error('early');\nexport const handler = () => 1;");
}
