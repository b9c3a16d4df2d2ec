//! Every error: a stable code, what happened, why, and what to do next.
//!
//! The table below is the only place that knows the codes. The texts of `CT-E041` are the message `ct-e041` of the
//! Fluent files: its value says what, `.hint` what to do next, `.long` what `camtoken explain` prints.

use std::fmt;

use camtoken::error_code::ErrorCode;
use clap::builder::styling::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use crate::document::Document;
use crate::exit::Exit;
use crate::terminal;
use crate::text::Text;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $(($refusal:literal))? => $exit:ident,)+) => {
        /// A stable error code. A released code keeps its meaning; a new fact gets a new code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])* $variant,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As it is printed: `CT-E041`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The token's own code for the same fact, `T01` to `T14`.
            pub const fn refusal(self) -> Option<&'static str> {
                match self { $(Self::$variant => codes!(@refusal $($refusal)?),)+ }
            }

            /// What the process exits with.
            pub const fn exit(self) -> Exit {
                match self { $(Self::$variant => Exit::$exit,)+ }
            }
        }
    };
    (@refusal) => { None };
    (@refusal $refusal:literal) => { Some($refusal) };
}

codes! {
    /// A file could not be read.
    Read = "CT-E010" => Failed,
    /// A file, or standard output, could not be written.
    Write = "CT-E011" => Failed,
    /// The state directory cannot be used.
    State = "CT-E012" => Failed,
    /// The verifier's store is open in another process.
    StoreBusy = "CT-E013" => Failed,
    /// The verifier's store cannot be used.
    StoreFailed = "CT-E014" => Failed,
    /// A change may have been stored or not.
    StoreUnknown = "CT-E015" => Failed,
    /// The clock is behind what the record has seen.
    ClockBehind = "CT-E016" => Failed,
    /// The clock is ahead of the time that has passed.
    ClockAhead = "CT-E040" => Failed,
    /// The verifier's key-encryption key is missing or not the right one.
    Keys = "CT-E017" => Failed,
    /// A step of the demonstration had another result than expected.
    Demo = "CT-E018" => Failed,
    /// A defect in camtoken.
    Internal = "CT-E019" => Failed,

    /// The command line was not understood.
    CommandLine = "CT-E020" => Usage,
    /// A configuration file cannot be read or understood.
    ConfigFile = "CT-E021" => Usage,
    /// A setting has a value that it does not allow.
    ConfigValue = "CT-E022" => Usage,
    /// An answer is missing, and there is no terminal for the question.
    NoTerminal = "CT-E023" => Usage,
    /// There is no such code to explain.
    Unexplained = "CT-E024" => Usage,
    /// There is no such setting, schema or verb.
    UnknownName = "CT-E025" => Usage,
    /// The time was fixed for a verifier that accepts real keys.
    FixedClock = "CT-E026" => Usage,
    /// This build has no store of that kind.
    StoreKind = "CT-E027" => Usage,
    /// There is no store for the upkeep.
    NoStore = "CT-E028" => Failed,
    /// There is a store already where one is to be restored.
    StoreExists = "CT-E029" => Failed,
    /// The file is no backup, or is not complete.
    Backup = "CT-E030" => Failed,

    /// No code found.
    NothingFound = "CT-E031" ("T01") => NoCode,

    /// The database may lose what it acknowledges.
    StoreUnsafe = "CT-E032" => Failed,
    /// The store is of another version.
    StoreVersion = "CT-E033" => Failed,
    /// The store's password is on the command line.
    StorePassword = "CT-E034" => Usage,
    /// This kind of store needs no migration.
    NoMigration = "CT-E035" => Usage,
    /// This kind of store gives space back by itself.
    OwnUpkeep = "CT-E036" => Usage,
    /// The store may have lost changes that it had acknowledged.
    StoreLost = "CT-E037" => Failed,
    /// The store is a copy, or was moved.
    StoreCopied = "CT-E038" => Failed,
    /// The store needs another repair, or none.
    NoRepair = "CT-E039" => Usage,

    /// Found, but unreadable.
    Unreadable = "CT-E041" ("T02") => Unreadable,

    /// A file is no picture, or has a format that is not supported.
    Picture = "CT-E042" => Failed,
    /// A token's file cannot be used.
    TokenFile = "CT-E043" => Failed,
    /// Another process holds the token.
    TokenBusy = "CT-E044" => Failed,
    /// The passphrase of a token is wrong.
    Passphrase = "CT-E045" => Failed,
    /// No token was chosen: there is none, or it has to be named.
    WhichToken = "CT-E046" => Usage,
    /// There is a token of that name already.
    NameTaken = "CT-E047" => Usage,
    /// This build lacks the feature.
    NotBuilt = "CT-E048" => Usage,
    /// The token waits for another answer.
    TokenAsks = "CT-E049" => Usage,

    /// The key-encryption key is not the one of the store.
    KeyMismatch = "CT-E050" => Failed,
    /// Others may read or write a file with a secret.
    UnsafeFile = "CT-E051" => Failed,
    /// A settings file that was found sets what it may not set, or others could have written it.
    UntrustedSettings = "CT-E052" => Usage,

    /// A record of the store was altered or moved to another place.
    RecordSeal = "CT-E136" => Failed,
    /// The store is another user's.
    StoreOwner = "CT-E138" => Failed,
    /// A file is no anchor or no key, or the anchor is not what was signed.
    Anchor = "CT-E137" => Failed,

    /// Not a camtoken code.
    Foreign = "CT-E053" ("T03") => Refused,
    /// Another bank or contract.
    OtherBank = "CT-E054" ("T04") => Refused,
    /// The seal is wrong: altered, or for another token.
    Seal = "CT-E055" ("T05") => Refused,
    /// Version or suite unknown.
    Version = "CT-E056" ("T06") => Refused,
    /// Operation unknown.
    Operation = "CT-E057" ("T07") => Refused,
    /// Not activated.
    NotActivated = "CT-E058" ("T08") => Refused,
    /// Activation incomplete.
    HalfActivated = "CT-E059" ("T09") => Refused,
    /// Cancelled on the token.
    Cancelled = "CT-E060" ("T10") => Cancelled,
    /// No free slot.
    NoSlot = "CT-E061" ("T11") => Refused,
    /// The code was already answered.
    Answered = "CT-E062" ("T12") => Refused,
    /// The battery is empty.
    Battery = "CT-E063" ("T13") => Refused,
    /// The token is locked.
    Locked = "CT-E064" ("T14") => Refused,

    /// The server of an account refuses.
    ServerRefuses = "CT-E065" => Refused,
    /// A code names a host that is not allowed.
    HostNotAllowed = "CT-E066" => Failed,
    /// Several accounts could answer.
    WhichAccount = "CT-E067" => Usage,
    /// The token has the account already.
    AccountExists = "CT-E068" => Refused,
    /// The PIN of an account is missing, or is no PIN.
    AccountPin = "CT-E069" => Usage,
    /// The token has no such account.
    NoAccount = "CT-E077" => Refused,
    /// The answer to a code could not be sent.
    NotDelivered = "CT-E078" => Failed,

    /// There is no operation of this name.
    NoOperation = "CT-E070" => Usage,
    /// The fields are no valid transaction.
    Fields = "CT-E071" => Usage,
    /// The batch file is wrong, or of another kind.
    Batch = "CT-E072" => Usage,
    /// The file of keys cannot be read.
    KeyFile = "CT-E073" => Usage,
    /// The file of keys has no device key.
    NoDeviceKey = "CT-E074" => Usage,
    /// A token cannot show the text.
    Subscriber = "CT-E075" => Usage,
    /// The bytes are no valid device key.
    UnfitDeviceKey = "CT-E076" => Rejected,

    /// The verifier has no such token.
    NoToken = "CT-E081" => Rejected,
    /// The verifier has the token with another key.
    TokenExists = "CT-E082" => Rejected,
    /// The token is revoked.
    TokenRevoked = "CT-E083" => Rejected,
    /// A test token at a verifier that accepts none.
    TestToken = "CT-E084" => Rejected,
    /// The token has as many activations as it can hold.
    TokenFull = "CT-E085" => Rejected,
    /// No such activation.
    NoActivation = "CT-E086" => Rejected,
    /// The activation has signed already.
    HasSigned = "CT-E087" => Rejected,
    /// The activation is revoked.
    Revoked = "CT-E088" => Rejected,
    /// The activation is not suspended.
    NotSuspended = "CT-E089" => Rejected,
    /// The activation is suspended.
    Suspended = "CT-E090" => Rejected,
    /// The registration is not finished.
    NotActive = "CT-E091" => Rejected,
    /// The key of a token or generator is outside its validity dates.
    KeyValidity = "CT-E092" => Rejected,
    /// The generator is registered with another secret or other parameters, or has a user.
    GeneratorTaken = "CT-E093" => Rejected,
    /// The generator is not registered.
    NoGenerator = "CT-E094" => Rejected,

    /// A request over HTTP that cannot be read.
    HttpRequest = "CT-E100" => Failed,
    /// There is no route at the address.
    HttpNotFound = "CT-E101" => Failed,
    /// The address does not allow the method.
    HttpMethod = "CT-E102" => Failed,
    /// The API key is missing or wrong.
    HttpKey = "CT-E103" => Failed,
    /// The request names another host, or comes from a page of another origin.
    HttpOrigin = "CT-E104" => Failed,
    /// The body is too long.
    HttpTooLarge = "CT-E105" => Failed,
    /// The body has another media type.
    HttpMediaType = "CT-E106" => Failed,
    /// There are more requests than the service can process.
    HttpBusy = "CT-E107" => Failed,
    /// The body came too slowly.
    HttpSlow = "CT-E108" => Failed,
    /// One Idempotency-Key was used for two requests.
    KeyReused = "CT-E109" => Failed,
    /// The same request is being worked on.
    HttpInProgress = "CT-E110" => Failed,
    /// The challenge of a repeated request was superseded since.
    Superseded = "CT-E117" => Rejected,
    /// No room for more sessions or tokens.
    HttpTooMany = "CT-E111" => Failed,
    /// The service cannot listen.
    Listen = "CT-E112" => Failed,
    /// An address that others reach needs an API key.
    OpenAddress = "CT-E113" => Usage,
    /// The API key is not fit to be one.
    ApiKey = "CT-E114" => Usage,
    /// A value in a request is not allowed there.
    HttpValue = "CT-E115" => Failed,
    /// The certificates or the key cannot be used for TLS.
    Tls = "CT-E116" => Usage,
    /// A request through a proxy to a service without a key.
    HttpForwarded = "CT-E131" => Failed,
    /// A route of the virtual token, in a service without it.
    HttpNoVirtualToken = "CT-E132" => Failed,
    /// A route of the verifier, in a service without it.
    HttpNoVerifier = "CT-E133" => Failed,
    /// A token has no such button.
    HttpNoButton = "CT-E134" => Failed,
    /// A request has a span of time that cannot be read.
    HttpSpan = "CT-E135" => Failed,
    /// The caller's scopes do not cover the route.
    HttpScope = "CT-E118" => Failed,
    /// Too many requests without the right key.
    HttpTooManyFailures = "CT-E119" => Failed,
    /// A file of API keys, or a part of a key, that cannot be used.
    ApiKeys = "CT-E120" => Usage,

    /// There is no such camera.
    NoCamera = "CT-E121" => Failed,
    /// Another program uses the camera.
    CameraBusy = "CT-E122" => Failed,
    /// The camera was unplugged.
    CameraGone = "CT-E123" => Failed,
    /// The camera has no supported format.
    CameraFormat = "CT-E124" => Failed,
    /// A source gives no frames.
    NoFrames = "CT-E125" => Failed,
    /// This account may not use the camera.
    CameraDenied = "CT-E126" => Failed,
    /// The camera's driver reported an error.
    CameraFailed = "CT-E127" => Failed,
    /// The screen or the clipboard has no picture.
    Desktop = "CT-E128" => Failed,
    /// Cameras are not read on this system, by any build.
    CamerasNotSupported = "CT-E129" => Usage,

    /// A host or an origin would allow every page, or is not valid.
    AllowedName = "CT-E130" => Usage,

    /// The module that opens the key-encryption key cannot be used.
    KekModule = "CT-E140" => Failed,
    /// The module rejects the PIN or access token, or needs one.
    KekCredential = "CT-E141" => Failed,
    /// The engine is sealed.
    KekSealed = "CT-E142" => Failed,
    /// The module does not answer in time.
    KekSilent = "CT-E143" => Failed,
    /// The module has no such token or key, or not the one that wrapped.
    KekUnknown = "CT-E144" => Failed,
    /// The wrapped key-encryption key was altered, or the file is another one.
    KekAltered = "CT-E145" => Failed,
    /// The key-encryption key is not opened by a module.
    KekNoModule = "CT-E146" => Usage,
    /// There are wrapped keys already where new ones are to be made.
    KekExists = "CT-E147" => Failed,
    /// There is no second wrapped key to put first.
    KekOnlyOne = "CT-E148" => Usage,

    /// The other implementation does not follow the protocol of the conformance kit.
    Implementation = "CT-E190" => Failed,
}

