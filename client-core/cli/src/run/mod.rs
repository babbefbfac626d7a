//! The commands.

mod fields;
mod show;
mod sync;

use std::io::{BufRead as _, Write as _};
use std::path::Path;

use client_core::domain::error::Refusal;
use client_core::domain::ids::{RecordId, UserId};
use client_core::domain::intent::Intent;
use client_core::domain::schema::Schema;
use client_core::sync::Ending;
use client_core::{Client, Error, ListFilter};
use serde_json::{Map, Value as Json, json};

use crate::args::{Args, Command, RefusedAction};
use crate::http::Http;
use crate::{host, text};
use fields::Pairs;

/// Why a command did not do what it was asked.
pub enum Failure {
    /// A rule, the disk, or the sign-in.
    Client(Error),
    /// The command line cannot be understood.
    Usage(String),
    /// The server gave no answer.
    Unreachable(String),
    /// A run of sync ended early; its report was printed.
    Sync(Ending),
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        Self::Client(e)
    }
}
impl From<Refusal> for Failure {
    fn from(e: Refusal) -> Self {
        Self::Client(e.into())
    }
}

impl Failure {
    /// Says which kind of record a refusal is about, for whoever makes a sentence of it.
    fn of_kind(mut self, kind: &str) -> Self {
        if let Self::Client(Error::Refused(refusal)) = &mut self {
            refusal.params.entry("kind").or_insert_with(|| kind.into());
        }
        self
    }

    fn status(&self) -> u8 {
        match self {
            Self::Client(Error::SignInNeeded { .. }) => 4,
            Self::Client(Error::Server { code, .. }) => match code.as_str() {
                "bad_credentials" | "user_disabled" | "device_revoked" | "sign_in_needed" => 4,
                "server_fault" | "not_reachable" | "throttled" | "rate_limited" => 3,
                _ => 1,
            },
            Self::Client(_) | Self::Sync(Ending::Refused) => 1,
            Self::Usage(_) => 2,
            Self::Unreachable(_) | Self::Sync(Ending::TryLater) => 3,
            Self::Sync(Ending::SignIn) => 4,
            Self::Sync(Ending::Done) => 0,
        }
    }

    fn code_and_params(&self) -> Option<(String, Map<String, Json>)> {
        let detail = |d: &str| Map::from_iter([("detail".to_owned(), json!(d))]);
        Some(match self {
            Self::Client(e) => (e.code().to_owned(), e.params()),
            Self::Usage(what) => ("usage".to_owned(), detail(what)),
            Self::Unreachable(what) => ("not_reachable".to_owned(), detail(what)),
            Self::Sync(_) => return None,
        })
    }
}

/// Prints a line on standard output; a reader that has gone away is no failure.
pub fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line for the person, beside what a program reads.
pub fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Runs the command; the exit status.
pub fn run(args: &Args) -> u8 {
    match command(args) {
        Ok(()) => 0,
        Err(failure) => {
            if let Some((code, params)) = failure.code_and_params() {
                if args.json {
                    print(&json!({"code": code, "params": params}).to_string());
                } else {
                    let schema = Schema::builtin().ok();
                    note(&text::message(args.lang, schema.as_deref(), &code, &params));
                }
            }
            failure.status()
        }
    }
}

fn open(args: &Args) -> Result<Client, Failure> {
    let schema = Schema::builtin().map_err(|e| Error::Damaged(e.to_string()))?;
    let client = Client::open(&args.data, schema, host::system())?;
    if let Some(recovered) = client.recovered() {
        let params = match json!(recovered) {
            Json::Object(map) => map,
            _ => Map::new(),
        };
        note(&text::message(args.lang, None, "recovered", &params));
    }
    Ok(client)
}

/// Prints an answer; an object also says what was brought back from a damaged database.
fn answer(args: &Args, client: &Client, mut json: Json, human: impl FnOnce(&Json) -> String) {
    if args.json {
        if let (Json::Object(map), Some(recovered)) = (&mut json, client.recovered()) {
            map.insert("recovered".into(), json!(recovered));
        }
        print(&json.to_string());
    } else {
        let text = human(&json);
        if !text.is_empty() {
            print(&text);
        }
    }
}

