//! The schema flattened into what the generators walk: the leaf elements ("fields") of an incident
//! in schema order, and the groups (complex types) that hold them.

use crate::schema::{Base, Element, Schema, SchemaError, SimpleType};

/// An incident as fields and groups. Group 0 is the incident itself.
pub(crate) struct IncidentModel<'s> {
    pub(crate) fields: Vec<Field<'s>>,
    pub(crate) groups: Vec<Group<'s>>,
}

/// A leaf element.
pub(crate) struct Field<'s> {
    pub(crate) element: &'s Element,
    pub(crate) simple: &'s SimpleType,
    /// `employee.address.zipCode`
    pub(crate) path: String,
    /// The group that holds it; `None` for `careflexId`, which belongs to the report.
    pub(crate) group: Option<usize>,
}

/// A complex type in its one place.
pub(crate) struct Group<'s> {
    /// `None` for the incident itself.
    pub(crate) element: Option<&'s Element>,
    pub(crate) type_name: &'s str,
    pub(crate) documentation: &'s str,
    pub(crate) path: String,
    pub(crate) parent: Option<usize>,
    /// May be absent: by the schema, or because an incident may come without master data.
    pub(crate) optional: bool,
    pub(crate) children: Vec<Child>,
}

/// What stands in a group, in schema order.
#[derive(Clone, Copy)]
pub(crate) enum Child {
    Field(usize),
    Group(usize),
}

/// A field or group as a member of the group around it.
#[derive(Clone, Copy)]
pub(crate) enum Member<'m, 's> {
    Field(&'m Field<'s>),
    Group(&'s Element, &'m Group<'s>),
}

impl Member<'_, '_> {
    pub(crate) fn element(&self) -> &Element {
        match self {
            Self::Field(field) => field.element,
            Self::Group(element, _) => element,
        }
    }

    pub(crate) fn is_optional(&self) -> bool {
        match self {
            Self::Field(field) => field.element.optional,
            Self::Group(_, group) => group.optional,
        }
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "group indices are made here and never removed"
)]
impl<'s> IncidentModel<'s> {
    pub(crate) fn of(schema: &'s Schema) -> Result<Self, SchemaError> {
        let mut model = Self {
            fields: Vec::new(),
            groups: Vec::new(),
        };
        let request = schema.complex("NewIncidentRequest")?;
        let careflex_id = request
            .elements
            .iter()
            .find(|element| element.name == "careflexId")
            .ok_or_else(|| SchemaError::new(request.line, "the element careflexId is missing"))?;
        model.field(schema, careflex_id, "", None)?;
        let known = ["careflexId", "apitoken", "incidentList"];
        if let Some(other) = request
            .elements
            .iter()
            .find(|element| !known.contains(&element.name.as_str()))
        {
            return Err(SchemaError::new(
                other.line,
                format!(
                    "a report cannot hold {}: reports are written by hand",
                    other.name
                ),
            ));
        }
        let incident = schema.complex("NewIncident")?;
        model.groups.push(Group {
            element: None,
            type_name: "Incident",
            documentation: &incident.documentation,
            path: String::new(),
            parent: None,
            optional: false,
            children: Vec::new(),
        });
        model.fill(schema, 0, "NewIncident")?;
        Ok(model)
    }

    /// What stands in a group, in schema order.
    pub(crate) fn members<'m>(&'m self, group: &Group<'s>) -> Vec<Member<'m, 's>> {
        let member = |child: &Child| match *child {
            Child::Field(at) => Some(Member::Field(&self.fields[at])),
            Child::Group(at) => {
                let group = &self.groups[at];
                // Only the incident itself has no element, and it is nobody's member.
                group.element.map(|element| Member::Group(element, group))
            }
        };
        group.children.iter().filter_map(member).collect()
    }

    /// The first and last field anywhere in a group: fields stand in document order, so they are a range.
    pub(crate) fn fields_in(&self, group: usize) -> Option<(usize, usize)> {
        let inside = |field: &Field<'_>| self.lies_in(field.group, group);
        let first = self.fields.iter().position(inside)?;
        let last = self.fields.iter().rposition(inside)?;
        Some((first, last))
    }

    /// The first and last group anywhere in a group, without itself.
    pub(crate) fn groups_in(&self, group: usize) -> Option<(usize, usize)> {
        let inside = |other: &Group<'_>| self.lies_in(other.parent, group);
        let first = self.groups.iter().position(inside)?;
        let last = self.groups.iter().rposition(inside)?;
        Some((first, last))
    }

    fn lies_in(&self, group: Option<usize>, outer: usize) -> bool {
        group.is_some_and(|group| group == outer || self.lies_in(self.groups[group].parent, outer))
    }

    fn fill(
        &mut self,
        schema: &'s Schema,
        group: usize,
        type_name: &str,
    ) -> Result<(), SchemaError> {
        // What a plain incident lacks is optional in ours, which is both.
        let plain = schema.elements_of("PlainIncident")?;
        for element in schema.elements_of(type_name)? {
            if element.repeated {
                return Err(SchemaError::new(
                    element.line,
                    format!(
                        "{} may be there once only: lists inside an incident are not known",
                        element.name
                    ),
                ));
            }
            let prefix = self.groups[group].path.clone();
            let child = if schema.simple.contains_key(&element.type_name) {
                Child::Field(self.field(schema, element, &prefix, Some(group))?)
            } else {
                let complex = schema.complex(&element.type_name)?;
                if complex.choice.is_some() || complex.extends.is_some() {
                    return Err(SchemaError::new(
                        element.line,
                        format!("{} must be a plain sequence", element.type_name),
                    ));
                }
                let index = self.groups.len();
                self.groups.push(Group {
                    element: Some(element),
                    type_name: &element.type_name,
                    documentation: &complex.documentation,
                    path: join(&prefix, &element.name),
                    parent: Some(group),
                    optional: element.optional
                        || (group == 0 && !plain.iter().any(|other| other.name == element.name)),
                    children: Vec::new(),
                });
                self.fill(schema, index, &element.type_name)?;
                Child::Group(index)
            };
            self.groups[group].children.push(child);
        }
        Ok(())
    }

    fn field(
        &mut self,
        schema: &'s Schema,
        element: &'s Element,
        prefix: &str,
        group: Option<usize>,
    ) -> Result<usize, SchemaError> {
        if let Some(twin) = self
            .fields
            .iter()
            .find(|field| field.element.name == element.name)
        {
            return Err(SchemaError::new(
                element.line,
                format!(
                    "the name {} is taken by {}: names of leaf elements must be unique (they are CSV columns)",
                    element.name, twin.path
                ),
            ));
        }
        let simple = schema.simple.get(&element.type_name).ok_or_else(|| {
            SchemaError::new(element.line, format!("{} must hold a value", element.name))
        })?;
        if element.json != element.name {
            return Err(SchemaError::new(
                element.line,
                format!("{} must have the same name in JSON", element.name),
            ));
        }
        if simple.base == Base::Number {
            return Err(SchemaError::new(
                element.line,
                format!(
                    "{} cannot be a number: use text with a pattern",
                    element.name
                ),
            ));
        }
        self.fields.push(Field {
            element,
            simple,
            path: join(prefix, &element.name),
            group,
        });
        Ok(self.fields.len() - 1)
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}
