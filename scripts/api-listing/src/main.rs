//! Lists the public API of a crate, an item a line, from the JSON that rustdoc wrote.

use std::collections::BTreeSet;
use std::error::Error;

use public_api::{Builder, PublicApi};

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: api-listing FILE.json")?;
    let from = Builder::from_rustdoc_json(&file).omit_blanket_impls(true).omit_auto_trait_impls(true);
    let lines = |api: &PublicApi| api.items().map(ToString::to_string).collect::<Vec<_>>();
    let written = lines(&from.clone().omit_auto_derived_impls(true).build()?);
    // Of a derived implementation its head is enough: its methods are those of the trait.
    let known: BTreeSet<_> = written.iter().cloned().collect();
    let derived = lines(&from.build()?).into_iter().filter(|line| line.starts_with("impl") && !known.contains(line));
    for line in written.iter().cloned().chain(derived.collect::<BTreeSet<_>>()) {
        println!("{line}");
    }
    Ok(())
}
