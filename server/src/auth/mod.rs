//! Who you are: passwords, tokens, and how often one may guess. What a person may do is `domain::authz`.

pub mod password;
pub mod throttle;
pub mod token;
