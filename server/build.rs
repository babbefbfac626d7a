//! Makes sure the folders of the built web apps exist, so that the server builds before they do.

use std::path::Path;

fn main() {
    for app in ["office", "field"] {
        let folder = Path::new("../web/dist").join(app);
        if let Err(error) = std::fs::create_dir_all(&folder) {
            println!("cargo:warning=cannot create {}: {error}", folder.display());
        }
        println!("cargo:rerun-if-changed={}", folder.display());
    }
}
