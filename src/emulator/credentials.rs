//! The credentials of a token request: in the Basic header, or in the form.

use axum::http::{HeaderMap, header};

/// A client id with its secret, as a request sent them.
#[derive(PartialEq, Eq)]
pub(super) struct Credentials {
    /// Client id.
    pub id: String,
    /// Client secret.
    pub secret: String,
}

/// The credentials of the `Authorization: Basic` header, if it can be read.
pub(super) fn basic(headers: &HeaderMap) -> Option<Credentials> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(base64_decoded(encoded.trim())?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some(Credentials { id: id.to_owned(), secret: secret.to_owned() })
}

/// The bytes of a base64 text (standard alphabet, with or without padding).
fn base64_decoded(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for group in digits.chunks(4) {
        let mut bits = 0u32;
        for digit in group {
            let six = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(six);
        }
        let missing = 4 - group.len();
        let [_, full @ ..] = (bits << (6 * missing)).to_be_bytes();
        bytes.extend_from_slice(&full[..3 - missing]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{base64_decoded, basic};

    #[test]
    fn base64_follows_the_rfc() {
        let table =
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"), ("Zm9vYmFy", "foobar")];
        for (encoded, plain) in table {
            assert_eq!(base64_decoded(encoded).as_deref(), Some(plain.as_bytes()), "{encoded}");
        }
        assert_eq!(base64_decoded("+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
        for bad in ["Z", "Zm9vY", "Zm 9", "Zm-v"] {
            assert_eq!(base64_decoded(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_may_hold_colons() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("basic aWQ6YTpi"));
        let credentials = basic(&headers).expect("credentials");
        assert_eq!((credentials.id.as_str(), credentials.secret.as_str()), ("id", "a:b"));
    }
}
