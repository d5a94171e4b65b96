//! Reads one incident into a draft, driven by the tables of the schema.

use std::io::BufRead;

use careflex_core::{Child, Draft, Group, InputRow, Rules, Violation, ViolationCode};

use super::cursor::{Broken, Content, Cursor, Leaf};
use super::names::{NEW_INCIDENT, PLAIN_INCIDENT};
use super::scan::Scan;
use super::tag::{Namespace, Tag};

mod regular;

pub(super) use regular::TAGS;

/// Reads an element of an incident list, if it is written in the regular way.
pub(super) fn regular(scan: &mut Scan<'_>, line: u64, rules: &Rules) -> Option<InputRow> {
    let mut draft = Draft::new();
    draft.set_line(line);
    regular::read_incident(scan, &mut draft)?;
    Some(draft.finish(rules))
}

/// Reads an element of an incident list up to its end tag. Whatever is wrong with it is in the row; only
/// broken XML is an error.
pub(super) fn read<R: BufRead>(
    cursor: &mut Cursor<R>,
    tag: &Tag,
    rules: &Rules,
) -> Result<InputRow, Broken> {
    cursor.measure();
    let mut draft = Draft::new();
    draft.set_line(tag.line);
    let is_new = tag.name == NEW_INCIDENT;
    if tag.namespace != Namespace::Absent || !(is_new || tag.name == PLAIN_INCIDENT) {
        cursor.skip()?;
        cursor.stop_measuring();
        draft.reject(Violation::error(
            "",
            ViolationCode::Unknown,
            "must be a plainIncident (without master data) or a newIncident (with), without a namespace",
        ));
        return Ok(draft.finish(rules));
    }
    let mut group = GroupReader {
        cursor,
        draft: &mut draft,
        is_plain: !is_new,
        has_employee: false,
    };
    if tag.has_attribute {
        group
            .draft
            .note(Violation::error("", ViolationCode::Unknown, ATTRIBUTE));
    }
    if tag.is_nil {
        group.draft.note(Violation::error(
            "",
            ViolationCode::WrongKind,
            "is nil: an incident is there or it is not",
        ));
    }
    group.read(Group::Incident)?;
    let has_employee = group.has_employee;
    cursor.stop_measuring();
    let mut row = draft.finish(rules);
    // The rules know of required master data by the type; the element demands it too.
    if is_new && !has_employee && row.incident.is_ok() {
        row.refuse(Violation::error(
            Group::Employee.path(),
            ViolationCode::Missing,
            "is missing: an incident without master data is a plainIncident",
        ));
    }
    Ok(row)
}

/// The schema has none, and what it may mean is lost.
const ATTRIBUTE: &str = "has an attribute: the elements of an incident have none";

struct GroupReader<'c, 'd, R: BufRead> {
    cursor: &'c mut Cursor<R>,
    draft: &'d mut Draft<'static>,
    is_plain: bool,
    has_employee: bool,
}

impl<R: BufRead> GroupReader<'_, '_, R> {
    /// Reads the elements of a group up to its end tag.
    fn read(&mut self, group: Group) -> Result<(), Broken> {
        self.draft.open(group);
        let mut last = None;
        let mut holds_text = false;
        loop {
            let tag = match self.cursor.next()? {
                Content::Element(tag) => tag,
                Content::Text => {
                    holds_text = true;
                    continue;
                }
                Content::End => break,
            };
            let children = group.children();
            let known = children.iter().position(|child| child.name() == tag.name);
            let Some((place, child)) = known.and_then(|place| Some((place, children.get(place)?)))
            else {
                self.draft.unknown(group, &tag.name);
                self.cursor.skip()?;
                continue;
            };
            if tag.namespace != Namespace::Absent {
                self.complain(
                    *child,
                    ViolationCode::Unknown,
                    "must have no namespace: only the request itself has one (is there an xmlns without a prefix?)",
                );
                self.cursor.skip()?;
                continue;
            }
            match last.and_then(|last: usize| Some((last, children.get(last)?))) {
                Some((last, before)) if place < last => {
                    let before = before.name();
                    self.complain(
                        *child,
                        ViolationCode::Order,
                        format!(
                            "must stand in front of {before}: the order of the elements is fixed"
                        ),
                    );
                }
                Some((last, _)) if place == last => {
                    self.complain(*child, ViolationCode::Doubled, "is there twice");
                    self.cursor.skip()?;
                    continue;
                }
                _ => last = Some(place),
            }
            if tag.has_attribute {
                self.complain(*child, ViolationCode::Unknown, ATTRIBUTE);
            }
            self.child(*child, &tag)?;
        }
        if holds_text {
            self.draft.note(Violation::error(
                group.path(),
                ViolationCode::WrongKind,
                "holds a text where only elements belong",
            ));
        }
        Ok(())
    }

    fn child(&mut self, child: Child, tag: &Tag) -> Result<(), Broken> {
        match child {
            Child::Field(field) => match self.cursor.leaf(tag)? {
                Leaf::Absent => {}
                Leaf::Text(text) => self.draft.set(field, text),
                Leaf::Odd => self.draft.refuse(
                    field,
                    ViolationCode::WrongKind,
                    "must be a text without elements",
                ),
            },
            Child::Group(_) if tag.is_nil => {
                if !self.cursor.skip()?.is_empty() {
                    self.complain(
                        child,
                        ViolationCode::WrongKind,
                        "is nil, but not empty: leave out what is not there",
                    );
                }
            }
            Child::Group(group) => {
                if self.is_plain && group == Group::Employee {
                    self.complain(
                        child,
                        ViolationCode::Unknown,
                        "is not known in a plainIncident: an incident with master data is a newIncident",
                    );
                }
                self.has_employee |= group == Group::Employee;
                self.read(group)?;
            }
        }
        Ok(())
    }

    fn complain(
        &mut self,
        child: Child,
        code: ViolationCode,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        let path = match child {
            Child::Field(field) => field.path(),
            Child::Group(group) => group.path(),
        };
        self.draft.note(Violation::error(path, code, message));
    }
}