impl Code {
    /// Finds a code by either of its names, in any case: `CT-E041`, `T02` or `T2`.
    pub fn find(name: &str) -> Option<Self> {
        let digit = name.strip_prefix(['T', 't']).filter(|rest| rest.len() == 1);
        let name = digit.map_or_else(|| name.to_owned(), |digit| format!("T0{digit}"));
        Self::ALL.iter().copied().find(|code| {
            let is = |known: &str| known.eq_ignore_ascii_case(&name);
            is(code.as_str()) || code.refusal().is_some_and(is)
        })
    }

    /// The Fluent message that holds its texts.
    pub fn key(self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

/// The command line prints the library's own code; a test holds that the table has all of them.
impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Self {
        Self::ALL.iter().copied().find(|known| known.as_str() == code.as_str()).unwrap_or(Self::Internal)
    }
}

/// A line of the reason: as a library or a system said it, or a text of our own.
#[derive(Debug)]
enum Reason {
    Said(String),
    Text(&'static str, Vec<(&'static str, String)>),
}

impl Reason {
    fn line(&self, text: &Text) -> String {
        match self {
            Self::Said(line) => line.clone(),
            Self::Text(key, values) => {
                let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
                text.with(key, &values)
            }
        }
    }
}

/// A failure: nothing was decided, and this is the reason.
#[derive(Debug)]
pub struct Failure {
    code: Code,
    why: Vec<Reason>,
    result: Option<&'static str>,
    facts: Vec<(&'static str, String)>,
}

impl Failure {
    /// The error of `code`, without particulars.
    pub fn new(code: Code) -> Self {
        Self { code, why: Vec::new(), result: None, facts: Vec::new() }
    }

