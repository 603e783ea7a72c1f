//! What a test of test262 says of itself: the YAML between `/*---` and `---*/`.
//!
//! Reads the few keys that a runner needs, in the two forms that the suite writes lists in. No YAML parser.

/// A test's own words on how it wants to be run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    flags: Vec<String>,
    /// Harness files, in order.
    pub(super) includes: Vec<String>,
    /// Parts of the language that it needs.
    pub(super) features: Vec<String>,
    /// The error that it must end with.
    pub(super) negative: Option<String>,
}

impl Metadata {
    /// Reads them out of the test's text; a test without any asks for nothing.
    pub(super) fn of(text: &str) -> Self {
        let mut found = Self::default();
        let Some(yaml) = yaml(text) else {
            return found;
        };
        let mut key = String::new();
        for line in yaml.lines() {
            let (word, value) = match line.split_once(':') {
                Some((word, value)) if !line.starts_with([' ', '-', '\t']) => (word, value.trim()),
                _ => {
                    found.item(&key, line.trim());
                    continue;
                }
            };
            key = word.trim().to_owned();
            if let Some(items) = value.strip_prefix('[') {
                for item in items.trim_end_matches(']').split(',') {
                    found.add(&key, item.trim());
                }
            }
        }
        found
    }

    /// Whether the test has the flag.
    pub(super) fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }

    /// A line below `key`.
    fn item(&mut self, key: &str, line: &str) {
        if let Some(item) = line.strip_prefix("- ") {
            self.add(key, item.trim());
        } else if let (Some(kind), "negative") = (line.strip_prefix("type:"), key) {
            self.negative = Some(kind.trim().to_owned());
        } else {
            // A list in brackets that goes over several lines.
            for item in line.trim_end_matches(']').split(',') {
                self.add(key, item.trim());
            }
        }
    }

    fn add(&mut self, key: &str, item: &str) {
        let list = match key {
            "flags" => &mut self.flags,
            "includes" => &mut self.includes,
            "features" => &mut self.features,
            _ => return,
        };
        if !item.is_empty() {
            list.push(item.to_owned());
        }
    }
}

fn yaml(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("/*---")?;
    Some(rest.split_once("---*/")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_lists_are_read() {
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        let check = |text: &str, expected: Metadata| {
            assert_eq!(Metadata::of(text), expected, "{text}");
        };
        check("no words", Metadata::default());
        check(
            "// c\n/*---\ndescription: >\n  flags: [no]\nincludes: [a.js, b.js]\nflags: [async]\nfeatures:\n  - Symbol\n  - let\n---*/\nx",
            Metadata {
                flags: words(&["async"]),
                includes: words(&["a.js", "b.js"]),
                features: words(&["Symbol", "let"]),
                negative: None,
            },
        );
        check(
            "/*---\nnegative:\n  phase: parse\n  type: SyntaxError\nfeatures: [a,\n  b]\n---*/",
            Metadata {
                features: words(&["a", "b"]),
                negative: Some("SyntaxError".to_owned()),
                ..Metadata::default()
            },
        );
    }
}
