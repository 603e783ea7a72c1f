//! Tells whether an event is JSON, without building anything, and where it stops being it.

use serde::de::IgnoredAny;

/// Checks that `bytes` are one JSON text; nothing at all stands for `null`.
///
/// # Errors
///
/// What is wrong, with line and column, both from 1.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    if bytes.is_empty() {
        return Ok(());
    }
    // First, because the JSON scanner skips over the inside of strings without looking.
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(&bytes[..error.valid_up_to()]);
        format!("invalid UTF-8 at line {line} column {column}")
    })?;
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(IgnoredAny) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Line and column of the byte after `before`.
fn position(before: &[u8]) -> (usize, usize) {
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let column = before
        .iter()
        .rev()
        .take_while(|&&byte| byte != b'\n')
        .count()
        + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_passes_and_the_rest_is_located() {
        let check_one = |bytes: &[u8], expected: Result<(), &str>| match (check(bytes), expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
            (found, _) => panic!("{:?}: {found:?}", String::from_utf8_lossy(bytes)),
        };
        check_one(b"", Ok(()));
        check_one(b"null", Ok(()));
        check_one(b" {\"a\": [1, 2.5e3, \"\\ud83d\"]} \n", Ok(()));
        check_one(b"1e999", Ok(()));
        check_one(b" ", Err("line 1 column"));
        check_one(b"{\"a\":1}x", Err("line 1 column 8"));
        check_one(b"{\n  \"a\": nul }", Err("line 2 column"));
        check_one(b"{'a':1}", Err("line 1 column 2"));
        check_one(b"[1,]", Err("line 1 column 4"));
        check_one(b"\"\x01\"", Err("control character"));
        check_one(b"{\n\"\xff\"}", Err("invalid UTF-8 at line 2 column 2"));
        check_one(b"NaN", Err("line 1 column"));
    }

    #[test]
    fn deep_nesting_is_checked_without_recursion() {
        let depth = 1_000_000;
        let deep = [vec![b'['; depth], vec![b']'; depth]].concat();
        assert_eq!(check(&deep), Ok(()));
        assert!(check(&deep[..deep.len() - 1]).is_err());
    }
}
