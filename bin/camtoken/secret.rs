//! Answers that only a person has: secrets and decisions. They come from a file, standard input, the environment or a prompt, never
//! from a plain argument. Without a terminal there is no prompt: the error names the flag that answers it.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::environment;
use crate::failure::{Code, Failure};
use crate::terminal;

/// The longest secret that is read, in bytes.
const LIMIT: u64 = 64 * 1024;

/// Where a secret may come from.
pub struct Asked<'a> {
    /// What the prompt says, in the chosen language.
    pub prompt: &'a str,
    /// The flag that names a file: `--pin-file`.
    pub flag: &'static str,
    /// What that flag says; `-` is standard input.
    pub file: Option<&'a Path>,
    /// The variable that may hold it: `CAMTOKEN_PIN`.
    pub variable: &'static str,
}

impl Asked<'_> {
    /// Reads the secret: the file, else the variable, else a prompt without echo. A line feed at the end of a file is
    /// not a part of it.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, and a prompt without a terminal.
    pub fn secret(&self) -> Result<SecretString, Failure> {
        self.read(on_terminal())
    }

    fn read(&self, terminal: bool) -> Result<SecretString, Failure> {
        if let Some(file) = self.file {
            return secret_of(file).map_err(|error| {
                Failure::new(Code::Read).because(format!("{} {}: {error}", self.flag, file.display()))
            });
        }
        if let Some(value) = environment::variable(self.variable) {
            return Ok(value.as_str().into());
        }
        // A variable that is set and empty is an empty secret here.
        if let Ok(value) = std::env::var(self.variable) {
            return Ok(value.into());
        }
        if !terminal {
            return Err(nobody_to_ask(self.flag));
        }
        rpassword::prompt_password(format!("{}: ", terminal::clean(self.prompt)))
            .map(SecretString::from)
            .map_err(|error| Failure::new(Code::Read).because(error))
    }
}

/// Asks a person to decide; `flag` is what decides without one. Anything but a clear yes is no.
///
/// # Errors
///
/// When there is no terminal for the question.
pub fn confirm(question: &str, flag: &'static str) -> Result<bool, Failure> {
    ask(question, flag, on_terminal(), &mut io::stdin().lock())
}

fn ask(question: &str, flag: &'static str, terminal: bool, answers: &mut impl BufRead) -> Result<bool, Failure> {
    if !terminal {
        return Err(nobody_to_ask(flag));
    }
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{} [y/N] ", terminal::clean(question)).and_then(|()| stderr.flush());
    let mut answer = String::new();
    answers.read_line(&mut answer).map_err(|error| Failure::new(Code::Read).because(error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "ｙ" | "はい"))
}

/// Asks for a line, on standard error; `flag` is what answers without a person. `None` when there is no more.
///
/// # Errors
///
/// When there is no terminal for the question.
pub fn line(question: &str, flag: &'static str) -> Result<Option<String>, Failure> {
    if !on_terminal() {
        return Err(nobody_to_ask(flag));
    }
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{} ", terminal::clean(question)).and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer).map_err(|error| Failure::new(Code::Read).because(error))?;
    Ok((read > 0).then(|| answer.trim().to_owned()))
}

/// The failure of a question without a terminal; `flag` answers it.
pub fn nobody_to_ask(flag: &'static str) -> Failure {
    Failure::new(Code::NoTerminal).with("flag", flag)
}

/// Whether a person can be asked.
pub fn on_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn secret_of(file: &Path) -> io::Result<SecretString> {
    let mut text = Zeroizing::new(String::new());
    if file == Path::new("-") {
        io::stdin().lock().take(LIMIT + 1).read_to_string(&mut text)?;
    } else {
        File::open(file)?.take(LIMIT + 1).read_to_string(&mut text)?;
    }
    if text.len() as u64 > LIMIT {
        return Err(io::Error::other("too long for a secret"));
    }
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(line.to_owned().into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use camtoken::language::Language;

    use super::*;
    use crate::text::Text;

    const NOWHERE: &str = "CAMTOKEN_TEST_VARIABLE_THAT_NOBODY_SETS";

    fn asked(file: Option<&Path>) -> Asked<'_> {
        Asked { prompt: "PIN", flag: "--pin-file", file, variable: NOWHERE }
    }

    #[test]
    fn without_a_terminal_a_prompt_fails_and_names_the_flag() {
        let failure = asked(None).read(false).expect_err("there is nobody to ask");
        assert_eq!(failure.exit().code(), 2);
        let report = serde_json::to_value(failure.report(&Text::new(Language::En))).expect("a document");
        assert_eq!(report["code"], "CT-E023");
        assert!(report["hint"].as_str().expect("a hint").contains("--pin-file"), "{report}");
        let failure = ask("Go on?", "--yes", false, &mut "y\n".as_bytes()).expect_err("there is nobody to ask");
        assert_eq!(failure.exit().code(), 2);
    }

    #[test]
    fn a_secret_is_a_file_without_its_line_feed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("pin");
        for (written, read) in [("2580\n", "2580"), ("2580\r\n", "2580"), (" a b \n\n", " a b \n"), ("", "")] {
            std::fs::write(&path, written).expect("a writable file");
            let secret = asked(Some(&path)).read(false).expect("a readable file");
            assert_eq!(secret.expose_secret(), read);
        }
        std::fs::write(&path, vec![b'x'; 70_000]).expect("a writable file");
        assert!(asked(Some(&path)).read(false).is_err());
        assert!(asked(Some(&dir.path().join("none"))).read(false).is_err());
    }

    #[test]
    fn only_a_clear_yes_is_yes() {
        for (answer, expected) in
            [("y\n", true), ("YES\n", true), ("はい\n", true), ("\n", false), ("", false), ("n\n", false)]
        {
            let given = ask("Go on?", "--yes", true, &mut answer.as_bytes()).expect("somebody is there");
            assert_eq!(given, expected, "{answer:?}");
        }
    }
}
