//! Packages that try to pass the bounds of loading, and guests that knock at the library's own doors.

use std::time::{Duration, Instant};

use hydra_sandbox::{After, Failure, LoadError};
use hydra_types::{ErrorCode, Runtime, SpecFields};

use super::{js, package, zipped};
use crate::harness;

fn refused(fields: SpecFields, entries: &[(&str, &str)]) -> LoadError {
    let Err(error) = harness::try_load(Runtime::JavaScript, fields, &zipped(entries)) else {
        panic!("should not load");
    };
    assert!(!matches!(error, LoadError::Internal(_)), "{error:?}");
    error
}

fn top_level(error: LoadError) -> Failure {
    match error {
        LoadError::TopLevel(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_librarys_own_door_takes_nonsense() {
    // What the texts that Hydra writes reach in through is there for everybody.
    let program = js("export function handler(event) {
        const door = globalThis[Symbol.for('hydra')];
        const nonsense = [undefined, null, 0, -1, 2 ** 31, NaN, '', 'x', '/', '/index.js', '../..', '\\0', '\\ud800', {}, [], 1n,
          Symbol('x'), () => 1, 'x'.repeat(1 << 20), { toString() { throw new Error('no') } }, new Proxy({}, {})];
        const seen = new Set();
        for (const name of ['found', 'exports', 'resolve']) {
          for (const a of nonsense) for (const b of [...nonsense, 'module', 'commonjs', 'json', 'builtin']) {
            try { door[name](a, b); seen.add('fine'); } catch (error) { seen.add(error instanceof Error ? 'error' : typeof error); }
          }
        }
        try { door.found = 1; delete door.exports; globalThis[Symbol.for('hydra')] = 1 } catch {}
        return [[...seen].sort(), typeof door.found, typeof door.exports, typeof globalThis[Symbol.for('hydra')]];
      }");
    let mut sandbox = program.restore().unwrap();
    for _ in 0..2 {
        let outcome = harness::invoke(&mut *sandbox, "null");
        assert_eq!(outcome.after, After::Reusable);
        assert_eq!(
            harness::text(&harness::replied(outcome)),
            r#"[["error","fine"],"function","function","object"]"#
        );
    }
}

#[test]
fn code_may_not_be_given_for_other_code() {
    // A CommonJS file under the name of another kind, and one that leads outside.
    let program = package(&[
        (
            "index.js",
            "exports.handler = ([path, kind]) => {
               try { return typeof globalThis[Symbol.for('hydra')].exports(path, kind) } catch (error) { return error.message.slice(0, 80) } };",
        ),
        ("data.json", "[1]"),
        ("esm.mjs", "export const a = 1;"),
    ]);
    let mut sandbox = program.restore().unwrap();
    for event in [
        r#"["/data.json","commonjs"]"#,
        r#"["/esm.mjs","commonjs"]"#,
        r#"["/index.js","json"]"#,
        r#"["/../../etc/passwd","commonjs"]"#,
        r#"["/etc/passwd","json"]"#,
        r#"["\u0000","module"]"#,
        r#"["node:fs","module"]"#,
        r#"["hydra:import","module"]"#,
        r#"["cjs:/index.js","module"]"#,
    ] {
        let outcome = harness::invoke(&mut *sandbox, event);
        assert_eq!(outcome.after, After::Reusable, "{event}");
        let replied = harness::text(&harness::replied(outcome));
        assert!(!replied.contains("root:"), "{event}: {replied}");
    }
}

#[test]
fn more_text_than_a_function_may_have_is_refused() {
    let big = format!("/*{}*/", "x".repeat(15 << 20));
    let names: Vec<String> = (0..6).map(|n| format!("b{n}.js")).collect();
    let main: String = (0..6).map(|n| format!("require('./b{n}');")).collect();
    let main = format!("{main} exports.handler = () => 1;");
    let mut entries: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), big.as_str()))
        .collect();
    entries.push(("index.js", &main));
    let roomy = SpecFields {
        memory_mb: Some(2048),
        ..SpecFields::default()
    };
    let text = match refused(roomy, &entries) {
        LoadError::TopLevel(failure) => failure.to_string(),
        other => other.to_string(),
    };
    assert!(text.contains("64 MiB of source text"), "{text}");
}

