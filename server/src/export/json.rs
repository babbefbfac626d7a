//! JSON lines: what the API answers, one record per line.

use std::io::{BufWriter, Write};

use super::{ExportError, Item, Sink};

/// Writes JSON lines.
pub(super) struct Lines<W: Write>(BufWriter<W>);

impl<W: Write> Lines<W> {
    pub(super) fn new(out: W) -> Self {
        Self(BufWriter::new(out))
    }
}

impl<W: Write> Sink for Lines<W> {
    fn put(&mut self, item: &Item) -> Result<(), ExportError> {
        serde_json::to_writer(&mut self.0, &item.json).map_err(std::io::Error::from)?;
        Ok(self.0.write_all(b"\n")?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        Ok(self.0.flush()?)
    }
}
