//! Rows that name a record of this program themselves, as its exports do: by its id, or by the number that it gave.
//!
//! Such a row is compared with what an export would say of the record now. Where the two agree nothing was meant to
//! change, however little of a value a cell shows. Where they differ it was corrected in the file, if nobody has written
//! to the record since the file was made; if somebody has, an empty field is filled and everything else is for a person
//! to look at. The cells of an export are not kept on the record: they say what it says.

use domain::ids::RecordId;
use domain::keys;

use super::diff::Base;
use super::identity::Cells;
use super::{Line, OnFile, Planner, Work};
use crate::export::labels;
use crate::import::layout::Table;
use crate::import::sheet::Row;
use crate::import::text::{header, one_line};

impl Planner<'_> {
    /// Gives lines of an export the records that they name by id.
    pub(super) fn by_id<L: OnFile>(
        &mut self,
        table: &Table<'_, '_>,
        lines: &mut [Line<'_>],
        ledger: &mut L,
    ) -> Result<(), L::Error> {
        let Some(columns) = table.export else { return Ok(()) };
        for line in lines {
            let Ok(id) = line.row.cell(columns.id).trim().parse().map(RecordId) else { continue };
            // Another organisation's export names records that are not here; a row that was copied is a new one.
            if ledger.record(self.shape.kind, id)?.is_some() && self.taken.insert(id) {
                line.record = Some(id);
                line.exported = Some(ledger.exported(self.shape.kind, id)?);
            }
        }
        Ok(())
    }

    /// Gives a line the record that has its number, if they are alike: another program may have given the same number
    /// to something else.
    pub(super) fn by_number<L: OnFile>(
        &mut self,
        table: &Table<'_, '_>,
        line: &mut Line<'_>,
        ledger: &mut L,
    ) -> Result<(), L::Error> {
        let number = table.number.map(|column| one_line(line.row.cell(column))).filter(|n| !n.is_empty());
        let Some(number) = number else { return Ok(()) };
        let Some(id) = ledger.numbered(self.shape.kind, &number)?.filter(|id| !self.taken.contains(id))
        else {
            return Ok(());
        };
        let exported = ledger.exported(self.shape.kind, id)?;
        let (mut both, mut same) = (0, 0);
        for column in table.columns.iter().filter(|c| Some(c.index) != table.number && !c.targets.is_empty())
        {
            let (ours, theirs) = (cell(&exported, &column.header), one_line(line.row.cell(column.index)));
            if let Some(ours) = ours.filter(|_| !theirs.is_empty()) {
                both += 1;
                same += u32::from(one_line(ours) == theirs);
            }
        }
        if same * 2 >= both {
            line.record = Some(id);
            line.exported = Some(exported);
        }
        Ok(())
    }

    /// What a row does to the record that it names.
    pub(super) fn exported_line<L: OnFile>(
        &mut self,
        table: &Table<'_, '_>,
        line: &Line<'_>,
        exported: &Cells,
        ledger: &mut L,
    ) -> Result<(), L::Error> {
        let (kind, number) = (self.shape.kind, line.row.number);
        let Some(id) = line.record else { return Ok(()) };
        let Some(current) = ledger.record(kind, id)?.filter(|c| !c.unreadable) else {
            self.waits(table, line, id);
            return Ok(());
        };
        // Cells that say the same up to spaces and line ends are the same cells.
        let (mut was, mut now) = (Row { number, cells: Vec::new() }, Row { number, cells: Vec::new() });
        for column in &table.columns {
            let (ours, theirs) = (cell(exported, &column.header), line.row.cell(column.index));
            was.cells.extend(ours.map(|text| (column.index, text.to_owned())));
            let same = ours.filter(|text| one_line(text) == one_line(theirs));
            now.cells.push((column.index, same.unwrap_or(theirs).to_owned()));
        }
        let file = table.export.and_then(|e| e.updated).map(|column| moment(line.row.cell(column)));
        let newest = file.is_some() && file == cell(exported, labels::UPDATED_AT).map(moment);
        let (before, mut draft) = (self.draft(table, &was), self.draft(table, &now));
        let notes = std::mem::take(&mut draft.notes);
        let base = Base::Exported { now: &before, newest };
        let (intents, more) = self.shape.update(id.0, &draft, &base, &current);
        for note in notes.iter().filter(|n| !before.notes.contains(n)).chain(&more) {
            self.review(number, note, table.sheet);
        }
        if kind.key == keys::customer::KIND {
            self.named.insert(id.0, number);
        }
        if intents.is_empty() {
            self.plan.summary.unchanged += 1;
        } else {
            self.plan.summary.updated += 1;
            self.plan.work.push(Work { row: number, fresh: false, kind: kind.key.clone(), id, intents });
        }
        Ok(())
    }
}

fn cell<'c>(cells: &'c Cells, name: &str) -> Option<&'c str> {
    let name = header(name);
    cells.iter().find(|(label, _)| header(label) == name).map(|(_, text)| text.as_str())
}

/// An instant without the zeros that a spreadsheet leaves out.
fn moment(text: &str) -> String {
    let text = one_line(text);
    let short =
        if text.matches(':').count() == 2 { text.strip_suffix(":00").unwrap_or(&text) } else { &text };
    short.strip_suffix(" 00:00").unwrap_or(short).to_owned()
}
