//! `fieldledger user`: accounts, from the console. Works beside a running server, which sees each change with its
//! next request.

use std::collections::BTreeSet;
use std::io::BufRead;

use clap::{Subcommand, builder::PossibleValuesParser};
use domain::authz::{Permission, Role};
use domain::ids::UserId;
use serde_json::json;

use super::{CliError, DataDir, output};
use crate::auth::password;
use crate::host::{Clock, Millis, SystemClock, SystemRng, new_id};
use crate::store::accounts::{self, NewUser};
use crate::store::{Store, StoreError, Tx, audit};

/// Most characters of a name.
const NAME: usize = 64;

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add an account; the password is one line on standard input
    Add(Add),
    /// Set a new password (one line on standard input) and end the account's sessions
    Passwd(Named),
    /// Refuse sign-in and syncing; nothing the person recorded is touched
    Disable(Named),
    /// Allow a disabled account again
    Enable(Named),
    /// List accounts
    List(List),
}

/// `user add`
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Name to sign in with
    name: String,
    /// What the person is
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)))]
    role: String,
    /// Name to show [default: NAME]
    #[arg(long, value_name = "姓名")]
    display: Option<String>,
    /// Department
    #[arg(long, default_value = "")]
    department: String,
    /// Region
    #[arg(long, default_value = "")]
    region: String,
    /// Permissions, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(Permission::ALL.map(Permission::as_str)))]
    may: Vec<String>,
    #[command(flatten)]
    data: DataDir,
    /// Print the new account as JSON
    #[arg(long)]
    json: bool,
}

/// One account.
#[derive(Debug, clap::Args)]
pub struct Named {
    /// Name to sign in with
    name: String,
    #[command(flatten)]
    data: DataDir,
}

/// `user list`
#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    data: DataDir,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl User {
    /// Runs the command.
    pub fn run(self) -> Result<(), CliError> {
        match self {
            Self::Add(add) => add.run(),
            Self::Passwd(named) => {
                let hash = read_password()?;
                named.change("user_password", move |tx, id, now| accounts::set_password(tx, id, &hash, now))
            }
            Self::Disable(named) => named.change("user_disabled", accounts::disable),
            Self::Enable(named) => named.change("user_enabled", |tx, id, _| accounts::enable(tx, id)),
            Self::List(list) => list.run(),
        }
    }
}

impl Add {
    fn run(self) -> Result<(), CliError> {
        let name = self.name.trim().to_owned();
        if name.is_empty()
            || name.chars().count() > NAME
            || name.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            return Err(CliError::new(
                "bad_name",
                format!("a name has 1 to {NAME} characters and no spaces"),
            ));
        }
        let now = SystemClock.now();
        let id = new_id(now, &SystemRng).map_err(|e| CliError::new("server_fault", e.to_string()))?;
        let new = NewUser {
            id: UserId(id),
            display: self.display.unwrap_or_else(|| name.clone()),
            role: Role::from_text(&self.role).ok_or_else(|| CliError::new("bad_role", "unknown role"))?,
            department: self.department,
            region: self.region,
            may: self.may.iter().filter_map(|m| Permission::from_text(m)).collect::<BTreeSet<_>>(),
            password: read_password()?,
            name: name.clone(),
        };
        let store = self.data.open_beside()?;
        let role = new.role.as_str();
        let added = store.write_blocking(move |tx| {
            accounts::add(tx, &new, now)?;
            let detail = json!({ "role": role, "may": new.may, "by": "console" });
            let entry = audit::Entry { who: None, what: "user_added", target: id.to_string(), detail };
            audit::append(tx, now, &entry)
        });
        store.close();
        added.map_err(|error| match error {
            StoreError::Exists => {
                CliError::new("conflict", format!("there is an account named {name} already"))
            }
            other => other.into(),
        })?;
        if self.json {
            output::json(&json!({ "id": id, "name": name, "role": role }))
        } else {
            output::line(&format!("added {name} ({role}) {id}"))
        }
    }
}

impl Named {
    fn change(
        self,
        what: &'static str,
        change: impl FnOnce(&Tx<'_>, UserId, Millis) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), CliError> {
        let store = existing(&self.data)?;
        let now = SystemClock.now();
        let name = self.name.clone();
        let changed = store.write_blocking(move |tx| {
            let Some(user) = accounts::by_name(tx, &name)? else { return Ok(false) };
            change(tx, user.id, now)?;
            let detail = json!({ "by": "console" });
            audit::append(tx, now, &audit::Entry { who: None, what, target: user.id.to_string(), detail })?;
            Ok::<_, StoreError>(true)
        });
        store.close();
        if changed?.into_inner() {
            output::line(&format!("{what} {}", self.name))
        } else {
            Err(CliError::new("not_found", format!("there is no account named {}", self.name)))
        }
    }
}

impl List {
    fn run(self) -> Result<(), CliError> {
        let store = existing(&self.data)?;
        let users = store.read_blocking(accounts::all);
        store.close();
        let users = users?;
        if self.json {
            return output::json(&users);
        }
        for user in users {
            let state = if user.disabled_at.is_some() { "disabled" } else { "active" };
            let may = user.may.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(",");
            let (name, role, display) = (user.name, user.role.as_str(), user.display);
            output::line(&format!("{name}\t{role}\t{state}\t{display}\t{}\t{may}", user.department))?;
        }
        Ok(())
    }
}

/// Only a first account makes a directory: a mistyped `--data` should not leave an empty one behind.
fn existing(data: &DataDir) -> Result<Store, CliError> {
    if !Store::exists(&data.data) {
        return Err(CliError::new("no_data", format!("{} is not a data directory", data.data.display())));
    }
    data.open_beside()
}

/// The hash of the password on the first line of standard input.
fn read_password() -> Result<String, CliError> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.chars().count() < password::MIN_CHARS || password.len() > password::MAX_BYTES {
        let why = format!(
            "a password has at least {} characters (one line on standard input)",
            password::MIN_CHARS
        );
        return Err(CliError::new("bad_password", why));
    }
    password::hash(password, &SystemRng).map_err(|e| CliError::new("server_fault", e.to_string()))
}
