//! `fieldledger backup`: everything that is needed to go on on another machine, as of one moment.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{CliError, DataDir, output};
use crate::host::{Clock as _, Millis, SystemClock};
use crate::store::{Store, StoreError, audit, backup, changes, known_version};

/// Name of the list of files in a backup.
pub(super) const MANIFEST: &str = "manifest.json";
/// Version of a backup's layout.
const FORMAT: u32 = 1;

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Version of the layout.
    pub(super) format: u32,
    /// The program that made it.
    pub(super) program: String,
    /// Version of the data.
    pub(super) data_version: i64,
    /// When, in ms.
    pub(super) created_at: Millis,
    /// The newest commit in it.
    pub(super) seq: u64,
    /// Its files.
    pub(super) files: Vec<FileEntry>,
}

/// A file of a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileEntry {
    /// Path inside the backup, with `/`.
    pub(super) name: String,
    /// Bytes.
    pub(super) size: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub(super) sha256: String,
}

/// `backup`
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// Directory to write; must not exist
    dest: PathBuf,
    #[command(flatten)]
    data: DataDir,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    /// Copies a data directory beside a server that may be running on it.
    pub fn run(self) -> Result<(), CliError> {
        if self.dest.exists() {
            return Err(CliError::new("exists", format!("{} exists already", self.dest.display())));
        }
        // Brings an old directory up to date, so that the copy is of this version.
        let store: Store = self.data.open_beside()?;
        let partial = with_suffix(&self.dest, "partial");
        if partial.exists() {
            std::fs::remove_dir_all(&partial)?;
        }
        private_dir(&partial)?;
        let database = partial.join(backup::database_name());
        backup::copy(store.dir(), &database)?;
        private_file(&database)?;
        copy_others(store.dir(), &partial, Path::new(""))?;
        let (seq, _) = store
            .read_blocking(|snap| Ok::<_, StoreError>((changes::newest(snap)?, audit::head(snap)?.0)))?;
        let manifest = Manifest {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            data_version: known_version(),
            created_at: SystemClock.now(),
            seq,
            files: entries(&partial)?,
        };
        let text = serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::other)?;
        std::fs::write(partial.join(MANIFEST), text)?;
        sync_tree(&partial)?;
        std::fs::rename(&partial, &self.dest)?;
        let bytes: u64 = manifest.files.iter().map(|f| f.size).sum();
        let entry = audit::Entry {
            who: None,
            what: "backup",
            target: String::new(),
            detail: serde_json::json!({
                "dest": self.dest, "files": manifest.files.len(), "bytes": bytes, "seq": seq,
            }),
        };
        store.write_blocking(move |tx| audit::append(tx, manifest.created_at, &entry))?;
        if self.json {
            output::json(&serde_json::json!({
                "dest": self.dest, "files": manifest.files.len(), "bytes": bytes, "seq": seq,
            }))
        } else {
            output::line(&format!(
                "backed up {} files, {bytes} bytes, to {}",
                manifest.files.len(),
                self.dest.display()
            ))
        }
    }
}

/// Everything of the directory but the database and what only a running server needs: keys, files.
fn copy_others(from: &Path, to: &Path, below: &Path) -> Result<(), CliError> {
    for entry in std::fs::read_dir(from.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let name = entry.file_name().to_string_lossy().into_owned();
        let top = below.as_os_str().is_empty();
        if top && (name == backup::database_name() || backup::is_passing(&name)) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            private_dir(&to.join(&path))?;
            copy_others(from, to, &path)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), to.join(&path))?;
            private_file(&to.join(&path))?;
        }
    }
    Ok(())
}

/// The files of a backup, its manifest excepted.
pub(super) fn entries(root: &Path) -> Result<Vec<FileEntry>, CliError> {
    let mut out = Vec::new();
    let mut below = vec![PathBuf::new()];
    while let Some(dir) = below.pop() {
        for entry in std::fs::read_dir(root.join(&dir))? {
            let entry = entry?;
            let path = dir.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                below.push(path);
            } else if path != Path::new(MANIFEST) {
                let (size, sha256) = digest(&root.join(&path))?;
                let parts: Vec<_> = path.iter().map(|p| p.to_string_lossy()).collect();
                out.push(FileEntry { name: parts.join("/"), size, sha256 });
            }
        }
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(out)
}

/// Size and SHA-256 of a file, read piece by piece.
fn digest(file: &Path) -> Result<(u64, String), CliError> {
    use std::io::Read as _;
    let mut input = std::fs::File::open(file)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let n = input.read(&mut piece)?;
        if n == 0 {
            break;
        }
        hash.update(&piece[..n]);
        size += n as u64;
    }
    Ok((size, hash.finalize().iter().map(|b| format!("{b:02x}")).collect()))
}

/// The same path with something after its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{suffix}"));
    path.with_file_name(name)
}

/// Makes a directory that only its owner can enter.
pub(super) fn private_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)
}

/// Lets only its owner read a file: it may be a key, or people's data.
pub(super) fn private_file(file: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Waits until every file below is on the disk.
pub(super) fn sync_tree(root: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            std::fs::File::open(entry.path())?.sync_all()?;
        }
    }
    #[cfg(unix)]
    std::fs::File::open(root)?.sync_all()?;
    Ok(())
}
