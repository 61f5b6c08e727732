//! A value as YAML with every field on a line of its own, and a comment behind the lines that have one.

use serde_json::Value;

use super::spell::{Around, key_text, ordered, scalar};

/// The mapping as block YAML, ending in a line break. `comment` tells the comment of the value at a JSON pointer, without `#`;
/// it is asked for what stands on one line.
pub fn annotated(value: &Value, comment: &dyn Fn(&str) -> Option<String>) -> String {
    let mut page = Page { out: String::new(), comment };
    page.fields(value, "", 0, "");
    page.out
}

struct Page<'a> {
    out: String,
    comment: &'a dyn Fn(&str) -> Option<String>,
}

impl Page<'_> {
    /// The fields of a mapping; the first one stands behind `dash`.
    fn fields(&mut self, value: &Value, pointer: &str, indent: usize, dash: &str) {
        for (nth, (name, value)) in ordered(value, pointer).into_iter().enumerate() {
            let lead = if nth == 0 && !dash.is_empty() { dash.to_owned() } else { " ".repeat(indent) };
            let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            let key = key_text(name);
            match value {
                Value::Object(fields) if !fields.is_empty() => {
                    self.out.push_str(&format!("{lead}{key}:\n"));
                    self.fields(value, &below, indent + 2, "");
                }
                Value::Array(items) if !items.is_empty() => {
                    self.out.push_str(&format!("{lead}{key}:\n"));
                    self.items(items, &below, indent + 2);
                }
                other => self.line(&format!("{lead}{key}: "), other, &below, indent + 2),
            }
        }
    }

    fn items(&mut self, items: &[Value], pointer: &str, indent: usize) {
        for (index, item) in items.iter().enumerate() {
            let below = format!("{pointer}/{index}");
            let dash = format!("{:indent$}- ", "");
            match item {
                Value::Object(fields) if !fields.is_empty() => self.fields(item, &below, indent + 2, &dash),
                other => self.line(&dash, other, &below, indent + 2),
            }
        }
    }

    /// A scalar, or a collection without anything in it.
    fn line(&mut self, lead: &str, value: &Value, pointer: &str, indent: usize) {
        let text = match value {
            Value::Array(_) | Value::Object(_) => value.to_string(),
            scalar_value => scalar(scalar_value, Around::Block { indent }),
        };
        let comment = (self.comment)(pointer).map(|comment| format!(" # {comment}")).unwrap_or_default();
        // The comment of a block of lines stands behind its header.
        let text = match text.split_once('\n') {
            Some((first, rest)) => format!("{first}{comment}\n{rest}"),
            None => text + &comment,
        };
        self.out.push_str(&format!("{lead}{text}\n"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::annotated;

    #[test]
    fn every_line_reads_back_and_has_its_comment() {
        let value =
            json!({ "name": "a: b", "filters": [{ "attributeName": "x.y", "value": ["1", 2] }], "throttling": {}, "text": "a\nb\n" });
        let text = annotated(&value, &|pointer| (pointer != "/name").then(|| pointer.to_owned()));
        let expected = "name: \"a: b\"\nfilters:\n  - attributeName: x.y # /filters/0/attributeName\n    value:\n      - \"1\" # \
                        /filters/0/value/0\n      - 2 # /filters/0/value/1\nthrottling: {} # /throttling\ntext: | # /text\n  a\n  b\n";
        assert_eq!(text, expected);
    }
}
