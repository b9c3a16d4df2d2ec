//! Elements and attributes of XML, as far as drawings need them. Entities are not decoded: sizes and coordinates have none. Of
//! namespaces only the usual prefixes are known.

/// An element; the ones inside follow it.
pub(super) struct Node<'a> {
    pub name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    /// Behind the last of those inside.
    pub end: usize,
    /// The text right behind its tag.
    pub text: &'a str,
}

impl<'a> Node<'a> {
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.trim())
    }
}

/// The elements of a text, each before those inside. What is not well-formed ends at the end.
pub(super) fn nodes(text: &str) -> Vec<Node<'_>> {
    let mut nodes: Vec<Node<'_>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        if let Some(node) = nodes.last_mut().filter(|node| node.text.is_empty()) {
            node.text = before;
        }
        let skipped =
            [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>")].iter().find(|(begin, _)| tag.starts_with(begin));
        if let Some((begin, end)) = skipped {
            let (inside, after) = tag[begin.len()..].split_once(end).unwrap_or((tag, ""));
            if let Some(node) = nodes.last_mut().filter(|_| *begin == "![CDATA[") {
                node.text = inside;
            }
            rest = after;
            continue;
        }
        let (tag, after) = tag.split_at(end_of(tag));
        rest = after.get(1..).unwrap_or_default();
        if tag.starts_with('/') {
            let count = nodes.len();
            open.pop().into_iter().for_each(|at| nodes[at].end = count);
        } else if !tag.starts_with('!') {
            let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let (name, attributes) = tag.split_once(|letter: char| letter.is_ascii_whitespace()).unwrap_or((tag, ""));
            let name = name.strip_prefix("svg:").unwrap_or(name);
            let at = nodes.len();
            nodes.push(Node { name, attributes: self::attributes(attributes), end: at + 1, text: "" });
            if !is_empty {
                open.push(at);
            }
        }
    }
    let count = nodes.len();
    open.into_iter().for_each(|at| nodes[at].end = count);
    nodes
}

/// Where the tag ends: a `>` outside quotes.
fn end_of(tag: &str) -> usize {
    let mut quote = None;
    let end = tag.bytes().position(|byte| {
        match quote {
            None if byte == b'>' => return true,
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            Some(open) if open == byte => quote = None,
            _ => {}
        }
        false
    });
    end.unwrap_or(tag.len())
}

fn attributes(text: &str) -> Vec<(&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(|| {
        let (name, tail) = rest.split_once('=')?;
        let tail = tail.trim_start();
        let quote = tail.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, after) = tail[1..].split_once(quote)?;
        rest = after;
        Some((name.trim(), value))
    })
    .collect()
}
