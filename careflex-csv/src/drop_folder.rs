//! Folders that the operator's transfer tool watches.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use careflex_core::CareflexId;

use crate::handover::{CsvFile, Handover, HandoverError};

/// Puts files into the folders that the operator's SyncTool watches: one folder for one CareFlex ID (documented).
#[derive(Debug, Default)]
pub struct DropFolder {
    folders: std::collections::BTreeMap<CareflexId, PathBuf>,
}

impl DropFolder {
    /// Without any folder yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the folder of a company.
    #[must_use]
    pub fn folder(mut self, careflex_id: CareflexId, folder: impl Into<PathBuf>) -> Self {
        self.folders.insert(careflex_id, folder.into());
        self
    }

    /// The folder of a company.
    #[must_use]
    pub fn folder_of(&self, careflex_id: &CareflexId) -> Option<&Path> {
        self.folders.get(careflex_id).map(PathBuf::as_path)
    }
}

#[async_trait]
impl Handover for DropFolder {
    async fn hand_over(&self, file: CsvFile) -> Result<(), HandoverError> {
        let _ = file;
        unimplemented!()
    }
}
