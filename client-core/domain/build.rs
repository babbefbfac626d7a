//! Turns `records/*.toml` into constants, so that code with logic of its own names a field by a
//! constant and a misspelt field does not compile, and embeds the files themselves.

use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=records");
    let mut files: Vec<_> = std::fs::read_dir("records")?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    let mut out = String::new();
    let mut embedded = String::new();
    for file in files {
        let path = file.path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        println!("cargo:rerun-if-changed={}", path.display());
        let text = std::fs::read_to_string(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(embedded, "    ({name:?}, {}),", included(&format!("records/{name}")))?;
        let table: toml::Table = text.parse()?;
        let Some(kind) = table.get("kind").and_then(toml::Value::as_str) else { continue };
        writeln!(out, "/// Keys of `{kind}`.\npub mod {kind} {{")?;
        writeln!(out, "    /// The kind itself.\n    pub const KIND: &str = {kind:?};")?;
        constants(&mut out, &table, "field", "")?;
        for collection in tables(&table, "collection") {
            let key = collection.get("key").and_then(toml::Value::as_str).unwrap_or_default();
            let upper = key.to_uppercase();
            writeln!(out, "    /// Collection `{key}`.\n    pub const {upper}: &str = {key:?};")?;
            constants(&mut out, collection, "field", &format!("{upper}_"))?;
        }
        writeln!(out, "}}")?;
    }
    let dir = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&dir).join("keys.rs"), out)?;
    std::fs::write(
        Path::new(&dir).join("records.rs"),
        format!(
            "/// File name and text of every file under `records/`.\npub const FILES: &[(&str, &str)] = &[\n{embedded}];\n"
        ),
    )?;
    std::fs::write(Path::new(&dir).join("templates.rs"), templates()?)?;
    Ok(())
}

/// The questionnaires' files, as name and text.
fn templates() -> Result<String, Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=templates");
    let mut files: Vec<_> = std::fs::read_dir("templates")?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    let mut out = String::from(
        "/// File name and text of every file under `templates/`.\npub const TEMPLATES: &[(&str, &str)] = &[\n",
    );
    for file in files {
        let path = file.path();
        if path.extension().is_some_and(|e| e == "toml") {
            println!("cargo:rerun-if-changed={}", path.display());
            let name = file.file_name().to_string_lossy().into_owned();
            writeln!(out, "    ({name:?}, {}),", included(&format!("templates/{name}")))?;
        }
    }
    out.push_str("];\n");
    Ok(out)
}

/// The expression that embeds a file of this package. The compiler asks for the package's directory, not this
/// script: a checkout that was moved still builds.
fn included(path: &str) -> String {
    format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?}))", format!("/{path}"))
}

fn tables<'a>(table: &'a toml::Table, key: &str) -> impl Iterator<Item = &'a toml::Table> {
    table.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table)
}

fn constants(out: &mut String, table: &toml::Table, key: &str, prefix: &str) -> std::fmt::Result {
    for field in tables(table, key) {
        let Some(key) = field.get("key").and_then(toml::Value::as_str) else { continue };
        let zh =
            field.get("label").and_then(|l| l.get("zh")).and_then(toml::Value::as_str).unwrap_or_default();
        writeln!(out, "    /// {zh}\n    pub const {prefix}{}: &str = {key:?};", key.to_uppercase())?;
    }
    Ok(())
}
