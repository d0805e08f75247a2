//! How an account gets the name that a store compares, and how it is found by what somebody typed.

use super::{Account, AccountStore, Page, Renamed, Result};
use crate::clock::Timestamp;
use crate::name::{composed, folded};

/// How many accounts are read at once.
const BATCH: u32 = 500;

/// The longest name that is looked up, in characters: an organisation's, a slash and a person's.
const LONGEST: usize = 201;

impl Account {
    /// Gives the name for people to read, as it was given.
    pub fn shown_name(&self) -> &str {
        self.spelling.as_deref().unwrap_or(&self.username)
    }

    /// Takes a name as it was given: the folded name is compared, the given spelling is shown.
    pub fn take_name(&mut self, given: &str) {
        let spelling = composed(given);
        self.username = folded(&spelling);
        self.spelling = Some(spelling).filter(|spelling| *spelling != self.username);
    }
}

/// Finds the account of a name as somebody typed it, disabled ones too: by exactly these bytes, or by the
/// [folded](folded) name. Only an account from before names were folded, whose name meets another, has bytes
/// that are not folded.
///
/// # Errors
/// The store does not answer.
pub async fn account_called<S: AccountStore>(store: &S, typed: &str) -> Result<Option<Account>> {
    if typed.chars().count() > LONGEST || typed.chars().any(char::is_control) {
        return Ok(None);
    }
    let name = folded(typed);
    match store.account_named(typed).await? {
        None if name != typed => store.account_named(&name).await,
        found => Ok(found),
    }
}

/// Folds the names of accounts that an earlier version stored as they were typed; ends nothing of theirs. An
/// account whose folded name is taken keeps its name: it is found by exactly these bytes until one of the two is
/// renamed. Returns these names, and logs each.
///
/// SQL stores do it as they migrate, and a store in Redis as it is opened. For any other store with accounts
/// from an earlier version call it once.
///
/// # Errors
/// The store does not answer: call it again, it goes on.
pub async fn fold_names<S: AccountStore>(store: &S, now: Timestamp) -> Result<Vec<String>> {
    let mut meeting = Vec::new();
    let mut page = Page::first(BATCH);
    loop {
        let accounts = store.accounts(&page).await?;
        let Some(last) = accounts.last() else { return Ok(meeting) };
        page = Page::after(last.username.clone(), BATCH);
        for mut read in accounts {
            while folded(&read.username) != read.username {
                let mut renamed = read.clone();
                renamed.username = folded(&read.username);
                // Not composed: another account may have that very name.
                renamed.spelling = Some(read.username.clone());
                match store.rename_account(&read, &renamed, now).await? {
                    Renamed::Now | Renamed::Gone => break,
                    Renamed::Taken => {
                        report_meeting(&read.username);
                        meeting.push(read.username.clone());
                        break;
                    }
                    Renamed::Changed => match store.account(&read.subject).await? {
                        Some(now) => read = now,
                        None => break,
                    },
                }
            }
        }
    }
}

/// Logs that two names from before they were folded meet.
pub fn report_meeting(username: &str) {
    tracing::warn!(
        username,
        "two accounts have this name but for case, width or composition: this one signs in by exactly these bytes, \
         until one of them is renamed"
    );
}
