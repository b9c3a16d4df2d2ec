//! Tests of codes of others: tiqr and LinOTP's QRToken.

use std::collections::BTreeMap;

use camtoken_formats::{
    Account, AccountName, Accounts, Answer, Answered, Errand, Foreign, Kind, Received, Refusal, Request, Rules, Secret,
    linotp, tiqr,
};
use serde::Deserialize;

use super::oath::HexKey;
use super::values::{About, NoFields, Outcome, Parsed, Tested, all, same};
use camtoken::language::Language;
use camtoken::oath::ocra::Suite;
use camtoken::seeded::Seeded;
use camtoken::time::Timestamp;

pub(super) enum TiqrEnrolment {}
pub(super) enum TiqrMetadata {}
pub(super) enum TiqrRegister {}
pub(super) enum TiqrLogin {}
pub(super) enum TiqrAnswer {}
pub(super) enum LseqrPairing {}
pub(super) enum LseqrPairingResponse {}
pub(super) enum LseqrChallenge {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EnrolmentTest {
    uri: String,
    metadata_url: Option<String>,
}

impl Tested for TiqrEnrolment {
    const NAME: &'static str = "TiqrEnrolment";
    type Group = NoFields;
    type Test = EnrolmentTest;

    fn run(_: &NoFields, test: &EnrolmentTest, _: &About<'_>) -> Outcome {
        match test.uri.parse::<tiqr::EnrolmentCode>() {
            Ok(code) => all([
                same("metadataUrl", Some(code.metadata_url.as_str()), test.metadata_url.as_deref()),
                same("uri, written again", code.to_string(), test.uri.replace('+', "%20")),
            ]),
            Err(error) => Outcome::Refused(error.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MetadataTest {
    body: String,
    provider: Option<String>,
    provider_name: Option<String>,
    user: Option<String>,
    user_name: Option<String>,
    suite: Option<String>,
    enrollment_url: Option<String>,
    authentication_url: Option<String>,
}

impl Tested for TiqrMetadata {
    const NAME: &'static str = "TiqrMetadata";
    type Group = NoFields;
    type Test = MetadataTest;

    fn run(_: &NoFields, test: &MetadataTest, _: &About<'_>) -> Outcome {
        let metadata = match tiqr::Metadata::from_json(test.body.as_bytes()) {
            Ok(metadata) => metadata,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let (service, identity) = (&metadata.service, &metadata.identity);
        all([
            same("provider", Some(&service.identifier), test.provider.as_ref()),
            same("providerName", Some(&service.display_name), test.provider_name.as_ref()),
            same("user", Some(&identity.identifier), test.user.as_ref()),
            same("userName", Some(&identity.display_name), test.user_name.as_ref()),
            same("suite", Some(&service.ocra_suite), test.suite.as_ref()),
            same("enrollmentUrl", Some(&service.enrollment_url), test.enrollment_url.as_ref()),
            same("authenticationUrl", Some(&service.authentication_url), test.authentication_url.as_ref()),
        ])
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegisterTest {
    metadata: String,
    key: HexKey,
    url: Option<String>,
    form: Option<BTreeMap<String, String>>,
}

impl Tested for TiqrRegister {
    const NAME: &'static str = "TiqrRegister";
    type Group = NoFields;
    type Test = RegisterTest;

    fn run(_: &NoFields, test: &RegisterTest, _: &About<'_>) -> Outcome {
        let metadata = match tiqr::Metadata::from_json(test.metadata.as_bytes()) {
            Ok(metadata) => metadata,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let request = match metadata.register(&test.key.0, "en") {
            Ok(request) => request,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        all([
            same("url", Some(request.url().as_str()), test.url.as_deref()),
            same("form", Some(form(&request)), test.form.clone()),
        ])
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LoginTest {
    uri: String,
    key: HexKey,
    suite: Parsed<Suite>,
    account: String,
    user: Option<String>,
    provider: Option<String>,
    session_key: Option<String>,
    challenge: Option<String>,
    service: Option<String>,
    version: Option<String>,
    response: String,
    form: Option<BTreeMap<String, String>>,
}

impl Tested for TiqrLogin {
    const NAME: &'static str = "TiqrLogin";
    type Group = NoFields;
    type Test = LoginTest;

    fn run(_: &NoFields, test: &LoginTest, _: &About<'_>) -> Outcome {
        let code = match test.uri.parse::<tiqr::LoginCode>() {
            Ok(code) => code,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let answered = match test.answer(&code) {
            Ok(answered) => answered,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let response = answered.expose_response();
        if response != test.response {
            return Outcome::Refused(format!("computed {response}, the file has {:?}", test.response));
        }
        let sent = answered.errand().and_then(Errand::request).map(form);
        all([
            same("user", code.user.as_ref(), test.user.as_ref()),
            same("provider", Some(&code.provider), test.provider.as_ref()),
            same("sessionKey", Some(&code.session), test.session_key.as_ref()),
            same("challenge", Some(&code.question), test.challenge.as_ref()),
            same("service", code.service.as_ref(), test.service.as_ref()),
            same("version", code.version.as_ref(), test.version.as_ref()),
            same("form", sent.filter(|_| test.form.is_some()), test.form.clone()),
        ])
    }
}

impl LoginTest {
    /// What a token says that has this account and no other.
    fn answer(&self, code: &tiqr::LoginCode) -> Result<Answered, Refusal> {
        let identity = tiqr::Identity {
            provider_name: code.provider.clone(),
            user_name: self.account.clone(),
            suite: self.suite.0.clone(),
            secret: Secret::clear(self.key.copy()),
            authentication_url: "https://tiqr.example.test/authentication".parse().expect("it is an address"),
            blocked: false,
            answered: None,
        };
        let mut accounts = Accounts::default();
        let name = AccountName::new(&code.provider, &self.account);
        accounts.keep(vec![Account { name, kind: Kind::Tiqr(identity) }])?;
        match accounts.receive(Foreign::TiqrLogin(code.clone()), &Rules::default())? {
            Received::Login(login) => login.approve(&mut accounts, None, Timestamp::default(), Language::En),
            _ => Err(Refusal::Nothing { format: "no login" }),
        }
    }
}

/// What is sent, without the language of the token.
fn form(request: &Request) -> BTreeMap<String, String> {
    let fields = request.expose_form().iter().filter(|(name, _)| *name != "language");
    fields.map(|(name, value)| ((*name).to_owned(), value.to_string())).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AnswerTest {
    operation: String,
    status: u16,
    protocol_version: Option<String>,
    body: String,
    word: Option<String>,
    attempts_left: Option<u32>,
    blocked_minutes: Option<u32>,
}

impl Tested for TiqrAnswer {
    const NAME: &'static str = "TiqrAnswer";
    type Group = NoFields;
    type Test = AnswerTest;

    fn run(_: &NoFields, test: &AnswerTest, _: &About<'_>) -> Outcome {
        let mut answer = Answer::new(test.status, test.body.as_str());
        if let Some(version) = &test.protocol_version {
            answer = answer.header(tiqr::VERSION_HEADER, version);
        }
        let read = match test.operation.as_str() {
            "login" => tiqr::read_login(&answer),
            "register" => tiqr::read_registration(&answer),
            other => return Outcome::Wrong(format!("unknown operation {other:?}")),
        };
        let refused = match read {
            Ok(()) => return Outcome::Accepted,
            Err(Refusal::Blocked) => ("ACCOUNT_BLOCKED".to_owned(), None, None),
            Err(Refusal::Server { word, attempts_left, blocked_minutes }) => (word, attempts_left, blocked_minutes),
            Err(error) => return Outcome::Wrong(error.to_string()),
        };
        let said = refused.0.clone();
        let expected = (test.word.clone().unwrap_or_default(), test.attempts_left, test.blocked_minutes);
        same("word, attemptsLeft, blockedMinutes", refused, expected)
            .map_or_else(|wrong| wrong, |()| Outcome::Refused(said))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PairingTest {
    uri: String,
    partition: Option<u32>,
    server_public_key: Option<String>,
    serial: Option<String>,
    callback_url: Option<String>,
    callback_sms: Option<String>,
    digits: Option<u8>,
}

impl Tested for LseqrPairing {
    const NAME: &'static str = "LseqrPairing";
    type Group = NoFields;
    type Test = PairingTest;

    fn run(_: &NoFields, test: &PairingTest, _: &About<'_>) -> Outcome {
        let code = match test.uri.parse::<linotp::PairingCode>() {
            Ok(code) => code,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let public = base16ct::lower::encode_string(&code.server_public);
        all([
            same("partition", Some(code.partition), test.partition),
            same("serverPublicKey", Some(public), test.server_public_key.clone()),
            same("serial", code.serial.as_ref(), test.serial.as_ref()),
            same("callbackUrl", code.callback_url.as_ref().map(|url| url.as_str()), test.callback_url.as_deref()),
            same("callbackSms", code.callback_sms.as_ref(), test.callback_sms.as_ref()),
            same("digits", Some(code.digits), test.digits),
        ])
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PairingResponseTest {
    uri: Parsed<linotp::PairingCode>,
    private_key: HexKey,
    token_id: u32,
    ephemeral_key: HexKey,
    pairing_response: Option<String>,
}

impl Tested for LseqrPairingResponse {
    const NAME: &'static str = "LseqrPairingResponse";
    type Group = NoFields;
    type Test = PairingResponseTest;

    fn run(_: &NoFields, test: &PairingResponseTest, _: &About<'_>) -> Outcome {
        let token = paired(&test.uri.0, &test.private_key, test.token_id);
        match token.and_then(|token| token.pairing_response(&test.ephemeral_key.0)) {
            Ok(response) => all([same("pairingResponse", Some(response), test.pairing_response.clone())]),
            Err(error) => Outcome::Refused(error.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChallengeGroup {
    private_key: HexKey,
    token_id: u32,
    pairing: Parsed<linotp::PairingCode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChallengeTest {
    uri: String,
    content: Option<String>,
    transaction: Option<String>,
    message: Option<String>,
    callback_url: Option<String>,
    callback_sms: Option<String>,
    signed: Option<bool>,
    resets_callback: Option<bool>,
    tan: Option<String>,
    signature: Option<String>,
}

impl Tested for LseqrChallenge {
    const NAME: &'static str = "LseqrChallenge";
    type Group = ChallengeGroup;
    type Test = ChallengeTest;

    fn run(group: &ChallengeGroup, test: &ChallengeTest, _: &About<'_>) -> Outcome {
        let token = match paired(&group.pairing.0, &group.private_key, group.token_id) {
            Ok(token) => token,
            Err(error) => return Outcome::Wrong(error.to_string()),
        };
        let code = test.uri.parse::<linotp::ChallengeCode>().map_err(linotp::OpenError::from);
        let opened = match code.and_then(|code| token.open(&code)) {
            Ok(opened) => opened,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let content = match opened.content {
            linotp::Content::Pairing => "pairing",
            linotp::Content::Login => "login",
            _ => "free",
        };
        all([
            same("content", Some(content), test.content.as_deref()),
            same("transaction", Some(&opened.transaction), test.transaction.as_ref()),
            same("message", Some(&opened.message), test.message.as_ref()),
            same("callbackUrl", opened.callback_url.as_ref().map(|url| url.as_str()), test.callback_url.as_deref()),
            same("callbackSms", opened.callback_sms.as_ref(), test.callback_sms.as_ref()),
            same("signed", Some(opened.signed), test.signed),
            same("resetsCallback", Some(opened.resets_callback), test.resets_callback),
            same("tan", Some(opened.expose_tan(token.digits).as_str()), test.tan.as_deref()),
            same("signature", Some(opened.expose_signature().as_str()), test.signature.as_deref()),
        ])
    }
}

fn paired(code: &linotp::PairingCode, key: &HexKey, token_id: u32) -> Result<linotp::Token, linotp::OpenError> {
    let mut token = linotp::Token::pair(code, token_id, &mut Seeded::new(""))?;
    token.private = camtoken::Key::new(key.0.expose_bytes().to_vec());
    Ok(token)
}
