//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// A FieldLedger device: works offline, syncs when it can.
#[derive(Debug, Parser)]
#[command(name = "fieldledger-device", version, about)]
pub struct Args {
    /// Directory that holds this device's data; made if need be.
    #[arg(long, value_name = "DIR", global = true, default_value = "device")]
    pub data: PathBuf,
    /// Print one JSON object or array.
    #[arg(long, global = true)]
    pub json: bool,
    /// Language of messages.
    #[arg(long, global = true, value_enum, default_value = "zh")]
    pub lang: Lang,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// 简体中文
    Zh,
    /// English
    En,
}

/// What to do. ID is a record's UUID, official number or temporary number.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in and register this device; the password is one line on standard input.
    Login {
        /// Address of the server, such as https://ledger.example.com
        #[arg(long)]
        server: String,
        /// Name to sign in with.
        #[arg(long)]
        user: String,
        /// Code of the authenticator app, where the account asks for one.
        #[arg(long)]
        totp: Option<String>,
    },
    /// Sign out. Unsent work stays, under lock for the same account.
    Logout,
    /// Make a record.
    New {
        /// complaint, visit, customer …
        kind: String,
        /// key=value…
        #[arg(value_name = "KEY=VALUE")]
        fields: Vec<String>,
    },
    /// Set fields; an empty value clears.
    Edit {
        id: String,
        #[arg(value_name = "KEY=VALUE", required = true)]
        fields: Vec<String>,
    },
    /// Move a record to a status.
    Event {
        id: String,
        /// The status.
        to: String,
        /// Why, where the step asks for it; then key=value…
        #[arg(value_name = "WHY|KEY=VALUE")]
        rest: Vec<String>,
    },
    /// Add an entry to a collection.
    Add {
        id: String,
        collection: String,
        #[arg(value_name = "KEY=VALUE")]
        fields: Vec<String>,
    },
    /// Change an entry of a collection.
    Update {
        id: String,
        collection: String,
        /// UUID of the entry.
        entry: uuid::Uuid,
        #[arg(value_name = "KEY=VALUE", required = true)]
        fields: Vec<String>,
    },
    /// Mark an entry of a collection as removed.
    Remove {
        id: String,
        collection: String,
        /// UUID of the entry.
        entry: uuid::Uuid,
    },
    /// Say who works on a record: UUIDs or names; `-` for no lead.
    Assign { id: String, lead: String, others: Vec<String> },
    /// Attach a file.
    Attach {
        id: String,
        file: PathBuf,
        /// The collection of files.
        #[arg(long, default_value = "attachments")]
        collection: String,
        /// Fields of the entry.
        #[arg(value_name = "KEY=VALUE")]
        fields: Vec<String>,
    },
    /// Attach the picture of a customer's signature.
    Sign {
        id: String,
        file: PathBuf,
        /// Fields of the record (signer_name=…) or of the entry.
        #[arg(value_name = "KEY=VALUE")]
        fields: Vec<String>,
    },
    /// List records, newest first.
    List {
        /// One kind; all if left out.
        kind: Option<String>,
        /// Statuses, separated by commas.
        #[arg(long, value_delimiter = ',')]
        status: Vec<String>,
        /// Words to find.
        #[arg(long, default_value = "")]
        text: String,
        /// Most rows; 0 for all.
        #[arg(long, default_value_t = 0)]
        limit: usize,
        /// Rows to pass over.
        #[arg(long, default_value_t = 0)]
        offset: usize,
    },
    /// Find records of all kinds by number or text; numbers first, then the newest.
    Search {
        /// A number, or words that must all occur.
        #[arg(required = true)]
        text: Vec<String>,
        /// Most rows; 0 for all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show a record.
    Show { id: String },
    /// What the person may do to a record now.
    Rights { id: String },
    /// Unsent, proposed and refused work.
    Outbox,
    /// Refused work, with what was typed.
    Refused {
        #[command(subcommand)]
        action: Option<RefusedAction>,
    },
    /// Values set at the same time.
    Conflicts { id: String },
    /// Choose one of the values set at the same time.
    Choose {
        id: String,
        field: String,
        /// Its number, as `conflicts` lists it.
        n: usize,
    },
    /// Every value that was ever set, newest first.
    History { id: String },
    /// What is owed and when: overdue, or due within a week.
    Deadlines {
        /// Everything that is owed, whenever it is due.
        #[arg(long)]
        all: bool,
        /// Hours ahead instead of a week.
        #[arg(long, default_value_t = 168, conflicts_with = "all")]
        within: u32,
        /// All deadlines of one record, done ones too.
        #[arg(long, conflicts_with_all = ["all", "within"])]
        of: Option<String>,
    },
    /// How things stand with the server.
    Status,
    /// Send and fetch.
    Sync {
        /// Go on until stopped.
        #[arg(long)]
        watch: bool,
        /// Seconds between looks, with --watch.
        #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=3600))]
        every: u64,
    },
}

impl Command {
    /// The record that it is about, as it was named.
    pub fn record(&self) -> Option<&str> {
        match self {
            Self::Edit { id, .. }
            | Self::Event { id, .. }
            | Self::Add { id, .. }
            | Self::Update { id, .. }
            | Self::Remove { id, .. }
            | Self::Assign { id, .. }
            | Self::Attach { id, .. }
            | Self::Sign { id, .. }
            | Self::Choose { id, .. }
            | Self::Show { id }
            | Self::Rights { id }
            | Self::Conflicts { id }
            | Self::History { id } => Some(id),
            _ => None,
        }
    }
}

/// What to do with refused work.
#[derive(Debug, Subcommand)]
pub enum RefusedAction {
    /// Throw it away.
    Discard {
        /// Its number, as `refused` lists it.
        n: i64,
    },
}
