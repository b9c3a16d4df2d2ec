//! The little of XML that a container needs: a tree of elements, bounded in every direction, no document types, no
//! entities but the five of XML itself.

use std::borrow::Cow;
use std::fmt::Write as _;

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};
use quick_xml::XmlVersion;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use zeroize::Zeroizing;

/// The longest document, in bytes.
pub(super) const MAX_LEN: usize = 16 << 20;
/// The deepest nesting of elements. The figures of RFC 6030 need 9.
const MAX_DEPTH: usize = 32;
/// The most attributes and namespace declarations of one element. The figures need 5.
const MAX_ATTRIBUTES: usize = 64;
/// The most elements of a document: 40 for each of twelve thousand packages.
const MAX_ELEMENTS: usize = 500_000;

/// The namespaces of a container, and all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    None,
    Pskc,
    Ds,
    Xenc,
    Xenc11,
    Pkcs5,
    Other,
}

impl Namespace {
    /// URI and the prefix under which it is written; read, a namespace is its URI and the prefix may be any.
    const KNOWN: [(Self, &'static str, &'static str); 5] = [
        (Self::Pskc, "pskc", "urn:ietf:params:xml:ns:keyprov:pskc"),
        (Self::Ds, "ds", "http://www.w3.org/2000/09/xmldsig#"),
        (Self::Xenc, "xenc", "http://www.w3.org/2001/04/xmlenc#"),
        (Self::Xenc11, "xenc11", "http://www.w3.org/2009/xmlenc11#"),
        (Self::Pkcs5, "pkcs5", "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"),
    ];

    fn of(resolved: &ResolveResult<'_>) -> Result<Self, XmlError> {
        match resolved {
            ResolveResult::Unbound => Ok(Self::None),
            ResolveResult::Unknown(_) => Err(XmlError::Syntax),
            ResolveResult::Bound(uri) => {
                let known = Self::KNOWN.iter().find(|(_, _, known)| *known == uri.0);
                Ok(known.map_or(Self::Other, |(namespace, _, _)| *namespace))
            }
        }
    }

    fn prefix(self) -> Option<&'static str> {
        Self::KNOWN.iter().find(|(known, _, _)| *known == self).map(|(_, prefix, _)| *prefix)
    }
}

/// An element with all that is in it. Its text may be a secret: it is wiped, and not printed.
#[derive(PartialEq, Eq)]
pub(super) struct Element {
    pub(super) namespace: Namespace,
    pub(super) name: String,
    /// Names as written, with their prefix if they have one; without the namespace declarations.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: Zeroizing<String>,
    pub(super) children: Vec<Element>,
}

impl Element {
    pub(super) fn new(namespace: Namespace, name: &str) -> Self {
        Self {
            namespace,
            name: name.to_owned(),
            attributes: Vec::new(),
            text: Zeroizing::default(),
            children: Vec::new(),
        }
    }

    pub(super) fn with_attribute(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Zeroizing::new(text.into());
        self
    }

    pub(super) fn with_children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    pub(super) fn is(&self, namespace: Namespace, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// The first child of a name in the namespace of PSKC.
    pub(super) fn first(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(Namespace::Pskc, name))
    }

