//! `fieldledger demo`

use std::sync::Arc;

use super::{CliError, DataDir, output};
use crate::demo::{self, Demo, DemoError, SEED};
use crate::host::{Clock as _, SystemClock, SystemRng};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Make {
    #[command(flatten)]
    data: DataDir,
    /// Print the accounts as JSON
    #[arg(long)]
    json: bool,
}

impl Make {
    /// Makes the demo organisation, or says who can sign in to the one that is there.
    pub fn run(self) -> Result<(), CliError> {
        let dir = &self.data.data;
        let fail = |e: DemoError| CliError::new(e.code(), e.to_string());
        let (demo, made) = match demo::existing(dir).map_err(fail)? {
            Some(demo) => (demo, false),
            None => {
                let made = demo::make(dir, SEED, SystemClock.now(), Arc::new(SystemRng));
                (made.map_err(fail)?, true)
            }
        };
        if self.json {
            let mut json = serde_json::to_value(&demo).unwrap_or_default();
            if let Some(map) = json.as_object_mut() {
                map.insert("made".to_owned(), made.into());
            }
            return output::json(&json);
        }
        table(&demo, made, &dir.display().to_string())
    }
}

fn table(demo: &Demo, made: bool, dir: &str) -> Result<(), CliError> {
    let verb = if made { "made" } else { "is there already" };
    output::line(&format!(
        "Demo organisation {verb} in {dir}: {} customers, {} products, {} complaints ({} with a conflict), {} visits.",
        demo.customers, demo.product_items, demo.complaints, demo.conflicts, demo.visits
    ))?;
    output::line("Everything in it is invented; the passwords are no secret:")?;
    output::line("")?;
    output::line(&format!("  {:<10} {:<14} {:<9} {}", "user", "password", "role", "name"))?;
    for account in &demo.accounts {
        let may =
            if account.may.is_empty() { String::new() } else { format!(" [{}]", account.may.join(",")) };
        output::line(&format!(
            "  {:<10} {:<14} {:<9} {} {}{may}",
            account.user, account.password, account.role, account.display, account.department
        ))?;
    }
    Ok(())
}
