//! `camtoken enroll import` and `export`: device keys into the books and out of them.
//!
//! A device key is a key package of RFC 6030 with the algorithm OCRA, whose policy allows challenge and response, of at
//! least 16 bytes; the serial number of its device is the token ID. Other packages of the file are left alone.

use std::path::PathBuf;
use std::str;

use base16ct::mixed;
use camtoken::Key;
use camtoken::provision::pskc::{Algorithm, Container, DeviceInfo, KeyPackage, Protection, PskcError};
use camtoken::store::{RecordId, block_on};
use camtoken::token::file;
use camtoken::verifier::EnrollError;
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
    #[command(flatten)]
    protection: ProtectionArgs,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
pub struct ExportArgs {
    #[arg(long, short, value_name = "FILE.pskcxml")]
    output: PathBuf,
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
    #[arg(long, value_name = "FILE|-")]
    passphrase_file: Option<PathBuf>,
}

/// What was given out of the books.
#[derive(Serialize, JsonSchema)]
pub struct Exported {
    /// The token IDs
    tokens: Vec<String>,
    /// What the books have beside, and why it was left alone
    skipped: Vec<Skipped>,
    /// The file
    file: String,
}

pub fn import(args: &ImportArgs, context: &Context) -> Result<Exit, Failure> {
    let bytes = read_input(&args.file, Container::MAX_LEN)?;
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let bank = Bank::open(context, &args.bank)?;
    let imported = if is_json {
        Imported::one(args.test_token(&bytes, &bank, context)?)
    } else {
        let container = args.protection.open(&bytes, context)?;
        Imported::from(block_on(container.register(&bank.verifier, bank.now, &mut rng()))?)
    };
    if imported.tokens.is_empty() {
        return Err(Failure::new(Code::NoDeviceKey).because(imported.reasons()));
    }
    context.out.report(&imported)?;
    Ok(Exit::Done)
}

pub fn export(args: &ExportArgs, context: &Context) -> Result<Exit, Failure> {
    let protection = args.protection.given()?;
    let protection = match protection {
        Some(protection) => protection,
        None => Protection::Passphrase(passphrase(None, context)?),
    };
    let bank = Bank::open(context, &args.bank)?;
    let (mut container, mut tokens, mut skipped) = (Container::default(), Vec::new(), Vec::new());
    for id in status::ids(&bank)? {
        let RecordId::Token(token) = id else { continue };
        match block_on(bank.verifier.expose_device_key(&token)) {
            Ok(key) => {
                let device = DeviceInfo { serial: Some(token.to_string()), ..DeviceInfo::default() };
                let mut package = KeyPackage::new(token.as_str(), Algorithm::Ocra, key);
                package.device = device;
                container.packages.push(package);
                tokens.push(token.to_string());
            }
            Err(error @ (EnrollError::TestToken(_) | EnrollError::TokenRevoked(_))) => {
                skipped.push(Skipped::new(token.to_string(), error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let xml = container.write(&protection, &mut rng()).map_err(|error| unreadable(&error))?;
    picture::write(&args.output, xml.as_bytes())?;
    context.out.report(&Exported { tokens, skipped, file: args.output.display().to_string() })?;
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

    /// What the arguments say, without asking anybody.
    fn given(&self) -> Result<Option<Protection>, Failure> {
        if let Some(file) = &self.key_file {
            let bytes = read_input(file, 4096)?;
            let key = pre_shared(&bytes).ok_or_else(|| {
                let why = format!("--key-file {}: expected 16, 24 or 32 bytes", file.display());
                Failure::new(Code::KeyFile).because(why)
            })?;
            return Ok(Some(Protection::PreSharedKey { key, name: self.key_name.clone() }));
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

/// The bytes themselves, or their hexadecimal digits.
fn pre_shared(bytes: &[u8]) -> Option<Key> {
    let digits = str::from_utf8(bytes).ok().and_then(|text| mixed::decode_vec(text.trim()).ok());
    let key = Zeroizing::new(digits.unwrap_or_else(|| bytes.to_vec()));
    matches!(key.len(), 16 | 24 | 32).then(|| Key::new(key.to_vec()))
}

fn unreadable(error: &PskcError) -> Failure {
    Failure::new(Code::KeyFile).because(error)
}

fn lines(tokens: &[String], skipped: &[Skipped], text: &Text) -> String {
    let tokens = tokens.iter().map(|token| format!("{token}\n"));
    let skipped = skipped.iter().map(|skipped| {
        let name = crate::terminal::clean(&skipped.name);
        format!("{}\n", text.with("enroll-skipped", &[("name", &name), ("why", &crate::terminal::clean(&skipped.why))]))
    });
    tokens.chain(skipped).collect()
}

impl Document for Imported {
    const SCHEMA: &'static str = "camtoken/imported/1";

    fn human(&self, text: &Text) -> String {
        lines(&self.tokens, &self.skipped, text)
    }

    fn bare(&self) -> String {
        self.tokens.iter().map(|token| format!("{token}\n")).collect()
    }
}

impl Document for Exported {
    const SCHEMA: &'static str = "camtoken/exported/1";

    fn human(&self, text: &Text) -> String {
        lines(&self.tokens, &self.skipped, text)
    }

    fn bare(&self) -> String {
        self.tokens.iter().map(|token| format!("{token}\n")).collect()
    }
}
