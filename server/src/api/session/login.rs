//! `POST /api/v1/session`

use std::net::IpAddr;

use axum::extract::State;
use domain::ids::{DeviceId, UserId};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::Tokens;
use crate::api::extract::Json;
use crate::auth::password::{self, Check};
use crate::auth::throttle::Lane;
use crate::auth::token::refresh_hash;
use crate::error::{Problem, ServerError};
use crate::host::Millis;
use crate::http::address::ClientAddress;
use crate::state::AppState;
use crate::store::accounts::{self, User};
use crate::store::sessions::SessionRow;
use crate::store::{StoreError, Tx, audit, devices, sessions};

/// Characters of a device's name at most; the rest is cut off.
const DEVICE_NAME: usize = 80;

/// Who signs in.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct LoginRequest {
    /// Name, in any case of letters.
    user: String,
    /// Password.
    password: String,
    /// The device, so that it can be named, followed and revoked.
    device: Option<DeviceRequest>,
}

/// The device someone signs in from.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct DeviceRequest {
    /// Identity, made once by the app; a new one is given when it is missing.
    id: Option<Uuid>,
    /// What its user calls it.
    #[serde(default)]
    name: String,
    /// Name and version of the app.
    #[serde(default)]
    app: String,
}

/// What the database knows of a name before the password is looked at.
#[derive(Default)]
struct Known {
    user: Option<User>,
    hash: Option<String>,
    device: Option<devices::Device>,
}

/// Signs in.
///
/// # Errors
/// `bad_credentials`, `throttled`, `user_disabled`, `device_revoked`; `conflict` for another user's device.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = LoginRequest,
    responses((status = 200, body = Tokens), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 429, body = Problem)))]
pub async fn login(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    Json(request): Json<LoginRequest>,
) -> Result<Json<Tokens>, ServerError> {
    let known = look_up(&state, &request).await?;
    let lanes = lanes(&request.user, &known, address);
    let device_id = known.device.as_ref().map(|d| d.id);
    let target = known.user.as_ref().map(|u| u.id);

    let checked = check_password(&state, request.password, known.hash, &lanes).await?;
    let Some(user) = known.user.filter(|_| checked.check != Check::Wrong) else {
        failed(&state, target, address).await?;
        return Err(ServerError::BadCredentials);
    };
    if user.disabled_at.is_some() {
        return Err(ServerError::UserDisabled);
    }
    if let Some(device) = &known.device {
        if device.user != user.id {
            return Err(ServerError::Conflict { what: "device" });
        }
        if device.revoked_at.is_some() {
            return Err(ServerError::DeviceRevoked);
        }
    }
    let tokens = open_session(&state, user, request.device, device_id, checked.stronger, address).await?;
    Ok(Json(tokens))
}

async fn look_up(state: &AppState, request: &LoginRequest) -> Result<Known, ServerError> {
    let name = request.user.clone();
    let device = request.device.as_ref().and_then(|d| d.id).map(DeviceId);
    state
        .store
        .read(move |db| {
            let user = accounts::by_name(db, &name)?;
            let hash = match &user {
                Some(user) => accounts::password(db, user.id)?,
                None => None,
            };
            let device = match device {
                Some(id) => devices::by_id(db, id)?,
                None => None,
            };
            Ok::<_, ServerError>(Known { user, hash, device })
        })
        .await
}

fn lanes(name: &str, known: &Known, address: IpAddr) -> Vec<Lane> {
    if let (Some(user), Some(device)) = (&known.user, &known.device)
        && device.user == user.id
        && device.revoked_at.is_none()
    {
        return vec![Lane::Device(device.id)];
    }
    // The whole name could be long; its beginning tells accounts apart well enough.
    let name = accounts::name_key(name).chars().take(64).collect();
    vec![Lane::Account(name), Lane::address(address)]
}

struct Checked {
    check: Check,
    /// A stronger hash of the same password, when the stored one is weaker than new ones.
    stronger: Option<String>,
}

