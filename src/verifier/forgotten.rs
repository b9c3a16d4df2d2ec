//! How a challenge ended that its record does not name any more: a record remembers the last few, the audit chain all of them.

use std::time::Duration;

use camtoken_core::verifier::decision::may_have_forgotten;
use camtoken_core::verifier::record::{Record, RecordError};

use super::audit::{AuditEntry, AuditEvent, History};
use super::{ChallengeRef, Rejection, Verdict, Verifier, VerifierError};
use crate::challenge::ChallengeId;
use crate::store::{RecordId, Revision, Store};
use crate::time::Timestamp;

/// An entry about a challenge that is issued is not later than its name by more than any clock may lie behind.
const SLACK: Duration = Duration::from_secs(60);

/// How many entries are read at once.
const PAGE: usize = 256;

impl<S: Store> Verifier<S> {
    /// How a challenge ended that the record does not name. It is looked for at the time that its name tells; if it is not there,
    /// in the whole history: the clock may have been set back since. That takes many reads, so a response is not settled by it.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Record`] also when the history was altered: then nothing may be said of it.
    pub(super) async fn unless_forgotten(&self, challenge: ChallengeRef) -> Result<Verdict, VerifierError> {
        let unknown = Ok(Verdict::Rejected(Rejection::Unknown));
        let id = RecordId::Activation(challenge.activation);
        let Some((revision, record)) = self.load::<Record>(&id).await? else { return unknown };
        if !may_have_forgotten(&record) {
            return unknown;
        }
        let mut ending = self.ending_at_its_time(&id, challenge.id, revision).await?;
        if ending.is_none() {
            let History::Whole(entries) = self.audit(challenge.activation).await? else {
                return Err(RecordError::Damaged.into());
            };
            let name = challenge.id.to_string();
            let of_it = entries.iter().filter(|entry| entry.challenge.as_ref() == Some(&name));
            ending = of_it.fold(None, |so_far, entry| Some(after(so_far, entry.event)));
        }
        ending.map_or(unknown, |ending| Ok(Verdict::Rejected(ending)))
    }

    /// The entries from the issue of a challenge to that of the next one say how it ended.
    async fn ending_at_its_time(
        &self,
        id: &RecordId,
        challenge: ChallengeId,
        last: Revision,
    ) -> Result<Option<Rejection>, VerifierError> {
        let (start, name) = (challenge.generated_at(), challenge.to_string());
        let (mut behind, mut ending) = (self.last_before(id, start, last).await?, None);
        loop {
            let page = self.store.audit_page(id, behind, PAGE).await?;
            for (_, line) in &page {
                let (entry, at) = parsed(line)?;
                if entry.challenge.as_ref() == Some(&name) {
                    ending = Some(after(ending, entry.event));
                } else if at > start.plus(SLACK) && ending.is_none()
                    || entry.event == AuditEvent::Issued && ending.is_some()
                {
                    return Ok(ending);
                }
            }
            match page.last() {
                Some((revision, _)) if page.len() == PAGE => behind = *revision,
                _ => return Ok(ending),
            }
        }
    }

    /// The revision of the last entry before a moment, by halving: times grow with revisions.
    async fn last_before(&self, id: &RecordId, start: Timestamp, last: Revision) -> Result<Revision, VerifierError> {
        let (mut low, mut high) = (Revision::ABSENT, last);
        while low < high {
            let middle = Revision::from_u64(low.as_u64().midpoint(high.as_u64()));
            match self.store.audit_page(id, middle, 1).await?.first() {
                Some((revision, line)) if parsed(line)?.1 < start => low = *revision,
                _ => high = middle,
            }
        }
        Ok(low)
    }
}

fn parsed(line: &[u8]) -> Result<(AuditEntry, Timestamp), VerifierError> {
    let entry: AuditEntry = serde_json::from_slice(line).map_err(|_| RecordError::Damaged)?;
    let at = entry.at.parse().map_err(|_| RecordError::Damaged)?;
    Ok((entry, at))
}

/// The answer to a response after this event. No event undoes an acceptance, and only an acceptance undoes an expiry.
fn after(so_far: Option<Rejection>, event: AuditEvent) -> Rejection {
    match (so_far, event) {
        (Some(Rejection::AlreadySettled), _) | (_, AuditEvent::Accepted) => Rejection::AlreadySettled,
        (Some(Rejection::Expired), _) | (_, AuditEvent::Expired) => Rejection::Expired,
        _ => Rejection::Superseded,
    }
}
