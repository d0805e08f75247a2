use super::{Connection, Store, grant, marks, session};
use crate::error::{Failure, Outcome};
use crate::record::AccountRow;
use crate::schema::accounts;
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::Subject;
use oauth_core::name::folded;
use oauth_core::store::{Account, AccountStore, Created, Page, Renamed, Replaced, Result, report_meeting};

/// How many accounts are folded at once.
const BATCH: i64 = 500;

impl AccountStore for Store {
    async fn account(&self, subject: &Subject) -> Result<Option<Account>> {
        let subject = subject.clone();
        self.read("read an account", move |connection, tenant| account(connection, tenant, &subject)).await
    }

    async fn account_named(&self, username: &str) -> Result<Option<Account>> {
        let username = username.to_owned();
        self.read("read an account", move |connection, tenant| named(connection, tenant, &username)).await
    }

    async fn accounts(&self, page: &Page<String>) -> Result<Vec<Account>> {
        let page = page.clone();
        self.read("list accounts", move |connection, tenant| list(connection, tenant, &page)).await
    }

    async fn create_account(&self, account: &Account) -> Result<Created> {
        let account = account.clone();
        self.write("create an account", move |connection, tenant| create(connection, tenant, &account)).await
    }

    async fn replace_account(&self, read: &Account, changed: &Account, now: Timestamp) -> Result<Replaced> {
        let (read, changed) = (read.clone(), changed.clone());
        let body = move |connection: &mut Connection, tenant| replace(connection, tenant, &read, &changed, now);
        self.write("replace an account", body).await
    }

    async fn rename_account(&self, read: &Account, renamed: &Account, now: Timestamp) -> Result<Renamed> {
        let (read, renamed) = (read.clone(), renamed.clone());
        let body = move |connection: &mut Connection, tenant| rename(connection, tenant, &read, &renamed, now);
        self.write("rename an account", body).await
    }

