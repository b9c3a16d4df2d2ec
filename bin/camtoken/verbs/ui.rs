//! `camtoken ui`: a token in the browser, with a bank to practise with. It ends on Ctrl-C or SIGTERM.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};

use camtoken::Key;
use camtoken::store::MemoryStore;
use camtoken::verifier::{LocalKeyWrapper, Policy, SetupError, Verifier};
use camtoken_server::{Options, Service, listen};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::net::TcpListener;

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::service::{clock, runtime, stop};
use crate::system::rng;
use crate::text::Text;

const PORT: u16 = 4870;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    #[arg(long)]
    no_open: bool,
}

/// Where the face is.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// The page for the browser
    url: String,
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/ui/1";

    fn human(&self, text: &Text) -> String {
        text.with("ui-open", &[("url", &self.url)]) + "\n"
    }

    fn bare(&self) -> String {
        format!("{}\n", self.url)
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let options = Options {
        language: context.settings.lang.value,
        clock: clock(context),
        virtual_token: true,
        ..Options::default()
    };
    let verifier =
        practice(context.settings.bank.value.as_str()).map_err(|error| Failure::new(Code::Internal).because(error))?;
    let serve = async {
        let refused = |error: io::Error| Failure::new(Code::Listen).because(error);
        let listener = free(args.port).map_err(refused)?;
        let stop = stop().map_err(refused)?;
        let url = format!("http://{}/ui", listener.local_addr().map_err(refused)?);
        context.out.line(&Report { url: url.clone() })?;
        if !args.no_open && context.out.is_for_a_person() {
            open(&url);
        }
        let ended = Service::new(Some(verifier), &options).serve(listener, stop).await;
        ended.map(|()| Exit::Done).map_err(|error| Failure::new(Code::StoreFailed).because(error))
    };
    runtime().map_err(|error| Failure::new(Code::Internal).because(error))?.block_on(serve)
}

/// A bank that accepts test tokens and forgets everything at the end.
fn practice(name: &str) -> Result<Verifier<MemoryStore>, SetupError> {
    let vault = Box::new(LocalKeyWrapper::new(&[Key::generate(&mut rng())])?);
    let policy = Policy { accept_test_keys: true, ..Policy::default() };
    Verifier::new(MemoryStore::new(), vault, policy, name, &mut rng())
}

/// The port of the command line; else the usual one, or a free one when that is in use.
fn free(port: Option<u16>) -> io::Result<TcpListener> {
    let at = |port| listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    match (at(port.unwrap_or(PORT)), port) {
        (Err(error), None) if error.kind() == ErrorKind::AddrInUse => at(0),
        (listener, _) => listener,
    }
}

/// Opens the browser of the desktop. Without one, the person can click the printed address.
fn open(url: &str) {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let mut command = Command::new(program);
    let _ = command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}
