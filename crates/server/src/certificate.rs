//! The names in a client's certificate (RFC 5280). The chain has been checked before; here nothing is decided but whose it is.

/// The names that a certificate is for: the DNS names and mail addresses among its alternative names, then the common name of its
/// subject. What cannot be read has no names.
pub(super) fn names(certificate: &[u8]) -> Vec<String> {
    read(certificate).unwrap_or_default()
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const BOOLEAN: u8 = 0x01;
/// `[0]`, the version; `[3]`, the extensions.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// `rfc822Name` and `dNSName` of a `GeneralName`.
const MAIL: u8 = 0x81;
const DNS: u8 = 0x82;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// A part of DER: its tag, its content, and what follows it.
fn next(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The content of the next part, which has this tag, and what follows it.
fn expect(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    next(der).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

fn parts(mut der: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (tag, content, rest) = next(der)?;
        der = rest;
        Some((tag, content))
    })
}

fn read(certificate: &[u8]) -> Option<Vec<String>> {
    let (certificate, _) = expect(SEQUENCE, certificate)?;
    let (to_be_signed, _) = expect(SEQUENCE, certificate)?;
    let fields: Vec<_> = parts(to_be_signed).skip_while(|(tag, _)| *tag == VERSION).collect();
    // Serial number, algorithm, issuer, validity, subject.
    let (_, subject) = fields.get(4)?;
    let mut names = Vec::new();
    let mut add = |name: &[u8]| {
        if let Some(name) = str::from_utf8(name).ok().filter(|name| super::AccessKey::is_name(name)) {
            names.push(name.to_owned());
        }
    };
    if let Some((_, extensions)) = fields.iter().find(|(tag, _)| *tag == EXTENSIONS) {
        for (_, extension) in parts(expect(SEQUENCE, extensions)?.0) {
            let (id, rest) = expect(OBJECT_ID, extension)?;
            if id != SUBJECT_ALT_NAME {
                continue;
            }
            let rest = expect(BOOLEAN, rest).map_or(rest, |(_, rest)| rest);
            let (octets, _) = expect(OCTETS, rest)?;
            for (tag, name) in parts(expect(SEQUENCE, octets)?.0) {
                if matches!(tag, MAIL | DNS) {
                    add(name);
                }
            }
        }
    }
    for (tag, set) in parts(subject) {
        let (attribute, _) = expect(SEQUENCE, set).filter(|_| tag == SET)?;
        let (id, rest) = expect(OBJECT_ID, attribute)?;
        if id == COMMON_NAME {
            add(next(rest)?.1);
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_has_no_names() {
        for bytes in [&b""[..], b"\x30", b"\x30\x82\xff\xff", b"\x30\x00", &[0x30; 200], &[0xff; 64]] {
            assert_eq!(names(bytes), Vec::<String>::new());
        }
    }
}
