//! The format of a text, found without a key.

use serde::Serialize;

use crate::hhd;
use crate::linotp;
use crate::otpauth::{Migration, MovingFactor, OtpauthUri, Steam};
use crate::powerauth;
use crate::refusal::Refusal;
use crate::tiqr;
use crate::url::WebUrl;

/// The text of a code that is not camtoken's own.
///
/// ```
/// use camtoken_formats::Foreign;
///
/// let code = Foreign::parse("otpauth://totp/ACME:alice?secret=JBSWY3DPEHPK3PXP&issuer=ACME")?;
/// assert_eq!(code.format(), "otpauth");
/// let parts: Vec<_> = code.parts().into_iter().map(|part| (part.name, part.value)).collect();
/// assert_eq!(parts[0], ("issuer", "ACME".to_owned()));
/// assert!(!parts.iter().any(|(_, value)| value.contains("JBSWY3DP")), "no secret is among the parts");
/// # Ok::<(), camtoken_formats::Refusal>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Foreign {
    /// A key for HOTP or TOTP.
    Otpauth(OtpauthUri),
    /// A key of Steam Guard.
    Steam(Steam),
    /// Several keys, from Google Authenticator.
    Migration(Migration),
    /// A registration by tiqr.
    TiqrEnrolment(tiqr::EnrolmentCode),
    /// A login by tiqr.
    TiqrLogin(tiqr::LoginCode),
    /// A pairing with LinOTP.
    LinotpPairing(linotp::PairingCode),
    /// A sealed text of LinOTP.
    LinotpChallenge(linotp::ChallengeCode),
    /// A signed operation of PowerAuth.
    PowerAuth(powerauth::Operation),
    /// A challenge of chipTAN.
    Hhd(hhd::Challenge),
    /// A format that is known by name alone.
    Known {
        /// Its name.
        format: &'static str,
        /// Why it is not read.
        reason: &'static str,
    },
    /// A web address that is no code for a token.
    Link(WebUrl),
    /// Plain text.
    Text,
}

/// One part of a code, for a person who inspects it. No part is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

/// Formats that are known but not supported: how their texts start, and the reason.
const KNOWN: &[(&str, &str, &str)] = &[
    ("motp://", "motp", "Mobile-OTP computes with MD5, and its codes have no public form"),
    ("otpauth://motp/", "motp", "Mobile-OTP computes with MD5, and its codes have no public form"),
    ("otpauth://yaotp/", "yaotp", "Yandex's passwords need a PIN that is in no code, by rules that are not public"),
    ("phonefactor://", "phonefactor", "Microsoft's push messages need its service"),
    ("duo://", "duo", "Duo's push messages need its service"),
    ("fido:/", "fido", "a passkey is used over Bluetooth, not by digits"),
    ("lseqr://init", "lseqr-ocra2", "the texts of LinOTP's older token are not sealed"),
    ("lseqr://req", "lseqr-ocra2", "the texts of LinOTP's older token are not sealed"),
];

impl Foreign {
    /// The longest text that is read, in bytes: more than a symbol can hold.
    pub const MAX_LEN: usize = 8 * 1024;

