//! Conditions of a step that are more than a filled field: the closure conditions of domain catalogue
//! 4.1.2, and what is paid of a travel claim (4.8). The table names them; [`crate::document::rules`] judges them.

use serde::Serialize;

/// What must hold before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// (3) The customer's opinion is known, or the leader's instruction was answered, or the customer was
    /// not reached after the set number of attempts.
    CustomerHeard,
    /// (4) Every corrective action that is named was reviewed by the leader.
    MeasuresReviewed,
    /// (5) For a quality complaint the set number of consecutive lots was good.
    LotsVerified,
    /// (6) Returned goods have a disposition.
    ReturnsSettled,
    /// (7) A proposed penalty was decided on and carried out.
    PenaltiesSettled,
    /// (8) What has to be reported to the regulator was reported.
    RegulatorTold,
    /// The first dissatisfaction reopens; from the second on the leader decides.
    FirstDissatisfaction,
    /// The leader decides from the second dissatisfaction on.
    SecondDissatisfaction,
    /// Expenses of a kind that is not reimbursed without prior approval (4.8) say who gave it, if they are
    /// approved.
    ExtrasApproved,
}

impl Check {
    /// Every condition.
    pub const ALL: [Check; 9] = [
        Self::CustomerHeard,
        Self::MeasuresReviewed,
        Self::LotsVerified,
        Self::ReturnsSettled,
        Self::PenaltiesSettled,
        Self::RegulatorTold,
        Self::FirstDissatisfaction,
        Self::SecondDissatisfaction,
        Self::ExtrasApproved,
    ];
    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CustomerHeard => "customer_heard",
            Self::MeasuresReviewed => "measures_reviewed",
            Self::LotsVerified => "lots_verified",
            Self::ReturnsSettled => "returns_settled",
            Self::PenaltiesSettled => "penalties_settled",
            Self::RegulatorTold => "regulator_told",
            Self::FirstDissatisfaction => "first_dissatisfaction",
            Self::SecondDissatisfaction => "second_dissatisfaction",
            Self::ExtrasApproved => "extras_approved",
        }
    }
}