    /// Whether there is an element of a name anywhere below.
    pub(super) fn has_within(&self, name: &str) -> bool {
        self.children.iter().any(|child| child.is(Namespace::Pskc, name) || child.has_within(name))
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Why a document is not read.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum XmlError {
    /// More than [`Container::MAX_LEN`](super::Container::MAX_LEN) bytes.
    #[error("the document has more than {MAX_LEN} bytes")]
    TooLong,
    /// Bytes that are not in an encoding that is read, a declaration of another encoding, or a character that XML forbids.
    #[error("the document is not XML 1.0 in UTF-8, UTF-16 or Shift_JIS")]
    Encoding,
    /// The document is not well formed, or it ends too early.
    #[error("the document is not well-formed XML")]
    Syntax,
    /// A document type declaration.
    #[error("the document has a document type declaration")]
    Doctype,
    /// A reference to an entity that XML does not define.
    #[error("the document refers to an entity")]
    Entity,
    /// Elements nested too deeply, too many of them, or one with too many attributes or namespaces.
    #[error("the document is too deep, or has too many elements, attributes or namespaces")]
    TooComplex,
}

/// Reads a document into its root element.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, XmlError> {
    if bytes.len() > MAX_LEN {
        return Err(XmlError::TooLong);
    }
    let (encoding, bytes) = encoding(bytes);
    let decoded;
    let text = if encoding == UTF_8 {
        str::from_utf8(bytes).map_err(|_| XmlError::Encoding)?
    } else {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or(XmlError::Encoding)?;
        decoded = Zeroizing::new(text.into_owned());
        &decoded
    };
    parse_decoded(text, Some(encoding))
}

/// Reads a document that is decoded already, whatever encoding it declares.
pub(super) fn parse_text(text: &str) -> Result<Element, XmlError> {
    if text.len() > MAX_LEN {
        return Err(XmlError::TooLong);
    }
    parse_decoded(text.strip_prefix('\u{feff}').unwrap_or(text), None)
}

/// `encoding` is the one that the text was in, where what it declares has to agree.
fn parse_decoded(text: &str, encoding: Option<&'static Encoding>) -> Result<Element, XmlError> {
    if !text.chars().all(is_xml_char) {
        return Err(XmlError::Encoding);
    }

    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    reader.resolver_mut().set_max_namespace_bindings(MAX_ATTRIBUTES);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    let mut has_begun = false;
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|error| match error {
            quick_xml::Error::Namespace(_) => XmlError::TooComplex,
            _ => XmlError::Syntax,
        })?;
        // Blanks may stand before the declaration, as some editors leave them, and nothing else.
        let begins = !matches!(event, Event::Text(_));
        match event {
            Event::Start(start) => {
                elements += 1;
                if open.len() == MAX_DEPTH || elements > MAX_ELEMENTS {
                    return Err(XmlError::TooComplex);
                }
                if root.is_some() {
                    return Err(XmlError::Syntax);
                }
                open.push(element(Namespace::of(&resolved)?, &start)?);
            }
            Event::End(_) => {
                let closed = open.pop().ok_or(XmlError::Syntax)?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => root = Some(closed),
                }
            }
            Event::Text(text) => append(&mut open, &text.xml10_content())?,
            Event::CData(text) => append(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => append(&mut open, resolve(&reference)?.encode_utf8(&mut [0; 4]))?,
            Event::Decl(declaration) => {
                let declared = declaration.encoding().transpose().map_err(|_| XmlError::Syntax)?;
                if declared.zip(encoding).is_some_and(|(name, encoding)| !is_declared(encoding, &name)) {
                    return Err(XmlError::Encoding);
                }
                if has_begun {
                    return Err(XmlError::Syntax);
                }
            }
            Event::DocType(_) => return Err(XmlError::Doctype),
            Event::Empty(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if open.is_empty() => return root.ok_or(XmlError::Syntax),
            Event::Eof => return Err(XmlError::Syntax),
        }
        has_begun |= begins;
    }
}

/// The encoding of a document and what is behind its byte order mark. Without a mark it is known by the first characters; what
/// begins in ASCII says itself that it is in Shift_JIS.
fn encoding(bytes: &[u8]) -> (&'static Encoding, &[u8]) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return (encoding, &bytes[mark..]);
    }
    let encoding = match bytes {
        [b'<', 0, ..] => UTF_16LE,
        [0, b'<', ..] => UTF_16BE,
        _ => {
            let declaration = bytes[..bytes.len().min(200)].split(|byte| *byte == b'>').next().unwrap_or_default();
            let mut quoted = declaration.split(|byte| matches!(byte, b'"' | b'\''));
            let is_declaration = declaration.trim_ascii_start().starts_with(b"<?xml");
            match is_declaration && quoted.any(|part| Encoding::for_label(part) == Some(SHIFT_JIS)) {
                true => SHIFT_JIS,
                false => UTF_8,
            }
        }
    };
    (encoding, bytes)
}

/// Whether a declaration may name a document's encoding so.
fn is_declared(encoding: &'static Encoding, name: &str) -> bool {
    if encoding == UTF_8 {
        return ["utf-8", "us-ascii"].contains(&&*name.to_ascii_lowercase());
    }
    let is_utf_16 = |encoding| encoding == UTF_16LE || encoding == UTF_16BE;
    let named = Encoding::for_label(name.as_bytes());
    named.is_some_and(|named| named == encoding || is_utf_16(named) && is_utf_16(encoding))
}

/// Writes a document, an element a line.
///
/// # Errors
///
/// [`XmlError::Encoding`] if a text has a character that XML forbids.
pub(super) fn write(root: &Element) -> Result<String, XmlError> {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let declarations: String =
        Namespace::KNOWN.iter().map(|(_, prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\"")).collect();
    write_element(&mut xml, root, 0, &declarations)?;
    Ok(xml)
}

