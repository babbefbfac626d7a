//! Search over all kinds: the records a person sees, by number, title and text.

use std::collections::BTreeMap;

use domain::authz::Principal;
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::projection;
use domain::schema::{Kind, Schema};
use domain::search::{Query, folded};
use serde_json::{Value as Json, json};

use super::Records;
use super::title::Titles;
use crate::store::search::{self, Find, How};
use crate::store::{StoreError, projections};
use crate::sync::LedgerError;

/// Records of a page, unless asked otherwise.
const LIMIT: usize = 20;
/// Most records of a page.
const MAX_LIMIT: usize = 100;
/// Most characters that are looked for; nobody types more to find something.
pub(super) const MAX_TEXT: usize = 200;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    /// What was typed.
    pub text: String,
    /// Only this kind.
    pub kind: Option<String>,
    /// Most records.
    pub limit: Option<usize>,
    /// Where to go on: `next` of the page before.
    pub cursor: Option<String>,
}

/// A page of what was found.
#[derive(Clone, Debug)]
pub struct SearchPage {
    /// `id`, `kind`, `number`, `temp_number`, `status`, `title`, `matched`, and a `snippet` where the title does not
    /// show why.
    pub items: Vec<Json>,
    /// How many were ranked.
    pub total: usize,
    /// There are more than were ranked.
    pub more: bool,
    /// How many of each kind were ranked.
    pub kinds: BTreeMap<String, usize>,
    /// Where the next page starts.
    pub next: Option<String>,
}

impl Records {
    /// A page of the records that match, the best first. Blocks.
    ///
    /// # Errors
    /// `unknown_kind`, `too_large` for a text that is too long, `bad_request` for another cursor.
    pub fn search(&self, person: &Principal, request: &SearchRequest) -> Result<SearchPage, LedgerError> {
        if request.text.chars().count() > MAX_TEXT {
            return Err(Refusal::new(Code::TooLarge).with("what", "q").with("max", MAX_TEXT).into());
        }
        let kind = request.kind.as_deref().map(|k| self.kind(k)).transpose()?;
        let bad = || Refusal::new(Code::BadRequest).with("what", "cursor");
        let from: usize = request.cursor.as_deref().map_or(Ok(0), |c| c.parse().map_err(|_| bad()))?;
        let limit = request.limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT);
        let mine = person.scopes();
        let schema = self.ledger.schema();
        let schema: &Schema = &schema;
        let (found, page) = self.ledger.store().read_blocking(|snap| {
            let kind = kind.as_deref();
            let found = search::find(snap, &Find { schema, kind, scopes: &mine, text: &request.text })?;
            let mut titles = Titles::new(schema, snap, &mine);
            let mut page = Vec::new();
            for hit in found.hits.iter().skip(from).take(limit) {
                let Some(kind) = schema.kind(&hit.kind) else { continue };
                let Some(listed) = projections::get(snap, kind, hit.n)? else { continue };
                let brief = titles.brief(kind, &listed)?;
                page.push((kind, listed.row.id, hit.how, brief));
            }
            Ok::<_, StoreError>((found, page))
        })?;
        let query = Query::parse(&request.text);
        let mut items = Vec::with_capacity(page.len());
        for (kind, id, how, mut brief) in page {
            brief["matched"] = json!(match how {
                How::Number | How::NumberStart => "number",
                How::CodeStart => "serial",
                How::Text if query.as_ref().is_some_and(Query::is_code) => "serial",
                How::Title | How::TitleStart | How::Text => "text",
            });
            if let (How::CodeStart | How::Text, Some(query)) = (how, &query) {
                let title = brief["title"].as_str().unwrap_or_default();
                if !folded(title).contains(&folded(&request.text)) {
                    brief["snippet"] = json!(self.excerpt(person, schema, kind, id, query));
                }
            }
            items.push(brief);
        }
        let mut kinds = BTreeMap::new();
        for hit in &found.hits {
            *kinds.entry(hit.kind.clone()).or_insert(0) += 1;
        }
        let end = from.saturating_add(limit);
        Ok(SearchPage {
            items,
            total: found.hits.len(),
            more: found.more,
            kinds,
            next: (end < found.hits.len()).then(|| end.to_string()),
        })
    }

    /// Why a record was found; nothing if it cannot be read, which is no reason not to find it.
    fn excerpt(
        &self,
        person: &Principal,
        schema: &Schema,
        kind: &Kind,
        id: RecordId,
        query: &Query,
    ) -> Option<String> {
        let shown = self.open(schema, person, kind, id).ok()?;
        let texts = shown.views().flat_map(|(kind, view)| projection::texts(schema, kind, &view));
        texts.filter_map(|text| query.excerpt(&text)).next()
    }
}
