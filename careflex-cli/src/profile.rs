//! The settings file `careflex.toml`: named profiles.
//!
//! ```toml
//! [default]
//! token_url = "https://…"
//! rest_url = "https://…"
//! soap_url = "https://…"
//! careflex_id = "09ce3580d84bf087"
//! environment = "production"
//! service_user_file = "service-user"      # beside this file
//! service_secret_file = "service-secret"
//! api_token_file = "api-token"
//! token_cache = "access-token"
//! store = "sqlite:outbox.sqlite"          # optional: the outbox
//! drop_dir = "/srv/synctool/acme"         # for --via csv
//! drop_mode = "640"
//! out_separator = ";"
//! out_layout = "upload.toml"
//!
//! [default.drop_dirs]                     # instead of drop_dir, for several companies
//! "09ce3580d84bf087" = "/srv/synctool/acme"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::args::{EnvironmentArg, ProfileArgs, StoreAddress};
use crate::exit::Failure;

const FILE_NAME: &str = "careflex.toml";
const DEFAULT: &str = "default";

/// The settings of one profile. Files are named from the folder of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) token_url: Option<String>,
    pub(crate) rest_url: Option<String>,
    pub(crate) soap_url: Option<String>,
    pub(crate) careflex_id: Option<String>,
    pub(crate) environment: Option<EnvironmentArg>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) timeout: Option<u64>,
    pub(crate) service_user_file: Option<PathBuf>,
    pub(crate) service_secret_file: Option<PathBuf>,
    pub(crate) api_token_file: Option<PathBuf>,
    pub(crate) token_cache: Option<PathBuf>,
    /// As for `--store`.
    pub(crate) store: Option<StoreAddress>,
    pub(crate) drop_dir: Option<PathBuf>,
    /// By company.
    pub(crate) drop_dirs: Option<BTreeMap<String, PathBuf>>,
    pub(crate) drop_mode: Option<String>,
    pub(crate) out_separator: Option<String>,
    pub(crate) out_layout: Option<PathBuf>,
}

impl Profile {
    /// Reads the profile that the arguments ask for; an empty one when there is no settings file and
    /// nobody asked for one.
    pub(crate) fn read(args: &ProfileArgs) -> Result<Self, Failure> {
        let Some(path) = find(args) else {
            return match &args.profile {
                Some(name) => Err(Failure::usage(format!(
                    "there is no {FILE_NAME} with a profile {name}: give its place with --config"
                ))),
                None => Ok(Self::default()),
            };
        };
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::usage(format!("{}: cannot be read: {error}", path.display()))
        })?;
        Self::parse(&text, args.profile.as_deref())
            .map(|profile| profile.beside(&path))
            .map_err(|message| Failure::usage(format!("{}: {message}", path.display())))
    }

    fn parse(text: &str, name: Option<&str>) -> Result<Self, String> {
        // toml's errors quote the line, which may hold a secret: only its own words and the line's
        // number get out.
        let in_words = |error: &toml::de::Error| {
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map(|before| before.matches('\n').count() + 1);
            match line {
                Some(line) => format!("line {line}: {}", plain(error.message())),
                None => plain(error.message()),
            }
        };
        let mut document: toml::Table = toml::from_str(text).map_err(|error| in_words(&error))?;
        for (profile, settings) in &document {
            let Some(settings) = settings.as_table() else {
                return Err(format!(
                    "{profile} stands outside of a profile: settings belong below a line like [{DEFAULT}]"
                ));
            };
            for secret in ["service_user", "service_secret", "api_token"] {
                if settings.contains_key(secret) {
                    return Err(format!(
                        "[{profile}]: {secret} must not stand here in clear: name a file with {secret}_file, or set an environment variable"
                    ));
                }
            }
        }
        let wanted = name.unwrap_or(DEFAULT);
        let Some(table) = document.remove(wanted) else {
            return match name {
                Some(_) => Err(format!("there is no profile [{wanted}]")),
                None => Ok(Self::default()),
            };
        };
        table
            .try_into()
            .map_err(|error: toml::de::Error| format!("[{wanted}]: {}", plain(error.message())))
    }

    fn beside(mut self, path: &Path) -> Self {
        let folder = path.parent().unwrap_or(Path::new("."));
        let files = [
            &mut self.ca_file,
            &mut self.service_user_file,
            &mut self.service_secret_file,
            &mut self.api_token_file,
            &mut self.token_cache,
            &mut self.drop_dir,
            &mut self.out_layout,
        ];
        let drop_dirs = self.drop_dirs.iter_mut().flat_map(BTreeMap::values_mut);
        let store = self.store.as_mut().map(|store| &mut store.path);
        for file in files.into_iter().flatten().chain(drop_dirs).chain(store) {
            *file = folder.join(&*file);
        }
        self
    }
}

