//! Whom to survey: the customers that make most of the business, 80 % unless the organisation set another share
//! (C14, L43).

use std::collections::{BTreeMap, BTreeSet};

use domain::authz::Principal;
use domain::calc::number::rounded;
use domain::calc::sampling::{CustomerVolume, sample_by_volume, volume_coverage};
use domain::deadline::Limit;
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::keys::{customer, customer_private, survey};
use domain::schema::Schema;
use domain::survey::Use;
use domain::time::Timestamp;
use domain::value::Value;
use rust_decimal::Decimal;

use super::Records;
use super::look::{Is, Look, Row};
use crate::store::merged;
use crate::sync::LedgerError;

/// Years of business before the survey's year that count (the source's 2014–2016 for 2017).
const REFERENCE_YEARS: i16 = 3;

/// The code of the list `survey_source` for what belongs to a survey.
const CAMPAIGN: &str = "campaign";
/// Shares are shown with so many decimals.
const SHARE_DECIMALS: u32 = 1;

/// A customer to survey.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct SampledCustomer {
    /// The customer.
    #[schema(value_type = uuid::Uuid)]
    pub id: RecordId,
    /// Its number.
    pub number: Option<String>,
    /// Its name.
    pub name: String,
    /// Volume over the reference years.
    #[schema(value_type = String)]
    pub volume: Decimal,
    /// Share of all volume up to and including this customer, in per cent with one decimal.
    #[schema(value_type = String)]
    pub cumulative: Decimal,
    /// A valid sheet of a survey came back in that year; what was asked after a job or in a callback is none.
    pub surveyed: bool,
}

/// Whom to survey in a year.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Sample {
    /// The survey's year.
    pub year: i16,
    /// The years whose volume counts.
    pub reference_years: Vec<i16>,
    /// The share that the sample has to reach, in per cent.
    #[schema(value_type = String)]
    pub threshold: Decimal,
    /// Volume of all customers over the reference years.
    #[schema(value_type = String)]
    pub total_volume: Decimal,
    /// Share of it that the customers surveyed in that year have, in per cent with one decimal; absent without volume.
    #[schema(value_type = Option<String>)]
    pub covered: Option<Decimal>,
    /// The sample, the largest first.
    pub customers: Vec<SampledCustomer>,
}

/// The share that the organisation asks for (L43), in per cent.
fn threshold(schema: &Schema) -> Decimal {
    let limit = schema.settings().deadlines.limit_of("L43").unwrap_or(Limit::NONE);
    Decimal::from(limit.n.min(100))
}

/// Whether a sheet belongs to a survey: to a campaign, or by what it says of itself, or by its questionnaire.
fn is_of_survey(schema: &Schema, row: &Row) -> bool {
    let campaign = |template: &str| {
        schema.templates().newest(template).is_some_and(|t| t.applies_to.contains(&Use::Campaign))
    };
    row.record(1).is_some()
        || match row.text(2) {
            "" => campaign(row.text(3)),
            source => source == CAMPAIGN,
        }
}

impl Records {
    /// The customers to survey in `year`. Volumes of merged customers count for what they were merged into. Blocks.
    ///
    /// # Errors
    /// `out_of_range` for a year that cannot be.
    pub fn sample(&self, person: &Principal, year: i16) -> Result<Sample, LedgerError> {
        if !(1990..=2200).contains(&year) {
            return Err(Refusal::field(Code::OutOfRange, "year").with("min", 1990).with("max", 2200).into());
        }
        let schema = self.ledger.schema();
        let zone = self.ledger.zone();
        let reference: Vec<i16> = (year - REFERENCE_YEARS..year).collect();
        let mine = person.scopes();
        let kind = self.kind(customer::KIND)?;
        self.ledger.store().read_blocking(|snap| {
            let look = Look { schema: &schema, snap, mine: &mine };
            let mut volumes: BTreeMap<RecordId, Vec<Decimal>> = BTreeMap::new();
            let mut named = BTreeMap::new();
            for row in look.rows(customer::KIND, &[], &["number", "title"])? {
                named.insert(row.id, (row.text(0).to_owned(), row.text(1).to_owned()));
                // A file that cannot be read has no volume.
                let Ok(shown) = self.open(&schema, person, &kind, row.id) else { continue };
                let Some((_, view)) = shown.views().find(|(k, _)| k.key == customer_private::KIND) else {
                    continue;
                };
                let last = merged::resolve(snap, row.id)?;
                for entry in view.collections.get(customer_private::ANNUAL_VOLUMES).into_iter().flatten() {
                    let year = entry.fields.get(customer_private::ANNUAL_VOLUMES_YEAR);
                    let amount = entry.fields.get(customer_private::ANNUAL_VOLUMES_AMOUNT);
                    let (Some(Value::Int(year)), Some(Value::Decimal(amount))) = (year, amount) else {
                        continue;
                    };
                    if !entry.removed && reference.iter().any(|y| i64::from(*y) == *year) {
                        volumes.entry(last).or_default().push(*amount);
                    }
                }
            }
            let start = |year: i16| zone.month(&format!("{year:04}-01")).map(|(from, _)| from);
            let (from, to) =
                (start(year).unwrap_or(Timestamp(0)), start(year + 1).unwrap_or(Timestamp(i64::MAX)));
            // What does not count, voided sheets among it, is not valid.
            let returned = look.rows(
                survey::KIND,
                &[(survey::RETURNED_AT, Is::Between(from, to)), (survey::IS_VALID, Is::Yes)],
                &[survey::CUSTOMER, survey::CAMPAIGN, survey::SOURCE_TYPE, survey::TEMPLATE],
            )?;
            let of_survey = |row: &&Row| is_of_survey(&schema, row);
            let surveyed: BTreeSet<RecordId> =
                returned.iter().filter(of_survey).filter_map(|row| row.record(0)).collect();
            let threshold = threshold(&schema);
            let sum = |years: &[Decimal]| years.iter().fold(Decimal::ZERO, |a, b| a.saturating_add(*b));
            let total = sum(&volumes.values().map(|v| sum(v)).collect::<Vec<_>>());
            let of_surveyed: Vec<Decimal> =
                volumes.iter().filter(|(id, _)| surveyed.contains(id)).map(|(_, v)| sum(v)).collect();
            let covered = volume_coverage(sum(&of_surveyed), total).ok().map(|c| rounded(c, SHARE_DECIMALS));
            let all: Vec<CustomerVolume<RecordId>> =
                volumes.into_iter().map(|(customer, years)| CustomerVolume { customer, years }).collect();
            // Without any volume there is nobody to choose.
            let chosen = sample_by_volume(&all, threshold).unwrap_or_default();
            let customers = chosen.into_iter().map(|one| {
                let (number, name) = named.get(&one.customer).cloned().unwrap_or_default();
                SampledCustomer {
                    id: one.customer,
                    number: Some(number).filter(|n| !n.is_empty()),
                    name,
                    volume: one.volume,
                    cumulative: rounded(one.cumulative, SHARE_DECIMALS),
                    surveyed: surveyed.contains(&one.customer),
                }
            });
            Ok(Sample {
                year,
                reference_years: reference.clone(),
                threshold,
                total_volume: total,
                covered,
                customers: customers.collect(),
            })
        })
    }
}
