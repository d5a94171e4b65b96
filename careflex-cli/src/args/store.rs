//! The outbox, and how what is in it is sent.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use super::portal::AddressArgs;
use super::report::{DropArgs, Via};

/// Where the outbox is.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    /// The outbox, as sqlite:FILE: keeps incidents and what became of them through crashes. A new one is created
    #[arg(
        long,
        env = "CAREFLEX_STORE",
        hide_env_values = true,
        value_name = "STORE"
    )]
    pub(crate) store: Option<StoreAddress>,
    /// Days after the answer until the content of an incident is removed from the outbox [default: 30]
    #[arg(long, value_name = "DAYS")]
    pub(crate) retention: Option<u32>,
}

/// Where an outbox is: `sqlite:FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreAddress {
    pub(crate) path: PathBuf,
}

impl FromStr for StoreAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self { path: path.into() }),
            _ => Err("must be sqlite:FILE, for example sqlite:outbox.sqlite"),
        }
    }
}

impl<'de> Deserialize<'de> for StoreAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|error| de::Error::custom(format!("store {error}")))
    }
}

/// How what is in the outbox is sent.
#[derive(Debug, clap::Args)]
pub(crate) struct SendingArgs {
    /// The interface to report over
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) via: Via,
    /// Most requests (or files) at the same time [default: 8]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    pub(crate) concurrency: Option<u16>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) drop: DropArgs,
    #[command(flatten)]
    pub(crate) addresses: AddressArgs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_says_of_what_kind_it_is() {
        let address: StoreAddress = "sqlite:C:\\hr\\outbox".parse().unwrap();
        assert_eq!(address.path, PathBuf::from("C:\\hr\\outbox"));
        for wrong in ["", "outbox", "sqlite:", "postgres://x"] {
            assert!(wrong.parse::<StoreAddress>().is_err(), "{wrong}");
        }
    }
}
