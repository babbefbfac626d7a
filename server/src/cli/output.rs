//! What a command says: results on standard output, one line about a failure on standard error.

use std::io::Write;

use super::CliError;

/// One line on standard output, at once.
///
/// # Errors
/// When standard output is closed.
pub fn line(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// A value as one line of JSON.
///
/// # Errors
/// When standard output is closed.
pub fn json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|e| CliError::new("server_fault", e.to_string()))?;
    line(&text)
}

/// The failure that ends a command.
pub fn error(error: &CliError) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "fieldledger: {error}");
}
