//! Signing in, staying signed in, signing out.

pub mod login;
pub mod logout;
pub mod refresh;

use domain::authz::{Permission, Role};
use serde::Serialize;
use uuid::Uuid;

use crate::auth::token::ACCESS_LIFE;
use crate::error::ServerError;
use crate::host::{Millis, SECOND};
use crate::state::AppState;
use crate::store::accounts::User;
use crate::store::sessions::SessionRow;

/// A user as people see them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserView {
    /// Identity.
    id: Uuid,
    /// Name to sign in with.
    name: String,
    /// Name to show.
    display: String,
    /// engineer, office or admin.
    #[schema(value_type = String)]
    role: Role,
    /// Permissions besides the role.
    #[schema(value_type = Vec<String>)]
    may: Vec<Permission>,
    /// Department, may be empty.
    department: String,
    /// Region, may be empty.
    region: String,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.0,
            name: user.name.clone(),
            display: user.display.clone(),
            role: user.role,
            may: user.may.iter().copied().collect(),
            department: user.department.clone(),
            region: user.region.clone(),
        }
    }
}

/// What a signed-in client needs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Tokens {
    /// Access token, for the `Authorization: Bearer` header.
    access: String,
    /// Refresh token; each is good for one exchange.
    refresh: String,
    /// Life of the access token in seconds.
    expires_in: i64,
    /// The session's device.
    device: Option<Uuid>,
    /// The user.
    user: UserView,
}

impl Tokens {
    fn new(
        state: &AppState,
        session: &SessionRow,
        user: &User,
        refresh: String,
        now: Millis,
    ) -> Result<Self, ServerError> {
        Ok(Self {
            access: state.keys.access(user.id, session.sid, session.device, now)?,
            refresh,
            expires_in: ACCESS_LIFE / SECOND,
            device: session.device.map(|d| d.0),
            user: user.into(),
        })
    }
}
