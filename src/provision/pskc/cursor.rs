//! An element of a container while it is read, with its place for an error.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::words::Word;
use super::xml::{Element, Namespace};
use super::{PackageName, Place, PskcError};
use crate::time::Timestamp;

/// An element, and the package that it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub element: &'a Element,
    pub package: Option<&'a PackageName>,
}

impl<'a> Cursor<'a> {
    pub(super) fn place(self) -> Place {
        self.place_of("")
    }

    /// The place of a child; of an attribute, if the name starts with `@`.
    pub(super) fn place_of(self, name: &str) -> Place {
        let slash = if name.is_empty() { "" } else { "/" };
        let element = format!("{}{slash}{name}", self.element.name);
        Place { element, package: self.package.cloned() }
    }

    pub(super) fn child(self, name: &str) -> Result<Option<Self>, PskcError> {
        self.child_in(Namespace::Pskc, name)
    }

    pub(super) fn child_in(self, namespace: Namespace, name: &str) -> Result<Option<Self>, PskcError> {
        self.child_where(name, |it| it == namespace)
    }

    /// The one child of a name; a second one would leave it to the reader which of them counts.
    pub(super) fn child_where(
        self,
        name: &str,
        namespace: impl Fn(Namespace) -> bool,
    ) -> Result<Option<Self>, PskcError> {
        let mut found = self.element.children.iter().filter(|child| child.name == name && namespace(child.namespace));
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(PskcError::Repeated { place: self.place_of(name) }),
            (first, None) => Ok(first.map(|element| Self { element, ..self })),
        }
    }

    pub(super) fn need(self, found: Option<Self>, name: &str) -> Result<Self, PskcError> {
        found.ok_or_else(|| PskcError::Missing { place: self.place_of(name) })
    }

    pub(super) fn children(self, name: &'static str) -> impl Iterator<Item = Self> {
        let found = self.element.children.iter().filter(move |child| child.is(Namespace::Pskc, name));
        found.map(move |element| Self { element, ..self })
    }

    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        self.element.attribute(name)
    }

    pub(super) fn text(self) -> &'a str {
        self.element.text.trim()
    }

    pub(super) fn base64(self) -> Result<Zeroizing<Vec<u8>>, PskcError> {
        let digits: Zeroizing<Vec<u8>> =
            Zeroizing::new(self.element.text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
        let bytes = STANDARD.decode(&*digits).map(Zeroizing::new);
        bytes.map_err(|_| PskcError::Malformed { place: self.place(), expected: "base64" })
    }

    pub(super) fn parse<T: FromStr>(self, expected: &'static str, text: &str) -> Result<T, PskcError> {
        text.parse().map_err(|_| PskcError::Malformed { place: self.place(), expected })
    }

    pub(super) fn string(self, name: &str) -> Result<Option<String>, PskcError> {
        Ok(self.child(name)?.map(|child| child.text().to_owned()))
    }

    /// An `xs:dateTime`; one without a zone is read as UTC, the canonical form that section 4 requires.
    pub(super) fn date(self, name: &str) -> Result<Option<Timestamp>, PskcError> {
        let Some(date) = self.child(name)? else { return Ok(None) };
        let text = date.text();
        let expected = "a date and time from 1970 to 9999";
        let Some((_, time)) = text.split_once('T') else {
            return Err(PskcError::Malformed { place: date.place(), expected });
        };
        let has_zone = time.contains(['Z', '+', '-']);
        date.parse(expected, &if has_zone { text.to_owned() } else { format!("{text}Z") }).map(Some)
    }

    pub(super) fn word<W: Word>(self, attribute: &str) -> Result<W, PskcError> {
        let word = self.required(attribute)?;
        let expected = "one of the words of RFC 6030";
        W::from_word(word)
            .ok_or_else(|| PskcError::Malformed { place: self.place_of(&format!("@{attribute}")), expected })
    }

    pub(super) fn number(self, attribute: &str) -> Result<u32, PskcError> {
        let place = self.place_of(&format!("@{attribute}"));
        self.required(attribute)?.parse().map_err(|_| PskcError::Malformed { place, expected: "a number" })
    }

    pub(super) fn required(self, attribute: &str) -> Result<&'a str, PskcError> {
        self.attribute(attribute).ok_or_else(|| PskcError::Missing { place: self.place_of(&format!("@{attribute}")) })
    }
}
