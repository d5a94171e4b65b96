//! How CSV files are written: from settings to an encoder.

use std::path::Path;

use careflex::csv::{Encoder, Layout, Separator};

use crate::args::OutArgs;
use crate::exit::Failure;
use crate::layout_file::{self, unusable};
use crate::profile::Profile;

const FLAG: &str = "--out-layout";

/// The encoder of files for the portal. `separator` is that of the files that are read.
pub(crate) fn for_portal(
    args: &OutArgs,
    separator: Option<Separator>,
    profile: &Profile,
) -> Result<Encoder, Failure> {
    let of_profile = profile.out_separator.as_deref().map(|text| {
        text.parse()
            .map_err(|error| Failure::usage(format!("out_separator of the profile {error}")))
    });
    // What the portal is set up for says more than what the files here are like.
    let separator = args.out_separator.or(of_profile.transpose()?).or(separator);
    let layout = args.out_layout.as_deref().or(profile.out_layout.as_deref());
    encoder(separator, layout)
}

/// The encoder of files for whoever wants them: what the profile says of the portal does not count.
pub(crate) fn for_anybody(
    args: &OutArgs,
    separator: Option<Separator>,
) -> Result<Encoder, Failure> {
    encoder(args.out_separator.or(separator), args.out_layout.as_deref())
}

fn encoder(separator: Option<Separator>, layout: Option<&Path>) -> Result<Encoder, Failure> {
    let read = layout
        .map(|path| layout_file::read(path, FLAG))
        .transpose()?;
    Encoder::new(
        separator.unwrap_or_default(),
        read.unwrap_or_else(Layout::standard),
    )
    .map_err(|error| unusable(layout, FLAG, &error))
}
