//! Keys that may stand at a place of estiba.yml, by its schema.

use estiba_core::describe::schema;
use serde_json::{Value, json};

/// The keys, with what each is for. Only block style is understood: the keys above a place are told by indentation.
pub(super) fn keys(text: &str, offset: usize) -> Value {
    let start = text[..offset.min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let line = &text[start..offset.min(text.len())];
    // Behind a key stands a value.
    if line.contains(':') {
        return json!([]);
    }
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    let above = above(&text[..start], indent);
    let root: Value = serde_json::from_str(&schema()).unwrap_or_default();
    let mut here = &root;
    for key in &above {
        here = below(here, key);
    }
    let known = siblings(text, start, indent);
    let Some(properties) = object(here)["properties"].as_object() else { return json!([]) };
    let items = properties.iter().filter(|(key, _)| !known.contains(&key.as_str())).map(|(key, property)| {
        let own = property["examples"].is_array();
        json!({
            "label": key,
            "kind": 10,
            "insertText": format!("{key}: "),
            "documentation": property["description"],
            // Our own keys before Compose's.
            "sortText": format!("{}{key}", if own { 0 } else { 1 }),
        })
    });
    json!(items.collect::<Vec<_>>())
}

/// The keys that a line of an indent stands below, the outermost first.
fn above(text: &str, indent: usize) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut outer = indent;
    for line in text.lines().rev() {
        let bare = line.trim_start_matches([' ', '-']);
        let own = line.len() - bare.len();
        if bare.is_empty() || bare.starts_with('#') || own >= outer {
            continue;
        }
        if let Some((key, _)) = bare.split_once(':') {
            keys.push(key.trim_matches(['"', '\'']));
            outer = own;
        }
    }
    keys.reverse();
    keys
}

/// Keys that stand beside a line already.
fn siblings(text: &str, start: usize, indent: usize) -> Vec<&str> {
    let own = |line: &&str| line.len() - line.trim_start_matches([' ', '-']).len() == indent;
    let inside =
        |line: &&str| line.trim().is_empty() || line.len() - line.trim_start_matches([' ', '-']).len() >= indent;
    let before = text[..start].lines().rev().take_while(inside).filter(own);
    let behind = text[start..].lines().skip(1).take_while(inside).filter(own);
    before.chain(behind).filter_map(|line| Some(line.trim_start_matches([' ', '-']).split_once(':')?.0)).collect()
}

/// The schema of an object where several forms are allowed.
fn object(schema: &Value) -> &Value {
    let forms = schema["anyOf"].as_array();
    let form = forms.and_then(|forms| forms.iter().find(|form| form["type"] == "object"));
    form.unwrap_or(schema)
}

fn below<'s>(schema: &'s Value, key: &str) -> &'s Value {
    let schema = object(schema);
    match schema["properties"].get(key) {
        Some(property) => property,
        None => &schema["additionalProperties"],
    }
}

#[cfg(test)]
mod tests {
    use super::keys;

    fn at(text: &str) -> Vec<String> {
        let all = keys(text, text.len());
        all.as_array().into_iter().flatten().filter_map(|item| Some(item["label"].as_str()?.to_owned())).collect()
    }

    #[test]
    fn keys_are_those_of_the_place() {
        assert!(at("").contains(&"project".to_owned()));
        assert!(!at("project: x\n").contains(&"project".to_owned()), "it stands there already");
        assert_eq!(at("server:\n  host: x\n  "), ["user", "path", "arch"]);
        let service = at("services:\n  app:\n    im");
        assert!(service.contains(&"image".to_owned()) && service.contains(&"web".to_owned()), "{service:?}");
        assert!(at("services:\n  app:\n    web:\n      - host: x\n        ").contains(&"strip".to_owned()));
        assert_eq!(at("project: "), [""; 0]);
    }
}
