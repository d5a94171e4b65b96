//! The leaf types of the model and the tables of its fields, generated from the schema.

use crate::codegen::*;

include!(concat!(env!("OUT_DIR"), "/model.rs"));
