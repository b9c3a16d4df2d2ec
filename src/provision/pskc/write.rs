//! From packages to the document, its elements in the order of the schema.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::CryptoRng;

use super::protect::Sealer;
use super::words::Word;
use super::xml::{self, Element, Namespace};
use super::{Container, DeviceInfo, Form, KeyPackage, PackageName, Place, Policy, Protection, PskcError};
use crate::key::Key;

pub(super) fn write(
    container: &Container,
    form: Form,
    protection: &Protection,
    rng: &mut impl CryptoRng,
) -> Result<String, PskcError> {
    let sealer = Sealer::new(form, protection, rng)?;
    let packages: Result<Vec<_>, _> =
        container.named().map(|(name, package)| key_package(&name, package, sealer.as_ref(), rng)).collect();
    let mut root = pskc("KeyContainer").with_attribute("Version", "1.0");
    if let Some(id) = &container.id {
        root = root.with_attribute("Id", id);
    }
    let root = root.with_children(sealer.into_iter().flat_map(Sealer::header)).with_children(packages?);
    if container.packages.is_empty() {
        return Err(PskcError::Missing { place: place("KeyPackage", None) });
    }
    Ok(xml::write(&root)?)
}

fn key_package(
    name: &PackageName,
    package: &KeyPackage,
    sealer: Option<&Sealer>,
    rng: &mut impl CryptoRng,
) -> Result<Element, PskcError> {
    let mut element = pskc("KeyPackage");
    if package.device != DeviceInfo::default() {
        element = element.with_children([device_info(&package.device)]);
    }
    if let Some(id) = &package.crypto_module_id {
        element = element.with_children([pskc("CryptoModuleInfo").with_children([pskc("Id").with_text(id)])]);
    }
    Ok(element.with_children(key(name, package, sealer, rng)?))
}

fn device_info(device: &DeviceInfo) -> Element {
    pskc("DeviceInfo").with_children(
        [
            text("Manufacturer", device.manufacturer.as_ref()),
            text("SerialNo", device.serial.as_ref()),
            text("Model", device.model.as_ref()),
            text("IssueNo", device.issue_no.as_ref()),
            text("DeviceBinding", device.device_binding.as_ref()),
            text("StartDate", device.start_date.as_ref()),
            text("ExpiryDate", device.expiry_date.as_ref()),
            text("UserId", device.user_id.as_ref()),
        ]
        .into_iter()
        .flatten(),
    )
}

fn key(
    name: &PackageName,
    package: &KeyPackage,
    sealer: Option<&Sealer>,
    rng: &mut impl CryptoRng,
) -> Result<Option<Element>, PskcError> {
    let Some(id) = &package.key_id else {
        return match package.secret {
            Some(_) => Err(PskcError::Missing { place: place("Key/@Id", Some(name)) }),
            None => Ok(None),
        };
    };
    let mut key = pskc("Key").with_attribute("Id", id);
    if let Some(algorithm) = &package.algorithm {
        key = key.with_attribute("Algorithm", algorithm.uri());
    }
    let parameters = parameters(package);
    let data = data(package, sealer, rng);
    Ok(Some(
        key.with_children(text("Issuer", package.issuer.as_ref()))
            .with_children(some(pskc("AlgorithmParameters"), parameters))
            .with_children(text("KeyProfileId", package.key_profile_id.as_ref()))
            .with_children(text("KeyReference", package.key_reference.as_ref()))
            .with_children(text("FriendlyName", package.friendly_name.as_ref()))
            .with_children(some(pskc("Data"), data))
            .with_children(text("UserId", package.user_id.as_ref()))
            .with_children(policy(&package.policy, name)?),
    ))
}

fn parameters(package: &KeyPackage) -> Vec<Element> {
    let mut parameters: Vec<_> = text("Suite", package.suite.as_ref()).into_iter().collect();
    parameters.extend(package.challenge_format.map(|format| {
        pskc("ChallengeFormat")
            .with_attribute("Encoding", format.encoding.word())
            .with_attribute("Min", format.min.to_string())
            .with_attribute("Max", format.max.to_string())
            .with_attribute("CheckDigits", format.check_digits.to_string())
    }));
    parameters.extend(package.response_format.map(|format| {
        pskc("ResponseFormat")
            .with_attribute("Encoding", format.encoding.word())
            .with_attribute("Length", format.length.to_string())
            .with_attribute("CheckDigits", format.check_digits.to_string())
    }));
    parameters
}

fn data(package: &KeyPackage, sealer: Option<&Sealer>, rng: &mut impl CryptoRng) -> Vec<Element> {
    let plain = |name, number: Option<String>| number.map(|it| pskc(name).with_children([plain_value(it)]));
    let mut data = Vec::new();
    if let Some(secret) = &package.secret {
        data.push(match sealer {
            Some(sealer) => pskc("Secret").with_children(sealer.seal(secret, rng)),
            None => pskc("Secret").with_children([plain_secret(secret)]),
        });
    }
    data.extend(plain("Counter", package.counter.map(|it| it.to_string())));
    data.extend(plain("Time", package.time.map(|it| it.to_string())));
    data.extend(plain("TimeInterval", package.time_interval.map(|it| it.to_string())));
    data.extend(plain("TimeDrift", package.time_drift.map(|it| it.to_string())));
    data
}

fn plain_secret(secret: &Key) -> Element {
    plain_value(STANDARD.encode(secret.expose_bytes()))
}

fn plain_value(value: String) -> Element {
    pskc("PlainValue").with_text(value)
}

fn policy(policy: &Policy, name: &PackageName) -> Result<Option<Element>, PskcError> {
    if !policy.unknown.is_empty() {
        return Err(PskcError::Policy { place: place("Policy", Some(name)) });
    }
    let mut rules: Vec<_> =
        [text("StartDate", policy.start_date.as_ref()), text("ExpiryDate", policy.expiry_date.as_ref())]
            .into_iter()
            .flatten()
            .collect();
    rules.extend(policy.pin.as_ref().map(|pin| {
        let attributes = [
            ("PINKeyId", pin.key_id.clone()),
            ("PINUsageMode", pin.usage_mode.map(|mode| mode.word().to_owned())),
            ("MaxFailedAttempts", pin.max_failed_attempts.map(|it| it.to_string())),
            ("MinLength", pin.min_length.map(|it| it.to_string())),
            ("MaxLength", pin.max_length.map(|it| it.to_string())),
            ("PINEncoding", pin.encoding.map(|format| format.word().to_owned())),
        ];
        attributes.into_iter().fold(pskc("PINPolicy"), |element, (name, value)| match value {
            Some(value) => element.with_attribute(name, value),
            None => element,
        })
    }));
    rules.extend(policy.key_usage.iter().map(|usage| pskc("KeyUsage").with_text(usage.word())));
    rules.extend(text("NumberOfTransactions", policy.number_of_transactions.as_ref()));
    Ok(some(pskc("Policy"), rules))
}

fn pskc(name: &str) -> Element {
    Element::new(Namespace::Pskc, name)
}

fn text(name: &str, value: Option<&impl ToString>) -> Option<Element> {
    value.map(|value| pskc(name).with_text(value.to_string()))
}

/// The element around its children, unless there are none.
fn some(element: Element, children: Vec<Element>) -> Option<Element> {
    if children.is_empty() { None } else { Some(element.with_children(children)) }
}

fn place(element: &str, package: Option<&PackageName>) -> Place {
    Place { element: element.to_owned(), package: package.cloned() }
}
