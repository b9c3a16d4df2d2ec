//! Drops old revisions that were overwritten.

use std::time::Duration;

use camtoken_remote::Failed;
use tokio::time::sleep;

use crate::member::Member;
use crate::message::{self, Range, has_value, put};
use crate::schema::WRITTEN;
use crate::wire::Writer;

/// How often, and how long each time, it is waited for the member to count its free pages again.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(150);

/// Compacts, and says how many bytes were in use before and after.
pub(super) async fn run(member: &Member) -> Result<(u64, u64), Failed> {
    let (before, key) = (member.status().await?.in_use, member.keys().version());
    let here = Range { key: &key, end: &[], limit: 0, keys_only: true };
    let revision = message::revision_of(&member.call(message::RANGE, here.write()).await?)?;
    let compact = Writer::default().number(1, revision).number(2, 1);
    match member.call(message::COMPACT, compact).await {
        // Nothing was changed since the last time.
        Err(Failed::Lost(reason)) if reason.contains("compacted") => {}
        compacted => drop(compacted?),
    }
    let mut after = before;
    for _ in 0..LOOKS {
        // A member counts when it writes: the version, as it is.
        let same = message::transaction([has_value(&key, WRITTEN)], [put(&key, WRITTEN)]);
        member.call(message::TXN, same).await?;
        sleep(PAUSE).await;
        let now = member.status().await?.in_use;
        if now >= after && after < before {
            break;
        }
        after = now;
    }
    Ok((before, after))
}
