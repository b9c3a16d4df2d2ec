//! The values of a story's steps, in the words of its parties.

use super::*;

pub(super) fn unasked(name: &str) -> String {
    format!("nothing is asked of {name}")
}

pub(super) fn subscriber(user: &str) -> Subscriber {
    Subscriber { contract: CONTRACT.to_owned(), user: user.to_owned() }
}

/// The key in a second code, computed from the device key and from the typed device code.
pub(super) fn brought_key(asked: &Asked, typed: &str, code: &str, device_key: &Key) -> Option<Key> {
    let (_, grant) = open_second(&code.parse().ok()?, device_key, binding(asked, typed)?).ok()?;
    Some(grant.key)
}

/// What a second code is sealed for: the first code, and the number in the typed device code.
pub(super) fn binding(asked: &Asked, typed: &str) -> Option<Binding> {
    let first = asked.before.as_ref().unwrap_or(&asked.picture);
    let Picture::Text(first) = first else { return None };
    Some(Binding { first: first.parse::<ChallengeCode>().ok()?.id(), nonce: typed.parse::<DeviceCode>().ok()?.nonce() })
}

pub(super) fn name_and_token(words: &mut Words) -> Result<(String, Option<String>), String> {
    let name = words.next("name")?;
    let token = if words.take("on") { Some(words.next("token")?) } else { None };
    Ok((name, token))
}

/// The same digits as a person might type them, or a digit off.
pub(super) fn spelled(digits: &str, form: &str) -> Result<String, String> {
    let full_width = |digit: char| digit.to_digit(10).and_then(|digit| char::from_u32(0xFF10 + digit));
    let split = |at| digits.split_at_checked(at).filter(|(start, _)| !start.is_empty());
    let too_short = || format!("{digits:?} has no form {form}");
    Ok(match form {
        "wrong" => {
            let (start, last) = split(digits.len().saturating_sub(1)).ok_or_else(too_short)?;
            let last: u32 = last.parse().map_err(|_| too_short())?;
            format!("{start}{}", (last + 1) % 10)
        }
        "full-width" => digits.chars().filter_map(full_width).collect(),
        "spaced" => {
            let (start, end) = split(digits.len() / 2).ok_or_else(too_short)?;
            format!("{start} {end}")
        }
        "shortened" => split(1).ok_or_else(too_short)?.1.to_owned(),
        "lengthened" => format!("0{digits}"),
        _ => return Err(format!("unknown form {form:?}")),
    })
}

pub(super) fn done() -> String {
    "done".to_owned()
}

pub(super) fn said<T>(came: Result<T, String>) -> String {
    came.map_or_else(|other| other, |_| done())
}

pub(super) fn accepted_as(first: bool) -> String {
    if first { "accepted".to_owned() } else { "accepted again".to_owned() }
}
