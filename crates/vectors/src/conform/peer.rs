//! One question, one answer: an implementation under test, however it is reached.

use std::fmt;

use serde_json::{Map, Value};

use super::http::Http;
use super::limits::{Limits, short};
use super::process::Process;
use crate::json;

/// How an implementation is reached.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Link {
    /// A program and its arguments: a question is a line of its standard input, an answer a line of its standard output.
    Command(Vec<String>),
    /// A question is the body of a POST request to this address (`http:`), the answer is the body of the response.
    Url(String),
}

/// Without the address, which may hold a password.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(words) => f.debug_tuple("Command").field(words).finish(),
            Self::Url(_) => f.write_str("Url(_)"),
        }
    }
}

/// The result of a question.
pub(super) enum Answer {
    /// The members of the answer, without its `id`.
    Said(Map<String, Value>),
    /// The implementation does not support this, and names what is missing.
    Unsupported(String),
}

/// An implementation under test.
pub(super) struct Peer {
    line: Line,
    limits: Limits,
    /// The number of the next question.
    next: u64,
    lost: u32,
}

enum Line {
    Process(Process),
    Http(Http),
}

impl Peer {
    pub fn new(link: &Link, limits: Limits) -> Self {
        let line = match link {
            Link::Command(words) => Line::Process(Process::new(words.clone(), limits)),
            Link::Url(url) => Line::Http(Http::new(url.clone(), limits)),
        };
        Self { line, limits, next: 1, lost: 0 }
    }

    /// Asks, and waits for the answer. The error says why there is none.
    pub fn ask(&mut self, what: &str, mut members: Map<String, Value>) -> Result<Answer, String> {
        if self.lost >= self.limits.losses {
            return Err(format!("not asked: {} questions before were lost", self.lost));
        }
        let id = self.next;
        self.next += 1;
        members.insert("id".to_owned(), id.into());
        members.insert("ask".to_owned(), what.into());
        let question = Value::Object(members).to_string();
        let answer = match &mut self.line {
            Line::Process(process) => process.ask(&question),
            Line::Http(http) => http.ask(&question),
        };
        answer.and_then(|line| read(&line, id)).unwrap_or_else(|why| {
            self.lost += 1;
            // A late answer would be read as the answer to another question.
            if let Line::Process(process) = &mut self.line {
                process.end();
            }
            Err(why)
        })
    }
}

/// The outer error is a line that is no answer; the inner one is an answer without the requested value.
fn read(line: &str, id: u64) -> Result<Result<Answer, String>, String> {
    let Value::Object(mut said) = json::read(line).map_err(|error| format!("the answer is not JSON: {error}"))? else {
        return Err("the answer is not an object".to_owned());
    };
    match said.remove("id").and_then(|given| given.as_u64()) {
        Some(given) if given == id => {}
        _ => return Err(format!("the answer does not have the question's id {id}")),
    }
    for name in ["error", "unsupported"] {
        let Some(why) = said.remove(name) else { continue };
        let why = match (why, said.keys().next()) {
            (Value::String(why), None) => short(&why),
            (Value::String(_), Some(other)) => return Ok(Err(format!("{} stands beside {name}", short(other)))),
            _ => return Ok(Err(format!("{name} is not a text"))),
        };
        return Ok(if name == "error" { Err(format!("it says: {why}")) } else { Ok(Answer::Unsupported(why)) });
    }
    Ok(Ok(Answer::Said(said)))
}
