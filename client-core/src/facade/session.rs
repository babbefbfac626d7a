//! Who works here. An expired sign-in stops syncing, never local work; signing out with unsent work keeps
//! everything under lock for the same account.

use std::collections::BTreeSet;

use domain::authz::{Permission, Principal, Role};
use domain::ids::{DeviceId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Client;
use crate::error::Error;
use crate::store::{held, meta, rows};
use crate::sync::{Request, problem};

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// The name to sign in with.
    pub name: String,
    /// The name on screens.
    #[serde(default)]
    pub display: String,
    /// The role.
    pub role: Role,
    /// Permissions besides the role; ones that this version does not know are passed over.
    #[serde(default, deserialize_with = "known")]
    pub may: BTreeSet<Permission>,
}

fn known<'de, D: serde::Deserializer<'de>>(d: D) -> Result<BTreeSet<Permission>, D::Error> {
    let words = Vec::<String>::deserialize(d)?;
    Ok(words.iter().filter_map(|w| Permission::from_text(w)).collect())
}

impl Person {
    fn principal(&self) -> Principal {
        Principal { user: self.id, role: self.role, may: self.may.clone() }
    }
}

/// A sign-in, as kept on the device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// Address of the server, without a slash at the end.
    pub server: String,
    /// Who.
    pub user: Person,
    /// The access token.
    #[serde(default)]
    pub(crate) access: Option<String>,
    /// When it ends, by this device's clock, in ms.
    #[serde(default)]
    pub(crate) access_until: i64,
    /// The refresh token; `None` when signed out or when the server refused it.
    #[serde(default)]
    pub(crate) refresh: Option<String>,
    /// The refresh under way: asked again under the same id if its answer was lost.
    #[serde(default)]
    pub(crate) refresh_request: Option<Uuid>,
    /// This device, as this account's server knows it; `None` in sign-ins from when all accounts of an installation
    /// had the same.
    #[serde(default)]
    pub(crate) device: Option<DeviceId>,
    /// Signed out with unsent work.
    #[serde(default)]
    pub(crate) locked: bool,
}

/// Servers tell names apart like this.
fn same_account(one: &str, other: &str) -> bool {
    account(one) == account(other)
}

