//! What stands in a token file.
//!
//! ```json
//! {"careflex_access_token":1,"owner":"0123456789abcdef","access_token":"…","issued_at":1795255200,"valid_until":1795298400}
//! ```
//!
//! Times are seconds since 1970. `valid_until` is null when the portal did not say.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use careflex_core::StoredToken;
use careflex_core::secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::files::Found;
use crate::endpoint::Endpoint;
use crate::password_grant::{Credentials, is_usable_token};

/// How a file of ours begins: what else would?
const BEGINNING: &[u8] = br#"{"careflex_access_token":"#;
const VERSION: u32 = 1;

/// What a file holds that may be replaced.
pub(super) enum Content {
    /// There is no file.
    Nothing,
    /// A token.
    Token(StoredToken),
    /// Nothing that could be used; what follows "it" says why.
    Unusable(&'static str),
}

/// Whose token a file holds: a hash of token endpoint and service user, so that neither stands there.
pub(super) struct Owner(String);

#[derive(Serialize, Deserialize)]
struct Document<'a> {
    /// The version of this format.
    careflex_access_token: u32,
    owner: Cow<'a, str>,
    access_token: Cow<'a, str>,
    issued_at: u64,
    valid_until: Option<u64>,
}

impl Owner {
    pub(super) fn new(token_endpoint: &Endpoint, credentials: &Credentials) -> Self {
        let endpoint = token_endpoint.as_url().as_str().as_bytes();
        // No address and no user holds a zero byte.
        let both = [endpoint, &[0], credentials.user().as_bytes()].concat();
        Self(format!("{:016x}", fnv1a(&both)))
    }

    /// What a file holds.
    ///
    /// # Errors
    /// Why it must be left alone: it is not ours.
    pub(super) fn read(&self, found: &Found) -> Result<Content, String> {
        let bytes = found.bytes.as_slice();
        if bytes.is_empty() {
            return Ok(Content::Unusable("is empty"));
        }
        // The beginning alone is ours, cut off.
        if !bytes.starts_with(BEGINNING) && !BEGINNING.starts_with(bytes) {
            return Err(
                "it holds something else than an access token, and is left alone".to_owned(),
            );
        }
        if found.is_open_to_others {
            return Ok(Content::Unusable("can be read by others than its owner"));
        }
        if found.is_too_large {
            return Ok(Content::Unusable("is too large"));
        }
        Ok(self
            .parse(bytes)
            .map_or_else(Content::Unusable, Content::Token))
    }

    /// Why not, without what serde would quote.
    fn parse(&self, bytes: &[u8]) -> Result<StoredToken, &'static str> {
        let document: Document<'_> = serde_json::from_slice(bytes)
            .map_err(|_| "is damaged, or of another version of this program")?;
        if document.careflex_access_token != VERSION {
            return Err("is of another version of this program");
        }
        if document.owner != self.0 {
            return Err("holds a token of another service user or address");
        }
        if !is_usable_token(&document.access_token) {
            return Err("holds no token");
        }
        let since_1970 = |seconds| {
            SystemTime::UNIX_EPOCH
                .checked_add(Duration::from_secs(seconds))
                .ok_or("holds an impossible time")
        };
        let issued_at = since_1970(document.issued_at)?;
        let validity = match document.valid_until {
            Some(end) => Some(
                since_1970(end)?
                    .duration_since(issued_at)
                    .unwrap_or_default(),
            ),
            None => None,
        };
        Ok(StoredToken::new(
            document.access_token.into_owned(),
            issued_at,
            validity,
        ))
    }

    /// The text of a file.
    pub(super) fn write(&self, token: &StoredToken) -> Result<Vec<u8>, String> {
        let seconds = |time: SystemTime| {
            time.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs()
        };
        let document = Document {
            careflex_access_token: VERSION,
            owner: self.0.as_str().into(),
            access_token: token.secret.expose_secret().into(),
            issued_at: seconds(token.issued_at),
            valid_until: token.valid_until().map(seconds),
        };
        serde_json::to_vec(&document).map_err(|_| "it cannot be written".to_owned())
    }
}

/// FNV-1a, 64 bits: it tells owners apart, and is no protection against who guesses names. Whoever can
/// read the file has the token itself.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
