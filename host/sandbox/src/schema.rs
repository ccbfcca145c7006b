//! The JSON Schema of a plugin's settings: checks them, and says which decide where objects lie.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

use crate::error::SettingsProblem;
use crate::text::{cut, escape};

const PROBLEM_BYTES: usize = 300;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Schema {
    source: Value,
    validator: Validator,
}

impl Schema {
    /// Compiles a schema. Nothing is fetched, and no pattern takes longer than its text is long.
    pub fn compile(source: &Value) -> Result<Self, String> {
        let options = jsonschema::options().with_draft(Draft::Draft202012);
        let validator = options.with_pattern_options(PatternOptions::regex()).build(source);
        let validator = validator.map_err(|error| match elsewhere(source) {
            Some(reference) => format!(
                "it points to `{}`, and nothing is fetched; copy what it needs into `$defs` and point there with `#/$defs/...`",
                escape(cut(reference, PROBLEM_BYTES))
            ),
            None => wrong(&error),
        })?;
        Ok(Self { source: source.clone(), validator })
    }

    /// Everything that is wrong with these settings.
    pub fn check(&self, settings: &Value) -> Result<(), Vec<SettingsProblem>> {
        let problem = |error: jsonschema::ValidationError<'_>| SettingsProblem {
            pointer: error.instance_path().to_string(),
            message: escape(cut(&error.to_string(), PROBLEM_BYTES)),
        };
        let problems: Vec<_> = self.validator.iter_errors(settings).map(problem).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The settings marked `"x-place": true`, with their defaults where they are not set, names sorted.
    pub fn placement(&self, settings: &Value) -> Value {
        places(&self.source, settings).unwrap_or_else(|| Value::Object(Map::new()))
    }
}

fn wrong(error: &jsonschema::ValidationError<'_>) -> String {
    let text = escape(cut(&error.to_string(), PROBLEM_BYTES));
    match error.instance_path().to_string().as_str() {
        "" => text,
        place => format!("{text} (at `{}`)", escape(cut(place, PROBLEM_BYTES))),
    }
}

/// The first reference that leads out of the schema.
fn elsewhere(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(entries) => entries.iter().find_map(|(key, value)| match value {
            Value::String(to) if key == "$ref" && !to.starts_with('#') => Some(to.as_str()),
            value => elsewhere(value),
        }),
        Value::Array(items) => items.iter().find_map(elsewhere),
        _ => None,
    }
}

fn places(schema: &Value, settings: &Value) -> Option<Value> {
    let properties = schema.get("properties")?.as_object()?;
    let mut names: Vec<_> = properties.keys().collect();
    names.sort();
    let mut found = Map::new();
    for name in names {
        let (schema, value) = (&properties[name], settings.get(name));
        let decides = schema.get("x-place").and_then(Value::as_bool) == Some(true);
        let place = match decides {
            true => value.or_else(|| schema.get("default")).map(sorted),
            false => places(schema, value.unwrap_or(&Value::Null)),
        };
        if let Some(place) = place {
            found.insert(name.clone(), place);
        }
    }
    (!found.is_empty()).then_some(Value::Object(found))
}

/// The same value with the names of objects in order, however they were written.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            entries
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        Schema::compile(&json!({
            "type": "object",
            "required": ["remote"],
            "additionalProperties": false,
            "properties": {
                "remote": {"type": "string", "x-place": true, "pattern": "^[a-z]+:$"},
                "subdir": {"type": "string", "x-place": true, "default": ""},
                "speed": {"type": "integer"},
                "server": {"type": "object", "properties": {"host": {"x-place": true}, "port": {}}}
            }
        }))
        .unwrap()
    }

    #[test]
    fn every_problem_is_told_with_its_place() {
        let problems = schema().check(&json!({"speed": "fast", "typo": 1})).unwrap_err();
        let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(pointers.contains(&"/speed"));
        assert!(problems.iter().any(|problem| problem.message.contains("remote")), "{problems:?}");
        assert!(problems.iter().any(|problem| problem.message.contains("typo")), "{problems:?}");
        assert!(schema().check(&json!({"remote": "ftp:"})).is_ok());
    }

    #[test]
    fn the_placement_holds_what_decides_and_nothing_else() {
        let written =
            schema().placement(&json!({"speed": 3, "remote": "ftp:", "server": {"port": 1, "host": "a"}}));
        assert_eq!(written.to_string(), r#"{"remote":"ftp:","server":{"host":"a"},"subdir":""}"#);
        let default_written_out =
            schema().placement(&json!({"subdir": "", "remote": "ftp:", "server": {"host": "a"}}));
        assert_eq!(default_written_out, written);
        assert_eq!(schema().placement(&json!({})).to_string(), r#"{"subdir":""}"#);
    }

    #[test]
    fn a_schema_that_points_elsewhere_is_refused() {
        for bad in
            [json!({"$ref": "https://evil.example/x.json"}), json!({"$ref": "file:///etc/passwd"}), json!(3)]
        {
            assert!(Schema::compile(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_cannot_keep_the_host_busy() {
        let schema = Schema::compile(&json!({"properties": {"a": {"pattern": "^(a+)+$"}}})).unwrap();
        assert!(schema.check(&json!({"a": format!("{}b", "a".repeat(10_000))})).is_err());
    }
}
