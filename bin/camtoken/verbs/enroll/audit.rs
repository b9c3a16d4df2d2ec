//! `camtoken enroll audit`: what happened to an activation, checked entry by entry.

use camtoken::store::block_on;
use camtoken_documents::{AuditHistory, AuditLine};

use super::args::ActivationArgs;
use crate::bank::Bank;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::terminal;
use crate::text::Text;

pub fn run(args: &ActivationArgs, context: &Context) -> Result<Exit, Failure> {
    let bank = Bank::open(context, &args.bank)?;
    let id = args.activation;
    if block_on(bank.verifier.activation(id))?.is_none() {
        return Err(Failure::new(Code::NoActivation).because(format!("no activation {id}")).result("rejected"));
    }
    let history = AuditHistory::of(id, block_on(bank.verifier.audit(id))?);
    context.out.report(&history)?;
    Ok(if history.whole { Exit::Done } else { Exit::Findings })
}

impl Document for AuditHistory {
    const SCHEMA: &'static str = "camtoken/history/1";

    fn human(&self, text: &Text) -> String {
        let row = |line: &AuditLine| {
            let about = [line.operation.as_deref(), line.challenge.as_deref()].into_iter().flatten();
            [line.at.clone(), line.event.clone(), about.collect::<Vec<_>>().join(" ")]
        };
        let page = terminal::columns(&self.entries.iter().map(row).collect::<Vec<_>>());
        match &self.broken {
            None => format!("{page}{}\n", text.get("audit-whole")),
            Some(broken) => format!("{}: {broken}\n", text.get("audit-broken")),
        }
    }

    fn bare(&self) -> String {
        self.entries.iter().map(|line| format!("{} {}\n", line.at, line.event)).collect()
    }
}
