//! Percent-encoding (RFC 3986) and the plus sign of web forms.

use std::fmt::Write as _;

use zeroize::Zeroizing;

/// The meaning of a plus sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    /// Itself, as in a path.
    Plus,
    /// A blank, as in a form or a query.
    Blank,
}

/// Encodes everything but the unreserved characters, as UTF-8.
pub(crate) fn encode(text: &str, to: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

/// Decodes; `None` for a percent sign without two hexadecimal digits, and for bytes that are no UTF-8.
pub(crate) fn decode(text: &str, plus: Plus) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                (u8::try_from(16 * digit(*high)? + digit(*low)?).expect("two digits"), after)
            }
            (b'%', _) => return None,
            (b'+', _) if plus == Plus::Blank => (b' ', after),
            (byte, _) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}

/// The parameters of a query or a form, decoded: names and values in their order.
pub(crate) fn parameters(query: &str) -> Option<Vec<(Zeroizing<String>, Zeroizing<String>)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name, Plus::Blank)?, decode(value, Plus::Blank)?))
        })
        .collect()
}

/// The text of a form: `name=value&name=value`.
pub(crate) fn form(fields: &[(&'static str, Zeroizing<String>)]) -> Zeroizing<String> {
    let len = fields.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
    let mut text = Zeroizing::new(String::with_capacity(len));
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        encode(value, &mut text);
    }
    text
}
