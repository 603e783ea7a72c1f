//! Where two JSON values differ first, for people.

use serde_json::Value;

const SHOWN_CHARS_MAX: usize = 120;

/// The first place at which `found` is not `expected`, with both.
pub(super) fn difference(found: &Value, expected: &Value) -> Option<String> {
    let mut path = String::from("reply");
    let (found, expected) = first(found, expected, &mut path)?;
    Some(format!(
        "{path} is {}, in Node {}",
        shown(found),
        shown(expected)
    ))
}

type Pair<'a> = (Option<&'a Value>, Option<&'a Value>);

fn first<'a>(found: &'a Value, expected: &'a Value, path: &mut String) -> Option<Pair<'a>> {
    let length = path.len();
    match (found, expected) {
        (Value::Object(left), Value::Object(right)) => {
            for key in right
                .keys()
                .chain(left.keys().filter(|key| !right.contains_key(*key)))
            {
                path.push('.');
                path.push_str(key);
                match (left.get(key), right.get(key)) {
                    (Some(a), Some(b)) => {
                        if let Some(pair) = first(a, b, path) {
                            return Some(pair);
                        }
                    }
                    pair => return Some(pair),
                }
                path.truncate(length);
            }
            None
        }
        (Value::Array(left), Value::Array(right)) => {
            for index in 0..left.len().max(right.len()) {
                path.push_str(&format!("[{index}]"));
                match (left.get(index), right.get(index)) {
                    (Some(a), Some(b)) => {
                        if let Some(pair) = first(a, b, path) {
                            return Some(pair);
                        }
                    }
                    pair => return Some(pair),
                }
                path.truncate(length);
            }
            None
        }
        _ => (found != expected).then_some((Some(found), Some(expected))),
    }
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "missing".to_owned();
    };
    let text = value.to_string();
    if text.chars().count() <= SHOWN_CHARS_MAX {
        return text;
    }
    text.chars().take(SHOWN_CHARS_MAX).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named_with_its_place() {
        let check = |found: Value, expected: Value, text: Option<&str>| {
            assert_eq!(difference(&found, &expected).as_deref(), text);
        };
        check(
            json!({"a": [1, {"b": null}]}),
            json!({"a": [1, {"b": null}]}),
            None,
        );
        check(json!(1), json!(2), Some("reply is 1, in Node 2"));
        check(
            json!({"a": [1, {"b": "x"}]}),
            json!({"a": [1, {"b": "y"}]}),
            Some("reply.a[1].b is \"x\", in Node \"y\""),
        );
        check(
            json!({"a": 1}),
            json!({}),
            Some("reply.a is 1, in Node missing"),
        );
        check(
            json!([1]),
            json!([1, 2]),
            Some("reply[1] is missing, in Node 2"),
        );
        check(json!({}), json!([]), Some("reply is {}, in Node []"));
    }
}