/// Compares the password with at most two others at a time. Failures are counted before the place is given up, so a
/// burst of parallel guesses meets the throttle too.
async fn check_password(
    state: &AppState,
    password: String,
    hash: Option<String>,
    lanes: &[Lane],
) -> Result<Checked, ServerError> {
    throttled(state, lanes)?;
    let place = state.hashing.acquire().await.map_err(ServerError::fault)?;
    throttled(state, lanes)?;
    let rng = state.rng.clone();
    let check = move || {
        if password.len() > password::MAX_BYTES {
            return Checked { check: Check::Wrong, stronger: None };
        }
        let check = password::check(&password, hash.as_deref());
        let stronger = match check {
            // A hash that could not be made better is still right.
            Check::RightButWeak => password::hash(&password, rng.as_ref()).ok(),
            _ => None,
        };
        Checked { check, stronger }
    };
    let checked = tokio::task::spawn_blocking(check).await.map_err(ServerError::fault)?;
    match checked.check {
        Check::Wrong => state.throttle.failed(lanes, state.now()),
        Check::Right | Check::RightButWeak => state.throttle.succeeded(lanes),
    }
    drop(place);
    Ok(checked)
}

fn throttled(state: &AppState, lanes: &[Lane]) -> Result<(), ServerError> {
    match state.throttle.wait(lanes, state.now()) {
        Some(retry_after_s) => Err(ServerError::Throttled { retry_after_s }),
        None => Ok(()),
    }
}

/// The name that was typed is not written down: people type passwords into the wrong box.
async fn failed(state: &AppState, user: Option<UserId>, address: IpAddr) -> Result<(), ServerError> {
    let now = state.now();
    let target = user.map(|u| u.to_string()).unwrap_or_default();
    let detail = json!({ "address": address });
    let entry = audit::Entry { who: None, what: "login_failed", target, detail };
    state.store.write(move |tx| audit::append(tx, now, &entry).map_err(ServerError::from)).await?;
    Ok(())
}

async fn open_session(
    state: &AppState,
    user: User,
    device: Option<DeviceRequest>,
    known_device: Option<DeviceId>,
    stronger: Option<String>,
    address: IpAddr,
) -> Result<Tokens, ServerError> {
    let now = state.now();
    let device_id = match (&device, known_device) {
        (_, Some(id)) => Some(id),
        (Some(DeviceRequest { id: Some(id), .. }), None) => Some(DeviceId(*id)),
        (Some(_), None) => Some(DeviceId(state.new_id()?)),
        (None, None) => None,
    };
    let session = SessionRow {
        sid: state.new_id()?,
        user: user.id,
        device: device_id,
        created_at: now,
        revoked_at: None,
    };
    let refresh = state.keys.first_refresh(state.rng.as_ref())?;
    let tokens = Tokens::new(state, &session, &user, refresh.clone(), now)?;
    let detail = json!({ "address": address, "device": device_id });
    state
        .store
        .write(move |tx| {
            if let Some(hash) = stronger {
                accounts::replace_hash(tx, user.id, &hash)?;
            }
            if let (Some(id), Some(device)) = (device_id, device) {
                see_device(tx, id, &user, &device, now)?;
            }
            sessions::add(tx, session.sid, user.id, device_id, now)?;
            sessions::add_refresh(tx, &refresh_hash(&refresh), session.sid, now)?;
            let target = session.sid.to_string();
            audit::append(tx, now, &audit::Entry { who: Some(user.id), what: "login", target, detail })?;
            Ok::<_, ServerError>(())
        })
        .await?;
    Ok(tokens)
}

fn see_device(
    tx: &Tx<'_>,
    id: DeviceId,
    user: &User,
    device: &DeviceRequest,
    now: Millis,
) -> Result<(), StoreError> {
    let cut = |text: &str| text.trim().chars().take(DEVICE_NAME).collect::<String>();
    devices::seen(tx, id, user.id, &cut(&device.name), &cut(&device.app), now)
}
