//! From the document to its packages: RFC 6030, sections 4 and 5.

use std::str::FromStr;

use super::cursor::Cursor;
use super::protect::Opener;
use super::words::Word;
use super::xml::{Element, Namespace};
use super::{
    Algorithm, ChallengeFormat, Container, DeviceInfo, KeyPackage, KeyUsage, PackageName, PinPolicy, PinUsageMode,
    Policy, Protection, PskcError, ResponseFormat, UnreadPackage, ValueFormat,
};
use crate::key::Key;

pub(super) fn read(root: &Element, protection: &Protection) -> Result<Container, PskcError> {
    let container = Cursor { element: root, package: None };
    if !root.is(Namespace::Pskc, "KeyContainer") || !root.attribute("Version").is_some_and(is_first_version) {
        return Err(PskcError::NotAContainer);
    }
    refuse_signature(container)?;
    let opener = Opener::new(container, protection)?;
    let (mut packages, mut unread) = (Vec::new(), Vec::new());
    for (cursor, number) in container.children("KeyPackage").zip(1..) {
        let name = name(cursor.element, number);
        match package(Cursor { package: Some(&name), ..cursor }, &opener) {
            Ok(package) => packages.push(KeyPackage { number: Some(number), ..package }),
            Err(error) => unread.push(UnreadPackage { package: name, error }),
        }
    }
    if packages.is_empty() {
        let missing = PskcError::Missing { place: container.place_of("KeyPackage") };
        return Err(unread.into_iter().next().map_or(missing, |first| first.error));
    }
    Ok(Container { id: container.attribute("Id").map(str::to_owned), packages, unread })
}

/// Names a package before anything in it is judged.
fn name(package: &Element, number: usize) -> PackageName {
    let serial = package.first("DeviceInfo").and_then(|info| info.first("SerialNo"));
    let key_id = package.first("Key").and_then(|key| key.attribute("Id"));
    PackageName { number, serial: serial.map(|it| it.text.trim().to_owned()), key_id: key_id.map(str::to_owned) }
}

/// Section 1.2: leading zeros do not count, and a later minor version is read as far as it is known.
fn is_first_version(version: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    is_number(major) && is_number(minor) && major.trim_start_matches('0') == "1"
}

/// A signature says that the content can be trusted; not checking it would say the same. The schema has the element in
/// the namespace of PSKC, XML signatures in their own.
fn refuse_signature(container: Cursor<'_>) -> Result<(), PskcError> {
    let mut children = container.element.children.iter();
    let Some(signature) = children.find(|it| it.is(Namespace::Pskc, "Signature") || it.is(Namespace::Ds, "Signature"))
    else {
        return Ok(());
    };
    let signature = Cursor { element: signature, package: None };
    let info = signature.child_in(Namespace::Ds, "SignedInfo")?;
    let method = info.map(|info| info.child_in(Namespace::Ds, "SignatureMethod")).transpose()?.flatten();
    let algorithm = method.and_then(|method| method.attribute("Algorithm")).unwrap_or("XML signature");
    Err(PskcError::Unsupported { place: signature.place(), algorithm: algorithm.to_owned() })
}

fn package(cursor: Cursor<'_>, opener: &Opener<'_>) -> Result<KeyPackage, PskcError> {
    let mut package = KeyPackage::default();
    if let Some(info) = cursor.child("DeviceInfo")? {
        package.device = device_info(info)?;
    }
    if let Some(module) = cursor.child("CryptoModuleInfo")? {
        package.crypto_module_id = module.string("Id")?;
    }
    if let Some(cursor) = cursor.child("Key")? {
        key(cursor, &mut package, opener)?;
    }
    Ok(package)
}

fn device_info(info: Cursor<'_>) -> Result<DeviceInfo, PskcError> {
    Ok(DeviceInfo {
        manufacturer: info.string("Manufacturer")?,
        serial: info.string("SerialNo")?,
        model: info.string("Model")?,
        issue_no: info.string("IssueNo")?,
        device_binding: info.string("DeviceBinding")?,
        start_date: info.date("StartDate")?,
        expiry_date: info.date("ExpiryDate")?,
        user_id: info.string("UserId")?,
    })
}

