//! Finds the secrets of a run in text that came from outside, before the text is shown or kept.
//!
//! Secrets of our own never reach a text, because [`Secret`] cannot be printed. What a server says is another matter: it was
//! given the secret, and may repeat it. Only then is text searched, for the exact secrets that the run holds.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;

use super::Secret;

/// Shorter ones are found by trying, and are in every second word: they are not looked for.
const SHORTEST: usize = 4;
/// Shorter secrets are not cut out of a text: what would be left tells what they are, and they may be ordinary words.
const SHORTEST_MASKED: usize = 8;
/// Shorter secrets may be part of what somebody wrote into a campaign.
const SHORTEST_UNMISTAKABLE: usize = 16;
/// A text is also withheld for a part of a secret. Any run of 15 characters of one holds a whole block.
const BLOCK: usize = 8;
/// How much of a text is read. The rest is dropped.
const LONGEST_READ: usize = 64 * 1024;
/// How often escapes are taken off, one layer after the other.
const LAYERS: usize = 3;

/// Stands for a secret in a text.
const MASK: &str = "(sensitive value)";
/// Stands for a text that repeats a secret in a form that cannot be cut out.
const WITHHELD: &str = "(withheld, because it repeats a secret of this run)";

/// The secrets that text from outside must not repeat.
///
/// A text is searched for each secret as it is, without regard to case, after taking off JSON, percent and HTML escapes and
/// white space, in Base64 and in hexadecimal. An encoding that is none of these is not recognized.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Redactor(Vec<Known>);

#[derive(Clone, PartialEq, Eq)]
struct Known {
    secret: Secret,
    /// The secret and its encodings.
    forms: Vec<String>,
}

impl Redactor {
    /// Adds a secret, unless it is known already or has fewer than four characters. Returns whether it was added.
    pub fn learn(&mut self, secret: &Secret) -> bool {
        if secret.expose().len() < SHORTEST || self.0.iter().any(|known| known.secret == *secret) {
            return false;
        }
        self.0.push(Known { forms: forms(secret.expose()), secret: secret.clone() });
        // A secret that contains another one is cut out first.
        self.0.sort_by_key(|known| std::cmp::Reverse(known.secret.expose().len()));
        true
    }

    /// The text without the secrets. Where one cannot be cut out, because it is short, encoded or only repeated in part, the
    /// whole text is withheld. Only the first 64 KiB are returned.
    pub fn redact(&self, text: &str) -> String {
        let end = (0..=LONGEST_READ.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let text = &text[..end];
        let mut out = text.to_owned();
        for Known { secret, .. } in self.0.iter().filter(|known| known.secret.expose().len() >= SHORTEST_MASKED) {
            if out.contains(secret.expose()) {
                out = out.replace(secret.expose(), MASK);
            }
        }
        if self.is_left_in(&out) { WITHHELD.to_owned() } else { out }
    }

    /// Whether a text repeats a secret that is too long to be in it by chance.
    pub fn is_repeated_in(&self, text: &str) -> bool {
        let unmistakable = || self.0.iter().filter(|known| known.secret.expose().len() >= SHORTEST_UNMISTAKABLE);
        let in_text = |text: &str| {
            unmistakable().flat_map(|known| &known.forms).any(|form| form.len() >= SHORTEST_UNMISTAKABLE && contains(text, form))
        };
        in_text(text) || (unmistakable().next().is_some() && has_escapes(text) && in_text(&unescaped(text)))
    }

    fn is_left_in(&self, text: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        // The mask itself is no secret, whatever words it has.
        let mut layer = text.replace(MASK, "\u{fffc}");
        for _ in 0..=LAYERS {
            let searched = squeezed(&layer);
            if self.0.iter().any(|known| known.is_in(&searched)) {
                return true;
            }
            let next = unescaped(&layer);
            if next == layer {
                return false;
            }
            layer = next;
        }
        // Nobody escapes a message four times by accident.
        true
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Redactor").field(&self.0.len()).finish()
    }
}

impl Known {
    /// Whether a squeezed text holds the secret, an encoding of it, or a good part of it.
    fn is_in(&self, squeezed_text: &str) -> bool {
        let whole = self.forms.iter().map(|form| squeezed(form)).any(|form| !form.is_empty() && contains(squeezed_text, &form));
        let secret = squeezed(self.secret.expose());
        let parts = if secret.len() >= SHORTEST_UNMISTAKABLE { secret.as_bytes().chunks_exact(BLOCK) } else { [].chunks_exact(BLOCK) };
        whole || parts.into_iter().any(|part| memmem::find(squeezed_text.as_bytes(), part).is_some())
    }
}

/// The secret, and its encodings where it is long enough for them to be unlike anything else. In Base64, what surrounds a
/// secret moves it by none, one or two bytes and changes its first and last characters, which are left out.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    // A secret with something like an escape in it loses that together with the escapes of others.
    for _ in 0..LAYERS {
        let next = unescaped(&forms[forms.len() - 1]);
        if next == forms[forms.len() - 1] {
            break;
        }
        forms.push(next);
    }
    if secret.len() >= SHORTEST_MASKED {
        for (before, left_out) in [(0, 0), (1, 2), (2, 3)] {
            let moved = [&[0; 2][..before], secret.as_bytes()].concat();
            for text in [STANDARD_NO_PAD.encode(&moved), URL_SAFE_NO_PAD.encode(&moved)] {
                let end = if moved.len() % 3 == 0 { text.len() } else { text.len() - 1 };
                forms.push(text[left_out..end].to_owned());
            }
        }
        forms.push(secret.bytes().map(|byte| format!("{byte:02x}")).collect());
        forms.dedup();
    }
    forms
}

