//! The signed-in user about themselves.

use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::DeviceId;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::extract::{Json, Path, Session};
use super::session::UserView;
use crate::error::{Problem, ServerError};
use crate::host::Millis;
use crate::state::AppState;
use crate::store::{audit, devices};

/// A device of the signed-in user. Times are milliseconds since 1970.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DeviceView {
    /// Identity.
    id: Uuid,
    /// Name its user gave it.
    name: String,
    /// Name and version of the app, may be empty.
    app: String,
    /// First sign-in.
    created_at: Millis,
    /// Last sign-in or refresh.
    last_seen: Millis,
    /// Nothing is accepted from it any more.
    revoked: bool,
    /// This request came from it.
    current: bool,
}

/// The signed-in user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Me {
    /// The user.
    #[serde(flatten)]
    user: UserView,
    /// The device of this session.
    device: Option<Uuid>,
    /// Every device they signed in from.
    devices: Vec<DeviceView>,
}

/// The signed-in user and their devices.
///
/// # Errors
/// Without a valid token.
#[utoipa::path(get, path = "/api/v1/me", tag = "session", security(("access" = [])),
    responses((status = 200, body = Me), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn me(State(state): State<AppState>, session: Session) -> Result<Json<Me>, ServerError> {
    let devices = devices_of(&state, &session).await?;
    Ok(Json(Me { user: (&session.user).into(), device: session.device.map(|d| d.0), devices }))
}

/// The user's devices, the one seen last first.
///
/// # Errors
/// Without a valid token.
#[utoipa::path(get, path = "/api/v1/me/devices", tag = "session", security(("access" = [])),
    responses((status = 200, body = Vec<DeviceView>), (status = 401, body = Problem)))]
pub async fn devices(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<Vec<DeviceView>>, ServerError> {
    Ok(Json(devices_of(&state, &session).await?))
}

/// Revokes one of the user's devices: nothing is accepted from it any more, what it has not sent stays on it.
///
/// # Errors
/// `not_found` for a device that is not theirs.
#[utoipa::path(delete, path = "/api/v1/me/devices/{id}", tag = "session", security(("access" = [])),
    params(("id" = Uuid, Path, description = "Device")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn revoke_device(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ServerError> {
    let now = state.now();
    let user = session.user_id();
    let revoked = state.store.write(move |tx| {
        let device = devices::by_id(tx, DeviceId(id))?.filter(|d| d.user == user);
        let device = device.ok_or(ServerError::NotFound)?;
        devices::revoke(tx, device.id, now)?;
        let detail = json!({ "user": user });
        let entry =
            audit::Entry { who: Some(user), what: "device_revoked", target: device.id.to_string(), detail };
        audit::append(tx, now, &entry)?;
        Ok::<_, ServerError>(())
    });
    revoked.await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn devices_of(state: &AppState, session: &Session) -> Result<Vec<DeviceView>, ServerError> {
    let user = session.user_id();
    let found = state.store.read(move |db| devices::of_user(db, user).map_err(ServerError::from)).await?;
    let view = |device: devices::Device| DeviceView {
        id: device.id.0,
        name: device.name,
        app: device.app,
        created_at: device.created_at,
        last_seen: device.last_seen,
        revoked: device.revoked_at.is_some(),
        current: session.device == Some(device.id),
    };
    Ok(found.into_iter().map(view).collect())
}
