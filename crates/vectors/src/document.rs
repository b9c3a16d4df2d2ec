//! Files of values: groups of tests of known types, each test valid or invalid.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::values::{About, Outcome, Tested};
use super::{FileReport, Place, TestReport, code, foreign, json, oath, picture, provision, text};

/// A type of tests that is known here.
#[derive(Clone, Copy)]
pub struct Type {
    /// Its name in the files.
    pub name: &'static str,
    /// A short description of its tests.
    pub about: &'static str,
    run: fn(Value, &Tests<'_>, &mut FileReport),
}

/// Every type that files of values may have.
pub const TYPES: &[Type] = &[
    Type::of::<oath::HotpRespond>("a response to a counter (RFC 4226)"),
    Type::of::<oath::TotpRespond>("a response to a time (RFC 6238)"),
    Type::of::<oath::OcraSuite>("the text of an OCRASuite (RFC 6287)"),
    Type::of::<oath::OcraRespond>("a response to the data input of a suite (RFC 6287)"),
    Type::of::<oath::OcraMode>("a response by the mode and the party's part in it (RFC 6287, section 7)"),
    Type::of::<code::CodeSeal>("the code of a challenge or a deletion, and the response to it"),
    Type::of::<code::CodeOpen>("what a code says, or why it says nothing"),
    Type::of::<code::Activation>("a whole registration"),
    Type::of::<code::DeviceCode>("a device code for the first code of a registration"),
    Type::of::<code::FirstOpen>("what a first code says"),
    Type::of::<code::SecondOpen>("what a second code says"),
    Type::of::<text::KanaText>("canonical kana text (JIS X 0201)"),
    Type::of::<text::DisplayText>("canonical displayed text (Shift_JIS or UTF-8)"),
    Type::of::<text::TextTable>("every character's canonical form, as one digest"),
    Type::of::<text::TypedDigits>("digits as people type them"),
    Type::of::<text::Zengin>("a batch file of the Zengin format"),
    Type::of::<provision::Pskc>("a key container (RFC 6030)"),
    Type::of::<provision::Otpauth>("an otpauth URI"),
    Type::of::<foreign::TiqrEnrolment>("a tiqr code that registers"),
    Type::of::<foreign::TiqrMetadata>("what a registration by tiqr is about"),
    Type::of::<foreign::TiqrRegister>("what a registration by tiqr sends"),
    Type::of::<foreign::TiqrLogin>("a tiqr code that asks for a login, and the response to it"),
    Type::of::<foreign::TiqrAnswer>("what a tiqr server says"),
    Type::of::<foreign::LseqrPairing>("a pairing code of LinOTP's QRToken"),
    Type::of::<foreign::LseqrPairingResponse>("what a pairing with LinOTP sends"),
    Type::of::<foreign::LseqrChallenge>("a sealed text of LinOTP's QRToken, and the answers to it"),
    Type::of::<picture::Scan>("a picture of a QR symbol"),
];

/// Runs a file.
pub(super) fn run(text: &str, report: &mut FileReport) {
    match json::read(text).and_then(serde_json::from_value) {
        Ok(document) => run_document(document, report),
        Err(error) => report.fail(Place::File, error),
    }
}

/// A file of values.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Document {
    #[serde(rename = "algorithm")]
    _algorithm: Option<String>,
    #[serde(rename = "schema")]
    _schema: Option<String>,
    #[serde(default, rename = "header")]
    _header: Vec<String>,
    number_of_tests: usize,
    #[serde(default)]
    notes: BTreeMap<String, Note>,
    pub test_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Note {
    #[serde(rename = "bugType")]
    _bug_type: String,
    #[serde(rename = "description")]
    _description: String,
}

/// Tests of one type, and their common fields.
#[derive(Deserialize)]
pub(super) struct Group {
    pub r#type: String,
    #[serde(rename = "source")]
    _source: Option<Source>,
    pub tests: Vec<Map<String, Value>>,
    #[serde(flatten)]
    pub own: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "version")]
    _version: String,
}

