//! A thread for calls that may block for ever, and a place for one frame between it and the receiver.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Frame, FrameError, FrameSource};

/// What happens to a frame that was not taken when the next one arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// It is dropped: a camera does not wait.
    Newest,
    /// The next one waits: no frame of a video is lost.
    Wait,
}

/// Frames from a thread of their own.
///
/// A thread that hangs in the system is left behind when this is dropped, and ends with the process.
pub(super) struct Capture<T, F> {
    slot: Arc<Slot<T>>,
    patience: Duration,
    /// When the last frame came.
    since: Instant,
    finish: F,
}

struct Slot<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    item: Option<Result<(T, Duration), FrameError>>,
    /// The receiver is gone.
    left: bool,
    /// Nothing more comes.
    over: bool,
}

/// What the thread reads from.
pub(super) trait Feed {
    /// As it comes.
    type Item;

    /// Waits for what comes next, as long as that takes.
    fn wait(&mut self) -> Result<Self::Item, FrameError>;
}

impl Feed for Box<dyn FrameSource + Send> {
    type Item = Frame;

    fn wait(&mut self) -> Result<Frame, FrameError> {
        loop {
            if let Some(frame) = self.next(Duration::from_secs(3600))? {
                return Ok(frame);
            }
        }
    }
}

impl<T: Send + 'static, F> Capture<T, F> {
    /// Starts the thread, which opens the source itself: an open source may be bound to its thread. A frame is converted by
    /// the receiver that takes it, so that dropped frames cost nothing.
    pub(super) fn start<S: Feed<Item = T>>(
        open: impl FnOnce() -> Result<S, FrameError> + Send + 'static,
        pace: Pace,
        patience: Duration,
        finish: F,
    ) -> Self {
        let slot = Arc::new(Slot {
            state: Mutex::new(State { item: None, left: false, over: false }),
            changed: Condvar::new(),
        });
        let begun = Instant::now();
        let theirs = Arc::clone(&slot);
        thread::spawn(move || {
            let feed = || {
                let mut source = match open() {
                    Ok(source) => source,
                    Err(error) => {
                        theirs.put(Err(error), pace);
                        return;
                    }
                };
                loop {
                    let item = source.wait().map(|item| (item, begun.elapsed()));
                    let last = !matches!(item, Ok(_) | Err(FrameError::Damaged { .. }));
                    if !theirs.put(item, pace) || last {
                        return;
                    }
                }
            };
            if catch_unwind(AssertUnwindSafe(feed)).is_err() {
                theirs.put(Err(panicked()), pace);
            }
            theirs.lock().over = true;
            theirs.changed.notify_all();
        });
        Self { slot, patience, since: begun, finish }
    }
}

/// What a panic in a driver's library is called.
pub(super) fn panicked() -> FrameError {
    FrameError::Driver { reason: "the driver's library panicked".to_owned() }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an item in; `false` when the receiver is gone. An error never replaces a frame, nor is it dropped.
    fn put(&self, item: Result<(T, Duration), FrameError>, pace: Pace) -> bool {
        let mut state = self.lock();
        while !state.left && state.item.is_some() && (pace == Pace::Wait || item.is_err()) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.item = Some(item);
        self.changed.notify_all();
        !state.left
    }
}

