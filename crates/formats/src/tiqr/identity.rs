//! An account of tiqr: what the token holds, and what it sends.

use camtoken_oath::ocra::{self, DataInput, Question, Suite};
use camtoken_oath::{Key, Response};
use zeroize::Zeroizing;

use super::{LoginCode, PROTOCOL_VERSION, VERSION_HEADER};
use crate::errand::Request;
use crate::refusal::Refusal;
use crate::secret::Secret;
use crate::url::WebUrl;

/// An identity at a provider. Provider and user are the account's names.
#[derive(Debug)]
pub struct Identity {
    /// How the provider calls itself.
    pub provider_name: String,
    /// How the provider calls the user.
    pub user_name: String,
    /// The OCRASuite: a question, and maybe a session.
    pub suite: Suite,
    /// The 32 bytes that the token drew and sent at the registration.
    pub secret: Secret,
    /// Where answers are sent.
    pub authentication_url: WebUrl,
    /// Whether the server has blocked the account. It answers no more then; a new registration replaces it.
    pub blocked: bool,
    /// The session of the last answer that the server accepted.
    pub answered: Option<String>,
}

impl Identity {
    /// The bytes of a secret.
    pub const SECRET_LEN: usize = 32;
}

/// The digits for a login: over the question, and over the session where the suite asks for one. The session's hexadecimal digits are
/// bytes, with zeros in front.
///
/// # Errors
///
/// [`Refusal::Malformed`] when question or session do not fit the suite.
pub fn respond(suite: &Suite, key: &Key, question: &str, session: &str) -> Result<Response, Refusal> {
    let wrong = |part, reason: &dyn ToString| Refusal::malformed("tiqr", part, reason.to_string());
    let question = Question::new(suite.question(), question).map_err(|error| wrong("question", &error))?;
    let mut input = DataInput::new(question);
    if suite.session().is_some() {
        let bytes = base16ct::mixed::decode_vec(session);
        input.session = Some(bytes.map_err(|_| wrong("session", &"not an even number of hexadecimal digits"))?);
    }
    ocra::respond(suite, key, &input).map_err(|error| wrong("question", &error))
}

fn headers() -> Vec<(&'static str, &'static str)> {
    vec![("Accept", "application/json"), (VERSION_HEADER, PROTOCOL_VERSION)]
}

pub(crate) fn fetch(metadata_url: WebUrl) -> Request {
    Request::get(metadata_url, headers())
}

/// The new secret, in hexadecimal.
pub(crate) fn register(enrollment_url: WebUrl, key: &Key, language: &str) -> Request {
    let secret = Zeroizing::new(base16ct::lower::encode_string(key.expose_bytes()));
    let mut form = vec![("secret", secret)];
    form.extend(common(language, "register"));
    Request::post(enrollment_url, headers(), form)
}

pub(crate) fn log_in(identity: &Identity, user: &str, code: &LoginCode, response: &str, language: &str) -> Request {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let mut form = vec![("sessionKey", text(&code.session)), ("userId", text(user)), ("response", text(response))];
    form.extend(common(language, "login"));
    Request::post(identity.authentication_url.clone(), headers(), form)
}

/// As the Android app sends it without push messages.
fn common(language: &str, operation: &str) -> [(&'static str, Zeroizing<String>); 2] {
    [("language", language), ("operation", operation)].map(|(name, value)| (name, Zeroizing::new(value.to_owned())))
}