fn contains(text: &str, part: &str) -> bool {
    memmem::find(text.as_bytes(), part.as_bytes()).is_some()
}

/// In lower case, without white space, control characters and what is not seen.
fn squeezed(text: &str) -> String {
    let is_seen =
        |c: &char| !c.is_whitespace() && !c.is_control() && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    text.chars().filter(is_seen).map(|c| c.to_ascii_lowercase()).collect()
}

fn has_escapes(text: &str) -> bool {
    memchr::memchr3(b'\\', b'%', b'&', text.as_bytes()).is_some()
}

/// The text with one layer of escapes taken off: `\u0041`, `\/`, `%41`, `&#65;`, `&#x41;` and the five entities of XML.
fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr3(b'\\', b'%', b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let (meant, length) = escape(rest).unwrap_or_else(|| (vec![rest[0]], 1));
        out.extend(meant);
        rest = &rest[length..];
    }
    out.extend_from_slice(rest);
    String::from_utf8_lossy(&out).into_owned()
}

/// What the escape at the beginning means, and how long it is.
fn escape(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let number = |digits: &[u8], radix| u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok();
    let letter = |number: u32| Some(char::from_u32(number)?.to_string().into_bytes());
    match text {
        [b'\\', b'u', digits @ ..] if digits.len() >= 4 => Some((letter(number(&digits[..4], 16)?)?, 6)),
        [b'\\', escaped @ (b'"' | b'\\' | b'/'), ..] => Some((vec![*escaped], 2)),
        [b'%', a, b, ..] => Some((vec![u8::try_from(number(&[*a, *b], 16)?).ok()?], 3)),
        [b'&', ..] => {
            let end = memchr::memchr(b';', &text[..text.len().min(12)])?;
            let meant = match &text[1..end] {
                b"amp" => vec![b'&'],
                b"lt" => vec![b'<'],
                b"gt" => vec![b'>'],
                b"quot" => vec![b'"'],
                b"apos" => vec![b'\''],
                [b'#', b'x' | b'X', digits @ ..] => letter(number(digits, 16)?)?,
                [b'#', digits @ ..] => letter(number(digits, 10)?)?,
                _ => return None,
            };
            Some((meant, end + 1))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::{MASK, Redactor, WITHHELD};
    use crate::model::Secret;

    const SECRET: &str = "Q7+zK/9vB_x2-mN4?t&1W=Yd8";

    fn redactor(secrets: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        for secret in secrets {
            redactor.learn(&Secret::new(*secret));
        }
        redactor
    }

    fn percent(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }

    fn json(text: &str) -> String {
        text.bytes().map(|byte| format!("\\u{byte:04x}")).collect()
    }

    #[test]
    fn a_secret_is_cut_out_and_the_rest_is_kept() {
        let redactor = redactor(&[SECRET, "another secret", "another"]);
        assert_eq!(
            redactor.redact(&format!("bad header Bearer {SECRET}, twice {SECRET}")),
            format!("bad header Bearer {MASK}, twice {MASK}")
        );
        assert_eq!(redactor.redact("it has another secret"), format!("it has {MASK}"), "the longer one first");
        assert_eq!(redactor.redact("Grüße & 100 % \\o/ %zz &nbsp; \\u12"), "Grüße & 100 % \\o/ %zz &nbsp; \\u12");
    }

    #[test]
    fn a_secret_in_any_dress_withholds_the_text() {
        let redactor = redactor(&[SECRET]);
        let html: String = SECRET.chars().map(|c| format!("&#{};", c as u32)).collect();
        let dressed = [
            percent(SECRET),
            percent(&percent(SECRET)),
            json(SECRET),
            json(SECRET).replace('\\', "\\\\"),
            html.clone(),
            html.replace('&', "&amp;"),
            SECRET.replace('&', "&amp;"),
            SECRET.to_lowercase(),
            format!("{} {}", &SECRET[..9], &SECRET[9..]),
            format!("{}\n{}", &SECRET[..2], &SECRET[2..]),
            STANDARD.encode(SECRET),
            URL_SAFE.encode(SECRET),
            STANDARD.encode(format!("client-1:{SECRET}")),
            STANDARD.encode(format!("client-12:{SECRET}!")),
            STANDARD.encode(format!("client-123:{SECRET}!!")),
            SECRET.bytes().map(|byte| format!("{byte:02X}")).collect(),
            SECRET[..20].to_owned(),
            SECRET[7..23].to_owned(),
        ];
        for text in dressed {
            assert_eq!(redactor.redact(&format!("you sent {text} to us")), WITHHELD, "{text}");
        }
    }

    #[test]
    fn a_secret_that_looks_like_an_escape_is_recognized_under_others() {
        for (secret, text) in [("a\\\"!", "\\\\u0061\\u005c\\u0022\\u0021"), ("%41&amp;xyz", "%2541%26amp;xyz"), ("%41&amp;xyz", "A&xyz")] {
            assert_eq!(redactor(&[secret]).redact(text), WITHHELD, "{text}");
        }
    }

    #[test]
    fn a_short_secret_withholds_every_text_with_it() {
        let redactor = redactor(&["x", "pect", "hunter2", ""]);
        assert_eq!(redactor.redact("no such client xyz"), "no such client xyz");
        assert_eq!(redactor.redact("expected"), WITHHELD);
        assert_eq!(redactor.redact("%68unter2"), WITHHELD);
        assert!(!redactor.is_repeated_in("pect hunter2"));
    }

    #[test]
    fn what_can_only_be_a_secret_is_recognized_in_an_answer() {
        let redactor = redactor(&[SECRET, "password", "1234567890abcdef"]);
        for text in [format!("{{\"name\": \"{SECRET}\"}}"), format!("{{\"name\": \"{}\"}}", json(SECRET)), percent("1234567890abcdef")] {
            assert!(redactor.is_repeated_in(&text), "{text}");
        }
        assert!(redactor.is_repeated_in(&STANDARD.encode(format!("a:{SECRET}"))));
        for text in ["{\"name\": \"your password\"}", "1234567890abcde", "\\u12 % &"] {
            assert!(!redactor.is_repeated_in(text), "{text}");
        }
    }

    #[test]
    fn a_long_text_ends_between_two_characters() {
        let redacted = redactor(&[SECRET]).redact(&"ü".repeat(100_000));
        assert_eq!(redacted.chars().count(), 32_768);
        assert_eq!(format!("{:?}", redactor(&[SECRET])), "Redactor(1)");
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_secret(secret in "[!-~]{4,40}", before in ".{0,20}", after in ".{0,20}") {
            let redactor = redactor(&[&secret]);
            for text in [secret.clone(), percent(&secret), json(&secret)] {
                let shown = redactor.redact(&format!("{before}{text}{after}"));
                prop_assert!(shown == WITHHELD || (!shown.replace(MASK, "").contains(&secret) && shown.contains(MASK)), "{}", shown);
            }
            prop_assert_eq!(Redactor::default().redact(&before), before);
        }
    }
}