fn command(args: &Args) -> Result<(), Failure> {
    let mut client = open(args)?;
    let lang = args.lang;
    match &args.command {
        Command::Login { server, user, totp } => login(args, &mut client, server, user, totp.as_deref()),
        Command::Logout => {
            let unsent = client.logout()?;
            answer(args, &client, json!({"ok": true, "unsent": unsent}), |_| text::signed_out(lang, unsent));
            Ok(())
        }
        Command::New { kind, fields } => {
            let mut fields = Pairs::read(fields)?.into_map();
            let made =
                client.resolve_names(kind, None, &mut fields).and_then(|()| client.create(kind, fields));
            let saved = made.map_err(|e| Failure::from(e).of_kind(kind))?.into_inner();
            saved_answer(args, &client, saved.to_json());
            Ok(())
        }
        Command::List { kind, status, text, limit, offset } => {
            let filter =
                ListFilter { status: status.clone(), text: text.clone(), limit: *limit, offset: *offset };
            let rows = client.list(kind.as_deref(), &filter)?;
            answer(args, &client, json!(rows), |rows| show::list(lang, client.schema(), rows));
            Ok(())
        }
        Command::Search { text, limit } => {
            let rows = client.search(&text.join(" "), *limit)?;
            answer(args, &client, json!(rows), |rows| show::list(lang, client.schema(), rows));
            Ok(())
        }
        Command::Outbox => {
            answer(args, &client, json!(client.outbox()?), |rows| show::outbox(lang, client.schema(), rows));
            Ok(())
        }
        Command::Refused { action: None } => {
            answer(args, &client, json!(client.refused()?), |rows| show::outbox(lang, client.schema(), rows));
            Ok(())
        }
        Command::Refused { action: Some(RefusedAction::Discard { n }) } => {
            client.discard_refused(*n)?.into_inner();
            answer(args, &client, json!({"ok": true, "n": n}), |_| text::word(lang, "discarded").to_owned());
            Ok(())
        }
        Command::Deadlines { of: Some(id), .. } => {
            let found = json!(client.deadlines_of(client.find(id)?)?);
            answer(args, &client, found, |rows| show::deadlines(lang, client.schema(), rows));
            Ok(())
        }
        Command::Deadlines { all, within, of: None } => {
            let found = json!(client.deadlines(&client.due_within((!all).then_some(*within))?)?);
            answer(args, &client, found, |rows| show::deadlines(lang, client.schema(), rows));
            Ok(())
        }
        Command::Status => {
            answer(args, &client, client.sync_status()?, |status| show::status(lang, status));
            Ok(())
        }
        Command::Sync { watch, every } => sync::run(args, &mut client, *watch, *every),
        on_record => record(args, &mut client, on_record).map_err(|failure| {
            let id = on_record.record().and_then(|name| client.find(name).ok());
            let kind = id.and_then(|id| client.kind_of(id).ok());
            kind.iter().fold(failure, |failure, kind| failure.of_kind(kind))
        }),
    }
}

fn saved_answer(args: &Args, client: &Client, json: Json) {
    answer(args, client, json, |saved| text::saved(args.lang, saved));
}

