//! `camtoken inspect`: the parts of a code that can be read without a key.

use std::ffi::OsString;
use std::path::Path;

use base16ct::lower::encode_string as hex;
use camtoken::Timestamp;
use camtoken::challenge::ChallengeId;
use camtoken::code::{self, ChallengeCode, KeyName, ParseError};
use camtoken::qr::Scan;
use camtoken_documents::{CodePart, Drawn};
use camtoken_formats::Foreign;
use minicbor::Decoder;
use minicbor::data::Type;
use schemars::JsonSchema;
use serde::Serialize;

use crate::config::Budget;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::refusal::{failure_of, refusal_of};
use crate::source::{Content, Said, Source, within};
use crate::terminal;
use crate::text::Text;
use crate::value::{Value, value};

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "IMAGE|CODE|-")]
    what: OsString,
    #[arg(long, value_name = Budget::EXPECTED, value_parser = value::<Budget>)]
    budget: Option<Budget>,
}

/// A code from the outside.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The picture; none when the code's text was given
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// camtoken, or foreign: some other 2D code
    kind: Kind,
    /// T03 or T06 when no token would read it
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'static str>,
    /// What the symbol says, if it is text
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Whether that text is a guess: the symbol names no character set, and its bytes are no UTF-8
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    guess: bool,
    /// What the symbol says, in hex, if it is no text
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    /// What a code of another system is: otpauth, tiqr-login, link, text, …
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    /// Its parts that anybody can read; none of them is secret
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<CodePart>,
    /// Why it cannot be read, where it means to be of that format
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<String>,
    /// The version of the code's text form
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    /// Which key opens it
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<Name>,
    /// The challenge that it carries, 24 hex digits
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// The second of its making, from the challenge's name; nothing vouches for it without the key
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_at: Option<String>,
    /// Lengths
    #[serde(skip_serializing_if = "Option::is_none")]
    sizes: Option<Sizes>,
    /// The envelope item by item: its bytes in hex, and the same in CBOR's diagnostic notation (RFC 8949, section 8)
    #[serde(skip_serializing_if = "Vec::is_empty")]
    envelope: Vec<Item>,
    /// The symbol in the picture
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<Drawn>,
}

#[derive(Serialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Camtoken,
    Foreign,
}

#[derive(Serialize, JsonSchema)]
struct Name {
    /// signature, activation1, activation2 or deletion
    domain: &'static str,
    /// An activation's 12 hex digits, or a token's ID
    id: String,
}

#[derive(Serialize, JsonSchema)]
struct Sizes {
    /// Characters of the text
    text: usize,
    /// Bytes of the envelope
    envelope: usize,
    /// Bytes of the sealed content, without its tag of 16 bytes
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Item {
    /// How deep it stands
    depth: usize,
    /// Its bytes, without those of the items inside
    hex: String,
    /// The same in diagnostic notation
    notation: String,
    /// What it is, in English
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<&'static str>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    // The text of a code, or a text with a scheme, is no file name.
    let text = args.what.to_str();
    let text =
        text.and_then(code::in_text).or_else(|| text.filter(|text| text.contains("://") && !Path::new(text).exists()));
    let (file, said, symbol) = match text {
        Some(code) => (None, Said::Text(code.to_owned()), None),
        None => {
            let source = Source::named(Path::new(&args.what));
            let options = within(args.budget);
            match source.content()? {
                Content::Code(code) => (Some(source.name()), Said::Text(code), None),
                Content::Picture(picture) => match picture.look(&options)?.scan {
                    Scan::Read(symbols) => {
                        let symbol = symbols.into_iter().next().expect("a picture that was read has a symbol");
                        (Some(source.name()), Said::of(&symbol), Some(Drawn::of(&symbol)))
                    }
                    other => return Err(failure_of(refusal_of(&other), &source.name(), &context.out.text)),
                },
            }
        }
    };
    let report = Report::of(file, said, symbol);
    context.out.report(&report)?;
    Ok(report.refusal.and_then(Code::find).map_or(Exit::Done, Code::exit))
}

impl Report {
    fn of(file: Option<String>, said: Said, symbol: Option<Drawn>) -> Self {
        let mut report = Self {
            file,
            kind: Kind::Foreign,
            refusal: Code::Foreign.refusal(),
            text: None,
            guess: said.is_guess(),
            bytes: None,
            format: None,
            parts: Vec::new(),
            damage: None,
            version: None,
            key_name: None,
            challenge: None,
            issued_at: None,
            sizes: None,
            envelope: Vec::new(),
            symbol,
        };
        match &said {
            Said::Text(text) => report.read(text),
            Said::Likely(..) | Said::Bytes(_) => {}
        }
        (report.text, report.bytes) = said.parts();
        report
    }

