//! The formulas of the trade (C01–C77) as pure functions of plain numbers and dates.
//!
//! The server's reports and the phone feed them from their own rows; nothing here knows a document, a
//! clock or a disk. Rules that hold for all:
//!
//! - Numbers are exact decimals. Nothing is computed from a rounded part; results are unrounded, and
//!   [`number::rounded`] rounds half up for display (percent 1 decimal, score and money 2, unless a report
//!   says otherwise).
//! - Nothing to divide by is no number: a [`number::Rate`] then has no percentage, other functions give
//!   [`number::CalcError::Empty`]; a report shows "—". Where the source says that an empty period earns full
//!   marks (C07, C60), the function does.
//! - A negative quantity, an end before its start, more answers than questions: `OutOfRange` with the name of
//!   the input. Numbers too large: `Overflow`. Nothing panics.
//! - What the sources leave open is a settings struct whose `Default` is the catalogue's default.
//! - Rates and results keep their counts; the version to store with a result is in [`catalogue`].
//!
//! | module | job |
//! |---|---|
//! | [`number`] | rates, sums, means, rounding |
//! | [`calendar`] | months, weeks, day counts, daily average (C30) |
//! | [`bands`] | bands of a score (C06, C62, C64) |
//! | [`catalogue`] | formula numbers and versions |
//! | [`sheet`] | an answered questionnaire and its validity (C03, C04) |
//! | [`scoring`] | the score of one sheet (C05, C06, C08–C13) |
//! | [`survey`] | all sheets of a survey (C01, C02, C05–C10, C13, C16) |
//! | [`distribution`] | shares of levels and words (C11–C13, C15, C17–C19) |
//! | [`composite`] | the monthly composite D (C07) |
//! | [`sampling`] | whom to survey (C14) |
//! | [`complaint`] | complaint statistics (C20–C26, C28) |
//! | [`repeats`] | recurrence and repeat repairs (C27, C44, C45) |
//! | [`growth`] | change against another period (C29) |
//! | [`quality`] | re-sends, PPM, deliveries (C31–C33) |
//! | [`crosstab`] | contingency tables (C34) |
//! | [`service`] | service metrics (C40–C43, C46, C47) |
//! | [`warranty`] | warranty and 三包 (C48) |
//! | [`due`] | due times (C49) |
//! | [`return_visit`] | return-visit cycles and plans (C50, C51) |
//! | [`kpi`] | appraisal, awards, discipline (C60–C66, C73) |
//! | [`money`] | advances, travel, fines, quotes, cost (C70–C72, C74, C76, C77) |
//! | [`capital`] | amounts in capital characters (C75) |
//!
//! Left out, because it is noise: **C67**, the monthly appraisal of salespeople (revenue, orders, collection,
//! forecast), which has nothing to do with complaints or service; its table shape is covered by [`kpi`].
//! Left out of others: the clustering of causes in C34 (the sources show a picture, no method); the deductions
//! of C06 for outgoing inspection and returns, the items of C62 and C63 whose rows are lost, and C65's
//! "excess-profit plan" (named, not given). C35–C39, C52–C59, C68 and C69 do not exist in the catalogue.

pub mod bands;
pub mod calendar;
pub mod capital;
pub mod catalogue;
pub mod complaint;
pub mod composite;
pub mod crosstab;
pub mod distribution;
pub mod due;
pub mod growth;
pub mod kpi;
pub mod money;
pub mod number;
pub mod quality;
pub mod repeats;
pub mod return_visit;
pub mod sampling;
pub mod scoring;
pub mod service;
pub mod sheet;
pub mod survey;
pub mod warranty;
