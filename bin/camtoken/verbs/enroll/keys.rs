//! `camtoken enroll import` and `export`: device keys and generators into the verifier's store, and device keys out of it.
//!
//! A device key is a key package of RFC 6030 with the algorithm OCRA, whose policy allows challenge and response, of at
//! least 16 bytes; the serial number of its device is the token ID. A generator is one with the algorithm HOTP or TOTP. Other
//! packages of the file are left alone.

use std::path::PathBuf;
use std::str;

use base16ct::mixed;
use camtoken::Key;
use camtoken::provision::ImportOptions;
use camtoken::provision::pskc::{Container, Form, KeyPackage, Protection, PskcError};
use camtoken::store::{RecordId, block_on};
use camtoken::token::file;
use camtoken::verifier::{EnrollError, RegisteredToken};
use camtoken_documents::{Imported, Skipped};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;
use zeroize::Zeroizing;

use super::status;
use crate::bank::{Bank, BankArgs, read_input};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::picture;
use crate::secret::Asked;
use crate::system::rng;
use crate::text::Text;

#[derive(clap::Args)]
pub struct ImportArgs {
    #[arg(value_name = "FILE.pskcxml|FILE.camtoken.json|-")]
    file: PathBuf,
    #[arg(long)]
    device_keys: bool,
    #[command(flatten)]
    protection: ProtectionArgs,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
pub struct ExportArgs {
    #[arg(long, short, value_name = "FILE.pskcxml")]
    output: PathBuf,
    #[arg(long)]
    compatible: bool,
    #[arg(long)]
    generators: bool,
    #[command(flatten)]
    protection: ProtectionArgs,
    #[command(flatten)]
    bank: BankArgs,
}

/// What opens a file of keys.
#[derive(clap::Args)]
pub struct ProtectionArgs {
    #[arg(long, value_name = "FILE|-", conflicts_with = "passphrase_file")]
    pub key_file: Option<PathBuf>,
    #[arg(long, value_name = "NAME", requires = "key_file")]
    key_name: Option<String>,
    #[arg(long, value_name = "FILE", requires = "key_file")]
    mac_key_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE|-")]
    passphrase_file: Option<PathBuf>,
}

/// What was given out of the books.
#[derive(Serialize, JsonSchema)]
pub struct Exported {
    /// The token IDs
    tokens: Vec<String>,
    /// The serial numbers of generators that came from their makers
    generators: Vec<String>,
    /// What the books have beside, and why it was left alone
    skipped: Vec<Skipped>,
    /// The file
    file: String,
}

pub fn import(args: &ImportArgs, context: &Context) -> Result<Exit, Failure> {
    let bytes = read_input(&args.file, Container::MAX_LEN)?;
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let bank = Bank::open_or_make(context, &args.bank)?;
    if is_json {
        context.out.report(&Imported::one(args.test_token(&bytes, &bank, context)?))?;
        return Ok(Exit::Done);
    }
    let container = args.protection.open(&bytes, context)?;
    let options = ImportOptions { suites_are_device_keys: args.device_keys };
    let imported = block_on(container.register(&bank.verifier, options, bank.now, &mut rng()))?;
    let (is_empty, is_altered, refusal) = (imported.is_empty(), imported.is_altered(), imported.refusal());
    let imported = Imported::from(imported);
    // An altered file is reported also when nothing of it is imported.
    if is_empty && !is_altered {
        return Err(Failure::new(refusal.map_or(Code::NoDeviceKey, Code::from)).because(imported.reasons()));
    }
    context.out.report(&imported)?;
    Ok(if is_altered { Exit::Findings } else { Exit::Done })
}

pub fn export(args: &ExportArgs, context: &Context) -> Result<Exit, Failure> {
    let protection = args.protection.given()?;
    let protection = match protection {
        Some(protection) => protection,
        None => Protection::Passphrase(passphrase(None, context)?),
    };
    let bank = Bank::open(context, &args.bank)?;
    let digits = bank.verifier.policy().suite.digits();
    let (mut container, mut tokens, mut skipped) = (Container::default(), Vec::new(), Vec::new());
    let mut generators = Vec::new();
    for id in status::ids(&bank)? {
        match id {
            RecordId::Token(_) if args.generators => {}
            RecordId::Token(token) => match block_on(bank.verifier.expose_device_key(&token)) {
                Ok(key) => {
                    let known = block_on(bank.verifier.token(&token))?;
                    let origin = known.as_ref().and_then(RegisteredToken::origin);
                    container.packages.push(KeyPackage::of_token(&token, key, origin, digits));
                    tokens.push(token.to_string());
                }
                Err(error @ (EnrollError::TestToken(_) | EnrollError::TokenRevoked(_))) => {
                    skipped.push(Skipped::new(token.to_string(), error.to_string()));
                }
                Err(error) => return Err(error.into()),
            },
            RecordId::Generator(id) => {
                let (secret, moving) = match block_on(bank.verifier.expose_generator(&id)) {
                    Err(error @ EnrollError::NeedsResynchronisation(_)) => {
                        skipped.push(Skipped::new(id.to_string(), error.to_string()));
                        continue;
                    }
                    exposed => exposed?,
                };
                let known = block_on(bank.verifier.generator(&id))?;
                let origin = known.map(|known| known.origin().clone()).unwrap_or_default();
                container.packages.push(KeyPackage::of_generator(&id, secret, moving, origin));
                generators.push(id.to_string());
            }
            _ => {}
        }
    }
    if container.packages.is_empty() {
        let reasons: Vec<_> = skipped.iter().map(|it| format!("{}: {}", it.name, it.why)).collect();
        let why = if reasons.is_empty() { "nothing is registered".to_owned() } else { reasons.join("\n") };
        return Err(Failure::new(Code::NoDeviceKey).because(why));
    }
    let form = if args.compatible { Form::Compatible } else { Form::Strong };
    let xml = container.write_as(form, &protection, &mut rng()).map_err(|error| unreadable(&error))?;
    picture::write(&args.output, xml.as_bytes())?;
    context.out.report(&Exported { tokens, generators, skipped, file: args.output.display().to_string() })?;
    Ok(Exit::Done)
}

impl ImportArgs {
    fn test_token(&self, bytes: &[u8], bank: &Bank, context: &Context) -> Result<String, Failure> {
        let form = |why: String| Failure::new(Code::KeyFile).because(why);
        let text = str::from_utf8(bytes).map_err(|error| form(error.to_string()))?;
        let passphrase = match file::is_encrypted(text) {
            true => Some(passphrase(self.protection.passphrase_file.clone(), context)?),
            false => None,
        };
        let device = file::from_str(text, passphrase.as_ref()).map_err(|error| form(error.to_string()))?;
        let token = device.token();
        block_on(bank.verifier.register(token.id(), token.device_key(), token.is_test(), bank.now, &mut rng()))?;
        Ok(token.id().to_string())
    }
}

impl ProtectionArgs {
    /// Opens a file of keys, and asks for a passphrase if that is what it needs.
    pub fn open(&self, bytes: &[u8], context: &Context) -> Result<Container, Failure> {
        if let Some(protection) = self.given()? {
            return Container::read(bytes, &protection).map_err(|error| unreadable(&error));
        }
        match Container::read(bytes, &Protection::None) {
            Err(PskcError::Protection { needed, .. }) if needed.contains("passphrase") => {
                let protection = Protection::Passphrase(passphrase(None, context)?);
                Container::read(bytes, &protection).map_err(|error| unreadable(&error))
            }
            read => read.map_err(|error| unreadable(&error)),
        }
    }

