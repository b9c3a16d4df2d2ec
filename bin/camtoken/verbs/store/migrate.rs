//! `camtoken store migrate`: makes the tables in a database, or brings them to this version.

use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::BankArgs;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::Text;

/// What became of the tables.
#[derive(Serialize, JsonSchema)]
pub struct Migrated {
    /// The version that there was; 0 for none
    from: i32,
    /// The version that there is
    to: i32,
}

pub fn run(args: &BankArgs, context: &Context) -> Result<Exit, Failure> {
    let (from, to) = args.migrate(context)?;
    context.out.report(&Migrated { from, to })?;
    Ok(Exit::Done)
}

impl Document for Migrated {
    const SCHEMA: &'static str = "camtoken/migration/1";

    fn human(&self, text: &Text) -> String {
        let [from, to] = [self.from, self.to].map(|version| version.to_string());
        let key = match self.from {
            0 => "migration-new",
            from if from == self.to => "migration-none",
            _ => "migration-done",
        };
        text.with(key, &[("from", &from), ("to", &to)]) + "\n"
    }

    fn bare(&self) -> String {
        format!("{}\n", self.to)
    }
}