    /// Adds why: one clause, or a few lines. Never a key, PIN, response or transaction.
    pub fn because(mut self, why: impl fmt::Display) -> Self {
        self.why = vec![Reason::Said(why.to_string())];
        self
    }

    /// Adds why in the language of the reader: the Fluent message `key` with its values.
    pub fn because_of(mut self, key: &'static str, values: &[(&'static str, &str)]) -> Self {
        let values = values.iter().map(|&(name, value)| (name, value.to_owned())).collect();
        self.why = vec![Reason::Text(key, values)];
        self
    }

    /// Adds a line to the reason.
    pub fn and(mut self, line: impl fmt::Display) -> Self {
        self.why.push(Reason::Said(line.to_string()));
        self
    }

    /// Adds a value that the hint's text refers to.
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }

    /// The reason, when it says more than the code, in the language of `text`.
    pub fn why(&self, text: &Text) -> Option<String> {
        let lines: Vec<_> = self.why.iter().map(|reason| reason.line(text)).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// The reason for the log, which is in English.
    #[cfg(feature = "server")]
    pub fn logged(&self) -> String {
        self.why(&Text::new(camtoken::language::Language::En)).unwrap_or_default()
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Adds the verifier's reason, as in a verdict.
    pub fn result(mut self, result: &'static str) -> Self {
        self.result = Some(result);
        self
    }

    /// What the process exits with.
    pub fn exit(&self) -> Exit {
        self.code.exit()
    }

    /// The failure as a document, in the language of `text`.
    pub fn report(&self, text: &Text) -> Report {
        let key = self.code.key();
        let facts: Vec<_> = self.facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Report {
            code: self.code.as_str(),
            refusal: self.code.refusal(),
            exit: self.code.exit().code(),
            result: self.result,
            message: text.get(&key),
            why: self.why(text),
            hint: text.with(&format!("{key}.hint"), &facts),
            docs: format!("camtoken explain {}", self.code.as_str()),
        }
    }
}

/// An error as `--json` prints it.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// The stable code, `CT-E…`
    code: &'static str,
    /// The token's own code, `T01` to `T14`, when it was the token that refused
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'static str>,
    /// What the process exits with
    exit: u8,
    /// What the verifier says, as in a verdict, when it was the verifier that refused: rejected or suspended
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    /// What happened, in the chosen language
    message: String,
    /// Why, when there is more to say
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// What to do next, in the chosen language
    hint: String,
    /// The command that says more
    docs: String,
}

