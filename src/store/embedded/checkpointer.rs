//! The checkpointer: a thread that brings full files of the write-ahead log into the tree, one at a time.

use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::recent::Recent;
use super::tree::{Tree, guarded};
use super::{Shared, corrupt};
use crate::store::StoreError;

pub(super) struct Checkpointer {
    give: Option<SyncSender<(u64, Arc<Recent>)>>,
    done: Receiver<Result<(), StoreError>>,
    /// The changes that the thread is writing, or was: they may be in the tree or not.
    pub given: Option<Arc<Recent>>,
    pub busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub fn start<T: Tree>(shared: &Arc<Shared>, engine: &Arc<T>) -> Result<Self, StoreError> {
        let (give, given) = sync_channel::<(u64, Arc<Recent>)>(1);
        let (tell, done) = sync_channel(1);
        let (shared, engine) = (Arc::clone(shared), Arc::clone(engine));
        let keep = move || {
            for (number, recent) in given {
                let taken_in = guarded(|| engine.take_in(number, &recent));
                if let Err(error) = &taken_in {
                    shared.stop(error.to_string());
                }
                if tell.send(taken_in).is_err() {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("camtoken-tree".into()).spawn(keep)?;
        Ok(Self { give: Some(give), done, given: None, busy: false, thread: Some(thread) })
    }

    /// Waits until all that was given is in the tree.
    pub fn wait(&mut self) -> Result<(), StoreError> {
        if mem::take(&mut self.busy) {
            self.done.recv().map_err(|_| corrupt("the thread of the tree has ended"))??;
        }
        self.given = None;
        Ok(())
    }

    pub fn give(&mut self, number: u64, recent: Recent) -> Result<(), StoreError> {
        let recent = Arc::new(recent);
        let give = self.give.as_ref().expect("only drop takes it");
        give.send((number, Arc::clone(&recent))).map_err(|_| corrupt("the thread of the tree has ended"))?;
        (self.given, self.busy) = (Some(recent), true);
        Ok(())
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.give.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
