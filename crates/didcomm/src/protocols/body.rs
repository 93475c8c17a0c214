//! Reading bodies that a stranger wrote: what is of another kind or beyond a bound is as good as
//! absent, so one odd member costs no message.

use serde_json::{Map, Value};

use crate::did::Did;
use crate::message;

/// The text `name`, if it is neither empty nor longer than `max` bytes.
pub(super) fn text(map: &Map<String, Value>, name: &str, max: usize) -> Option<String> {
    let text = map.get(name)?.as_str()?;
    (!text.is_empty() && text.len() <= max).then(|| text.to_owned())
}

/// The words `name` for a person, cut to at most `max` bytes.
pub(super) fn words(map: &Map<String, Value>, name: &str, max: usize) -> Option<String> {
    let text = map.get(name)?.as_str()?;
    (!text.is_empty()).then(|| cut(text, max).to_owned())
}

/// The start of `text` of at most `max` bytes, no character of it broken.
pub(super) fn cut(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The first `max` items of the list `name`; none if there is no list.
pub(super) fn items<'a>(
    map: &'a Map<String, Value>,
    name: &str,
    max: usize,
) -> impl Iterator<Item = &'a Value> {
    let items = map.get(name).and_then(Value::as_array);
    items.into_iter().flatten().take(max)
}

/// The objects among the first `max` items of the list `name`.
pub(super) fn objects<'a>(
    map: &'a Map<String, Value>,
    name: &str,
    max: usize,
) -> impl Iterator<Item = &'a Map<String, Value>> {
    items(map, name, max).filter_map(Value::as_object)
}

/// The texts among the first `max` items of the list `name`, each of 1 to `longest` bytes.
pub(super) fn texts(
    map: &Map<String, Value>,
    name: &str,
    max: usize,
    longest: usize,
) -> Vec<String> {
    items(map, name, max)
        .filter_map(Value::as_str)
        .filter(|text| !text.is_empty() && text.len() <= longest)
        .map(str::to_owned)
        .collect()
}

/// The whole number `name`, also where it came as a text or with a fraction.
pub(super) fn whole(map: &Map<String, Value>, name: &str) -> Option<u64> {
    message::whole(map.get(name)?)
}

/// The DID `name`. The outer `None` says that something is there that is no DID: a question
/// about it must not be taken for one about everything.
pub(super) fn did(map: &Map<String, Value>, name: &str) -> Option<Option<Did>> {
    match map.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Did::parse(text).ok().map(Some),
        Some(_) => None,
    }
}

/// Writes the member `name` if there is something to write.
pub(super) fn put(map: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(name.into(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(json: Value) -> Map<String, Value> {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn a_text_is_neither_empty_nor_too_long_nor_something_else() {
        let map = map(json!({"a": "abc", "b": "", "c": 1}));

        assert_eq!(text(&map, "a", 3).as_deref(), Some("abc"));
        assert_eq!(text(&map, "a", 2), None);
        assert_eq!(text(&map, "b", 3), None);
        assert_eq!(text(&map, "c", 3), None);
        assert_eq!(text(&map, "d", 3), None);
    }

    #[test]
    fn words_are_cut_between_characters() {
        let map = map(json!({"a": "aüü"}));

        assert_eq!(words(&map, "a", 5).as_deref(), Some("aüü"));
        assert_eq!(words(&map, "a", 4).as_deref(), Some("aü"));
        assert_eq!(words(&map, "a", 3).as_deref(), Some("aü"));
    }

    #[test]
    fn lists_are_cut_and_odd_items_are_left_out() {
        let map = map(json!({"a": ["x", 1, "", "long", {"b": 1}, "y"], "n": null}));

        assert_eq!(texts(&map, "a", 6, 3), ["x", "y"]);
        assert_eq!(texts(&map, "a", 5, 4), ["x", "long"]);
        assert_eq!(objects(&map, "a", 6).count(), 1);
        assert_eq!(objects(&map, "a", 4).count(), 0);
        assert_eq!(items(&map, "n", 6).count(), 0);
    }

    #[test]
    fn no_did_and_a_bad_did_are_told_apart() {
        let map = map(json!({"a": "did:example:a", "b": "everything", "c": null, "d": 5}));

        assert_eq!(did(&map, "a"), Some(Did::parse("did:example:a").ok()));
        assert_eq!(did(&map, "b"), None);
        assert_eq!(did(&map, "c"), Some(None));
        assert_eq!(did(&map, "d"), None);
        assert_eq!(did(&map, "e"), Some(None));
    }
}