fn key(key: Cursor<'_>, package: &mut KeyPackage, opener: &Opener<'_>) -> Result<(), PskcError> {
    package.key_id = key.attribute("Id").map(str::to_owned);
    package.algorithm = key.attribute("Algorithm").map(Algorithm::from_uri);
    package.issuer = key.string("Issuer")?;
    package.key_profile_id = key.string("KeyProfileId")?;
    package.key_reference = key.string("KeyReference")?;
    package.friendly_name = key.children("FriendlyName").next().map(|name| name.text().to_owned());
    package.user_id = key.string("UserId")?;
    if let Some(parameters) = key.child("AlgorithmParameters")? {
        package.suite = parameters.string("Suite")?;
        package.challenge_format = parameters.child("ChallengeFormat")?.map(challenge_format).transpose()?;
        package.response_format = parameters.child("ResponseFormat")?.map(response_format).transpose()?;
    }
    if let Some(rules) = key.child("Policy")? {
        package.policy = policy(rules)?;
    }
    if let Some(data) = key.child("Data")? {
        package.secret = data.child("Secret")?.map(|value| secret(value, opener)).transpose()?;
        package.counter = integer(data, "Counter", opener)?;
        package.time = integer(data, "Time", opener)?;
        package.time_interval = integer(data, "TimeInterval", opener)?;
        package.time_drift = signed(data, "TimeDrift", opener)?;
    }
    Ok(())
}

fn challenge_format(format: Cursor<'_>) -> Result<ChallengeFormat, PskcError> {
    Ok(ChallengeFormat {
        encoding: format.word::<ValueFormat>("Encoding")?,
        min: format.number("Min")?,
        max: format.number("Max")?,
        check_digits: check_digits(format)?,
    })
}

fn response_format(format: Cursor<'_>) -> Result<ResponseFormat, PskcError> {
    Ok(ResponseFormat {
        encoding: format.word::<ValueFormat>("Encoding")?,
        length: format.number("Length")?,
        check_digits: check_digits(format)?,
    })
}

/// The text of RFC 6030 says `CheckDigits`, older files `CheckDigit`.
fn check_digits(format: Cursor<'_>) -> Result<bool, PskcError> {
    match format.attribute("CheckDigits").or_else(|| format.attribute("CheckDigit")) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(PskcError::Malformed { place: format.place_of("@CheckDigits"), expected: "true or false" }),
    }
}

/// Reads the rules, and keeps the names of those that it does not know: with one of them the key is not used.
fn policy(rules: Cursor<'_>) -> Result<Policy, PskcError> {
    let mut policy = Policy {
        start_date: rules.date("StartDate")?,
        expiry_date: rules.date("ExpiryDate")?,
        number_of_transactions: rules
            .child("NumberOfTransactions")?
            .map(|number| number.parse("a number", number.text()))
            .transpose()?,
        unknown: rules.element.attributes.iter().map(|(name, _)| format!("Policy/@{name}")).collect(),
        ..Policy::default()
    };
    for rule in &rules.element.children {
        match rule.name.as_str() {
            _ if rule.namespace != Namespace::Pskc => policy.unknown.push(rule.name.clone()),
            "PINPolicy" => {}
            "StartDate" | "ExpiryDate" | "NumberOfTransactions" | "KeyUsage"
                if !rule.attributes.is_empty() || !rule.children.is_empty() =>
            {
                policy.unknown.push(rule.name.clone());
            }
            "StartDate" | "ExpiryDate" | "NumberOfTransactions" => {}
            "KeyUsage" => match KeyUsage::from_word(rule.text.trim()) {
                Some(usage) => policy.key_usage.push(usage),
                None => policy.unknown.push("KeyUsage".to_owned()),
            },
            other => policy.unknown.push(other.to_owned()),
        }
    }
    if let Some(pin) = rules.child("PINPolicy")? {
        policy.pin = Some(pin_policy(pin, &mut policy.unknown)?);
    }
    Ok(policy)
}

