use super::{Connection, Store, grant, session};
use crate::error::{Failure, Outcome};
use crate::record::{AccountRow, attributes_of};
use crate::schema::accounts;
use diesel::prelude::*;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::Subject;
use oauth_core::store::{Account, AccountStore, AttributeChanges, Created, GrantFilter, Page, PasswordHash, Result};

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

    async fn set_password(&self, subject: &Subject, password: &PasswordHash, now: Timestamp) -> Result<bool> {
        let (subject, password) = (subject.clone(), password.clone());
        let body = move |connection: &mut Connection, tenant| {
            let changed = diesel::update(of(tenant, &subject))
                .set(accounts::password.eq(password.as_phc()))
                .execute(connection)?;
            if changed > 0 {
                end_all(connection, tenant, &subject, now)?;
            }
            Ok(changed > 0)
        };
        self.write("set a password", body).await
    }

    async fn set_account_enabled(&self, subject: &Subject, enabled: bool, now: Timestamp) -> Result<bool> {
        let subject = subject.clone();
        let body = move |connection: &mut Connection, tenant| {
            let changed =
                diesel::update(of(tenant, &subject)).set(accounts::enabled.eq(enabled)).execute(connection)?;
            if changed > 0 && !enabled {
                end_all(connection, tenant, &subject, now)?;
            }
            Ok(changed > 0)
        };
        self.write("enable or disable an account", body).await
    }

    async fn change_account_attributes(&self, subject: &Subject, changes: &AttributeChanges) -> Result<bool> {
        let (subject, changes) = (subject.clone(), changes.clone());
        let body = move |connection: &mut Connection, tenant| change(connection, tenant, &subject, &changes);
        self.write("change an account's attributes", body).await
    }

    async fn delete_account(&self, subject: &Subject, now: Timestamp) -> Result<bool> {
        let subject = subject.clone();
        let body = move |connection: &mut Connection, tenant| {
            let deleted = diesel::delete(of(tenant, &subject)).execute(connection)?;
            if deleted > 0 {
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

/// Changes attributes, which stand in one column: the row is written once before it is read, so that of
/// two who do so one waits for the other.
fn change(connection: &mut Connection, tenant: i64, subject: &Subject, changes: &AttributeChanges) -> Outcome<bool> {
    diesel::update(of(tenant, subject)).set(accounts::enabled.eq(accounts::enabled)).execute(connection)?;
    let Some(mut account) = account(connection, tenant, subject)? else { return Ok(false) };
    account.change_attributes(changes);
    let changed = accounts::attributes.eq(attributes_of(&account)?);
    diesel::update(of(tenant, subject)).set(changed).execute(connection)?;
    Ok(true)
}

/// Ends all that somebody may hold who was signed in as this person.
fn end_all(connection: &mut Connection, tenant: i64, subject: &Subject, now: Timestamp) -> Outcome<()> {
    session::end_all(connection, tenant, subject)?;
    grant::revoke_all(connection, tenant, &GrantFilter::Subject(subject.clone()), now)?;
    Ok(())
}
