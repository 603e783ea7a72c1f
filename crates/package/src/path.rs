//! Paths inside a package: absolute, with `/`, and normalised: no empty part, no `.`, no `..`, no `/` at the end.

/// Brings a path to normal form. What is relative counts from the root, and `..` stops there.
pub(crate) fn normalise(path: &str) -> String {
    join("/", path)
}

/// `path` as seen from `folder`, normalised; an absolute one stays.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let mut joined = String::with_capacity(folder.len() + path.len() + 1);
    let start = if path.starts_with('/') { "" } else { folder };
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => joined.truncate(joined.rfind('/').unwrap_or(0)),
            name => {
                joined.push('/');
                joined.push_str(name);
            }
        }
    }
    if joined.is_empty() {
        joined.push('/');
    }
    joined
}

/// The folder of a path; the root is its own.
pub(crate) fn folder(path: &str) -> &str {
    match path.rfind('/') {
        Some(at) if at > 0 => &path[..at],
        _ => "/",
    }
}

/// The last part of a path.
pub(crate) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What follows the last dot of the last part, as Node sees it: `.bashrc` has none.
pub(crate) fn extension(path: &str) -> &str {
    match base(path).rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    }
}

/// The path without its extension and the dot.
pub(crate) fn stem(path: &str) -> &str {
    match extension(path) {
        "" => path,
        extension => &path[..path.len() - extension.len() - 1],
    }
}

/// A folder and all above it, the deepest first, the root last.
pub(crate) fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder);
    std::iter::from_fn(move || {
        let here = next?;
        next = (here != "/").then(|| self::folder(here));
        Some(here)
    })
}

/// Whether a file lies in some package's folder below `node_modules`.
pub(crate) fn in_node_modules(path: &str) -> bool {
    path.split('/').any(|part| part == "node_modules")
}

/// Undoes percent-encoding. `None` where it is not well-formed, or not UTF-8 behind it.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (&high, &low) = (rest.first()?, rest.get(1)?);
        let digit = |byte: u8| {
            char::from(byte)
                .to_digit(16)
                .and_then(|n| u8::try_from(n).ok())
        };
        decoded.push(digit(high)? << 4 | digit(low)?);
        rest = &rest[2..];
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_path_is_normal_and_stays_below_the_root() {
        for (folder, path, expected) in [
            ("/", "", "/"),
            ("/a/b", "./c.js", "/a/b/c.js"),
            ("/a/b", "../c.js", "/a/c.js"),
            ("/a", "../../../c.js", "/c.js"),
            ("/a", "/b//c/./d/", "/b/c/d"),
            ("/a", "..", "/"),
            ("/a", ".", "/a"),
        ] {
            assert_eq!(join(folder, path), expected, "{path} from {folder}");
        }
    }

    #[test]
    fn the_parts_of_a_path_are_those_that_node_sees() {
        for (path, expected) in [
            ("/a/b.test.js", ("/a", "b.test.js", "js", "/a/b.test")),
            ("/.env", ("/", ".env", "", "/.env")),
            ("/a.b/c", ("/a.b", "c", "", "/a.b/c")),
            ("/", ("/", "", "", "/")),
        ] {
            assert_eq!(
                (folder(path), base(path), extension(path), stem(path)),
                expected
            );
        }
        let above: Vec<&str> = upwards("/a/b").collect();
        assert_eq!(above, ["/a/b", "/a", "/"]);
    }

    #[test]
    fn percent_encoding_is_undone_or_refused() {
        for (text, expected) in [
            ("a b", Some("a b")),
            ("a%20b%C3%A9", Some("a bé")),
            ("%", None),
            ("%2", None),
            ("%zz", None),
            ("%+1", None),
            ("%ff", None),
        ] {
            assert_eq!(percent_decode(text).as_deref(), expected, "{text}");
        }
    }
}
