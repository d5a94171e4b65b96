//! Reads an incident that is written in the regular way. The code is generated from the schema.

use careflex_core::{Draft, Field, Group};

use crate::xml::regular::Tags;
use crate::xml::scan::Scan;

include!(concat!(env!("OUT_DIR"), "/xml_reader.rs"));
