//! What every Rust source file of the project looks like.

use super::tokens;

const LINES_MAX: usize = 600;
const DRAWER_NAMES: [&str; 6] = ["util", "utils", "common", "helpers", "helper", "misc"];
/// The one crate besides `crates/sys` that may have `unsafe`, and that in one file.
const UNSAFE_IN_ONE_FILE: &str = "crates/sandbox-wasm/";
const UNSAFE_ANYWHERE: &str = "crates/sys/";
/// Guest code: it exports symbols, which is unsafe by decree of the language.
const GUEST_CODE: &str = "examples/";

/// One file, read.
pub(super) struct Source {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    text: String,
    /// The text without comments and literals.
    code: String,
}

impl Source {
    /// Takes the file's text apart.
    pub(super) fn new(path: String, text: String) -> Self {
        let code = tokens::code_only(&text);
        Self { path, text, code }
    }

    fn has_unsafe(&self) -> bool {
        tokens::has_word(&self.code, "unsafe")
    }
}

/// Every file that breaks a rule.
pub(super) fn faults(sources: &[Source]) -> Vec<String> {
    let mut faults: Vec<String> = sources.iter().flat_map(faults_of).collect();
    let unsafe_files: Vec<&str> = sources
        .iter()
        .filter(|source| source.path.starts_with(UNSAFE_IN_ONE_FILE) && source.has_unsafe())
        .map(|source| source.path.as_str())
        .collect();
    if unsafe_files.len() > 1 {
        faults.push(format!(
            "{UNSAFE_IN_ONE_FILE} has unsafe code in more than one file: {}",
            unsafe_files.join(", ")
        ));
    }
    faults
}

fn faults_of(source: &Source) -> Vec<String> {
    let path = &source.path;
    let mut faults = Vec::new();
    let mut fault = |broken: bool, what: &str| {
        if broken {
            faults.push(format!("{path}: {what}"));
        }
    };
    fault(
        !source.text.starts_with("//!"),
        "does not open with `//!` saying what it is for",
    );
    let lines = source.text.lines().count();
    fault(
        lines > LINES_MAX,
        &format!("has {lines} lines, at most {LINES_MAX} are allowed"),
    );
    fault(
        path.ends_with("/mod.rs"),
        "is a mod.rs; use `foo.rs` and `foo/`",
    );
    fault(
        path.trim_end_matches(".rs")
            .split('/')
            .any(|part| DRAWER_NAMES.contains(&part)),
        "has a name that says nothing (util, common, helpers, misc)",
    );
    let may_be_unsafe = [UNSAFE_ANYWHERE, UNSAFE_IN_ONE_FILE, GUEST_CODE]
        .iter()
        .any(|folder| path.starts_with(folder));
    fault(
        !may_be_unsafe && source.has_unsafe(),
        "has unsafe code, which belongs in crates/sys",
    );
    fault(
        tokens::has_attribute(&source.code, "ignore"),
        "has an ignored test; skip loudly at run time instead",
    );
    for macro_name in ["todo", "unimplemented"] {
        fault(
            tokens::has_macro(&source.code, macro_name),
            &format!("has a {macro_name}!"),
        );
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: &str) {
        let faults = faults(&[Source::new(path.to_owned(), text.to_owned())]);
        match expected {
            "" => assert!(faults.is_empty(), "{path}: {faults:?}"),
            _ => assert!(
                faults.len() == 1 && faults[0].contains(expected),
                "{path}: {faults:?}"
            ),
        }
    }

    #[test]
    fn each_rule_finds_its_breach_and_nothing_else() {
        check("crates/a/src/lib.rs", "//! Fine.\nfn f() {}", "");
        check("crates/a/src/lib.rs", "fn f() {}", "does not open with");
        check("crates/a/src/b/mod.rs", "//! B.", "mod.rs");
        check("crates/a/src/util.rs", "//! U.", "says nothing");
        check("crates/a/src/common/x.rs", "//! U.", "says nothing");
        check("crates/a/src/commonplace.rs", "//! U.", "");
        check("crates/a/src/x.rs", &"//! x\n".repeat(601), "601 lines");
        check("crates/a/src/x.rs", "//! x\nunsafe { f() }", "unsafe");
        check(
            "crates/a/src/x.rs",
            "//! unsafe\n#![forbid(unsafe_code)]",
            "",
        );
        check("crates/sys/src/x.rs", "//! x\nunsafe { f() }", "");
        check(
            "crates/a/src/x.rs",
            "//! x\n#[ignore]\nfn t() {}",
            "ignored",
        );
        check(
            "crates/a/src/x.rs",
            "//! x\n#[ignore = \"later\"]\nfn t() {}",
            "ignored",
        );
        check("crates/a/src/x.rs", "//! x\nfn t() { todo!() }", "todo!");
        check(
            "crates/a/src/x.rs",
            "//! x\nfn t() { f(\"todo!()\") } // todo!",
            "",
        );
        check(
            "crates/a/src/x.rs",
            "//! x\nfn t() { unimplemented!(\"x\") }",
            "unimplemented!",
        );
    }

    #[test]
    fn sandbox_wasm_may_be_unsafe_in_one_file() {
        let source = |name: &str| {
            Source::new(
                format!("crates/sandbox-wasm/src/{name}.rs"),
                "//! x\nunsafe { f() }".to_owned(),
            )
        };
        assert!(faults(&[source("a")]).is_empty());
        assert_eq!(faults(&[source("a"), source("b")]).len(), 1);
    }
}
