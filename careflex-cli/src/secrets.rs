//! Secrets: from environment variables and files, never from flags (a process list shows them).

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use careflex::secrecy::SecretString;

use crate::exit::Failure;

/// Largest file that is taken for a secret, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Reads a secret from the variable, from the file that the variable with `_FILE` names, or from the
/// profile's file.
pub(crate) fn read(
    variable: &str,
    profile_file: Option<&Path>,
    what: &str,
) -> Result<SecretString, Failure> {
    if let Some(value) = std::env::var_os(variable).filter(|value| !value.is_empty()) {
        let value = value
            .into_string()
            .map_err(|_| Failure::usage(format!("{variable} is not UTF-8")))?;
        return secret(&value, variable);
    }
    let file_variable = format!("{variable}_FILE");
    if let Some(path) = std::env::var_os(&file_variable).filter(|path| !path.is_empty()) {
        return from_file(Path::new(&path), &file_variable);
    }
    match profile_file {
        Some(path) => from_file(path, "the profile"),
        None => Err(Failure::usage(format!(
            "{what} is missing: set {variable} or {file_variable}, or name a file in the profile"
        ))),
    }
}

fn from_file(path: &Path, named_by: &str) -> Result<SecretString, Failure> {
    let place = format!("{} (named by {named_by})", path.display());
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::usage(format!("{place}: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::usage(format!("{place} is too large for a secret")));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{place} is not UTF-8: save it as UTF-8")))?;
    secret(&text, &place)
}

/// Editors begin files with a byte order mark and end them with a line break.
fn secret(text: &str, place: &str) -> Result<SecretString, Failure> {
    let text = text.trim_start_matches('\u{FEFF}').trim();
    if text.is_empty() {
        return Err(Failure::usage(format!("{place} is empty")));
    }
    if text.contains(char::is_control) {
        return Err(Failure::usage(format!(
            "{place} must hold one line of text"
        )));
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use careflex::secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn what_editors_add_is_no_part_of_a_secret() {
        let read = secret("\u{FEFF}s3cret \r\n", "x").unwrap();
        assert_eq!(read.expose_secret(), "s3cret");
        for text in ["", "\u{FEFF}\n", "two\nlines", "nul\0"] {
            assert!(secret(text, "x").is_err());
        }
    }

    #[test]
    fn files_are_read_up_to_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, vec![b'a'; 70_000]).unwrap();
        assert!(
            from_file(&path, "x")
                .unwrap_err()
                .message
                .contains("too large")
        );
        std::fs::write(&path, b"\xFF\xFEp\0").unwrap();
        assert!(from_file(&path, "x").unwrap_err().message.contains("UTF-8"));
    }
}