fn account(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The server's answer to a sign-in or refresh.
#[derive(Deserialize)]
struct Granted {
    access: String,
    refresh: String,
    expires_in: i64,
    user: Person,
}

impl Client {
    /// The sign-in, if there is one.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn session(&self) -> Result<Option<Session>, Error> {
        meta::get_json(self.store.db(), meta::SESSION)
    }

    /// Who works here.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`].
    pub fn person(&self) -> Result<Principal, Error> {
        match self.session()? {
            Some(session) if !session.locked => Ok(session.user.principal()),
            _ => Err(Error::SignInNeeded { unsent: self.held()? }),
        }
    }

    /// Pieces of work that would be lost with this device: unsent, waiting for the office's decision, refused, and
    /// files not uploaded.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn held(&self) -> Result<u64, Error> {
        held(self.store.db())
    }

    /// This device, as the server knows it. A server lets nobody sign in from another account's device, so each
    /// account has one of its own, always the same one.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn device(&self) -> Result<DeviceId, Error> {
        let own = self.session()?.and_then(|s| s.device);
        own.map_or_else(|| self.installation(), Ok)
    }

    /// The device that an account signs in from: half of SHA-256 of the installation's id and the account's name, as
    /// a UUIDv8. An account that is signed in stays with what it has.
    fn device_of(&self, user: &str) -> Result<DeviceId, Error> {
        if self.session()?.is_some_and(|s| same_account(&s.user.name, user)) {
            return self.device();
        }
        let digest =
            Sha256::new().chain_update(self.installation()?.0).chain_update(account(user)).finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Ok(DeviceId(uuid::Builder::from_custom_bytes(half).into_uuid()))
    }

    /// The request that signs in and registers this device.
    ///
    /// # Errors
    /// [`Error::LockedForOther`] while the device holds another account's unsent work.
    pub fn login_request(&self, user: &str, password: &str, totp: Option<&str>) -> Result<Request, Error> {
        if let Some(session) = self.session()?.filter(|s| !same_account(&s.user.name, user)) {
            self.refuse_if_held(&session.user)?;
        }
        let name = format!("fieldledger {}", env!("CARGO_PKG_VERSION"));
        let mut body = json!({
            "user": user, "password": password, "device": {"id": self.device_of(user)?, "name": name},
        });
        if let Some(totp) = totp {
            body["totp"] = totp.into();
        }
        Ok(Request::json("POST", "/api/v1/session", &body))
    }

    /// Takes the answer to [`Client::login_request`]. Another account's data, all of it sent, is dropped.
    ///
    /// # Errors
    /// [`Error::Server`] with the server's code; [`Error::LockedForOther`].
    pub fn login_response(&mut self, server: &str, status: u16, body: &[u8]) -> Result<Person, Error> {
        if !(200..300).contains(&status) {
            let (code, params) = problem(status, body);
            return Err(Error::Server { code, params });
        }
        let granted = granted(body)?;
        let before = self.session()?;
        let other = before.filter(|s| s.user.id != granted.user.id);
        if let Some(session) = &other {
            self.refuse_if_held(&session.user)?;
        }
        let device = Some(self.device_of(&granted.user.name)?);
        let session = self.session_of(server.trim_end_matches('/').to_owned(), device, granted);
        self.close_record();
        self.write(|tx| {
            if other.is_some() {
                wipe(tx)?;
                tx.end_sign_in()?;
            }
            meta::set_json(&tx.db, meta::SESSION, &session)?;
            tx.log_who()
        })?
        .into_inner();
        // Another account may be of another server.
        self.adopt_reference()?;
        Ok(session.user)
    }

    /// Signs out. With unsent work everything stays, under lock for this account; without, it is dropped.
    /// Answers how many pieces of work stay.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`] if nobody is signed in; a failure of the store.
    pub fn logout(&mut self) -> Result<u64, Error> {
        let held = self.held()?;
        let Some(mut session) = self.session()?.filter(|s| !s.locked) else {
            return Err(Error::SignInNeeded { unsent: held });
        };
        session.access = None;
        session.refresh = None;
        session.refresh_request = None;
        session.locked = true;
        self.close_record();
        self.write(|tx| {
            if held == 0 {
                wipe(tx)?;
                meta::unset(&tx.db, meta::SESSION)?;
            } else {
                meta::set_json(&tx.db, meta::SESSION, &session)?;
            }
            tx.end_sign_in()?;
            tx.log_who()
        })?
        .into_inner();
        self.store.compact_journal()?;
        Ok(held)
    }

    fn refuse_if_held(&self, owner: &Person) -> Result<(), Error> {
        match self.held()? {
            0 => Ok(()),
            unsent => Err(Error::LockedForOther { user: owner.name.clone(), unsent }),
        }
    }

    fn session_of(&self, server: String, device: Option<DeviceId>, granted: Granted) -> Session {
        Session {
            server,
            device,
            user: granted.user,
            access: Some(granted.access),
            access_until: self.host.now().0 + granted.expires_in.clamp(0, 86_400) * 1_000,
            refresh: Some(granted.refresh),
            refresh_request: None,
            locked: false,
        }
    }

    /// The request that renews the sign-in. Its id is on the disk before it is sent: if the answer is
    /// lost, the same request is made again and the server gives the same answer.
    pub(crate) fn refresh_request(&mut self) -> Result<Request, Error> {
        let Some(mut session) = self.session()? else {
            return Err(Error::SignInNeeded { unsent: self.held()? });
        };
        let Some(refresh) = session.refresh.clone() else {
            return Err(Error::SignInNeeded { unsent: self.held()? });
        };
        let request = match session.refresh_request {
            Some(request) => request,
            None => {
                let request = self.host.uuid()?;
                session.refresh_request = Some(request);
                self.write(|tx| meta::set_json(&tx.db, meta::SESSION, &session))?.into_inner();
                request
            }
        };
        let body = json!({"refresh": refresh, "request": request});
        Ok(Request::json("POST", "/api/v1/session/refresh", &body))
    }

    /// Takes the renewed sign-in.
    pub(crate) fn refreshed(&mut self, body: &[u8]) -> Result<(), Error> {
        let granted = granted(body)?;
        let Some(before) = self.session()? else { return Ok(()) };
        if before.user.id != granted.user.id {
            return Err(Error::SignInNeeded { unsent: self.held()? });
        }
        // Role and permissions may have changed since.
        let session = self.session_of(before.server, before.device, granted);
        self.close_record();
        self.write(|tx| {
            meta::set_json(&tx.db, meta::SESSION, &session)?;
            tx.log_who()
        })?
        .into_inner();
        Ok(())
    }

    /// The server refused to renew: a new sign-in is needed to sync; local work goes on.
    pub(crate) fn sign_in_ended(&mut self) -> Result<(), Error> {
        let Some(mut session) = self.session()? else { return Ok(()) };
        session.access = None;
        session.refresh = None;
        session.refresh_request = None;
        self.write(|tx| meta::set_json(&tx.db, meta::SESSION, &session))?.into_inner();
        Ok(())
    }
}

fn granted(body: &[u8]) -> Result<Granted, Error> {
    serde_json::from_slice(body).map_err(|e| Error::Server {
        code: "server_fault".into(),
        params: Map::from_iter([("detail".to_owned(), Json::from(e.to_string()))]),
    })
}

/// Drops what the server has. Called only when nothing else is here.
fn wipe(tx: &mut crate::store::Tx<'_>) -> Result<(), Error> {
    rows::clear(tx)?;
    // Rows of `pending` left here are on the server's disk already and only waited for a receipt.
    tx.db.execute_batch(
        "DELETE FROM doc; DELETE FROM pending; DELETE FROM cursor; DELETE FROM file; DELETE FROM set_aside;",
    )?;
    let of_the_server = [meta::EPOCH, meta::OFFER, meta::REFERENCE, meta::REFERENCE_VERSION, meta::LAST_SYNC];
    for key in of_the_server {
        meta::unset(&tx.db, key)?;
    }
    meta::set(&tx.db, meta::HELLO, 1)
}
