//! The services of the site, and how the bank comes to know them.

use std::collections::HashMap;
use std::sync::Arc;

use super::client::Credentials;
use crate::bank::Bank;
use crate::domain::linkage::{Menu, Provider, Standard};
use crate::linkage::grants::{Keys, Server};
use crate::linkage::registration::{self, DAYS};

/// The services of the site, as the bank knows them: client ID, name, purpose, menus, whether customers choose, standard.
pub(super) const SERVICES: [Service; 3] = [
    Service {
        client: "choubo",
        name: "ちょうぼ会計",
        purpose: "accounting",
        menus: &Menu::ALL,
        chooses: true,
        one_page: false,
        standard: Standard::Plain,
    },
    Service {
        client: "choubo-fapi",
        name: "ちょうぼ会計",
        purpose: "accounting",
        menus: &Menu::ALL,
        chooses: true,
        one_page: false,
        standard: Standard::Fapi,
    },
    Service {
        client: "choubo-keihi",
        name: "ちょうぼ経費",
        purpose: "expenses",
        menus: &[Menu::Balance, Menu::Statement],
        chooses: false,
        one_page: true,
        standard: Standard::Plain,
    },
];

/// A service of the site.
pub(super) struct Service {
    /// Its client ID.
    pub client: &'static str,
    /// What customers are shown.
    pub name: &'static str,
    /// By the catalogue's name.
    pub purpose: &'static str,
    /// Its menus.
    pub menus: &'static [Menu],
    /// Whether its customers choose among the menus.
    pub chooses: bool,
    /// Whether its customers agree and log in on one page.
    pub one_page: bool,
    /// How it speaks to the bank.
    pub standard: Standard,
}

/// Registers the site's services at the bank.
///
/// # Errors
///
/// Why the bank refuses a service.
pub async fn register(
    bank: &Bank,
    servers: &HashMap<Standard, Arc<Server>>,
    url: &str,
    credentials: &Credentials,
) -> Result<(), String> {
    for service in &SERVICES {
        let provider = Provider {
            client: service.client.to_owned(),
            name: service.name.to_owned(),
            purpose: service.purpose.to_owned(),
            menus: service.menus.to_vec(),
            chooses: service.chooses,
            one_page: service.one_page,
            standard: service.standard,
            redirect_uri: format!("{url}/callback"),
            days: DAYS,
        };
        let keys = match service.standard {
            Standard::Plain => Keys::Secret(credentials.expose_secret().to_owned()),
            Standard::Fapi => Keys::Public(vec![credentials.public_jwk()]),
        };
        let redirect_uris = [provider.redirect_uri.clone()];
        registration::register(bank, servers, &provider, &redirect_uris, keys).await?;
    }
    Ok(())
}

/// Whether a client ID is one of the site's own.
#[must_use]
pub fn is_ours(client: &str) -> bool {
    SERVICES.iter().any(|service| service.client == client)
}