/// A message of the parser without what it quotes of values.
fn plain(message: &str) -> String {
    if message.starts_with("unknown field") {
        return message.to_owned();
    }
    match message.split_once(": ") {
        Some((what, _)) if what.starts_with("invalid") => {
            format!("{what}: a setting has the wrong kind of value")
        }
        _ if message.starts_with("unknown variant") => {
            "environment must be staging, production or custom".to_owned()
        }
        _ => message.lines().next().unwrap_or_default().to_owned(),
    }
}

fn find(args: &ProfileArgs) -> Option<PathBuf> {
    if let Some(path) = &args.config {
        return Some(path.clone());
    }
    let in_config_folder = dirs::config_dir().map(|folder| folder.join("careflex").join(FILE_NAME));
    [Some(PathBuf::from(FILE_NAME)), in_config_folder]
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_named_profile() {
        let text = "[default]\nrest_url = \"a\"\n[test]\nrest_url = \"b\"\nenvironment = \"staging\"\napi_token_file = \"t\"\n";
        let profile = Profile::parse(text, None).unwrap();
        assert_eq!(profile.rest_url.as_deref(), Some("a"));
        let profile = Profile::parse(text, Some("test"))
            .unwrap()
            .beside(Path::new("/etc/careflex/careflex.toml"));
        assert_eq!(profile.environment, Some(EnvironmentArg::Staging));
        assert_eq!(
            profile.api_token_file,
            Some(Path::new("/etc/careflex").join("t"))
        );
        assert!(Profile::parse("", None).is_ok());
    }

    #[test]
    fn folders_are_named_from_the_settings_file() {
        let text = "[default]\ndrop_dir = \"x\"\nout_layout = \"l.toml\"\n[default.drop_dirs]\n\"a\" = \"y\"\n\"b\" = \"/z\"\n";
        let profile = Profile::parse(text, None)
            .unwrap()
            .beside(Path::new("/etc/careflex/careflex.toml"));
        let beside = |name| Some(Path::new("/etc/careflex").join(name));
        assert_eq!(profile.drop_dir, beside("x"));
        assert_eq!(profile.out_layout, beside("l.toml"));
        let folders = profile.drop_dirs.unwrap();
        assert_eq!(folders.get("a"), beside("y").as_ref());
        assert_eq!(folders.get("b"), Some(&PathBuf::from("/z")));
    }

    #[test]
    fn complaints_quote_no_value() {
        for (text, name, expected) in [
            (
                "[default]\nservice_secret = \"planted\"",
                None,
                "service_secret must not stand here",
            ),
            ("[default]\nrest_url = \"planted", None, "line 2"),
            ("[default]\nrest_url = planted", None, "line 2"),
            (
                "[other]\nservice_secret = \"planted\"",
                None,
                "[other]: service_secret must not stand here",
            ),
            (
                "rest_url = \"planted\"",
                None,
                "rest_url stands outside of a profile",
            ),
            (
                "[default]\nrest-url = \"planted\"",
                None,
                "unknown field `rest-url`",
            ),
            (
                "[default]\nenvironment = \"planted\"",
                None,
                "must be staging, production or custom",
            ),
            ("[default]\nrest_url = [\"planted\"]", None, "wrong kind"),
            ("[default]\n", Some("other"), "no profile [other]"),
        ] {
            let message = Profile::parse(text, name).unwrap_err();
            assert!(
                message.contains(expected),
                "{message} (expected {expected})"
            );
            assert!(!message.contains("planted"), "{message}");
        }
    }
}