    async fn delete_account(&self, subject: &Subject, now: Timestamp) -> Result<bool> {
        let subject = subject.clone();
        let body = move |connection: &mut Connection, tenant| {
            see_commits!(connection);
            let deleted = diesel::delete(of(tenant, &subject)).execute(connection)?;
            if deleted > 0 {
                marks::move_on(connection, tenant, subject.as_str(), now)?;
                end_all(connection, tenant, &subject, now)?;
            }
            Ok(deleted > 0)
        };
        self.write("delete an account", body).await
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn of<'a>(tenant: i64, subject: &'a Subject) -> _ {
    let subject: &'a str = subject.as_str();
    accounts::table.filter(accounts::tenant.eq(tenant)).filter(accounts::subject.eq(subject))
}

fn account(connection: &mut Connection, tenant: i64, subject: &Subject) -> Outcome<Option<Account>> {
    let found = of(tenant, subject).select(AccountRow::as_select()).get_result(connection).optional()?;
    found.map(AccountRow::read).transpose()
}

fn named(connection: &mut Connection, tenant: i64, username: &str) -> Outcome<Option<Account>> {
    // Nobody has such a name, and PostgreSQL cannot even be asked for it.
    if username.contains('\0') {
        return Ok(None);
    }
    let found = accounts::table
        .filter(accounts::tenant.eq(tenant))
        .filter(accounts::username.eq(username))
        .select(AccountRow::as_select())
        .get_result(connection)
        .optional()?;
    found.map(AccountRow::read).transpose()
}

fn list(connection: &mut Connection, tenant: i64, page: &Page<String>) -> Outcome<Vec<Account>> {
    let after = page.after.as_deref();
    let mut query = accounts::table
        .filter(accounts::tenant.eq(tenant))
        .order(accounts::username)
        .limit(page.limit.into())
        .select(AccountRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(accounts::username.gt(after));
    }
    let rows: Vec<AccountRow> = query.load(connection)?;
    rows.into_iter().map(AccountRow::read).collect()
}

fn create(connection: &mut Connection, tenant: i64, account: &Account) -> Outcome<Created> {
    if account.username.contains('\0') {
        return Err(Failure::Contradiction("a username has no NUL in it"));
    }
    let taken = accounts::table
        .filter(accounts::tenant.eq(tenant))
        .filter(accounts::username.eq(&account.username).or(accounts::subject.eq(account.subject.as_str())));
    if diesel::select(diesel::dsl::exists(taken)).get_result(connection)? {
        return Ok(Created::Exists);
    }
    diesel::insert_into(accounts::table).values(AccountRow::new(tenant, account)?).execute(connection)?;
    Ok(Created::Now)
}

/// Changes the row first, then moves the mark, then ends what there is: in this order on every way.
fn replace(
    connection: &mut Connection,
    tenant: i64,
    read: &Account,
    changed: &Account,
    now: Timestamp,
) -> Outcome<Replaced> {
    if (&read.subject, &read.username) != (&changed.subject, &changed.username) {
        return Err(Failure::Contradiction("the account would get another identifier or name"));
    }
    see_commits!(connection);
    let found = hold!(of(tenant, &read.subject).select(AccountRow::as_select())).get_result(connection).optional()?;
    let Some(found) = found.map(AccountRow::read).transpose()? else { return Ok(Replaced::Gone) };
    if found != *read {
        return Ok(Replaced::Changed);
    }
    diesel::update(of(tenant, &read.subject)).set(AccountRow::new(tenant, changed)?).execute(connection)?;
    marks::move_on(connection, tenant, read.subject.as_str(), now)?;
    if read.is_ended_by(changed) {
        end_all(connection, tenant, &read.subject, now)?;
    }
    Ok(Replaced::Now)
}

fn rename(
    connection: &mut Connection,
    tenant: i64,
    read: &Account,
    renamed: &Account,
    now: Timestamp,
) -> Outcome<Renamed> {
    if !read.is_only_renamed(renamed) {
        return Err(Failure::Contradiction("something else than the account's name would change"));
    }
    if renamed.username.contains('\0') {
        return Err(Failure::Contradiction("a username has no NUL in it"));
    }
    see_commits!(connection);
    let found = hold!(of(tenant, &read.subject).select(AccountRow::as_select())).get_result(connection).optional()?;
    let Some(found) = found.map(AccountRow::read).transpose()? else { return Ok(Renamed::Gone) };
    if found != *read {
        return Ok(Renamed::Changed);
    }
    if renamed.username != read.username && is_taken(connection, tenant, &renamed.username)? {
        return Ok(Renamed::Taken);
    }
    diesel::update(of(tenant, &read.subject)).set(AccountRow::new(tenant, renamed)?).execute(connection)?;
    marks::move_on(connection, tenant, read.subject.as_str(), now)?;
    Ok(Renamed::Now)
}

fn is_taken(connection: &mut Connection, tenant: i64, username: &str) -> Outcome<bool> {
    let taken = accounts::table.filter(accounts::tenant.eq(tenant)).filter(accounts::username.eq(username));
    Ok(diesel::select(diesel::dsl::exists(taken)).get_result(connection)?)
}

/// Folds the names of all tenants' accounts from before names were folded, the oldest first: SQL cannot fold.
/// An account whose folded name is taken keeps its name (`oauth_core::store::fold_names`).
pub(crate) fn fold_names(connection: &mut Connection) -> Outcome<()> {
    let mut last = i64::MIN;
    loop {
        let accounts: Vec<(i64, i64, String)> = accounts::table
            .filter(accounts::id.gt(last))
            .order(accounts::id)
            .limit(BATCH)
            .select((accounts::id, accounts::tenant, accounts::username))
            .load(connection)?;
        let Some((id, ..)) = accounts.last() else { return Ok(()) };
        last = *id;
        for (id, tenant, username) in accounts {
            let name = folded(&username);
            if name == username {
                continue;
            }
            if is_taken(connection, tenant, &name)? {
                report_meeting(&username);
                continue;
            }
            let spelled = (accounts::username.eq(name), accounts::spelling.eq(username));
            diesel::update(accounts::table.filter(accounts::id.eq(id))).set(spelled).execute(connection)?;
        }
    }
}

/// Ends all that somebody may hold who was signed in as this person.
fn end_all(connection: &mut Connection, tenant: i64, subject: &Subject, now: Timestamp) -> Outcome<()> {
    session::end_all(connection, tenant, subject)?;
    grant::revoke_of(connection, tenant, subject, now)
}
