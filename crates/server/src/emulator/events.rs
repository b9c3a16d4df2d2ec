//! The events of a token: as a stream, or as one answer that waits for an event.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::super::guard::Place;
use super::super::json::Json;
use super::super::problem::{Code, Problem};
use super::super::turns::Caller;
use super::super::values::SpanText;
use super::session::Session;
use super::shown::Shown;
use super::{Emulator, token_id};
use camtoken::key::TokenId;

/// A screen also changes by itself, when it goes dark: how often that is looked for.
const LOOK: Duration = Duration::from_millis(250);

const LONGEST_WAIT: Duration = Duration::from_secs(60);
const USUAL_WAIT: Duration = Duration::from_secs(5);

/// What is waited for.
#[derive(Deserialize)]
pub(super) struct Asked {
    wait: Option<String>,
    timeout: Option<SpanText>,
}

/// The answer to somebody who waits.
#[derive(Serialize, JsonSchema)]
pub(super) struct Waited {
    /// shown, or timedOut
    outcome: &'static str,
    /// The screen, at the end of the waiting
    screen: Shown,
}

pub(super) async fn events(
    State(emulator): State<Arc<Emulator>>,
    Path((session, token)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    Extension(place): Extension<Place>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    let (session, token) = (emulator.find(&session)?, token_id(&token)?);
    let changes = session.inside().token(&token)?.held.watch();
    let mut eyes = Eyes { session, token, changes, closed: emulator.closed.clone(), last: None };
    let Some(wait) = asked.wait else {
        let changes = stream::unfold((eyes, place), |(mut eyes, place)| async move {
            let shown = eyes.next().await?;
            let data = serde_json::to_string(&shown).expect("plain data");
            let event = Event::default().event("screen").data(data);
            Some((Ok::<_, Infallible>(event), (eyes, place)))
        });
        return Ok(Sse::new(changes).keep_alive(KeepAlive::default()).into_response());
    };
    let (room, holder) = (Arc::clone(&emulator.room), caller.holder().cloned());
    let pattern = caller.work(move || room.pattern(holder.as_ref(), &wait)).await??;
    let patience = asked.timeout.map_or(Ok(USUAL_WAIT), |timeout| timeout.forward("timeout"))?;
    if patience > LONGEST_WAIT {
        return Err(Problem::from(Code::Value).because("timeout: 0s to 60s"));
    }
    let deadline = Instant::now() + patience;
    loop {
        let (said, shown) = eyes.look()?;
        if pattern.fits(&said) {
            return Ok(Json(Waited { outcome: "shown", screen: shown }).into_response());
        }
        match timeout_at(deadline, eyes.wait()).await {
            Ok(true) => {}
            Ok(false) => return Err(Code::NotFound.into()),
            Err(_) => return Ok(Json(Waited { outcome: "timedOut", screen: shown }).into_response()),
        }
    }
}

/// A caller that watches one token.
struct Eyes {
    session: Arc<Session>,
    token: TokenId,
    changes: watch::Receiver<u64>,
    closed: watch::Receiver<bool>,
    /// The last event that was seen.
    last: Option<(u64, String)>,
}

impl Eyes {
    fn look(&self) -> Result<(String, Shown), Problem> {
        let mut inside = self.session.inside();
        let hand = inside.token(&self.token)?;
        Ok((hand.held.said(hand.now), Shown::of(hand.held, hand.now)))
    }

    /// Waits until the token may look different. `false` when it is gone, or the service ends.
    async fn wait(&mut self) -> bool {
        if *self.closed.borrow() {
            return false;
        }
        tokio::select! {
            changed = self.changes.changed() => changed.is_ok(),
            _ = self.closed.changed() => false,
            () = sleep_until(Instant::now() + LOOK) => true,
        }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Shown> {
        loop {
            let (said, shown) = self.look().ok()?;
            let seen = (*self.changes.borrow_and_update(), said);
            if self.last.as_ref() != Some(&seen) {
                self.last = Some(seen);
                return Some(shown);
            }
            if !self.wait().await {
                return None;
            }
        }
    }
}
