//! Secrets: from environment variables and files, never from flags (a process list shows them).

use std::path::Path;

use careflex::secrecy::SecretString;

use crate::exit::Failure;

/// Largest file that is taken for a secret.
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
        return not_empty(&value, variable);
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
    let shown = path.display();
    let size = std::fs::metadata(path)
        .map_err(|error| Failure::usage(format!("{shown} (named by {named_by}): {error}")))?
        .len();
    if size > LARGEST {
        return Err(Failure::usage(format!(
            "{shown} (named by {named_by}) is too large for a secret"
        )));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{shown} (named by {named_by}): {error}")))?;
    not_empty(&text, &shown.to_string())
}

fn not_empty(text: &str, place: &str) -> Result<SecretString, Failure> {
    // Editors end files with a line break.
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::usage(format!("{place} is empty")));
    }
    Ok(SecretString::from(text))
}
