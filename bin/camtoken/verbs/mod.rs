//! The verbs, a file each. To add one: a `mod` line, a variant with its arguments, an arm in [`Verb::run`]; its documents
//! into [`DOCUMENTS`]; its texts `help-VERB` into `i18n/*/verbs.ftl`. The tests say what is missing.

pub mod audit;
pub mod completions;
pub mod config;
pub mod conform;
pub mod demo;
pub mod distort;
pub mod doctor;
pub mod enroll;
pub mod explain;
pub mod inspect;
pub mod issue;
pub mod lint;
pub mod man;
pub mod oath;
pub mod scan;
pub mod schema;
#[cfg(feature = "server")]
pub mod serve;
#[cfg(feature = "server")]
pub mod serve_key;
pub mod store;
pub mod token;
#[cfg(feature = "emulator")]
pub mod ui;
pub mod vectors;
pub mod verify;
pub mod watch;

use clap::{Command, Subcommand};

use crate::context::Context;
use crate::document::Described;
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::text::Text;
#[cfg(not(feature = "emulator"))]
use crate::unbuilt;

/// What to do.
#[derive(Subcommand)]
pub enum Verb {
    Scan(scan::Args),
    Watch(watch::Args),
    Token(token::Args),
    Inspect(inspect::Args),
    Lint(lint::Args),
    Distort(distort::Args),
    Demo(demo::Args),
    Issue(issue::Args),
    Verify(verify::Args),
    Oath(oath::Args),
    Enroll(enroll::Args),
    #[cfg(feature = "server")]
    Serve(serve::Args),
    #[cfg(not(feature = "server"))]
    Serve(unbuilt::Args),
    #[cfg(feature = "server")]
    ServeKey(serve_key::Args),
    #[cfg(not(feature = "server"))]
    ServeKey(unbuilt::Args),
    #[cfg(feature = "emulator")]
    Ui(ui::Args),
    #[cfg(not(feature = "emulator"))]
    Ui(unbuilt::Args),
    Store(store::Args),
    Audit(audit::Args),
    Vectors(vectors::Args),
    Conform(conform::Args),
    Doctor(doctor::Args),
    Config(config::Args),
    Schema(schema::Args),
    Explain(explain::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Verb {
    /// Runs the verb. `command` makes the whole command line with its help in a language, for the verbs that print it.
    ///
    /// # Errors
    ///
    /// When nothing was decided. "No" is an answer: the verb prints it and returns its exit code.
    pub fn run(&self, context: &Context, command: fn(&Text) -> Command) -> Result<Exit, Failure> {
        match self {
            Self::Scan(args) => scan::run(args, context),
            Self::Watch(args) => watch::run(args, context),
            Self::Token(args) => token::run(args, context),
            Self::Inspect(args) => inspect::run(args, context),
            Self::Lint(args) => lint::run(args, context),
            Self::Distort(args) => distort::run(args, context),
            Self::Demo(args) => demo::run(args, context),
            Self::Issue(args) => issue::run(args, context),
            Self::Verify(args) => verify::run(args, context),
            Self::Oath(args) => oath::run(args, context),
            Self::Enroll(args) => enroll::run(args, context),
            #[cfg(feature = "server")]
            Self::Serve(args) => serve::run(args, context),
            #[cfg(not(feature = "server"))]
            Self::Serve(_) => Err(unbuilt::failure("serve", "server")),
            #[cfg(feature = "server")]
            Self::ServeKey(args) => serve_key::run(args, context),
            #[cfg(not(feature = "server"))]
            Self::ServeKey(_) => Err(unbuilt::failure("serve-key", "server")),
            #[cfg(feature = "emulator")]
            Self::Ui(args) => ui::run(args, context),
            #[cfg(not(feature = "emulator"))]
            Self::Ui(_) => Err(unbuilt::failure("ui", "emulator")),
            Self::Store(args) => store::run(args, context),
            Self::Audit(args) => audit::run(args, context),
            Self::Vectors(args) => vectors::run(args, context),
            Self::Conform(args) => conform::run(args, context),
            Self::Doctor(args) => doctor::run(args, context),
            Self::Config(args) => config::run(args, context),
            Self::Schema(args) => schema::run(args, DOCUMENTS, context),
            Self::Explain(args) => explain::run(args, context),
            Self::Completions(args) => completions::run(args, command(&context.out.text), context),
            Self::Man(args) => man::run(args, command(&context.out.text), context),
        }
    }

    /// Whether a configuration that cannot be read stops this verb. It must not stop those that help to mend it.
    pub fn needs_settings(&self) -> bool {
        !matches!(self, Self::Doctor(_) | Self::Schema(_) | Self::Explain(_) | Self::Completions(_) | Self::Man(_))
    }
}

/// The JSON documents that verbs print, and the one that `issue` reads, for `camtoken schema`.
pub const DOCUMENTS: &[Described] = &[
    Described::of::<failure::Report>(),
    Described::of::<scan::Report>(),
    Described::of::<watch::Report>(),
    Described::of::<token::Info>(),
    Described::of::<token::List>(),
    Described::of::<token::Shown>(),
    Described::of::<token::Saved>(),
    Described::of::<token::AccountList>(),
    Described::of::<token::OtpReport>(),
    Described::of::<inspect::Report>(),
    Described::of::<camtoken_documents::Lint>(),
    Described::of::<distort::Report>(),
    Described::of::<demo::Report>(),
    Described::of::<issue::Report>(),
    Described { id: "camtoken/fields/1", schema: issue::schema },
    Described::of::<verify::Report>(),
    Described::of::<oath::Values>(),
    Described::of::<oath::Checked>(),
    Described::of::<enroll::CodeReport>(),
    Described::of::<enroll::StateReport>(),
    Described::of::<enroll::Books>(),
    Described::of::<camtoken_documents::AuditHistory>(),
    Described::of::<enroll::GeneratorReport>(),
    Described::of::<enroll::QuestionReport>(),
    Described::of::<camtoken_documents::Imported>(),
    Described::of::<enroll::Exported>(),
    #[cfg(feature = "server")]
    Described::of::<serve::Report>(),
    #[cfg(feature = "server")]
    Described::of::<serve_key::Made>(),
    #[cfg(feature = "emulator")]
    Described::of::<ui::Report>(),
    Described::of::<store::Checked>(),
    Described::of::<store::Done>(),
    Described::of::<store::ClockState>(),
    Described::of::<store::Migrated>(),
    Described::of::<store::Sealed>(),
    Described::of::<store::KekState>(),
    Described::of::<store::KekChanged>(),
    Described::of::<audit::Anchored>(),
    Described::of::<audit::Verified>(),
    Described::of::<vectors::Report>(),
    Described::of::<vectors::List>(),
    Described::of::<conform::Report>(),
    Described::of::<completions::Report>(),
    Described::of::<config::Report>(),
    Described::of::<doctor::Report>(),
    Described::of::<explain::Report>(),
    Described::of::<explain::List>(),
    Described::of::<man::Report>(),
    Described::of::<schema::List>(),
    Described::of::<schema::Report>(),
];
