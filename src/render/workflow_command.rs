//! Workflow commands of GitHub Actions: `::warning file=…,title=…::message`, which nothing from outside ends early.

use super::escape::inline;

/// One command, with its line end. Properties stand in this order; each line of the message is one.
pub(super) fn command(name: &str, properties: &[(&str, String)], message: &[String]) -> String {
    let properties: Vec<String> = properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    let text: Vec<String> = message.iter().map(|line| data(line)).collect();
    format!("::{name} {}::{}\n", properties.join(","), text.join("%0A"))
}

/// What follows the second `::`. A line end would end the command, and the next line could be another one.
fn data(text: &str) -> String {
    // Line ends are spelled out before they could be; the other replacements are here for whoever changes that.
    inline(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value between `=` and `,`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("50% off\r\n::add-mask::x"), "50%25 off\\r\\n::add-mask::x");
        assert_eq!(property("a,line=9::b\n"), "a%2Cline=9%3A%3Ab\\n");
    }
}
