//! What the sandbox accepts.

use careflex_core::ApiToken;
use careflex_core::secrecy::SecretString;
use uuid::Uuid;

use crate::fresh_key;

/// What the sandbox accepts: the service user's credentials for access tokens, and the API token of the
/// reporting company. Hidden in `Debug`.
///
/// ```
/// use careflex_sandbox::Credentials;
///
/// let credentials = Credentials::new("user", "planted", "token".parse()?);
/// assert!(!format!("{credentials:?}").contains("planted"));
/// # Ok::<(), careflex_core::TextError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The `username` of the password grant.
    pub service_user: SecretString,
    /// The `password` of the password grant.
    pub service_secret: SecretString,
    /// What belongs into the body of a report. Not checked at sending (documented), but recorded.
    pub api_token: ApiToken,
}

impl Credentials {
    /// Credentials of your choice.
    #[must_use]
    pub fn new(
        service_user: impl Into<SecretString>,
        service_secret: impl Into<SecretString>,
        api_token: ApiToken,
    ) -> Self {
        Self {
            service_user: service_user.into(),
            service_secret: service_secret.into(),
            api_token,
        }
    }

    /// Credentials that nobody else has.
    #[must_use]
    pub fn random() -> Self {
        Self {
            service_user: format!("service-user-{}", Uuid::new_v4()).into(),
            service_secret: Uuid::new_v4().simple().to_string().into(),
            api_token: fresh_key(),
        }
    }
}