/// The fields of every test.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Common {
    pub tc_id: u64,
    pub comment: String,
    flags: Vec<String>,
    pub result: Expected,
    #[serde(flatten)]
    pub own: Map<String, Value>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) enum Expected {
    Valid,
    Invalid,
}

/// The tests of one group, and how to run them.
struct Tests<'a> {
    group: usize,
    tests: Vec<Common>,
    folder: &'a Path,
}

fn run_document(document: Document, report: &mut FileReport) {
    let Document { number_of_tests, notes, test_groups, .. } = document;
    let (mut ids, mut flags, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
    let folder = report.path.parent().unwrap_or(Path::new("")).to_owned();
    for (number, Group { r#type, tests, own, .. }) in (1..).zip(test_groups) {
        count += tests.len();
        let Some(known) = TYPES.iter().find(|known| known.name == r#type) else {
            report.fail(Place::Group(number), format!("unknown type {}, expected one of {}", r#type, names()));
            continue;
        };
        report.types.insert(r#type);
        let mut read = Vec::new();
        for (place, test) in (1..).zip(tests) {
            match Common::read(test) {
                Ok(test) => {
                    if !ids.insert(test.tc_id) {
                        report.fail(Place::Test { group: number, tc_id: test.tc_id }, "this tcId is given twice");
                    }
                    flags.extend(test.flags.iter().cloned());
                    read.push(test);
                }
                Err(error) => report.fail(Place::Group(number), format!("its test number {place}: {error}")),
            }
        }
        (known.run)(own.into(), &Tests { group: number, tests: read, folder: &folder }, report);
    }
    if count != number_of_tests {
        report.fail(Place::File, format!("numberOfTests is {number_of_tests}, the file has {count}"));
    }
    for flag in flags.iter().filter(|flag| !notes.contains_key(*flag)) {
        report.fail(Place::File, format!("flag {flag} has no note"));
    }
    for note in notes.keys().filter(|note| !flags.contains(*note)) {
        report.fail(Place::File, format!("note {note} has no test"));
    }
}

fn names() -> String {
    TYPES.iter().map(|known| known.name).collect::<Vec<_>>().join(", ")
}

impl Common {
    pub fn read(test: Map<String, Value>) -> Result<Self, String> {
        // An absent field is left out; no field is null.
        if let Some((key, _)) = test.iter().find(|(_, value)| value.is_null()) {
            return Err(format!("{key} is null; leave it out"));
        }
        serde_json::from_value(test.into()).map_err(|error| error.to_string())
    }
}

impl Type {
    const fn of<T: Tested>(about: &'static str) -> Self {
        Self { name: T::NAME, about, run: run_group::<T> }
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Type").field(&self.name).finish()
    }
}

fn run_group<T: Tested>(own: Value, tests: &Tests<'_>, report: &mut FileReport) {
    let group: Result<T::Group, _> = serde_json::from_value(own);
    for test in &tests.tests {
        let failure = match &group {
            Ok(group) => fails::<T>(group, test, tests.folder),
            Err(error) => Some(format!("its group is malformed: {error}")),
        };
        let place = Place::Test { group: tests.group, tc_id: test.tc_id };
        report.tests.push(TestReport { place, comment: test.comment.clone(), failure });
    }
    if let (true, Err(error)) = (tests.tests.is_empty(), &group) {
        report.fail(Place::Group(tests.group), error);
    }
}

/// Why a test fails.
fn fails<T: Tested>(group: &T::Group, test: &Common, folder: &Path) -> Option<String> {
    let own: T::Test = match serde_json::from_value(test.own.clone().into()) {
        Ok(own) => own,
        Err(error) => return Some(error.to_string()),
    };
    match (test.result, T::run(group, &own, &About { flags: &test.flags, folder })) {
        (Expected::Valid, Outcome::Accepted) | (Expected::Invalid, Outcome::Refused(_)) => None,
        (Expected::Valid, Outcome::Refused(why)) => Some(format!("expected valid, refused: {why}")),
        (Expected::Invalid, Outcome::Accepted) => Some("expected invalid, accepted".to_owned()),
        (_, Outcome::Wrong(why)) => Some(why),
    }
}
