//! Conditions of a step that are more than a filled field: what a judgement has to say for the step that follows
//! from it, the closure conditions of domain catalogue 4.1.2, and what is paid of a travel claim (4.8). The table names them; [`crate::document::rules`] judges them.

use serde::Serialize;

/// What must hold before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// T5: the complaint was judged, and not as valid.
    FoundInvalid,
    /// T6: the complaint was judged valid.
    FoundValid,
    /// T6: it is a complaint, and not information, a suggestion or an enquiry.
    IsComplaint,
    /// T6b: it is information, a suggestion or an enquiry.
    IsInformation,
    /// T10: the newest opinion on the plan agrees with it.
    PlanApproved,
    /// (3) The customer's opinion is known, or the leader's instruction was answered, or the customer was
    /// not reached after the set number of attempts.
    CustomerHeard,
    /// A customer who said that they are dissatisfied got the matter worked on again (T14) and now says otherwise, or
    /// got the reply that the leader decided on (T15).
    DissatisfactionAnswered,
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
    /// Goods are sorted at the customer's only with the customer's consent (4.5.1).
    SortingAllowed,
    /// Reworked goods passed the recheck (4.5.1: "pass → stock; fail → again"), unless they were scrapped.
    RecheckPassed,
    /// Expenses of a kind that is not reimbursed without prior approval (4.8) say who gave it, if they are
    /// approved.
    ExtrasApproved,
}

impl Check {
    /// Every condition.
    pub const ALL: [Check; 17] = [
        Self::FoundInvalid,
        Self::FoundValid,
        Self::IsComplaint,
        Self::IsInformation,
        Self::PlanApproved,
        Self::CustomerHeard,
        Self::DissatisfactionAnswered,
        Self::MeasuresReviewed,
        Self::LotsVerified,
        Self::ReturnsSettled,
        Self::PenaltiesSettled,
        Self::RegulatorTold,
        Self::FirstDissatisfaction,
        Self::SecondDissatisfaction,
        Self::SortingAllowed,
        Self::RecheckPassed,
        Self::ExtrasApproved,
    ];
    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FoundInvalid => "found_invalid",
            Self::FoundValid => "found_valid",
            Self::IsComplaint => "is_complaint",
            Self::IsInformation => "is_information",
            Self::PlanApproved => "plan_approved",
            Self::CustomerHeard => "customer_heard",
            Self::DissatisfactionAnswered => "dissatisfaction_answered",
            Self::MeasuresReviewed => "measures_reviewed",
            Self::LotsVerified => "lots_verified",
            Self::ReturnsSettled => "returns_settled",
            Self::PenaltiesSettled => "penalties_settled",
            Self::RegulatorTold => "regulator_told",
            Self::FirstDissatisfaction => "first_dissatisfaction",
            Self::SecondDissatisfaction => "second_dissatisfaction",
            Self::SortingAllowed => "sorting_allowed",
            Self::RecheckPassed => "recheck_passed",
            Self::ExtrasApproved => "extras_approved",
        }
    }
}
