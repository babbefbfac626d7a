//! The browser's file system for SQLite: a pool of files in OPFS, opened by this worker and by no other.
//!
//! There is one copy of unsent work here, not two as on phones and desktops: `pending.log` exists so that
//! a damaged database file does not take unsent work with it, and in a browser both would lie in the same
//! pool, under the same quota, evicted together. The database is written with a rollback journal and
//! `synchronous=EXTRA` instead; the app asks for storage that stays and shows whether it got it.

use rusqlite::Connection;
use serde_json::json;

use crate::error::Thrown;

/// Opens a database of this origin, making it if need be.
///
/// Throws `no_opfs` where the browser has no such file system, `in_use` while another worker (of a page
/// that is just closing, say) still holds it, `storage_failed` for anything else.
pub(crate) async fn open(name: &str) -> Result<Connection, Thrown> {
    use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, install};
    let pool = OpfsSAHPoolCfgBuilder::new().directory(&format!(".fieldledger/{name}")).build();
    install::<sqlite_wasm_rs::WasmOsCallback>(&pool, true).await.map_err(|e| thrown(&e))?;
    Connection::open("store.db").map_err(|e| client_core::Error::from(e).into())
}

fn thrown(e: &sqlite_wasm_vfs::sahpool::OpfsSAHError) -> Thrown {
    use sqlite_wasm_vfs::sahpool::OpfsSAHError;
    let detail = e.to_string();
    let code = match e {
        OpfsSAHError::NotSupported => "no_opfs",
        OpfsSAHError::Opfs { .. } if detail.contains("NoModificationAllowedError") => "in_use",
        OpfsSAHError::Opfs { .. } if detail.contains("SecurityError") => "no_opfs",
        OpfsSAHError::Opfs { .. } if detail.contains("QuotaExceededError") => "disk_full",
        _ => "storage_failed",
    };
    Thrown::new(code, json!({"detail": detail}))
}