    fn read(&mut self, text: &str) {
        let Some((version, body)) =
            code::in_text(text).filter(|code| *code == text).and_then(|code| code.split_once(':'))
        else {
            return self.read_foreign(text);
        };
        self.kind = Kind::Camtoken;
        self.version = version.trim_start_matches("CT").parse().ok();
        let code = text.parse::<ChallengeCode>();
        self.refusal = match &code {
            Ok(_) => None,
            Err(ParseError::Version) => Code::Version.refusal(),
            Err(_) => Code::Foreign.refusal(),
        };
        // A damaged code is decoded as far as possible; one of another version may have any form.
        if matches!(code, Err(ParseError::Version)) {
            return;
        }
        let envelope = base45::decode(body).unwrap_or_default();
        self.envelope = items(&envelope);
        let mut content = None;
        if let Ok(code) = code {
            self.key_name = Some(Name::of(code.key_name()));
            self.challenge = Some(code.id().to_string());
            self.issued_at = Some(issued_at(code.id()).to_string());
            for (item, meaning) in self.envelope.iter_mut().zip(MEANINGS) {
                item.meaning = *meaning;
            }
            content = ciphertext_len(&envelope).map(|sealed| sealed - 16);
        }
        self.sizes = Some(Sizes { text: text.len(), envelope: envelope.len(), content });
    }
}

impl Report {
    fn read_foreign(&mut self, text: &str) {
        match Foreign::parse(text) {
            Ok(code) => {
                self.format = Some(code.format());
                self.parts = code.parts().into_iter().map(CodePart::from).collect();
                if !matches!(code, Foreign::Link(_) | Foreign::Text | Foreign::Known { .. }) {
                    self.refusal = None;
                }
            }
            Err(refusal) => self.damage = Some(refusal.to_string()),
        }
    }
}

/// The names of the items of a whole envelope, in their order.
const MEANINGS: &[Option<&str>] = &[
    Some("COSE_Encrypt0 (RFC 9052)"),
    None,
    Some("protected: {1: 3}, A256GCM"),
    Some("unprotected"),
    Some("key identifier"),
    Some("domain and name"),
    Some("IV"),
    Some("the challenge"),
    Some("sealed content and tag"),
];

impl Name {
    fn of(name: &KeyName) -> Self {
        let (domain, id) = match name {
            KeyName::Signature(id) => ("signature", id.to_string()),
            KeyName::Activation1(id) => ("activation1", id.to_string()),
            KeyName::Activation2(id) => ("activation2", id.to_string()),
            KeyName::Deletion(id) => ("deletion", id.to_string()),
            _ => ("unknown", String::new()),
        };
        Self { domain, id }
    }
}

/// The second at the start of a challenge's name.
fn issued_at(id: ChallengeId) -> Timestamp {
    let [a, b, c, d, ..] = *id.as_bytes();
    Timestamp::from_unix(u32::from_be_bytes([a, b, c, d]).into())
}

/// How many bytes the last item of a whole envelope has.
fn ciphertext_len(envelope: &[u8]) -> Option<usize> {
    let mut from = Decoder::new(envelope);
    from.tag().ok()?;
    from.array().ok()?;
    from.skip().ok()?;
    from.skip().ok()?;
    Some(from.bytes().ok()?.len())
}

/// Splits CBOR into items, as far as it can be read. The rest is the last item.
fn items(bytes: &[u8]) -> Vec<Item> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let mut from = Decoder::new(bytes);
    let mut items = Vec::new();
    let whole = take(&mut from, bytes, 0, &mut items);
    let rest = bytes.get(from.position()..).unwrap_or_default();
    if whole.is_none() || !rest.is_empty() {
        items.push(Item { depth: 0, hex: hex(rest), notation: "…".to_owned(), meaning: None });
    }
    items
}

fn take(from: &mut Decoder<'_>, bytes: &[u8], depth: usize, items: &mut Vec<Item>) -> Option<()> {
    /// Envelopes have two levels.
    const DEEPEST: usize = 8;
    if depth > DEEPEST {
        return None;
    }
    let start = from.position();
    let (notation, inside) = match head(from) {
        Some(read) => read,
        None => {
            from.set_position(start);
            return None;
        }
    };
    items.push(Item { depth, hex: hex(&bytes[start..from.position()]), notation, meaning: None });
    for _ in 0..inside {
        take(from, bytes, depth + 1, items)?;
    }
    Some(())
}

