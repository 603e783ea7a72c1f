//! `package.json`: what resolution needs of it, in the order in which it is written.
//!
//! The order of `exports` decides, so those are kept as lists, not as maps. Manifests that were read are remembered
//! while the package is open, up to a bound.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// Largest `package.json`.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 1 << 20;
/// Most bytes of `package.json` whose contents are remembered.
const MAX_REMEMBERED_BYTES: u64 = 8 << 20;

/// A value of JSON; numbers and booleans mean nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Null,
    Text(String),
    List(Vec<Target>),
    /// Keys in the order of the file.
    Table(Vec<(String, Target)>),
    Other,
}

/// What `type` says of `.js` files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Type {
    Module,
    CommonJs,
    #[default]
    Unsaid,
}

#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) name: Option<String>,
    pub(crate) main: Option<String>,
    pub(crate) kind: Type,
    pub(crate) exports: Option<Target>,
    pub(crate) imports: Option<Target>,
}

impl Manifest {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let Target::Table(fields) = serde_json::from_slice(text)? else {
            return Err(serde::de::Error::custom("it is not an object"));
        };
        let mut manifest = Self::default();
        for (name, value) in fields {
            // Of a field that is there twice the last one counts, as in JavaScript.
            match (name.as_str(), value) {
                ("name", value) => manifest.name = value.into_text(),
                ("main", value) => manifest.main = value.into_text(),
                ("type", value) => {
                    manifest.kind = match value.into_text().as_deref() {
                        Some("module") => Type::Module,
                        Some("commonjs") => Type::CommonJs,
                        _ => Type::Unsaid,
                    }
                }
                ("exports", value) => manifest.exports = value.unless_null(),
                ("imports", value) => manifest.imports = value.unless_null(),
                _ => {}
            }
        }
        Ok(manifest)
    }
}

impl Target {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn unless_null(self) -> Option<Self> {
        (self != Self::Null).then_some(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = Target;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Target, E> {
        Ok(Target::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Target, E> {
        Ok(Target::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Target, E> {
        Ok(Target::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Target, E> {
        Ok(Target::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Target, E> {
        Ok(Target::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Target, E> {
        Ok(Target::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Target, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Target::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Target, A::Error> {
        let mut table = Vec::new();
        while let Some(field) = fields.next_entry()? {
            table.push(field);
        }
        Ok(Target::Table(table))
    }
}

/// The manifests read so far, by their paths.
#[derive(Debug, Default)]
pub(crate) struct Manifests(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    manifests: HashMap<String, Arc<Manifest>>,
    bytes: u64,
}

impl Manifests {
    pub(crate) fn get(&self, path: &str) -> Option<Arc<Manifest>> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.manifests.get(path).cloned()
    }

    pub(crate) fn remember(&self, path: &str, manifest: &Arc<Manifest>, bytes: u64) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.bytes + bytes > MAX_REMEMBERED_BYTES {
            return;
        }
        let before = remembered
            .manifests
            .insert(path.to_owned(), Arc::clone(manifest));
        if before.is_none() {
            remembered.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_keeps_the_order_of_its_exports_and_passes_over_what_is_wrong() {
        let manifest = Manifest::parse(
            "\u{feff}{\"name\":1,\"type\":\"module\",\"imports\":null,\"version\":1.5,
             \"exports\":{\"z\":\"./z.js\",\"a\":[null,false]}}"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(manifest.name, None);
        assert_eq!(manifest.kind, Type::Module);
        assert_eq!(manifest.imports, None);
        let text = |text: &str| Target::Text(text.to_owned());
        let expected = Target::Table(vec![
            ("z".to_owned(), text("./z.js")),
            (
                "a".to_owned(),
                Target::List(vec![Target::Null, Target::Other]),
            ),
        ]);
        assert_eq!(manifest.exports, Some(expected));
    }

    #[test]
    fn what_is_no_object_or_nested_without_end_is_an_error() {
        for text in ["[]", "", "{", "\"x\"", &"[".repeat(100_000)] {
            assert!(Manifest::parse(text.as_bytes()).is_err());
        }
    }
}
