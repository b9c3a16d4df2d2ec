//! Data to standard output, talk to standard error; with `--json` one document, on failure too.

use std::io::{self, Write};

use anstream::AutoStream;
use camtoken::Language;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::config::Color;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;

/// What a verb has to say: for a program, for a person, and as the bare value for a pipe.
pub trait Document: Serialize + JsonSchema {
    /// The value of the key `schema`: `camtoken/NAME/VERSION`.
    const SCHEMA: &'static str;

    /// For a person, with the line feed at the end. What other people wrote has been through
    /// [`terminal::clean`](crate::terminal::clean).
    fn human(&self, text: &Text) -> String;

    /// The value alone (`--quiet`); nothing when a verb's whole answer is its exit code.
    fn bare(&self) -> String;
}

/// Who is listening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A person.
    Human,
    /// A program: `--json`.
    Json,
    /// A pipe: `--quiet`.
    Quiet,
}

/// Where a verb puts what it has to say.
pub struct Output {
    /// The texts in the chosen language.
    pub text: Text,
    mode: Mode,
    color: Color,
}

impl Output {
    /// Answers in `mode` and `lang`, coloured as `color` says.
    pub fn new(mode: Mode, color: Color, lang: Language) -> Self {
        Self { text: Text::new(lang), mode, color }
    }

    /// Prints a verb's one answer.
    ///
    /// # Errors
    ///
    /// When standard output takes nothing more. A reader that has left is no error: it has what it wanted.
    pub fn report<T: Document>(&self, document: &T) -> Result<(), Failure> {
        let page = match self.mode {
            Mode::Json => json(document),
            Mode::Human => document.human(&self.text),
            Mode::Quiet => document.bare(),
        };
        self.print(&page)
    }

    /// Prints one document of a stream: one line each with `--json` (NDJSON), as [`report`](Self::report) otherwise.
    ///
    /// # Errors
    ///
    /// As [`report`](Self::report).
    pub fn line<T: Document>(&self, document: &T) -> Result<(), Failure> {
        match self.mode {
            Mode::Json => self.print(&ndjson(document)),
            Mode::Human | Mode::Quiet => self.report(document),
        }
    }

    /// Prints one document of a stream that may be endless, as [`line`](Self::line), and tells whether anybody still reads.
    ///
    /// # Errors
    ///
    /// As [`report`](Self::report).
    pub fn line_goes_on<T: Document>(&self, document: &T) -> Result<bool, Failure> {
        self.write(&match self.mode {
            Mode::Json => ndjson(document),
            Mode::Human => document.human(&self.text),
            Mode::Quiet => document.bare(),
        })
    }

    /// Prints text that is data in itself, such as help.
    ///
    /// # Errors
    ///
    /// As [`report`](Self::report).
    pub fn print(&self, page: &str) -> Result<(), Failure> {
        self.write(page).map(drop)
    }

    /// Writes to standard output; `false` if its reader has left.
    fn write(&self, page: &str) -> Result<bool, Failure> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color.into());
        match stdout.write_all(page.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(Code::Write).because(error)),
            written => Ok(written.is_ok()),
        }
    }

    /// Prints bytes that are data in themselves, such as a picture.
    ///
    /// # Errors
    ///
    /// As [`report`](Self::report).
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(Code::Write).because(error)),
            _ => Ok(()),
        }
    }

    /// Tells a verb's answer where it does not mix with data: a document on standard output, talk on standard error.
    ///
    /// # Errors
    ///
    /// As [`report`](Self::report).
    pub fn tell<T: Document>(&self, document: &T) -> Result<(), Failure> {
        match self.mode {
            Mode::Json => self.report(document),
            Mode::Human | Mode::Quiet => {
                self.say(&document.human(&self.text));
                Ok(())
            }
        }
    }

    /// Says something to the person beside the data. Nobody listening is no reason to stop.
    pub fn say(&self, page: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color.into());
        let _ = stderr.write_all(page.as_bytes());
    }

    /// Tells a failure where the listener looks for it, and gives the code to exit with.
    pub fn failure(&self, failure: &Failure) -> Exit {
        let report = failure.report(&self.text);
        let told = match self.mode {
            Mode::Json => self.print(&json(&report)),
            Mode::Human | Mode::Quiet => {
                self.say(&report.human(&self.text));
                Ok(())
            }
        };
        if let Err(unwritable) = told {
            self.say(&unwritable.report(&self.text).human(&self.text));
        }
        failure.exit()
    }

    /// Whether a program reads the answer.
    pub fn is_for_a_program(&self) -> bool {
        self.mode == Mode::Json
    }

    /// Whether standard output takes colours, as the setting and the terminal have it.
    pub fn is_coloured(&self) -> bool {
        let stream = AutoStream::new(io::stdout().lock(), self.color.into());
        stream.current_choice() != anstream::ColorChoice::Never
    }

    /// Whether a person reads the answer.
    pub fn is_for_a_person(&self) -> bool {
        self.mode == Mode::Human
    }
}

/// The JSON schema of a document as it is printed, with its key `schema`.
pub fn schema<T: Document>() -> Schema {
    let mut schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), T::SCHEMA.into());
    if let Some(properties) = schema.get_mut("properties").and_then(|properties| properties.as_object_mut()) {
        properties.insert("schema".to_owned(), serde_json::json!({ "const": T::SCHEMA }));
    }
    match schema.get_mut("required").and_then(|required| required.as_array_mut()) {
        Some(required) => required.insert(0, "schema".into()),
        None => drop(schema.insert("required".to_owned(), serde_json::json!(["schema"]))),
    }
    schema
}

#[derive(Serialize)]
struct Labelled<'a, T> {
    schema: &'static str,
    #[serde(flatten)]
    document: &'a T,
}

fn json<T: Document>(document: &T) -> String {
    let labelled = Labelled { schema: T::SCHEMA, document };
    let text = serde_json::to_string_pretty(&labelled).expect("a document has string keys and no failing parts");
    terminal::escape(&text) + "\n"
}

fn ndjson<T: Document>(document: &T) -> String {
    let labelled = Labelled { schema: T::SCHEMA, document };
    let text = serde_json::to_string(&labelled).expect("a document has string keys and no failing parts");
    terminal::escape(&text) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, JsonSchema)]
    struct Frame {
        digits: &'static str,
    }

    impl Document for Frame {
        const SCHEMA: &'static str = "camtoken/frame/1";

        fn human(&self, _text: &Text) -> String {
            format!("{}\n", self.digits)
        }

        fn bare(&self) -> String {
            format!("{}\n", self.digits)
        }
    }

    #[test]
    fn a_stream_has_one_document_a_line_and_its_schema_first() {
        let frame = Frame { digits: "0\n1" };
        assert_eq!(ndjson(&frame), "{\"schema\":\"camtoken/frame/1\",\"digits\":\"0\\n1\"}\n");
        let frame = Frame { digits: "a\u{1b}b\u{9b}c\u{202e}d" };
        assert_eq!(ndjson(&frame), "{\"schema\":\"camtoken/frame/1\",\"digits\":\"a\\u001bb\\u009bc\\u202ed\"}\n");
        assert!(Output::new(Mode::Quiet, Color::Never, Language::En).line(&frame).is_ok());
    }

    #[test]
    fn the_schema_of_a_document_asks_for_its_name() {
        let schema = schema::<Frame>();
        assert_eq!(schema.get("required"), Some(&serde_json::json!(["schema", "digits"])));
        assert_eq!(schema.pointer("/properties/schema/const"), Some(&"camtoken/frame/1".into()));
    }
}
