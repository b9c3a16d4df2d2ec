//! The clocks that a store was used by: compared at the start, confirmed by an operator, and set back in the records that have
//! seen a wrong one.

use camtoken_core::verifier::audit::{AuditEvent, AuditNote};
use camtoken_core::verifier::clock::{ClockGuard, ClockLimits, ClockReading, ClockRecord};
use camtoken_core::verifier::decision::{ClockSetBack, settle};
use camtoken_core::verifier::record::Stored;

use super::retry::{Tries, Try};
use super::{Verifier, VerifierError};
use crate::key::ActivationId;
use crate::store::{RecordId, Revision, Store, StoreError};
use crate::time::Timestamp;

/// A reading that is not older than this is not stored again.
const RECENT_SECS: u64 = 60;

/// The result of setting back the time of records that were ahead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClockRepair {
    /// How many activations were set back.
    pub set_back: u64,
    /// The most seconds that one of them was ahead.
    pub most_seconds: u64,
    /// Time-based generators that accepted a password of the time ahead. Which ones is not known, so they accept none until
    /// then: each of these customers needs a new generator.
    pub need_new_generator: Vec<ActivationId>,
}

impl<S: Store> Verifier<S> {
    /// Compares the clock with the earlier readings in the store, and stores this one. The result watches the clock from now on: call
    /// [`ClockGuard::check`] before each decision.
    ///
    /// # Errors
    ///
    /// [`VerifierError::ClockAhead`] when the wall clock is ahead of the time that has passed since the last reading. If it is right,
    /// an operator confirms it by [`Verifier::confirm_clock`].
    pub async fn watch_clock(&self, now: ClockReading, limits: ClockLimits) -> Result<ClockGuard, VerifierError> {
        let known = self.load::<ClockRecord>(&RecordId::Clock).await?;
        let guard = ClockGuard::new(known.as_ref().map_or(&[], |(_, record)| &record.readings), now, limits)?;
        let is_recent =
            |known: &ClockReading| known.boot == now.boot && now.uptime_secs < known.uptime_secs + RECENT_SECS;
        if !known.is_some_and(|(_, record)| record.readings.iter().any(is_recent)) {
            match self.note_clock(now).await {
                // Such a store can be read, and decides nothing that a later start would be misled about.
                Err(VerifierError::Store(StoreError::Io(error))) if error.is_out_of_room() => {}
                noted => noted?,
            }
        }
        Ok(guard)
    }

    /// Stores a reading that a [`ClockGuard`] has accepted: the next start is compared with it. A service does so every minute.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when it could not be stored; do it again.
    pub async fn note_clock(&self, now: ClockReading) -> Result<(), VerifierError> {
        self.change_clock(|record| {
            record.note(now);
            None
        })
        .await
    }

    /// Confirms, for an operator, that the wall clock is right: later readings are compared with it. The audit chain of the record
    /// `clock` has an entry of it.
    ///
    /// # Errors
    ///
    /// As [`Verifier::note_clock`].
    pub async fn confirm_clock(&self, now: ClockReading) -> Result<(), VerifierError> {
        self.change_clock(|record| {
            // A later reading of another machine may be of the wrong clock.
            record.readings.clear();
            record.note(now);
            Some(AuditNote { event: AuditEvent::ClockConfirmed, at: now.wall, failures: 0, about: None })
        })
        .await
    }

    /// Sets back every record that has seen a time ahead of `now`, after the clock was wrong once. What is open in them is ended;
    /// nothing that was accepted is accepted again. Each change is in the audit chain of its activation.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when it could not finish; repeat it. A record that cannot be read is skipped, and the others are set back.
    pub async fn set_clock_back(&self, now: Timestamp) -> Result<ClockRepair, VerifierError> {
        let (mut repair, mut after, mut unreadable) = (ClockRepair::default(), None, None);
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                let RecordId::Activation(activation) = id else { continue };
                let update = self.update(activation, |record| Ok(settle(&self.policy, record, &ClockSetBack, now)?));
                match update.await {
                    Ok(Some(Some(set_back))) => {
                        repair.set_back += 1;
                        repair.most_seconds = repair.most_seconds.max(set_back.seconds);
                        repair.need_new_generator.extend(set_back.needs_new_generator.then_some(activation));
                    }
                    Ok(_) => {}
                    Err(VerifierError::Record(error)) => drop(unreadable.get_or_insert(error)),
                    Err(error) => return Err(error),
                }
            }
        }
        unreadable.map_or(Ok(repair), |error| Err(error.into()))
    }

    /// As [`Verifier::set_clock_back`], for one activation that is ahead of `now` by more than the policy tolerates; says whether it
    /// was. It is for activations of tests, whose time may be moved back or end: the clock itself is right then.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when nothing was changed.
    pub async fn set_clock_back_for(&self, activation: ActivationId, now: Timestamp) -> Result<bool, VerifierError> {
        let update = self.update(activation, |record| {
            let is_tolerated = record.latest_time.since(now) <= self.policy.clock_tolerance;
            let now = if is_tolerated { now.max(record.latest_time) } else { now };
            Ok(settle(&self.policy, record, &ClockSetBack, now)?)
        });
        Ok(update.await?.flatten().is_some())
    }

    /// Changes the record of the readings, which is made by the first change.
    async fn change_clock(
        &self,
        mut change: impl FnMut(&mut ClockRecord) -> Option<AuditNote>,
    ) -> Result<(), VerifierError> {
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let known = self.load::<ClockRecord>(&RecordId::Clock).await?;
            let (revision, mut record) = known.unwrap_or((Revision::ABSENT, ClockRecord::default()));
            let note = change(&mut record).map(|note| record.chain().append(note, self.actor.as_deref()));
            if let Try::Done(()) = self.swap(&RecordId::Clock, revision, &record, note).await? {
                return Ok(());
            }
        }
    }
}