fn write_element(xml: &mut String, element: &Element, depth: usize, declarations: &str) -> Result<(), XmlError> {
    let name = match element.namespace.prefix() {
        Some(prefix) => format!("{prefix}:{}", element.name),
        None => element.name.clone(),
    };
    let indent = "  ".repeat(depth);
    let _ = write!(xml, "{indent}<{name}{declarations}");
    for (attribute, value) in &element.attributes {
        let _ = write!(xml, " {attribute}=\"{}\"", checked(value)?);
    }
    if element.children.is_empty() && element.text.is_empty() {
        xml.push_str("/>\n");
    } else if element.children.is_empty() {
        let _ = writeln!(xml, ">{}</{name}>", checked(&element.text)?);
    } else {
        xml.push_str(">\n");
        for child in &element.children {
            write_element(xml, child, depth + 1, "")?;
        }
        let _ = writeln!(xml, "{indent}</{name}>");
    }
    Ok(())
}

fn checked(text: &str) -> Result<Cow<'_, str>, XmlError> {
    if text.chars().all(is_xml_char) { Ok(escape(text)) } else { Err(XmlError::Encoding) }
}

fn element(namespace: Namespace, start: &BytesStart<'_>) -> Result<Element, XmlError> {
    // The limit comes before the check for duplicates, which compares each attribute with each.
    if start.attributes().with_checks(false).take(MAX_ATTRIBUTES + 1).count() > MAX_ATTRIBUTES {
        return Err(XmlError::TooComplex);
    }
    let mut element = Element::new(namespace, start.local_name().into_inner());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| XmlError::Syntax)?;
        if attribute.key.as_namespace_binding().is_none() {
            let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| XmlError::Entity)?;
            if !value.chars().all(is_xml_char) {
                return Err(XmlError::Encoding);
            }
            element.attributes.push((attribute.key.0.to_owned(), value.into_owned()));
        }
    }
    Ok(element)
}

/// Adds to the text of the innermost open element; between elements and around the root there is only white space.
fn append(open: &mut [Element], text: &str) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim_ascii().is_empty() => {}
        None => return Err(XmlError::Syntax),
    }
    Ok(())
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    let character = match reference.resolve_char_ref().map_err(|_| XmlError::Syntax)? {
        Some(character) => character,
        None => {
            let text = resolve_xml_entity(&reference.xml10_content()).ok_or(XmlError::Entity)?;
            text.chars().next().expect("the five entities of XML are a character each")
        }
    };
    if is_xml_char(character) { Ok(character) } else { Err(XmlError::Encoding) }
}

