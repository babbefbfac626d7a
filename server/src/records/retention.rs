//! Which filed records have been kept for as long as the organisation keeps them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::authz::Principal;
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::retention;
use domain::schema::{Kind, Schema};
use domain::time::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value as Json, json};

use super::{ListRequest, Records};
use crate::sync::{LedgerError, State, unless_damaged};

/// Most filed records that one request looks into; the next one goes on behind them.
const LOOKED_AT: usize = 5_000;
/// Rows read at a time.
const PAGE: usize = 200;

/// Records past their day.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct PastRetention {
    /// `id`, `kind`, `number`, `title`, `status`, `filed_at`, `retain_until`.
    pub items: Vec<Json>,
    /// Where to go on; there may be more even if this page is not full.
    pub next: Option<String>,
}

/// Where a request goes on: the kind and the cursor of its list.
type Place = (String, Option<String>);

impl Records {
    /// Filed records whose last day of keeping is over, kind by kind, the oldest first. Blocks.
    ///
    /// A record is filed after it is made, so that only those made long enough ago are looked into. One that cannot be
    /// read is left out.
    ///
    /// # Errors
    /// `unknown_kind`; `bad_request` for a cursor that makes no sense.
    pub fn past_retention(
        &self,
        person: &Principal,
        only: Option<&str>,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<PastRetention, LedgerError> {
        let schema = self.ledger.schema();
        let today = self.now().date_in(schema.zone()).unwrap_or_default();
        let place = cursor.map(read_place).transpose()?;
        let mut kinds: Vec<&Kind> = match only {
            Some(key) => vec![schema.kind(key).ok_or_else(|| Refusal::new(Code::UnknownKind))?],
            None => schema.kinds().collect(),
        };
        kinds.retain(|k| {
            !retention::filed_statuses(k).is_empty() && place.as_ref().is_none_or(|(at, _)| k.key >= *at)
        });
        let mut out = PastRetention::default();
        let mut looked_at = 0;
        for kind in kinds {
            let mut after = place.as_ref().filter(|(at, _)| *at == kind.key).and_then(|(_, c)| c.clone());
            loop {
                let room = limit.saturating_sub(out.items.len()).min(PAGE);
                if room == 0 || looked_at >= LOOKED_AT {
                    out.next = Some(write_place(&kind.key, after.as_deref()));
                    return Ok(out);
                }
                let (rows, next) = self.filed_rows(person, &schema, kind, today, room, after.as_deref())?;
                looked_at += rows.len();
                for row in rows {
                    out.items.extend(self.past(&schema, kind, today, &row)?);
                }
                match next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(out)
    }

    /// Rows of filed records that were made early enough, and where the next ones are.
    #[allow(clippy::type_complexity)]
    fn filed_rows(
        &self,
        person: &Principal,
        schema: &Schema,
        kind: &Kind,
        today: Date,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<(Vec<Map<String, Json>>, Option<String>), LedgerError> {
        let Some(day) = retention::filed_by(schema, kind, today) else { return Ok((Vec::new(), None)) };
        let request = ListRequest {
            filters: vec![format!("status:{}", retention::filed_statuses(kind).join("|"))],
            sort: Some("created_at".to_owned()),
            limit: Some(limit),
            cursor: cursor.map(str::to_owned),
        };
        let page = self.list(person, kind, &request)?;
        let early = |row: &Map<String, Json>| {
            let made = row.get("created_at").and_then(Json::as_str);
            let made = made.and_then(|t| Timestamp::parse(t, schema.zone())?.date_in(schema.zone()));
            made.is_none_or(|made| made <= day)
        };
        let count = page.items.len();
        let rows: Vec<_> = page.items.into_iter().take_while(early).collect();
        let next = page.next.filter(|_| rows.len() == count);
        Ok((rows, next))
    }

    fn past(
        &self,
        schema: &Schema,
        kind: &Kind,
        today: Date,
        row: &Map<String, Json>,
    ) -> Result<Option<Json>, LedgerError> {
        let id = row.get("id").and_then(Json::as_str).and_then(|id| id.parse().ok()).map(RecordId);
        let Some(id) = id else { return Ok(None) };
        let record = self
            .ledger
            .store()
            .read_blocking(|snap| State::read(snap, id))
            .and_then(|state| state.record(&kind.key, id));
        let Some(record) = unless_damaged(id, record)? else { return Ok(None) };
        let view = record.view(kind);
        let until = retention::retain_until(schema, kind, &view).filter(|until| *until < today);
        Ok(until.map(|until| {
            json!({
                "id": id,
                "kind": kind.key,
                "number": row.get("number"),
                "title": row.get("title"),
                "status": row.get("status"),
                "filed_at": retention::filed_at(kind, &view),
                "retain_until": until.to_string(),
            })
        }))
    }
}

fn write_place(kind: &str, cursor: Option<&str>) -> String {
    URL_SAFE_NO_PAD.encode(json!([kind, cursor]).to_string())
}

fn read_place(text: &str) -> Result<Place, Refusal> {
    let bad = || Refusal::new(Code::BadRequest).with("what", "cursor");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    serde_json::from_slice(&bytes).map_err(|_| bad())
}