#[test]
fn a_file_that_takes_the_compilers_memory_or_time_is_refused() {
    let small = SpecFields {
        memory_mb: Some(16),
        ..SpecFields::default()
    };
    let wide = format!("export const handler = () => [{}];", "1.5,".repeat(1 << 20));
    refused(
        small.clone(),
        &[
            (
                "index.mjs",
                "import './wide.mjs'; export const handler = () => 1;",
            ),
            ("wide.mjs", &wide),
        ],
    );
    for (open, close) in [("[", "]"), ("(", ")"), ("{", "}"), ("`${", "}`")] {
        let deep = format!(
            "module.exports = {}1{};",
            open.repeat(200_000),
            close.repeat(200_000)
        );
        refused(
            small.clone(),
            &[
                ("index.js", "require('./deep'); exports.handler = () => 1;"),
                ("deep.js", &deep),
            ],
        );
    }
}

#[test]
fn a_dependency_that_never_ends_is_stopped() {
    let fields = SpecFields {
        timeout_ms: Some(100),
        ..SpecFields::default()
    };
    for (dependency, code) in [
        ("for (;;);", ErrorCode::Timeout),
        ("const f = () => f() + 1; f();", ErrorCode::StackLimit),
        (
            "const all = []; for (;;) all.push(new Uint8Array(1 << 20));",
            ErrorCode::MemoryLimit,
        ),
        ("let s = 'x'; for (;;) s += s;", ErrorCode::HandlerError),
    ] {
        let main = "import './d.cjs'; export const handler = () => 1;";
        let begun = Instant::now();
        let error = refused(
            fields.clone(),
            &[("index.mjs", main), ("d.cjs", dependency)],
        );
        let found = top_level(error).code();
        let ends = [code, ErrorCode::CpuLimit, ErrorCode::MemoryLimit];
        assert!(ends.contains(&found), "{found:?}: {dependency}");
        assert!(begun.elapsed() < Duration::from_secs(25), "{dependency}");
    }
}

#[test]
fn long_chains_and_wide_graphs_load() {
    let chain: Vec<(String, String)> = (0..300)
        .map(|n| {
            (
                format!("m{n}.mjs"),
                format!(
                    "import {{ v as next }} from './m{}.mjs'; export const v = next + 1;",
                    n + 1
                ),
            )
        })
        .collect();
    let mut entries: Vec<(&str, &str)> = chain
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    entries.push(("m300.mjs", "export const v = 0;"));
    entries.push((
        "index.mjs",
        "import { v } from './m0.mjs'; export const handler = () => v;",
    ));
    assert_eq!(
        harness::reply(&mut *package(&entries).restore().unwrap(), "null"),
        "300"
    );

    let wide: Vec<(String, String)> = (0..1000)
        .map(|n| (format!("w{n}.js"), format!("module.exports = {n};")))
        .collect();
    let mut entries: Vec<(&str, &str)> = wide
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    entries.push(("index.js", "let sum = 0; for (let n = 0; n < 1000; n++) sum += require('./w' + n); exports.handler = () => sum;"));
    assert_eq!(
        harness::reply(&mut *package(&entries).restore().unwrap(), "null"),
        "499500"
    );
}

#[test]
fn files_that_are_no_code_are_refused_by_name() {
    let check = |name: &str, needle: &str| {
        let main = format!("require('./{name}'); exports.handler = () => 1;");
        let text = top_level(refused(
            SpecFields::default(),
            &[("index.js", &main), (name, "x")],
        ))
        .to_string();
        assert!(text.contains(name) && text.contains(needle), "{text}");
    };
    check("addon.node", "native");
    check("m.wasm", "WebAssembly");
}
