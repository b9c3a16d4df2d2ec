//! Readers in a process of their own: see `others.py`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use camtoken_qr::Luma;

use crate::truth::from_hex;

/// A reader that is asked over pipes. It ends with this program.
pub struct Outside {
    _process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Outside {
    /// Starts the reader of this name with the Python of `READERS_PYTHON`, else `python3`. `None` if it is not installed there.
    pub fn start(name: &str) -> Option<Self> {
        let python = std::env::var_os("READERS_PYTHON").unwrap_or_else(|| "python3".into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("others.py");
        let mut command = Command::new(python);
        command.arg(script).arg(name).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().ok()?;
        let (asks, answers) = (process.stdin.take()?, BufReader::new(process.stdout.take()?));
        let mut this = Self { _process: process, asks, answers };
        this.line().filter(|line| line == "ready").map(|_| this)
    }

    /// The payloads, and the milliseconds that the reader took by its own account.
    pub fn read(&mut self, luma: &Luma) -> Option<(Vec<Vec<u8>>, f64)> {
        writeln!(self.asks, "{} {}", luma.width(), luma.height()).ok()?;
        self.asks.write_all(luma.pixels()).and_then(|()| self.asks.flush()).ok()?;
        let line = self.line()?;
        let mut parts = line.split(' ');
        let ms = parts.next()?.parse().ok()?;
        Some((parts.map(from_hex).collect::<Option<_>>()?, ms))
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).ok().filter(|&read| read > 0)?;
        Some(line.trim_end().to_owned())
    }
}
