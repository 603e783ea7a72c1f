//! Just enough of Rust's lexical grammar to tell code from comments and literals.
//!
//! Does not parse. A file that does not compile may be cut wrongly; the compiler says so soon enough.

/// The text without comments, and with every literal's content blanked out.
pub(super) fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (skipped, shown) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), ' '),
            '/' if rest.starts_with("/*") => (block_comment(rest), ' '),
            '"' => (quoted(rest, '"'), '"'),
            'r' if !ends_in_word(&code) => match raw_string(rest) {
                Some(length) => (length, '"'),
                None => (1, first),
            },
            '\'' => match character(rest) {
                Some(length) => (length, '\''),
                None => (1, first),
            },
            _ => (first.len_utf8(), first),
        };
        code.push(shown);
        rest = &rest[skipped..];
    }
    code
}

/// Whether `word` is there by itself, not as part of a longer name.
pub(super) fn has_word(code: &str, word: &str) -> bool {
    positions(code, word).next().is_some()
}

/// Whether the macro `name!` is used.
pub(super) fn has_macro(code: &str, name: &str) -> bool {
    positions(code, name).any(|end| code[end..].trim_start().starts_with('!'))
}

/// Whether the attribute `#[name…]` is used.
pub(super) fn has_attribute(code: &str, name: &str) -> bool {
    positions(code, name).any(|end| {
        let before = code[..end - name.len()].trim_end();
        before
            .strip_suffix('[')
            .is_some_and(|before| before.trim_end().ends_with('#'))
    })
}

/// Where each whole-word occurrence of `word` ends.
fn positions<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).filter_map(move |(at, _)| {
        let end = at + word.len();
        let next = code[end..].chars().next();
        let whole = !ends_in_word(&code[..at]) && !next.is_some_and(is_word);
        whole.then_some(end)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn ends_in_word(text: &str) -> bool {
    // `br"…"` and `cr"…"` are raw strings too.
    let text = text
        .strip_suffix(['b', 'c'])
        .filter(|before| !before.ends_with(is_word))
        .unwrap_or(text);
    text.ends_with(is_word)
}

/// Length of the nested comment that `text` begins with.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// Length of the literal that begins with `quote` and ends with the next one that no backslash precedes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Length of the `r"…"` or `r#"…"#` that `text` begins with.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text[1..].chars().take_while(|c| *c == '#').count();
    let body = 1 + hashes + 1;
    if !text[1 + hashes..].starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let length = text[body..].find(&end).map(|at| body + at + end.len());
    Some(length.unwrap_or(text.len()))
}

/// Length of the character literal that `text` begins with; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text[1..].chars();
    match (chars.next()?, chars.next()) {
        ('\\', _) => Some(quoted(text, '\'')),
        (c, Some('\'')) => Some(1 + c.len_utf8() + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(code_only(text), expected, "{text}");
    }

    #[test]
    fn comments_and_literals_vanish_and_code_stays() {
        check("a // b\nc", "a  \nc");
        check("a /* b /* c */ d */ e", "a   e");
        check(r#"f("x \" // y") + g"#, "f(\") + g");
        check(r##"f(r#"a " b"#) + g"##, "f(\") + g");
        check(r#"f(br"\") + g"#, "f(b\") + g");
        check("'\"' + 'a' + '\\'' + b'x'", "' + ' + ' + b'");
        check(
            "fn f<'a>(x: &'a str, y: &'static u8)",
            "fn f<'a>(x: &'a str, y: &'static u8)",
        );
        check("for r in var", "for r in var");
        check("\"open", "\"");
        check("/* open ä", " ");
    }

    #[test]
    fn words_macros_and_attributes_are_told_apart() {
        assert!(has_word("unsafe {", "unsafe"));
        assert!(!has_word("unsafe_code", "unsafe"));
        assert!(!has_word("not_unsafe", "unsafe"));
        assert!(has_macro("todo !()", "todo"));
        assert!(!has_macro("let todo = 1", "todo"));
        assert!(has_attribute("#[ignore]", "ignore"));
        assert!(has_attribute("# [ ignore = x]", "ignore"));
        assert!(!has_attribute("set[ignore]", "ignore"));
    }
}
