//! Text from outside as a literal: what is in it stays text, whatever engine reads it.

use super::Dialect;

impl Dialect {
    /// The text as an expression of the engine, in one line, and harmless for a terminal: letters, digits, spaces and the
    /// signs of ASCII stand as they are, everything else is spelled out.
    pub(super) fn literal(self, text: &str) -> String {
        match self {
            Self::Duckdb => joined(text, "chr", |c| if c == '\'' { "''".to_owned() } else { c.to_string() }),
            Self::Snowflake => joined(text, "CHR", |c| match c {
                '\'' => "''".to_owned(),
                '\\' => "\\\\".to_owned(),
                c => c.to_string(),
            }),
            Self::Bigquery => format!("'{}'", escaped(text, unicode)),
            Self::Clickhouse => format!("'{}'", escaped(text, bytes)),
        }
    }

    /// A name of a table or a column in quotes; it has none itself ([`Relation`](super::Relation)). In Snowflake a plain one stands without: quoted, its case would matter, and
    /// the table that `CREATE TABLE sessions` makes is called SESSIONS.
    pub(super) fn identifier(self, name: &str) -> String {
        match self {
            Self::Snowflake if is_plain(name) => name.to_owned(),
            Self::Duckdb | Self::Snowflake => format!("\"{name}\""),
            Self::Bigquery | Self::Clickhouse => format!("`{name}`"),
        }
    }
}

/// Whether a name needs no quotes anywhere.
pub(super) fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_') && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a character shows as itself everywhere. `marked` says that two `#` came before it: `##[`, `##vso[` and `##teamcity[`
/// begin commands of build agents.
fn shows(c: char, marked: bool) -> bool {
    (c.is_ascii_graphic() || c == ' ' || (!c.is_ascii() && c.is_alphanumeric())) && !(c == '[' && marked)
}

/// Escapes with backslashes; `spell` writes what does not show.
fn escaped(text: &str, spell: fn(char) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hashes = 0;
    for c in text.chars() {
        if c == '\'' || c == '\\' {
            out.push('\\');
            out.push(c);
        } else if shows(c, hashes > 1) {
            out.push(c);
        } else {
            out.push_str(&spell(c));
        }
        hashes = if c.is_whitespace() { 0 } else { hashes + usize::from(c == '#') };
    }
    out
}

fn unicode(c: char) -> String {
    let code = u32::from(c);
    if code > 0xffff { format!("\\U{code:08x}") } else { format!("\\u{code:04x}") }
}

fn bytes(c: char) -> String {
    let mut buffer = [0; 4];
    let mut out = String::new();
    for byte in c.encode_utf8(&mut buffer).bytes() {
        out.push_str(&format!("\\x{byte:02x}"));
    }
    out
}

/// Literals without escapes, joined with the characters by their number.
fn joined(text: &str, function: &str, plain: fn(char) -> String) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut open = String::new();
    let mut hashes = 0;
    for c in text.chars() {
        if shows(c, hashes > 1) {
            open.push_str(&plain(c));
        } else {
            if !open.is_empty() {
                parts.push(format!("'{}'", std::mem::take(&mut open)));
            }
            parts.push(format!("{function}({})", u32::from(c)));
        }
        hashes = if c.is_whitespace() { 0 } else { hashes + usize::from(c == '#') };
    }
    if !open.is_empty() || parts.is_empty() {
        parts.push(format!("'{open}'"));
    }
    match &parts[..] {
        [one] => one.clone(),
        _ => format!("({})", parts.join(" || ")),
    }
}

#[cfg(test)]
mod tests {
    use super::Dialect;

    #[test]
    fn a_literal_ends_where_it_should() {
        let text = "it's \\ \"`\n\0é\u{202e}\u{e0041}##[x";
        let expected = [
            (Dialect::Duckdb, "('it''s \\ \"`' || chr(10) || chr(0) || 'é' || chr(8238) || chr(917569) || '##' || chr(91) || 'x')"),
            (Dialect::Bigquery, "'it\\'s \\\\ \"`\\u000a\\u0000é\\u202e\\U000e0041##\\u005bx'"),
            (Dialect::Snowflake, "('it''s \\\\ \"`' || CHR(10) || CHR(0) || 'é' || CHR(8238) || CHR(917569) || '##' || CHR(91) || 'x')"),
            (Dialect::Clickhouse, "'it\\'s \\\\ \"`\\x0a\\x00é\\xe2\\x80\\xae\\xf3\\xa0\\x81\\x81##\\x5bx'"),
        ];
        for (dialect, expected) in expected {
            assert_eq!(dialect.literal(text), expected, "{dialect:?}");
            assert_eq!(dialect.literal(""), "''", "{dialect:?}");
        }
    }

    #[test]
    fn a_name_ends_where_it_should() {
        let names = Dialect::ALL.map(|dialect| (dialect.identifier("it's; --"), dialect.identifier("sessions")));
        let expected =
            [("\"it's; --\"", "\"sessions\""), ("`it's; --`", "`sessions`"), ("\"it's; --\"", "sessions"), ("`it's; --`", "`sessions`")];
        assert_eq!(names, expected.map(|(odd, plain)| (odd.to_owned(), plain.to_owned())));
    }
}