/// The production `Char` of XML 1.0.
fn is_xml_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    /// Row 21 of the failure classes: time must not grow with the square of what an attacker writes.
    fn refused_at_once(document: &str) -> XmlError {
        let start = Instant::now();
        let error = parse(document.as_bytes()).err().expect("the document is hostile");
        let elapsed = start.elapsed();
        assert!(elapsed < Duration::from_millis(100), "{elapsed:?}");
        error
    }

    #[test]
    fn ten_thousand_attributes_are_refused_at_once() {
        let attributes: String = (0..10_000).map(|n| format!(" a{n}=\"\"")).collect();
        assert_eq!(refused_at_once(&format!("<a{attributes}/>")), XmlError::TooComplex);
    }

    #[test]
    fn ten_thousand_namespaces_are_refused_at_once() {
        let namespaces: String = (0..10_000).map(|n| format!(" xmlns:a{n}=\"urn:{n}\"")).collect();
        assert_eq!(refused_at_once(&format!("<a{namespaces}/>")), XmlError::TooComplex);
        let nested: String = (0..10_000).map(|n| format!("<a{n}:a xmlns:a{n}=\"urn:{n}\">")).collect();
        assert_eq!(refused_at_once(&nested), XmlError::TooComplex);
    }

    #[test]
    fn a_thousand_levels_are_refused_at_once() {
        let document = "<a>".repeat(1000) + &"</a>".repeat(1000);
        assert_eq!(refused_at_once(&document), XmlError::TooComplex);
        let nested = |depth| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(parse(nested(MAX_DEPTH + 1).as_bytes()).is_err());
    }

    #[test]
    fn too_many_elements_are_refused() {
        let document = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS));
        assert_eq!(parse(document.as_bytes()).err(), Some(XmlError::TooComplex));
        assert_eq!(parse(&vec![b' '; MAX_LEN + 1]).err(), Some(XmlError::TooLong));
    }

    #[test]
    fn document_types_and_entities_are_refused() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>"#;
        assert_eq!(refused_at_once(bomb), XmlError::Doctype);
        assert_eq!(refused_at_once("<a>&x;</a>"), XmlError::Entity);
        assert_eq!(refused_at_once("<a b='&x;'/>"), XmlError::Entity);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for document in [
            "",
            " ",
            "a",
            "<a",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>b",
            "<a b/>",
            "<a b=c/>",
            "<a b='' b=''/>",
            "<p:a/>",
            "<a>&#0;</a>",
            "<a>&#x1b;</a>",
            "<a>&</a>",
            "<a>]",
            "<!-- -- --><a/>",
            "<a/><?xml version='1.0'?>",
            "<a><?xml version='1.0'?></a>",
            "<?xml version='1.0'?><?xml version='1.0'?><a/>",
            "<!-- --><?xml version='1.0'?><a/>",
            "x<?xml version='1.0'?><a/>",
        ] {
            assert!(parse(document.as_bytes()).is_err(), "{document}");
        }
        assert_eq!(parse(b"<?xml version='1.0' encoding='latin1'?><a/>").err(), Some(XmlError::Encoding));
        assert_eq!(parse(b"<a>\x1b[2J</a>").err(), Some(XmlError::Encoding));
        assert_eq!(parse(b"<a>\xff</a>").err(), Some(XmlError::Encoding));
    }

    #[test]
    fn an_encoding_is_known_by_its_mark_its_first_characters_or_its_declaration() {
        let document = |name: &str| format!("<?xml version='1.0' encoding='{name}'?><a>東京 ①\\</a>");
        let utf_16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        let shift_jis = |name: &str| SHIFT_JIS.encode(&document(name)).0.into_owned();
        let marked = format!("\u{feff}{}", document("UTF-16"));
        for bytes in [
            document("UTF-8").into_bytes(),
            format!("\n {}", document("utf-8")).into_bytes(),
            format!("\u{feff}{}", document("UTF-8")).into_bytes(),
            utf_16(&marked, u16::to_le_bytes),
            utf_16(&marked, u16::to_be_bytes),
            utf_16(&document("UTF-16LE"), u16::to_le_bytes),
            utf_16(&document("utf-16"), u16::to_be_bytes),
            shift_jis("Shift_JIS"),
            shift_jis("windows-31j"),
        ] {
            let root = parse(&bytes).expect("well formed");
            assert_eq!(root.text.as_str(), "東京 ①\\");
        }
        let undeclared = parse("<a Id='sjis'>東京</a>".as_bytes()).expect("an attribute declares no encoding");
        assert_eq!(undeclared.text.as_str(), "東京");
        let lone_surrogate = [&utf_16("\u{feff}<a>", u16::to_le_bytes)[..], &[0, 0xd8], b"<\0/\0a\0>\0"].concat();
        for bytes in [
            utf_16(&format!("\u{feff}{}", document("Shift_JIS")), u16::to_le_bytes),
            utf_16(&format!("\u{feff}{}", document("UTF-8")), u16::to_be_bytes),
            document("UTF-16").into_bytes(),
            document("Shift_JIS").into_bytes(),
            shift_jis("EUC-JP"),
            format!("\u{feff}{}", document("Shift_JIS")).into_bytes(),
            lone_surrogate,
        ] {
            assert_eq!(parse(&bytes).err(), Some(XmlError::Encoding));
        }
    }

    #[test]
    fn a_namespace_is_its_uri_whatever_the_prefix() {
        let document = "<x:a xmlns:x='urn:ietf:params:xml:ns:keyprov:pskc'><b xmlns='http://www.w3.org/2001/04/xmlenc#'\
                        /><pskc:c xmlns:pskc='urn:else'/><d/></x:a>";
        let root = parse(document.as_bytes()).expect("well formed");
        assert!(root.is(Namespace::Pskc, "a"));
        let children: Vec<_> = root.children.iter().map(|child| child.namespace).collect();
        assert_eq!(children, [Namespace::Xenc, Namespace::Other, Namespace::None]);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(text in "\\PC*", value in "\\PC*") {
            let root = Element::new(Namespace::Pskc, "a").with_attribute("b", value).with_children([
                Element::new(Namespace::Xenc, "c").with_text(text),
            ]);
            let mut read = parse(write(&root).expect("printable text").as_bytes()).expect("as written");
            read.text = Zeroizing::default();
            prop_assert!(read == root);
        }
    }
}
