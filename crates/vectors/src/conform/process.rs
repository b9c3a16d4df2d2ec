//! A process that reads questions from its standard input and writes answers to its standard output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::limits::{Limits, short};

/// The last bytes of the standard error that are reported when the process ends.
const LAST_WORDS: usize = 1 << 11;
/// How long a process has for ending by itself, once its standard input is closed.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) struct Process {
    words: Vec<String>,
    limits: Limits,
    /// `None` before the first question, and after the process was lost: the next question starts another.
    running: Option<Running>,
}

struct Running {
    child: Child,
    questions: Sender<String>,
    answers: Receiver<Result<String, String>>,
    last_words: Arc<Mutex<Vec<u8>>>,
}

impl Process {
    pub fn new(words: Vec<String>, limits: Limits) -> Self {
        Self { words, limits, running: None }
    }

    pub fn ask(&mut self, question: &str) -> Result<String, String> {
        let running = match &mut self.running {
            Some(running) => running,
            none => none.insert(Running::start(&self.words, self.limits)?),
        };
        // Whether the process has ended shows when its answer is read.
        let _asked = running.questions.send(format!("{question}\n"));
        match running.answers.recv_timeout(self.limits.within) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(format!("no answer within {} s", self.limits.within.as_secs())),
            Err(RecvTimeoutError::Disconnected) => Err(running.obituary()),
        }
    }

    /// Ends the process. The next question starts another.
    pub fn end(&mut self) {
        self.running = None;
    }
}

impl Running {
    fn start(words: &[String], limits: Limits) -> Result<Self, String> {
        let (program, arguments) = words.split_first().ok_or("no command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(format!("{program} has no standard streams"));
        };
        let (questions, to_write) = channel();
        let (to_read, answers) = sync_channel(1);
        let last_words = Arc::<Mutex<Vec<u8>>>::default();
        let words = Arc::clone(&last_words);
        thread::spawn(move || write_lines(stdin, &to_write));
        thread::spawn(move || read_lines(stdout, limits.answer_bytes, &to_read));
        thread::spawn(move || keep_last(stderr, &words));
        Ok(Self { child, questions, answers, last_words })
    }

    /// How it ended, and the last line that it wrote to its standard error.
    fn obituary(&mut self) -> String {
        let how = match wait(&mut self.child) {
            Some(status) => format!("it ended ({status})"),
            None => "it closed its standard output".to_owned(),
        };
        // The thread that reads the standard error may be a moment behind.
        thread::sleep(Duration::from_millis(50));
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = String::from_utf8_lossy(&words);
        match words.lines().rfind(|line| !line.trim().is_empty()) {
            Some(line) => format!("{how}: {}", short(line.trim())),
            None => how,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Closes its standard input, which ends the process.
        self.questions = channel().0;
        if wait(&mut self.child).is_none() {
            let _gone = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

/// Waits a short time for the end of a process.
fn wait(child: &mut Child) -> Option<std::process::ExitStatus> {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if begun.elapsed() < GOODBYE => thread::sleep(Duration::from_millis(10)),
            _ => return None,
        }
    }
}

fn write_lines(mut stdin: ChildStdin, questions: &Receiver<String>) {
    for question in questions {
        if stdin.write_all(question.as_bytes()).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

fn read_lines(stdout: ChildStdout, most: usize, answers: &SyncSender<Result<String, String>>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = stdout.by_ref().take(most as u64 + 1).read_until(b'\n', &mut line);
        let answer = match read {
            Ok(0) | Err(_) => return,
            Ok(read) if read > most => Err(format!("the answer has more than {most} bytes")),
            Ok(_) => String::from_utf8(line).map_err(|_| "the answer is not UTF-8".to_owned()),
        };
        if answers.send(answer).is_err() {
            return;
        }
    }
}

fn keep_last(stderr: ChildStderr, words: &Mutex<Vec<u8>>) {
    let mut stderr = BufReader::new(stderr);
    let mut piece = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut piece) {
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend_from_slice(&piece[..read]);
        let too_many = words.len().saturating_sub(LAST_WORDS);
        words.drain(..too_many);
    }
}
