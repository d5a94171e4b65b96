//! Start tags: names and attributes by their namespaces.

use quick_xml::events::BytesStart;
use quick_xml::name::{NamespaceResolver, PrefixDeclaration, QName, ResolveResult};

use super::names;
use super::well_formed::{self, Attribute, Complaint};

/// Longest address of a namespace in bytes: all addresses in sight are compared again and again.
const MAX_ADDRESS: usize = 512;

pub(super) const RESERVED: Complaint = "a reserved namespace or prefix is declared anew";
const UNDECLARED: Complaint = "a namespace prefix is not declared: there is no xmlns:… for it";

/// A start tag.
pub(super) struct Tag {
    pub(super) namespace: Namespace,
    /// The name without its prefix.
    pub(super) name: String,
    /// `xsi:nil`
    pub(super) is_nil: bool,
    /// It has an attribute without a namespace.
    pub(super) has_attribute: bool,
    /// The line on which it begins.
    pub(super) line: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    /// None at all.
    Absent,
    Soap,
    Soap12,
    Careflex2,
    Careflex1,
    SchemaInstance,
    Other,
}

impl Tag {
    /// Reads a start tag, whose namespaces are declared already.
    pub(super) fn read(
        tag: &BytesStart<'_>,
        namespaces: &NamespaceResolver,
        line: u64,
    ) -> Result<Self, Complaint> {
        let attributes = well_formed::start_tag(tag)?;
        let (mut is_nil, mut has_attribute) = (false, false);
        let mut qualified: Vec<(&str, &str)> = Vec::new();
        for Attribute { name, value } in attributes {
            let name = QName(name);
            if let Some(prefix) = name.as_namespace_binding() {
                declaration(&prefix, value)?;
                continue;
            }
            let (resolved, local) = namespaces.resolve_attribute(name);
            let local = local.into_inner();
            match Namespace::of(&resolved).ok_or(UNDECLARED)? {
                Namespace::SchemaInstance if local == "nil" => {
                    is_nil = matches!(value.trim(), "true" | "1");
                }
                Namespace::Absent => has_attribute = true,
                // What others attach is theirs.
                _ => {}
            }
            if let ResolveResult::Bound(address) = resolved {
                let name = (local, address.into_inner());
                if qualified.contains(&name) {
                    return Err("an attribute is there twice, with different prefixes");
                }
                qualified.push(name);
            }
        }
        let (resolved, name) = namespaces.resolve_element(tag.name());
        Ok(Self {
            namespace: Namespace::of(&resolved).ok_or(UNDECLARED)?,
            name: name.into_inner().to_owned(),
            is_nil,
            has_attribute,
            line,
        })
    }

    pub(super) fn is(&self, namespace: Namespace, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }
}

impl Namespace {
    /// `None` if a prefix is not declared.
    pub(super) fn of(resolved: &ResolveResult<'_>) -> Option<Self> {
        Some(match resolved {
            ResolveResult::Unbound => Self::Absent,
            ResolveResult::Unknown(_) => return None,
            ResolveResult::Bound(address) => match address.into_inner() {
                "" => Self::Absent,
                // No element and no attribute beside the declarations may have it.
                names::XMLNS => return None,
                names::SOAP => Self::Soap,
                names::SOAP_12 => Self::Soap12,
                names::CAREFLEX_2_0 => Self::Careflex2,
                names::CAREFLEX_1_0 => Self::Careflex1,
                names::SCHEMA_INSTANCE => Self::SchemaInstance,
                _ => Self::Other,
            },
        })
    }
}

/// Checks what the parser takes as it is in the declaration of a namespace.
fn declaration(prefix: &PrefixDeclaration<'_>, address: &str) -> Result<(), Complaint> {
    if address.len() > MAX_ADDRESS {
        return Err("a namespace has an address of more than 512 bytes");
    }
    // The parser does not resolve references in addresses, so a name would be taken for another.
    if address.contains("&#") {
        return Err("a namespace is declared with a character reference in its address");
    }
    match (prefix, address) {
        (PrefixDeclaration::Named(_), "") => Err("a namespace prefix is declared as nothing"),
        (PrefixDeclaration::Default, names::XML | names::XMLNS) => Err(RESERVED),
        _ => Ok(()),
    }
}
