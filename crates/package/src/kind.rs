//! What a file is, by its name and the `type` of the nearest `package.json`.

use crate::{Package, package_json::Type, path, resolve::How};

/// What kind of module a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An ES module by its name or its package.
    Module,
    /// CommonJS by its name, its package, or for lying in `node_modules` without a word on it. Where such a file
    /// without a word has the syntax of an ES module, the loader may take it as one.
    CommonJs,
    /// JSON.
    Json,
    /// JavaScript or TypeScript of which nothing says the kind: its text tells.
    Unknown,
    /// Machine code for Node (`.node`), which is refused.
    Native,
    /// A WebAssembly module.
    Wasm,
    /// Anything else.
    Text,
}

impl Package {
    /// What kind of module the file at `path` is. Does not ask whether it is there.
    ///
    /// A `package.json` that cannot be read counts as one without `type`.
    #[must_use]
    pub fn kind(&self, path: &str) -> Kind {
        self.kind_as(&path::normalise(path), How::Import)
    }

    /// As Node does, `require` takes a file of an unknown ending for JavaScript.
    pub(crate) fn kind_as(&self, path: &str, how: How) -> Kind {
        match path::extension(path) {
            "mjs" | "mts" => Kind::Module,
            "cjs" | "cts" => Kind::CommonJs,
            "json" => Kind::Json,
            "node" => Kind::Native,
            "wasm" => Kind::Wasm,
            "js" | "ts" | "jsx" | "tsx" | "" => self.by_manifest(path),
            "txt" | "md" | "html" | "htm" | "css" | "csv" | "xml" | "svg" | "sql" | "graphql"
            | "yaml" | "yml" | "toml" | "pem" | "map" => Kind::Text,
            _ if how == How::Require => self.by_manifest(path),
            _ => Kind::Text,
        }
    }

    fn by_manifest(&self, path: &str) -> Kind {
        let kind = match self.scope(path) {
            Ok(Some((_, manifest))) => manifest.kind,
            _ => Type::Unsaid,
        };
        match kind {
            Type::Module => Kind::Module,
            Type::CommonJs => Kind::CommonJs,
            Type::Unsaid if path::in_node_modules(path) => Kind::CommonJs,
            Type::Unsaid => Kind::Unknown,
        }
    }
}