impl<T, F: FnMut(T, Duration) -> Result<Frame, FrameError>> FrameSource for Capture<T, F> {
    fn next(&mut self, wait: Duration) -> Result<Option<Frame>, FrameError> {
        let start = Instant::now();
        let mut state = self.slot.lock();
        loop {
            if let Some(item) = state.item.take() {
                self.slot.changed.notify_all();
                drop(state);
                self.since = Instant::now();
                let (item, at) = item?;
                return (self.finish)(item, at).map(Some);
            }
            if state.over {
                return Err(FrameError::Ended);
            }
            if self.since.elapsed() >= self.patience {
                return Err(FrameError::Stalled { after: self.patience });
            }
            let left = wait.saturating_sub(start.elapsed()).min(self.patience.saturating_sub(self.since.elapsed()));
            if wait <= start.elapsed() {
                return Ok(None);
            }
            state = self.slot.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl<T, F> Drop for Capture<T, F> {
    fn drop(&mut self) {
        let mut state = self.slot.lock();
        state.left = true;
        state.item = None;
        drop(state);
        self.slot.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use camtoken_qr::Luma;

    /// Gives what the test sends, and hangs while it sends nothing.
    struct Sent(Receiver<Result<u8, FrameError>>);

    impl Feed for Sent {
        type Item = u8;

        fn wait(&mut self) -> Result<u8, FrameError> {
            self.0.recv().unwrap_or(Err(FrameError::Ended))
        }
    }

    fn frame(grey: u8, at: Duration) -> Result<Frame, FrameError> {
        Ok(Frame { luma: Luma::from_raw(1, 1, vec![grey])?, at })
    }

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(30);

    fn grey(source: &mut impl FrameSource) -> u8 {
        source.next(LONG).expect("no error").expect("a frame in time").luma.pixels()[0]
    }

    #[test]
    fn frames_that_nobody_took_are_dropped() {
        let (send, sent) = channel();
        let mut capture = Capture::start(|| Ok(Sent(sent)), Pace::Newest, LONG, frame);
        for grey in 0..100 {
            send.send(Ok(grey)).expect("the thread listens");
        }
        // The thread takes the hundredth as the last; then it waits.
        while capture.slot.lock().item.as_ref().is_none_or(|item| item.as_ref().is_ok_and(|(grey, _)| *grey != 99)) {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(grey(&mut capture), 99);
        assert_eq!(capture.next(SHORT).expect("no error"), None);
        send.send(Ok(7)).expect("the thread listens");
        assert_eq!(grey(&mut capture), 7);
    }

    #[test]
    fn frames_of_a_film_all_come() {
        let (send, sent) = channel();
        let mut capture = Capture::start(|| Ok(Sent(sent)), Pace::Wait, LONG, frame);
        for grey in 0..100 {
            send.send(Ok(grey)).expect("the thread listens");
        }
        drop(send);
        assert_eq!((0..100).map(|_| grey(&mut capture)).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        assert!(matches!(capture.next(LONG), Err(FrameError::Ended)));
        assert!(matches!(capture.next(LONG), Err(FrameError::Ended)));
    }

    #[test]
    fn a_source_that_hangs_has_stalled_and_may_come_back() {
        let (send, sent) = channel();
        let patience = Duration::from_millis(300);
        let mut capture = Capture::start(|| Ok(Sent(sent)), Pace::Newest, patience, frame);
        assert_eq!(capture.next(SHORT).expect("no error"), None, "waited for a moment only");
        let start = Instant::now();
        assert!(matches!(capture.next(LONG), Err(FrameError::Stalled { after }) if after == patience));
        assert!(start.elapsed() < Duration::from_secs(10), "not as long as was allowed");
        send.send(Ok(5)).expect("the thread listens");
        while capture.slot.lock().item.is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(grey(&mut capture), 5);
    }

    #[test]
    fn the_last_frame_is_seen_before_the_cable_is_pulled() {
        let (send, sent) = channel();
        let mut capture = Capture::start(|| Ok(Sent(sent)), Pace::Newest, LONG, frame);
        send.send(Ok(1)).expect("the thread listens");
        send.send(Err(FrameError::Unplugged)).expect("the thread listens");
        assert_eq!(grey(&mut capture), 1);
        assert!(matches!(capture.next(LONG), Err(FrameError::Unplugged)));
        assert!(matches!(capture.next(LONG), Err(FrameError::Ended)));
    }

    #[test]
    fn what_fails_to_open_or_panics_is_told() {
        let mut shut = Capture::start(|| Err::<Sent, _>(FrameError::Busy), Pace::Newest, LONG, frame);
        assert!(matches!(shut.next(LONG), Err(FrameError::Busy)));
        let open = || -> Result<Sent, FrameError> { std::panic::resume_unwind(Box::new("a bug of the library")) };
        let mut broken = Capture::start(open, Pace::Newest, LONG, frame);
        assert!(matches!(broken.next(LONG), Err(FrameError::Driver { .. })));
    }

    #[test]
    fn nobody_waits_for_a_reader_that_has_left() {
        let (send, sent) = channel();
        let capture = Capture::start(|| Ok(Sent(sent)), Pace::Wait, LONG, frame);
        for grey in 0..3 {
            send.send(Ok(grey)).expect("the thread listens");
        }
        drop(capture);
        // The thread ends: the receiver is gone.
        let start = Instant::now();
        while send.send(Ok(9)).is_ok() {
            assert!(start.elapsed() < LONG);
            thread::sleep(Duration::from_millis(1));
        }
    }
}
