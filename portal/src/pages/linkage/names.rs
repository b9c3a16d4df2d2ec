//! Names of things on the pages of a linkage, in the visitor's language.

use crate::domain::linkage::{AccountState, Menu};
use crate::text::Text;

pub(super) fn menu_names(t: Text, menus: &[Menu]) -> String {
    menus.iter().map(|menu| menu_name(t, *menu)).collect::<Vec<_>>().join(&t.get("list-comma"))
}

pub(super) fn menu_name(t: Text, menu: Menu) -> String {
    t.get(&format!("link-menu-{}", menu.as_str()))
}

pub(super) fn state_name(t: Text, state: AccountState) -> String {
    t.get(match state {
        AccountState::Unregistered => "account-unregistered",
        AccountState::Pending => "account-pending",
        AccountState::Registered => "account-registered",
    })
}
