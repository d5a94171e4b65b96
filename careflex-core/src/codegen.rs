//! What the code that `careflex-xsd` generates needs in scope. Not part of the public interface.

pub use std::fmt;

pub use chrono::NaiveDate;
pub use serde::{Deserialize, Serialize};
pub use typed_builder::TypedBuilder;
pub use validator::{Validate, ValidationErrors};

pub use crate::draft::Values;
pub use crate::rules::{Glance, validate};
pub use crate::schema::{
    Atom, Child, FieldInfo, GroupInfo, Leaf, LeafKind, Leaves, Limit, Pattern, Tables, day,
};
pub use crate::serde_forms::{iso_date, json_number};
pub use crate::text::{Hidden, Text};
