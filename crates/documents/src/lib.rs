//! The documents of camtoken: what the command line prints under `--json` and what the service answers, one type for each,
//! with its JSON Schema; and the fields of a transaction, which both take.
//!
//! ```
//! use camtoken::Operation;
//! use camtoken_documents::fields_schema;
//!
//! // What a caller may send for an operation, as a JSON Schema.
//! let schema = fields_schema(Operation::Transfer);
//! assert_eq!(schema["properties"]["payee"]["type"], "string");
//! ```

mod catalogue;
mod fields;
#[cfg(feature = "foreign")]
mod foreign;
mod imported;
mod lint;
mod registered;
mod token;
mod verifier;
mod words;

pub use catalogue::{Catalogue, CatalogueField, CatalogueOperation, fields_schema, issued_operations};
pub use fields::{GivenFields, WrongType};
#[cfg(feature = "foreign")]
#[cfg_attr(docsrs, doc(cfg(feature = "foreign")))]
pub use foreign::{AccountLine, AccountRef, CodePart, Foreign, ForeignAct, ForeignField, ServerWord, refusal_code};
pub use imported::{Imported, Skipped};
pub use lint::{Drawn, Finding, Lint, LintOptions, Measured, Opinion, Part, Sighted};
pub use registered::Registered;
pub use token::{Pages, Panel, PanelLine, ShownField, TokenScreen, TypedDigits};
pub use verifier::{
    ActivationStatus, AuditHistory, AuditLine, GeneratorStatus, KeyValidity, OpenChallenge, Settled, SignedTransaction,
    TokenStatus,
};
