//! Output: data on standard output, messages on standard error. With `--json` there is one document, after a failure too.

use std::io::{self, Write};

use anstream::AutoStream;
use camtoken::language::Language;

use crate::config::Color;
use crate::document::{Document, json, ndjson};
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::text::Text;

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A person.
    Human,
    /// A program: `--json`.
    Json,
    /// A pipe: `--quiet`.
    Quiet,
}

/// The output of a verb.
pub struct Output {
    /// The texts in the chosen language.
    pub text: Text,
    mode: Mode,
    color: Color,
}

impl Output {
    /// The output in `mode` and `lang`, with colours as `color` says.
    pub fn new(mode: Mode, color: Color, lang: Language) -> Self {
        Self { text: Text::new(lang), mode, color }
    }

    /// Prints a verb's one answer.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written to. A reader that has closed the pipe is no error: it has read what it wanted.
    pub fn report<T: Document>(&self, document: &T) -> Result<(), Failure> {
        match self.mode {
            Mode::Json => self.print(&json(document)),
            Mode::Human => self.print(&document.human(&self.text)),
            // This is data: an escape sequence in it is no colour.
            Mode::Quiet => self.bytes(document.bare().as_bytes()),
        }
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

    /// Prints one document of a stream that may be endless, as [`line`](Self::line), and returns whether the reader is still there.
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

    /// Writes to standard output; `false` if the reader has closed it.
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

    /// Prints a verb's answer so that it does not mix with data: a document on standard output, a message on standard error.
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

    /// Prints a message for the person, beside the data. A closed standard error does not stop the verb.
    pub fn say(&self, page: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color.into());
        let _ = stderr.write_all(page.as_bytes());
    }

    /// Prints a failure where the reader looks for it, and returns the exit code.
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

    /// Whether standard output gets colours, by the setting and the terminal.
    pub fn is_coloured(&self) -> bool {
        let stream = AutoStream::new(io::stdout().lock(), self.color.into());
        stream.current_choice() != anstream::ColorChoice::Never
    }

    /// Whether a person reads the answer.
    pub fn is_for_a_person(&self) -> bool {
        self.mode == Mode::Human
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Serialize;

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
    fn a_stream_for_a_pipe_has_bare_values() {
        assert!(Output::new(Mode::Quiet, Color::Never, Language::En).line(&Frame { digits: "0" }).is_ok());
    }
}