impl Report {
    /// What happened with its reason, and what to do next.
    pub fn what_and_hint(self) -> (String, String) {
        (format!("{} {}\n{}", self.code, self.message, self.why.unwrap_or_default()).trim_end().to_owned(), self.hint)
    }
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/error/1";

    fn human(&self, _text: &Text) -> String {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let dim = Style::new().dimmed();
        let refusal = self.refusal.map(|refusal| format!(", {refusal}")).unwrap_or_default();
        let mut page = format!("{red}error[{}{refusal}]{red:#}: {}\n", self.code, self.message);
        if let Some(why) = &self.why {
            page += &labelled("why", why, dim);
        }
        page += &labelled("hint", &self.hint, dim);
        page += &labelled("docs", &self.docs, dim);
        page
    }

    fn bare(&self) -> String {
        self.code.to_owned()
    }
}

/// Puts a label before the first line of `lines` and indents the others to match. What a file or an argument said may be
/// in there, so it is made safe for a terminal.
fn labelled(label: &str, lines: &str, style: Style) -> String {
    let indent = "\n".to_owned() + &" ".repeat(6);
    let lines: Vec<String> = lines.lines().map(terminal::clean).collect();
    format!("{style}{label}{style:#}{}{}\n", " ".repeat(6 - label.len()), lines.join(&indent))
}

#[cfg(test)]
mod tests;
