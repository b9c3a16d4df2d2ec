//! The last image that each token was shown, for later requests about its quality. The oldest are dropped when there is no room.

use std::collections::VecDeque;
use std::sync::Arc;

use camtoken::qr::{Luma, Overlay};
use camtoken_documents::Lint;

/// Bytes of all pictures.
const ROOM: usize = 64 << 20;

/// A picture, and what was seen in it.
pub(super) struct Shot {
    pub luma: Luma,
    pub lint: Lint,
    /// The marks to draw onto it; none where nothing was read.
    pub overlay: Option<Overlay>,
}

/// Shots by session and token, the oldest first.
#[derive(Default)]
pub(super) struct Album {
    shots: VecDeque<(String, String, Arc<Shot>)>,
    bytes: usize,
}

impl Album {
    /// Keeps the last one of a token; one that takes all the room is not kept.
    pub fn keep(&mut self, session: &str, token: &str, shot: Shot) {
        self.forget(|its_session, its_token| its_session == session && its_token == token);
        self.bytes += shot.luma.pixels().len();
        self.shots.push_back((session.to_owned(), token.to_owned(), Arc::new(shot)));
        while self.bytes > ROOM {
            let Some((.., oldest)) = self.shots.pop_front() else { break };
            self.bytes -= oldest.luma.pixels().len();
        }
    }

    /// The last one of a token.
    pub fn find(&self, session: &str, token: &str) -> Option<Arc<Shot>> {
        let mut shots = self.shots.iter();
        let found = shots.find(|(its_session, its_token, _)| its_session == session && its_token == token);
        found.map(|(.., shot)| Arc::clone(shot))
    }

    /// Drops those of a session, or of a token.
    pub fn forget(&mut self, goes: impl Fn(&str, &str) -> bool) {
        self.shots.retain(|(session, token, _)| !goes(session, token));
        self.bytes = self.shots.iter().map(|(.., shot)| shot.luma.pixels().len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camtoken::qr::Scan;
    use camtoken_documents::LintOptions;

    fn shot(side: u32) -> Shot {
        let luma = Luma::from_raw(side, side, vec![255; (side * side) as usize]).expect("as many pixels");
        let small = Luma::from_raw(8, 8, vec![255; 64]).expect("as many pixels");
        let (lint, overlay) = Lint::of(&small, &Scan::NotFound, &LintOptions::default());
        Shot { luma, lint, overlay }
    }

    #[test]
    fn the_oldest_picture_goes_when_there_is_no_room() {
        let mut album = Album::default();
        for token in 0..5 {
            album.keep("s", &token.to_string(), shot(4096));
        }
        assert!(album.find("s", "0").is_none() && (1..5).all(|token| album.find("s", &token.to_string()).is_some()));
        album.keep("s", "4", shot(16));
        assert_eq!(album.bytes, 3 * (16 << 20) + 256, "one of a token takes the place of its last one");
        album.keep("s", "5", shot(8193));
        assert!(album.find("s", "5").is_none() && album.bytes == 0, "one larger than the room");
        album.keep("s", "6", shot(16));
        album.keep("t", "6", shot(16));
        album.forget(|session, _| session == "s");
        assert!(album.find("s", "6").is_none() && album.find("t", "6").is_some());
    }
}
