//! One line of a file that is being written.

use crate::separator::Separator;

/// Our decision, as RFC 4180 has it: the operator's transfer tool runs on Windows only.
pub(crate) const END: &[u8] = b"\r\n";

/// A line that grows by a cell at a time, at the end of a buffer.
pub(crate) struct Line<'a> {
    out: &'a mut Vec<u8>,
    separator: Separator,
    start: usize,
    cells: usize,
}

impl<'a> Line<'a> {
    /// Begins a line.
    pub(crate) fn new(separator: Separator, out: &'a mut Vec<u8>) -> Self {
        Self {
            start: out.len(),
            out,
            separator,
            cells: 0,
        }
    }

    /// Appends a cell.
    pub(crate) fn cell(&mut self, text: &str) {
        let separator = self.separator.as_char();
        if self.cells > 0 {
            let mut utf_8 = [0; 4];
            self.out
                .extend_from_slice(separator.encode_utf8(&mut utf_8).as_bytes());
        }
        self.cells += 1;
        put_cell(text, separator, self.out);
    }

    /// Ends the line.
    pub(crate) fn end(self) {
        if self.cells == 1 && self.out.len() == self.start {
            // Readers pass over a line with nothing in it.
            self.out.extend_from_slice(b"\"\"");
        }
        self.out.extend_from_slice(END);
    }
}

/// Appends what stands in a cell, in quotation marks only where a reader would take it for something else without.
pub(crate) fn put_cell(text: &str, separator: char, out: &mut Vec<u8>) {
    if !needs_quotes(text, separator) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for (number, part) in text.split('"').enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// Some readers trim what has no quotation marks around it, and take a byte order mark for the file's.
fn needs_quotes(text: &str, separator: char) -> bool {
    let may_be_trimmed = |character: char| character.is_whitespace() || character == '\u{FEFF}';
    text.starts_with(may_be_trimmed)
        || text.ends_with(may_be_trimmed)
        || text.contains(|character: char| {
            matches!(character, '"' | '\r' | '\n') || character == separator
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(separator: char, cells: &[&str]) -> String {
        let mut out = Vec::new();
        let mut line = Line::new(Separator::new(separator).unwrap(), &mut out);
        for cell in cells {
            line.cell(cell);
        }
        line.end();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn quotation_marks_stand_only_where_they_must() {
        for (cell, written) in [
            ("Thomas", "Thomas"),
            ("", ""),
            ("a,b§c", "a,b§c"),
            ("a b", "a b"),
            ("O'Neill", "O'Neill"),
            ("a;b", "\"a;b\""),
            ("a\"b", "\"a\"\"b\""),
            ("\"", "\"\"\"\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("a\rb", "\"a\rb\""),
            ("a\nb", "\"a\nb\""),
            (" a", "\" a\""),
            ("a\u{a0}", "\"a\u{a0}\""),
            ("\u{feff}a", "\"\u{feff}a\""),
        ] {
            assert_eq!(line(';', &["x", cell]), format!("x;{written}\r\n"));
        }
        assert_eq!(line('§', &["a;b", "c§d"]), "a;b§\"c§d\"\r\n");
        assert_eq!(line(' ', &["a b", "c"]), "\"a b\" c\r\n");
    }

    #[test]
    fn no_line_is_blank() {
        assert_eq!(line(';', &[""]), "\"\"\r\n");
        assert_eq!(line(';', &["", ""]), ";\r\n");
    }
}
