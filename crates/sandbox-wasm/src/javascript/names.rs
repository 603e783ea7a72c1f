//! Names of modules among the interpreter's: which file, and in what form.
//!
//! | name | module |
//! |---|---|
//! | `/lib/a.mjs` | that file, an ES module |
//! | `cjs:/lib/a.js`, `json:/a.json` | an ES module in front of what is none |
//! | `node:fs` | an ES module in front of a built-in |
//! | `hydra:import` | a text of ours that imports one of the others |

/// The file that is not code of the user's, from which user code is imported.
pub(super) const IMPORTER: &str = "hydra:import";

/// What kind of code a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    Module,
    CommonJs,
    Json,
}

impl Form {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::CommonJs => "commonjs",
            Self::Json => "json",
        }
    }
}

/// A name, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    File(&'a str, Form),
    Builtin(&'a str),
}

impl<'a> Name<'a> {
    pub(super) fn parse(name: &'a str) -> Self {
        if let Some(builtin) = name.strip_prefix("node:") {
            return Self::Builtin(builtin);
        }
        if let Some(path) = name.strip_prefix("cjs:") {
            return Self::File(path, Form::CommonJs);
        }
        match name.strip_prefix("json:") {
            Some(path) => Self::File(path, Form::Json),
            None => Self::File(name, Form::Module),
        }
    }

    /// The name that stands for this.
    pub(super) fn render(self) -> String {
        match self {
            Self::Builtin(name) => format!("node:{name}"),
            Self::File(path, Form::Module) => path.to_owned(),
            Self::File(path, Form::CommonJs) => format!("cjs:{path}"),
            Self::File(path, Form::Json) => format!("json:{path}"),
        }
    }
}

/// The text of the ES module in front of `name`, which exports `exports` beside its default.
pub(super) fn facade(name: Name<'_>, exports: &[String]) -> String {
    let (what, form) = match name {
        Name::Builtin(name) => (name, "builtin"),
        Name::File(path, form) => (path, form.as_str()),
    };
    let mut text = format!(
        "const m = globalThis[Symbol.for(\"hydra\")].exports({}, \"{form}\");\nexport default m;\n",
        quoted(what)
    );
    let plain = |name: &&String| is_identifier(name) && *name != "default";
    for (number, name) in exports.iter().filter(plain).enumerate() {
        text.push_str(&format!(
            "const v{number} = m?.{name};\nexport {{ v{number} as {name} }};\n"
        ));
    }
    text
}

/// The text that imports `name` and hands its namespace over under `id`.
pub(super) fn importer(name: &str, id: u64) -> String {
    format!(
        "import * as m from {};\nglobalThis[Symbol.for(\"hydra\")].found({id}, m);\n",
        quoted(name)
    )
}

/// What stands in front of a module's text that asks about itself.
pub(super) fn meta(path: &str) -> String {
    let dirname = path.rsplit_once('/').map_or("/", |(dir, _)| dir);
    let dirname = if dirname.is_empty() { "/" } else { dirname };
    let url: String = path
        .split('/')
        .map(percent_encoded)
        .collect::<Vec<_>>()
        .join("/");
    format!(
        "import.meta.url = {}; import.meta.filename = {path}; import.meta.dirname = {}; \
         import.meta.resolve = (specifier) => globalThis[Symbol.for(\"hydra\")].resolve(specifier, {path});",
        quoted(&format!("file://{url}")),
        quoted(dirname),
        path = quoted(path),
    )
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn percent_encoded(part: &str) -> String {
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || "_$".contains(c));
    first && characters.all(|c| c.is_ascii_alphanumeric() || "_$".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_from_their_text() {
        for name in ["/a.mjs", "cjs:/a.js", "json:/a.json", "node:fs/promises"] {
            assert_eq!(Name::parse(name).render(), name);
        }
    }

    #[test]
    fn a_facade_exports_what_can_be_named() {
        let names = ["a", "default", "not-a-name", "class", "$"].map(str::to_owned);
        let text = facade(Name::File("/x\".js", Form::CommonJs), &names);
        assert!(text.contains(r#"exports("/x\".js", "commonjs")"#), "{text}");
        assert!(text.contains("export { v1 as class };"), "{text}");
        assert!(!text.contains("not-a-name"), "{text}");
        assert_eq!(text.matches("export {").count(), 3);
    }

    #[test]
    fn a_module_is_told_where_it_is() {
        let text = meta("/a b/c.mjs");
        assert!(text.contains(r#"url = "file:///a%20b/c.mjs""#), "{text}");
        assert!(text.contains(r#"dirname = "/a b""#), "{text}");
        assert!(meta("/c.mjs").contains(r#"dirname = "/""#));
    }
}