    /// Finds the format of a text.
    ///
    /// # Errors
    ///
    /// [`Refusal::Malformed`] when the text has the start of a format and is not well formed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim_matches(|it: char| it.is_ascii_whitespace() || it == '\u{FEFF}');
        if text.len() > Self::MAX_LEN {
            return Ok(Self::Text);
        }
        let starts = |start: &str| text.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
        if let Some((_, format, reason)) = KNOWN.iter().find(|(start, ..)| starts(start)) {
            return Ok(Self::Known { format, reason });
        }
        // Apple's form opens its own app; it is the common one but for the scheme.
        let otpauth = if starts("apple-otpauth:") { &text["apple-".len()..] } else { text };
        if Steam::is_named(otpauth) {
            return read("steam", otpauth.parse(), Self::Steam);
        }
        if Migration::is_named(text) {
            return read("otpauth-migration", text.parse(), Self::Migration);
        }
        if otpauth.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("otpauth:")) {
            return read("otpauth", otpauth.parse(), Self::Otpauth);
        }
        if tiqr::EnrolmentCode::is_named(text) {
            return read("tiqr", text.parse(), Self::TiqrEnrolment);
        }
        if tiqr::LoginCode::is_named(text) {
            return read("tiqr", text.parse(), Self::TiqrLogin);
        }
        if linotp::PairingCode::is_named(text) {
            return read("lseqr", text.parse(), Self::LinotpPairing);
        }
        if linotp::ChallengeCode::is_named(text) {
            return read("lseqr", text.parse(), Self::LinotpChallenge);
        }
        if powerauth::Operation::is_named(text) {
            return read("powerauth", text.parse(), Self::PowerAuth);
        }
        if hhd::Challenge::is_named(text) {
            return read("hhd", text.parse(), Self::Hhd);
        }
        Ok(text.parse().map_or(Self::Text, Self::Link))
    }

    /// The stable name of the format: `otpauth`, `steam`, `otpauth-migration`, `tiqr-enrolment`, `tiqr-login`,
    /// `linotp-pairing`, `linotp-challenge`, `powerauth-offline`, `hhd-uc`, `link`, `text`, or that of a format that is not
    /// supported.
    #[must_use]
    pub const fn format(&self) -> &'static str {
        match self {
            Self::Otpauth(_) => "otpauth",
            Self::Steam(_) => "steam",
            Self::Migration(_) => "otpauth-migration",
            Self::TiqrEnrolment(_) => "tiqr-enrolment",
            Self::TiqrLogin(_) => "tiqr-login",
            Self::LinotpPairing(_) => "linotp-pairing",
            Self::LinotpChallenge(_) => "linotp-challenge",
            Self::PowerAuth(_) => "powerauth-offline",
            Self::Hhd(_) => "hhd-uc",
            Self::Known { format, .. } => format,
            Self::Link(_) => "link",
            Self::Text => "text",
        }
    }

    /// The public content of the code, in its order.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Parts(Vec::new());
        match self {
            Self::Otpauth(uri) => parts.otpauth(uri),
            Self::Steam(steam) => parts.add("issuer", &steam.issuer).add("account", &steam.account).end(),
            Self::Migration(migration) => {
                parts.add("code", format!("{} of {}", migration.part, migration.parts)).end();
                migration.accounts.iter().for_each(|account| parts.otpauth(account));
            }
            Self::TiqrEnrolment(code) => {
                parts.form(&code.form);
                parts.add("metadataUrl", &code.metadata_url).add("host", code.metadata_url.host_shown()).end();
            }
            Self::TiqrLogin(code) => {
                parts.form(&code.form);
                parts.maybe("user", code.user.as_ref()).add("provider", &code.provider);
                parts.maybe("service", code.service.as_ref());
                parts.add("session", &code.session).add("question", &code.question);
                parts.maybe("version", code.version.as_ref()).maybe("returnUrl", code.return_url.as_ref()).end();
            }
            Self::LinotpPairing(code) => {
                parts.maybe("serial", code.serial.as_ref()).maybe("callbackUrl", code.callback_url.as_ref());
                parts.maybe("callbackSms", code.callback_sms.as_ref()).add("partition", code.partition);
                let public = base16ct::lower::encode_string(&code.server_public);
                parts.add("digits", code.digits).add("serverPublicKey", public).end();
            }
            Self::LinotpChallenge(code) => parts.add("tokenId", code.token_id).end(),
            Self::PowerAuth(operation) => parts.operation(operation),
            Self::Hhd(challenge) => {
                parts.add("startCode", challenge.start_code()).end();
                challenge.elements().iter().for_each(|element| parts.add("dataElement", element).end());
                parts.add("flickerCode", challenge.flicker()).end();
            }
            Self::Known { reason, .. } => parts.add("reason", reason).end(),
            Self::Link(url) => parts.add("url", url).add("host", url.host_shown()).end(),
            Self::Text => {}
        }
        parts.0
    }
}

fn read<T, E: ToString>(
    format: &'static str,
    read: Result<T, E>,
    then: impl Fn(T) -> Foreign,
) -> Result<Foreign, Refusal> {
    read.map(then).map_err(|error| Refusal::malformed(format, "code", error))
}

struct Parts(Vec<Part>);

impl Parts {
    fn add(&mut self, name: &'static str, value: impl ToString) -> &mut Self {
        self.0.push(Part { name, value: value.to_string() });
        self
    }

    fn maybe(&mut self, name: &'static str, value: Option<impl ToString>) -> &mut Self {
        if let Some(value) = value { self.add(name, value) } else { self }
    }

    const fn end(&mut self) {}

    fn otpauth(&mut self, uri: &OtpauthUri) {
        self.maybe("issuer", uri.issuer.as_ref()).add("account", &uri.account);
        match uri.moving {
            MovingFactor::Counter(counter) => self.add("type", "hotp").add("counter", counter),
            MovingFactor::Period(seconds) => self.add("type", "totp").add("period", seconds),
        };
        self.add("algorithm", uri.hash.name()).add("digits", uri.digits);
    }

    fn form(&mut self, form: &tiqr::CodeForm) {
        if let tiqr::CodeForm::Link { base } = form {
            self.add("link", base);
        }
    }

    fn operation(&mut self, operation: &powerauth::Operation) {
        self.add("operationId", &operation.id).add("title", &operation.title).add("message", &operation.message);
        for field in &operation.data.fields {
            let (name, _, value) = field.row();
            self.add(name, value);
        }
        let key = match operation.signing_key {
            powerauth::SigningKey::Master => "master",
            powerauth::SigningKey::Personal => "personal",
        };
        self.add("flags", &operation.flags).add("signingKey", key);
    }
}
