//! Names of the schema as Rust writes them.

/// A text as documentation of what comes next.
pub(crate) fn doc(text: &str, indent: usize) -> String {
    format!("{:indent$}/// {text}\n", "")
}

/// `zipCode` to `ZipCode`.
pub(crate) fn variant(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// `zipCode` to `zip_code`, with a trailing underscore for a word that Rust keeps for itself.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        if character.is_uppercase() {
            out.push('_');
        }
        out.extend(character.to_lowercase());
    }
    if KEYWORDS.contains(&out.as_str()) {
        out.push('_');
    }
    out
}

/// The words that Rust keeps for itself, as far as they look like a name.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
