//! The table of fields as a JSON Schema (<https://json-schema.org/draft/2020-12>), for editors.

use serde_json::{Map, Value, json};

use super::fields::DESCRIPTION;
use super::shape::{Field, Shape};
use super::validate::COMPOSE_SERVICE_KEYS;

/// The schema of `estiba.yml`, indented, with a line feed at the end.
#[must_use]
pub fn schema() -> String {
    let mut root = Map::new();
    root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("title".into(), json!("estiba.yml"));
    root.insert("description".into(), json!("One project on one server, as Estiba renders it."));
    if let Value::Object(shape) = of(&DESCRIPTION) {
        root.extend(shape);
    }
    root.insert("oneOf".into(), json!([{"required": ["services"]}, {"required": ["compose"]}]));
    format!("{:#}\n", Value::Object(root))
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Kind(kind) => json!({"type": "string", "pattern": kind.pattern}),
        Shape::Choice(words) => json!({"enum": words}),
        Shape::ChoiceOr(words, kind) => {
            json!({"anyOf": [{"enum": words}, {"type": "string", "pattern": kind.pattern}]})
        }
        Shape::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::NginxLines => json!({"type": "string"}),
        Shape::Scalar => json!({"type": ["string", "number", "boolean", "null"]}),
        Shape::Object(fields) => object(fields, &[]),
        Shape::Service(fields) => object(fields, COMPOSE_SERVICE_KEYS),
        Shape::Map(kind, value) => json!({
            "type": "object",
            "propertyNames": {"pattern": kind.pattern},
            "additionalProperties": of(value),
        }),
        Shape::List(item) => json!({"type": "array", "items": of(item)}),
        Shape::OneOrMany(item) => json!({"anyOf": [of(item), {"type": "array", "items": of(item)}]}),
        Shape::Optional(inner) => json!({"anyOf": [of(inner), {"type": "null"}]}),
        Shape::Compose => json!({}),
    }
}

fn object(fields: &[Field], compose: &[&str]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        properties.insert(field.name.into(), property(field));
    }
    for key in compose {
        properties.insert((*key).into(), json!({"description": "As in the Compose Specification."}));
    }
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "patternProperties": {"^x-": {}},
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(field: &Field) -> Value {
    let mut schema = of(field.shape);
    schema["description"] = json!(field.doc);
    // The table's examples are JSON; a test holds that, and an example that were none would only be left out.
    if let Ok(example) = serde_json::from_str::<Value>(field.example) {
        schema["examples"] = json!([example]);
    }
    if let Some(default) = field.default.and_then(|default| serde_json::from_str::<Value>(default).ok()) {
        schema["default"] = default;
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::validate::validate;
    use crate::source::Sources;
    use crate::syntax::yaml::{Limits, load};

    fn each_field(shape: &'static Shape, check: &mut dyn FnMut(&'static Field)) {
        match shape {
            Shape::Object(fields) | Shape::Service(fields) => {
                for field in *fields {
                    check(field);
                    each_field(field.shape, check);
                }
            }
            Shape::Map(_, inner) | Shape::List(inner) | Shape::OneOrMany(inner) | Shape::Optional(inner) => {
                each_field(inner, check);
            }
            _ => {}
        }
    }

    #[test]
    fn every_example_and_default_is_valid() {
        let mut seen = 0;
        each_field(&DESCRIPTION, &mut |field| {
            for text in std::iter::once(field.example).chain(field.default) {
                assert!(serde_json::from_str::<Value>(text).is_ok(), "{}: {text}", field.name);
                let mut sources = Sources::default();
                let file = sources.add("example", text);
                let node = load(file, text, Limits::default()).expect("JSON is YAML").root;
                let mut problems = Vec::new();
                validate(&node, field.shape, field.name, &mut problems);
                assert!(problems.is_empty(), "{}: {text}: {problems:?}", field.name);
                seen += 1;
            }
        });
        assert!(seen > 50, "the table was walked");
    }

    #[test]
    fn the_committed_schema_is_this_one() {
        let committed = include_str!("../../../../docs/estiba.schema.json");
        assert_eq!(committed, schema(), "run `cargo run -- schema > docs/estiba.schema.json`");
    }
}