fn pin_policy(pin: Cursor<'_>, unknown: &mut Vec<String>) -> Result<PinPolicy, PskcError> {
    let mut policy = PinPolicy::default();
    unknown.extend(pin.element.children.iter().map(|child| format!("PINPolicy/{}", child.name)));
    for (name, value) in &pin.element.attributes {
        let number = || pin.parse("a number", value).map(Some);
        match name.as_str() {
            "PINKeyId" => policy.key_id = Some(value.clone()),
            "PINUsageMode" => policy.usage_mode = PinUsageMode::from_word(value),
            "MaxFailedAttempts" => policy.max_failed_attempts = number()?,
            "MinLength" => policy.min_length = number()?,
            "MaxLength" => policy.max_length = number()?,
            "PINEncoding" => policy.encoding = ValueFormat::from_word(value),
            _ => unknown.push(format!("PINPolicy/@{name}")),
        }
        if name == "PINUsageMode" && policy.usage_mode.is_none() || name == "PINEncoding" && policy.encoding.is_none() {
            unknown.push(format!("PINPolicy/@{name}"));
        }
    }
    Ok(policy)
}

fn secret(value: Cursor<'_>, opener: &Opener<'_>) -> Result<Key, PskcError> {
    let bytes = match plain_value(value)? {
        Some(_) if !opener.allows_plain() => return Err(PskcError::NotEncrypted { place: value.place() }),
        Some(plain) => plain.base64()?,
        None => opener.open(value)?,
    };
    if bytes.is_empty() {
        return Err(PskcError::Malformed { place: value.place(), expected: "a key of at least one byte" });
    }
    Ok(Key::new(bytes.to_vec()))
}

/// A plain integer is decimal; older files have its 4 or 8 bytes in base64. An encrypted one has as many bytes as its maker
/// likes, the most significant first. An empty value says no more than one that is not there.
fn integer<T>(data: Cursor<'_>, name: &'static str, opener: &Opener<'_>) -> Result<Option<T>, PskcError>
where
    T: FromStr + TryFrom<u64>,
{
    let shifted = |number: u64, byte: &u8| number.checked_mul(1 << 8).map(|number| number | u64::from(*byte));
    number(data, name, opener, |bytes| bytes.iter().try_fold(0, shifted).and_then(|number| T::try_from(number).ok()))
}

/// The same of one that may be negative: its bytes are the two's complement.
fn signed(data: Cursor<'_>, name: &'static str, opener: &Opener<'_>) -> Result<Option<i64>, PskcError> {
    number(data, name, opener, |bytes| {
        let fill = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
        let (more, last) = bytes.split_at(bytes.len().saturating_sub(8));
        let mut whole = [fill; 8];
        whole[8 - last.len()..].copy_from_slice(last);
        let number = i64::from_be_bytes(whole);
        let fits = more.iter().all(|byte| *byte == fill) && (number < 0) == (fill != 0);
        fits.then_some(number)
    })
}

fn number<T: FromStr>(
    data: Cursor<'_>,
    name: &'static str,
    opener: &Opener<'_>,
    of_bytes: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<Option<T>, PskcError> {
    let Some(value) = data.child(name)? else { return Ok(None) };
    let bytes = match plain_value(value)? {
        Some(plain) if plain.text().is_empty() => return Ok(None),
        Some(plain) => match (plain.text().parse(), plain.base64()) {
            (Ok(number), _) => return Ok(Some(number)),
            (Err(_), Ok(bytes)) if matches!(bytes.len(), 4 | 8) => bytes,
            _ => return Err(PskcError::Malformed { place: value.place(), expected: "an integer" }),
        },
        None => opener.open(value)?,
    };
    if bytes.is_empty() {
        return Ok(None);
    }
    of_bytes(&bytes).map(Some).ok_or_else(|| PskcError::Malformed { place: value.place(), expected: "an integer" })
}

/// The `PlainValue` of a value that has no `EncryptedValue`; exactly one of the two is there.
fn plain_value(value: Cursor<'_>) -> Result<Option<Cursor<'_>>, PskcError> {
    match (value.child("PlainValue")?, value.child("EncryptedValue")?) {
        (Some(_), Some(_)) => Err(PskcError::Repeated { place: value.place() }),
        (None, None) => Err(PskcError::Missing { place: value.place_of("PlainValue") }),
        (Some(_), None) if value.child("ValueMAC")?.is_some() => {
            Err(PskcError::Unsupported { place: value.place(), algorithm: "ValueMAC of a PlainValue".to_owned() })
        }
        (plain, _) => Ok(plain),
    }
}
