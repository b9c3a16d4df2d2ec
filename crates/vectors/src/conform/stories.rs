//! Stories in which an implementation plays one part, and camtoken the other; or both.

use std::cell::RefCell;
use std::sync::Arc;

use super::limits::short;
use super::peer::Peer;
use super::roles::{PeerTokens, PeerVerifier};
use super::{Ending, Hello, Role, TestReport};
use crate::Place;
use crate::story::roles::Ended;
use crate::story::token::OurTokens;
use crate::story::verifier::OurVerifier;
use crate::story::{BANK, Story};
use camtoken::store::MemoryStore;

/// Plays a story once for each part that the implementation has, and once with both parts if it has both.
pub(super) fn ask(text: &str, hello: &Hello, peer: &RefCell<Peer>) -> Vec<TestReport> {
    let story = match Story::read(text) {
        Ok(story) => story,
        Err(what) => return vec![TestReport::of_file(what)],
    };
    let parts: &[&'static str] = match (hello.plays(Role::Verifier), hello.plays(Role::Token)) {
        (true, true) => &["verifier", "token", "both"],
        (true, false) => &["verifier"],
        (false, true) => &["token"],
        (false, false) => &[],
    };
    let report =
        |place, ending| TestReport { place, kind: "Story".to_owned(), comment: story.comment.to_owned(), ending };
    if parts.is_empty() {
        return vec![report(Place::File, Ending::Skipped { why: "stories: neither verifier nor token".to_owned() })];
    }
    let played = parts.iter().map(|part| (Place::Role(part), play(&story, part, hello, peer)));
    played.map(|(place, ending)| report(place, ending)).collect()
}

fn play(story: &Story<'_>, part: &str, hello: &Hello, peer: &RefCell<Peer>) -> Ending {
    let tokens = || PeerTokens::begin(hello, peer);
    let verifier = || PeerVerifier::begin(hello, peer, &story.policy, BANK);
    let store = Arc::new(MemoryStore::new());
    let ours = || OurVerifier::new(story.policy.clone(), BANK, story.seed, || Ok(Arc::clone(&store)));
    let played = match part {
        "verifier" => verifier().and_then(|mut verifier| story.play(&mut verifier, &mut OurTokens::new(story.seed))),
        "token" => ours().and_then(|mut ours| story.play(&mut ours, &mut tokens()?)),
        _ => verifier().and_then(|mut verifier| story.play(&mut verifier, &mut tokens()?)),
    };
    match played {
        Ok(()) => Ending::Passed,
        Err(Ended::Skipped(why)) => Ending::Skipped { why },
        Err(Ended::Differs { expected, got }) => Ending::Failed { expected, got: short(&got) },
        Err(Ended::Failed(what)) => {
            Ending::Failed { expected: format!("it ends with {}", story.expect), got: short(&what) }
        }
    }
}
