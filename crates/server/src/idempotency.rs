//! Requests that create something, sent again: the same answer, and nothing is created twice.
//!
//! This is for registrations: their answers are kept by this process, for as long as a challenge can live. A challenge and the
//! settling of a response need none of this: there the key is the attempt's name, which the store keeps.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::{Code, Problem};
use camtoken::verifier::AttemptId;

const HEADER: &str = "idempotency-key";

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(600);

/// How many answers are kept, some 10 MB. Beyond that a request with a key is refused: what was promised is not forgotten for it.
const MOST: usize = 20_000;

/// The answers by their keys.
#[derive(Default)]
pub(super) struct Answers(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    answers: HashMap<[u8; 32], Entry>,
    /// In the order of their making.
    order: VecDeque<(Instant, [u8; 32])>,
}

struct Entry {
    request: [u8; 32],
    /// `None` while it is being worked on.
    answer: Option<Vec<u8>>,
}

impl Answers {
    /// Creates something, or answers what was answered before under the same key.
    pub async fn once<T: Serialize>(
        &self,
        headers: &HeaderMap,
        request: (&str, &impl Serialize),
        create: impl Future<Output = Result<T, Problem>>,
    ) -> Result<Response, Problem> {
        let Some(key) = key(headers)? else { return Ok(created(to_bytes(&create.await?))) };
        let key = Sha256::new_with_prefix(request.0).chain_update([0]).chain_update(key).finalize().into();
        let request = Sha256::digest(to_bytes(request.1)).into();
        if let Some(answer) = self.begin(key, request)? {
            return Ok(created(answer));
        }
        // A caller that goes away half-way must not leave the key taken.
        let mut open = Open { answers: self, key, answer: None };
        let answer = to_bytes(&create.await?);
        open.answer = Some(answer.clone());
        Ok(created(answer))
    }

    fn begin(&self, key: [u8; 32], request: [u8; 32]) -> Result<Option<Vec<u8>>, Code> {
        let mut kept = self.kept();
        let now = Instant::now();
        while kept.order.front().is_some_and(|(at, _)| now.duration_since(*at) > KEPT) {
            if let Some((_, old)) = kept.order.pop_front() {
                kept.answers.remove(&old);
            }
        }
        match kept.answers.get(&key) {
            Some(entry) if entry.request != request => Err(Code::KeyReused),
            Some(Entry { answer: None, .. }) => Err(Code::InProgress),
            Some(Entry { answer, .. }) => Ok(answer.clone()),
            None if kept.answers.len() >= MOST => Err(Code::Busy),
            None => {
                kept.answers.insert(key, Entry { request, answer: None });
                kept.order.push_back((now, key));
                Ok(None)
            }
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // No step leaves an entry half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Open<'a> {
    answers: &'a Answers,
    key: [u8; 32],
    answer: Option<Vec<u8>>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let mut kept = self.answers.kept();
        match self.answer.take() {
            Some(answer) => {
                if let Some(entry) = kept.answers.get_mut(&self.key) {
                    entry.answer = Some(answer);
                }
            }
            None => {
                kept.answers.remove(&self.key);
                kept.order.retain(|(_, key)| *key != self.key);
            }
        }
    }
}

/// The attempt that a request to settle a response belongs to. Without a key each request is another one.
pub(super) fn attempt(headers: &HeaderMap) -> Result<AttemptId, Problem> {
    Ok(named_attempt(headers)?.unwrap_or_else(|| AttemptId::generate(&mut super::rng())))
}

/// The attempt that the key names, if there is a key.
pub(super) fn named_attempt(headers: &HeaderMap) -> Result<Option<AttemptId>, Problem> {
    let name = |key| AttemptId::from_bytes(Sha256::digest(key)[..16].try_into().expect("16 of 32 bytes"));
    Ok(key(headers)?.map(name))
}

fn key(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    let mut keys = headers.get_all(HEADER).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.as_bytes();
    let fit = (1..=255).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic) && keys.next().is_none();
    if fit { Ok(Some(key)) } else { Err(Problem::from(Code::Request).because("Idempotency-Key")) }
}

fn to_bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data")
}

fn created(body: Vec<u8>) -> Response {
    let mut response = super::json::bytes(body);
    *response.status_mut() = StatusCode::CREATED;
    response
}