    /// The protection by the arguments, without a question to a person.
    fn given(&self) -> Result<Option<Protection>, Failure> {
        if let Some(file) = &self.key_file {
            let key = pre_shared(&read_input(file, 4096)?);
            if !matches!(key.expose_bytes().len(), 16 | 24 | 32) {
                let why =
                    format!("--key-file {}: expected 16, 24 or 32 bytes, or twice as many digits", file.display());
                return Err(Failure::new(Code::KeyFile).because(why));
            }
            let mac_key = self.mac_key_file.as_ref().map(|file| read_input(file, 4096)).transpose()?;
            let mac_key = mac_key.map(|bytes| pre_shared(&bytes));
            return Ok(Some(Protection::PreSharedKey { key, name: self.key_name.clone(), mac_key }));
        }
        let Some(file) = &self.passphrase_file else { return Ok(None) };
        let asked = Asked { prompt: "", flag: FLAG, file: Some(file), variable: VARIABLE };
        asked.secret().map(|passphrase| Some(Protection::Passphrase(passphrase)))
    }
}

const FLAG: &str = "--passphrase-file";
const VARIABLE: &str = "CAMTOKEN_PASSPHRASE";

fn passphrase(file: Option<PathBuf>, context: &Context) -> Result<SecretString, Failure> {
    let prompt = context.out.text.get("enroll-passphrase");
    Asked { prompt: &prompt, flag: FLAG, file: file.as_deref(), variable: VARIABLE }.secret()
}

/// What hexadecimal digits stand for, or the bytes themselves. Digits win: 32 of them are a key of 16 bytes, and 32 random bytes
/// that all happen to be digits do not occur.
fn pre_shared(bytes: &[u8]) -> Key {
    let digits = str::from_utf8(bytes).ok().and_then(|text| mixed::decode_vec(text.trim()).ok());
    let key = Zeroizing::new(digits.unwrap_or_else(|| bytes.to_vec()));
    Key::new(key.to_vec())
}

fn unreadable(error: &PskcError) -> Failure {
    Failure::new(Code::KeyFile).because(error)
}

fn lines<'a>(taken: impl Iterator<Item = &'a String>, skipped: &[Skipped], text: &Text) -> String {
    let taken = taken.map(|id| format!("{id}\n"));
    let skipped = skipped.iter().map(|skipped| {
        let name = crate::terminal::clean(&skipped.label());
        format!("{}\n", text.with("enroll-skipped", &[("name", &name), ("why", &crate::terminal::clean(&skipped.why))]))
    });
    taken.chain(skipped).collect()
}

impl Document for Imported {
    const SCHEMA: &'static str = "camtoken/imported/1";

    fn human(&self, text: &Text) -> String {
        lines(self.tokens.iter().chain(&self.generators), &self.skipped, text)
    }

    fn bare(&self) -> String {
        self.tokens.iter().chain(&self.generators).map(|id| format!("{id}\n")).collect()
    }
}

impl Document for Exported {
    const SCHEMA: &'static str = "camtoken/exported/1";

    fn human(&self, text: &Text) -> String {
        lines(self.tokens.iter().chain(&self.generators), &self.skipped, text)
    }

    fn bare(&self) -> String {
        self.tokens.iter().chain(&self.generators).map(|id| format!("{id}\n")).collect()
    }
}