/// Reads an item, of a container only its head, and gives how many items are inside.
fn head(from: &mut Decoder<'_>) -> Option<(String, u64)> {
    Some(match from.datatype().ok()? {
        Type::Tag => (format!("{}(…)", from.tag().ok()?.as_u64()), 1),
        Type::Array => {
            let length = from.array().ok()??;
            (format!("[… {length}]"), length)
        }
        Type::Map => {
            let length = from.map().ok()??;
            (format!("{{… {length}}}"), length.checked_mul(2)?)
        }
        Type::Bytes => (format!("h'{}'", hex(from.bytes().ok()?)), 0),
        Type::String => (format!("{:?}", from.str().ok()?), 0),
        Type::Bool => (from.bool().ok()?.to_string(), 0),
        _ => (from.int().ok()?.to_string(), 0),
    })
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/inspect/1";

    fn human(&self, text: &Text) -> String {
        let mut rows = Vec::new();
        let mut row = |key: &str, value: String| rows.push([text.get(key), value]);
        if let Some(file) = &self.file {
            row("inspect-file", file.clone());
        }
        row(
            "inspect-kind",
            match self.kind {
                Kind::Camtoken => text.get("inspect-camtoken"),
                Kind::Foreign => text.get("inspect-foreign"),
            },
        );
        if let Some(format) = self.format {
            row("inspect-format", format.to_owned());
        }
        if let Some(damage) = &self.damage {
            row("inspect-damage", damage.clone());
        }
        if let Some(code) = self.refusal.and_then(Code::find) {
            row("inspect-refusal", format!("{} {}", code.refusal().unwrap_or_default(), text.get(&code.key())));
        }
        if let Some(symbol) = &self.symbol {
            let modules = symbol.modules.to_string();
            let px = symbol.px_per_module.to_string();
            let level = symbol.level.clone().unwrap_or_else(|| "-".to_owned());
            let version = symbol.version.to_string();
            let values = [("version", &*version), ("level", &*level), ("modules", &*modules), ("px", &*px)];
            row("inspect-symbol", text.with("inspect-symbol-is", &values));
        }
        if let Some(version) = self.version {
            row("inspect-version", version.to_string());
        }
        if let Some(name) = &self.key_name {
            row("inspect-key", format!("{} {}", name.domain, name.id));
        }
        if let (Some(challenge), Some(issued_at)) = (&self.challenge, &self.issued_at) {
            row("inspect-challenge", format!("{challenge} ({issued_at})"));
        }
        if let Some(sizes) = &self.sizes {
            let (characters, envelope) = (sizes.text.to_string(), sizes.envelope.to_string());
            let content = sizes.content.map_or_else(|| "-".to_owned(), |content| content.to_string());
            let values = [("characters", &*characters), ("envelope", &*envelope), ("content", &*content)];
            row("inspect-sizes", text.with("inspect-sizes-are", &values));
        }
        if let Some(said) = self.text.as_ref().or(self.bytes.as_ref()) {
            row("inspect-text", said.clone());
        }
        rows.extend(self.parts.iter().map(|part| [format!("  {}", part.name), part.value.clone()]));
        let mut page = terminal::columns(&rows);
        if !self.envelope.is_empty() {
            let items: Vec<_> = self
                .envelope
                .iter()
                .map(|item| {
                    let notation = format!("{}{}", "  ".repeat(item.depth), shortened(&item.notation));
                    [
                        shortened(&item.hex),
                        notation,
                        item.meaning.map(|meaning| format!("/ {meaning} /")).unwrap_or_default(),
                    ]
                })
                .collect();
            page += "\n";
            page += &terminal::columns(&items);
        }
        page
    }

    /// The content of the symbol.
    fn bare(&self) -> String {
        let said = self.text.as_ref().or(self.bytes.as_ref()).map(|said| terminal::clean(said));
        format!("{}\n", said.unwrap_or_default())
    }
}

/// A long item, shortened for a person; the document has all of it.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 56;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let (start, end): (String, Vec<char>) =
        (text.chars().take(LONGEST - 12).collect(), text.chars().rev().take(9).collect());
    format!("{start}…{}", end.iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8949, appendix A: `[1, [2, 3]]` and `{"a": 1, "b": [2, 3]}`, and a cut one.
    #[test]
    fn cbor_is_taken_apart_item_by_item() {
        let shown = |bytes: &[u8]| {
            let line = |item: Item| format!("{}{} {}", " ".repeat(item.depth), item.hex, item.notation);
            items(bytes).into_iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(shown(&[0x82, 1, 0x82, 2, 3]), ["82 [… 2]", " 01 1", " 82 [… 2]", "  02 2", "  03 3"]);
        let map = [0xa2, 0x61, 0x61, 1, 0x61, 0x62, 0x82, 2, 3];
        assert_eq!(shown(&map)[..4], ["a2 {… 2}", " 6161 \"a\"", " 01 1", " 6162 \"b\""]);
        assert_eq!(shown(&[0x82, 1]), ["82 [… 2]", " 01 1", " …"]);
        assert_eq!(shown(&[1, 2]), ["01 1", "02 …"]);
        assert_eq!(shown(&[0x81; 100]).len(), 10, "a tower of arrays ends");
        assert_eq!(shown(&[0xbb, 255, 255, 255, 255, 255, 255, 255, 255]).len(), 1);
    }

    #[test]
    fn a_challenge_tells_the_second_of_its_making() {
        let id = "6b00e4f00000000000000000".parse().expect("24 digits");
        assert_eq!(issued_at(id).as_unix(), 0x6b00_e4f0);
    }
}