/// Commands about one record.
fn record(args: &Args, client: &mut Client, command: &Command) -> Result<(), Failure> {
    let lang = args.lang;
    let saved = match command {
        Command::Edit { id, fields } => {
            let id = client.find(id)?;
            let mut fields = Pairs::read(fields)?.into_map();
            client.resolve_names(&client.kind_of(id)?, None, &mut fields)?;
            let list = fields.into_iter().map(|(field, value)| Intent::Set { field, value }).collect();
            client.intents(id, list)?
        }
        Command::Event { id, to, rest } => {
            let id = client.find(id)?;
            let kind = client.kind_of(id)?;
            let (why, mut fields) = fields::why(client.schema(), &kind, rest)?;
            client.resolve_names(&kind, None, &mut fields)?;
            client.event(id, to, why, fields)?
        }
        Command::Add { id, collection, fields } => {
            let (id, fields) = entry(client, id, collection, fields)?;
            client.add(id, collection, fields)?
        }
        Command::Update { id, collection, entry: of, fields } => {
            let (id, fields) = entry(client, id, collection, fields)?;
            client.intents(id, vec![Intent::Update { collection: collection.clone(), id: *of, fields }])?
        }
        Command::Remove { id, collection, entry } => {
            let id = client.find(id)?;
            client.intents(id, vec![Intent::Remove { collection: collection.clone(), id: *entry }])?
        }
        Command::Assign { id, lead, others } => {
            let id = client.find(id)?;
            let person = |name: &String| client.find_person(name).map(UserId);
            let lead = if lead == "-" { None } else { Some(person(lead)?) };
            let others = others.iter().map(person).collect::<Result<_, _>>()?;
            client.intents(id, vec![Intent::Assign { lead, others }])?
        }
        Command::Attach { id, file, collection, fields } => {
            let (id, fields) = entry(client, id, collection, fields)?;
            return attach(args, client, id, collection, read_file(file)?, fields);
        }
        Command::Sign { id, file, fields } => {
            let id = client.find(id)?;
            let kind = client.kind_of(id)?;
            let pairs = Pairs::read(fields)?.into_map();
            let schema = client.schema().clone();
            let of_record = |key: &String| schema.kind(&kind).is_some_and(|k| k.field(key).is_some());
            let (mut on_record, mut on_entry): (Map<_, _>, Map<_, _>) =
                pairs.into_iter().partition(|(key, _)| of_record(key));
            client.resolve_names(&kind, None, &mut on_record)?;
            client.resolve_names(&kind, Some(SIGNATURE), &mut on_entry)?;
            // Nothing is saved for a signature that cannot be read.
            let file = read_file(file)?;
            if !on_record.is_empty() {
                let set = |(field, value)| Intent::Set { field, value };
                client.intents(id, on_record.into_iter().map(set).collect())?.into_inner();
            }
            return attach(args, client, id, SIGNATURE, file, on_entry);
        }
        Command::Choose { id, field, n } => {
            let id = client.find(id)?;
            client.choose(id, field, *n)?
        }
        Command::Show { id } => {
            let record = client.show(client.find(id)?)?;
            answer(args, client, record, |record| show::record(lang, client.schema(), record));
            return Ok(());
        }
        Command::Rights { id } => {
            let rights = client.rights(client.find(id)?)?;
            answer(args, client, json!(rights), |json| format!("{json:#}"));
            return Ok(());
        }
        Command::Conflicts { id } => {
            let conflicts = client.conflicts(client.find(id)?)?;
            answer(args, client, conflicts, |json| show::conflicts(lang, json));
            return Ok(());
        }
        Command::History { id } => {
            let history = client.history(client.find(id)?)?;
            answer(args, client, history, show::history);
            return Ok(());
        }
        _ => return Err(Failure::Usage("no such command".to_owned())),
    };
    saved_answer(args, client, saved.into_inner().to_json());
    Ok(())
}

fn entry(
    client: &Client,
    id: &str,
    collection: &str,
    fields: &[String],
) -> Result<(RecordId, Map<String, Json>), Failure> {
    let id = client.find(id)?;
    let mut fields = Pairs::read(fields)?.into_map();
    client.resolve_names(&client.kind_of(id)?, Some(collection), &mut fields)?;
    Ok((id, fields))
}

/// Largest file that is taken.
const MOST_BYTES: u64 = 64 << 20;
/// The collection that `sign` adds to.
const SIGNATURE: &str = "customer_signature";

/// A file's name and content.
fn read_file(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let unreadable = |e: std::io::Error| Failure::Usage(format!("{}: {e}", path.display()));
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MOST_BYTES {
        let refusal = Refusal::new(client_core::domain::error::Code::TooLarge);
        return Err(refusal.with("max", MOST_BYTES).with("size", size).into());
    }
    let content = std::fs::read(path).map_err(unreadable)?;
    Ok((path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(), content))
}

fn attach(
    args: &Args,
    client: &mut Client,
    id: RecordId,
    collection: &str,
    (name, content): (String, Vec<u8>),
    fields: Map<String, Json>,
) -> Result<(), Failure> {
    let saved = client.attach(id, collection, &name, fields::mime(&name), &content, fields)?;
    let (record, file) = saved.into_inner();
    let mut json = record.to_json();
    json["file"] = json!({"sha256": file.sha256, "size": file.size, "mime": file.mime, "name": file.name});
    saved_answer(args, client, json);
    Ok(())
}

fn login(
    args: &Args,
    client: &mut Client,
    server: &str,
    user: &str,
    totp: Option<&str>,
) -> Result<(), Failure> {
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password).map_err(Error::from)?;
    let password = password.trim_end_matches(['\r', '\n']);
    if !(server.starts_with("http://") || server.starts_with("https://")) {
        return Err(Failure::Usage(format!("--server {server}")));
    }
    let request = client.login_request(user, password, totp)?;
    let answer_ = Http::to(server).send(&request).map_err(|e| Failure::Unreachable(e.0))?;
    let person = client.login_response(server, answer_.status, &answer_.body)?;
    let json = json!({"ok": true, "user": person, "device": client.device()?});
    answer(args, client, json, |_| text::signed_in(args.lang, &person.display));
    Ok(())
}
