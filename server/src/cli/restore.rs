//! `fieldledger restore`: puts a backup in place. The server it makes is another incarnation of the one that was
//! backed up, so devices give back what they were promised since.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::backup::{MANIFEST, Manifest, entries, private_dir, private_file, sync_tree, with_suffix};
use super::{CliError, DataDir, output};
use crate::host::{Clock as _, SystemClock, SystemRng, random};
use crate::store::{Store, StoreError, audit, backup, cursors, known_version};

/// `restore`
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// Directory that `backup` wrote
    src: PathBuf,
    #[command(flatten)]
    data: DataDir,
    /// Move a data directory that is not empty aside, and restore in its place
    #[arg(long)]
    force: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Restore {
    /// Checks the backup, puts it in place, and begins a new epoch.
    pub fn run(self) -> Result<(), CliError> {
        let manifest = check(&self.src)?;
        let target = &self.data.data;
        let occupied = target.exists() && std::fs::read_dir(target)?.next().is_some();
        if occupied && backup::in_use(target)? {
            return Err(StoreError::DataInUse.into());
        }
        if occupied && !self.force {
            let message = format!("{} is not empty; --force moves it aside", target.display());
            return Err(CliError::new("not_empty", message));
        }
        // Everything is made ready beside the target; the last step is a rename.
        let staging = with_suffix(target, "restoring");
        if staging.exists() {
            std::fs::remove_dir_all(&staging)?;
        }
        copy(&self.src, &staging, &manifest)?;
        let now = SystemClock.now();
        let store = Store::open(&staging)?;
        let id = random(&SystemRng).map_err(|e| CliError::new("server_fault", e.to_string()))?;
        let entry = audit::Entry {
            who: None,
            what: "restored",
            target: String::new(),
            detail: json!({ "seq": manifest.seq, "backup_created_at": manifest.created_at }),
        };
        let epoch = store.write_blocking(move |tx| {
            audit::append(tx, now, &entry)?;
            cursors::begin_epoch(tx, id, now)
        })?;
        store.close();
        sync_tree(&staging)?;
        let aside = if occupied {
            let aside = with_suffix(target, &format!("before-restore-{now}"));
            std::fs::rename(target, &aside)?;
            Some(aside)
        } else {
            if target.exists() {
                std::fs::remove_dir(target)?;
            }
            None
        };
        std::fs::rename(&staging, target)?;
        if self.json {
            output::json(&json!({
                "data": target, "seq": epoch.fork_seq, "aside": aside, "files": manifest.files.len(),
            }))
        } else {
            if let Some(aside) = aside {
                output::line(&format!("the former data is in {}", aside.display()))?;
            }
            output::line(&format!("restored {} files to {}", manifest.files.len(), target.display()))
        }
    }
}

/// Reads the manifest and compares every file with it.
fn check(src: &Path) -> Result<Manifest, CliError> {
    let damaged = |what: String| CliError::new("damaged_backup", what);
    let text = std::fs::read(src.join(MANIFEST)).map_err(|e| damaged(format!("{MANIFEST}: {e}")))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|e| damaged(format!("{MANIFEST}: {e}")))?;
    if manifest.data_version > known_version() {
        return Err(StoreError::DataTooNew { found: manifest.data_version, known: known_version() }.into());
    }
    if !manifest.files.iter().any(|f| f.name == backup::database_name()) {
        return Err(damaged("it has no database".to_owned()));
    }
    let found = entries(src)?;
    for file in &manifest.files {
        let same = found.iter().find(|f| f.name == file.name);
        if same.is_none_or(|f| f.size != file.size || f.sha256 != file.sha256) {
            return Err(damaged(format!("{} is not as it was backed up", file.name)));
        }
    }
    Ok(manifest)
}

fn copy(src: &Path, to: &Path, manifest: &Manifest) -> Result<(), CliError> {
    private_dir(to)?;
    for file in &manifest.files {
        // Names come from a file: none may lead out of the directory.
        let parts: Vec<&str> = file.name.split('/').collect();
        if parts
            .iter()
            .any(|p| p.is_empty() || *p == "." || *p == ".." || p.contains('\\') || p.contains(':'))
        {
            return Err(CliError::new("damaged_backup", format!("{} is no name of a file", file.name)));
        }
        let path: PathBuf = parts.iter().collect();
        if let Some(parent) = to.join(&path).parent() {
            private_dir(parent)?;
        }
        std::fs::copy(src.join(&path), to.join(&path))?;
        private_file(&to.join(&path))?;
    }
    // What was copied is compared again: the disk that it was copied to counts.
    let copied = entries(to)?;
    let same = |f: &super::backup::FileEntry| copied.iter().any(|c| c.name == f.name && c.sha256 == f.sha256);
    if manifest.files.iter().all(same) {
        Ok(())
    } else {
        Err(CliError::new("damaged_backup", "a copied file is not as it was backed up"))
    }
}
