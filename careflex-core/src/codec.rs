//! What the readers and writers of all formats share. Not part of the public interface.

pub use crate::draft::{Source, is_around, read_regular};
pub use crate::schema::{Leaf, Leaves};
pub use crate::text::{Piece, is_plain, is_trimmed, trim, valid_begin};
