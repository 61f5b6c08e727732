//! What is wrong with JSON, without a word of it.

/// Says what a JSON error says and quotes nothing of the document, which may be any file of the machine.
pub fn unquoted(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let text = error.to_string();
    let is_quote_free = match error.classify() {
        Category::Io | Category::Syntax | Category::Eof => true,
        // These name fields of ours.
        Category::Data => text.starts_with("missing field ") || text.starts_with("duplicate field "),
    };
    if is_quote_free { text } else { format!("a value of another kind is expected at line {} column {}", error.line(), error.column()) }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::unquoted;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
        #[allow(dead_code, reason = "only its shape matters")]
        version: u32,
    }

    #[test]
    fn nothing_of_the_document_is_quoted() {
        for (text, said) in [
            ("\"hunter2\"", "a value of another kind is expected at line 1 column 9"),
            ("{\"version\":\"hunter2\"}", "a value of another kind is expected at line 1 column 20"),
            ("{\"hunter2\":1}", "a value of another kind is expected at line 1 column 10"),
            ("hunter2", "expected value at line 1 column 1"),
            ("{}", "missing field `version` at line 1 column 2"),
        ] {
            let error = serde_json::from_str::<Document>(text).unwrap_err();
            assert_eq!(unquoted(&error), said, "{text}");
        }
    }
}
