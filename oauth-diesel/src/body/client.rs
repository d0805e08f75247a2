use super::{Connection, Store, find_client, only_one};
use crate::error::{Failure, Outcome};
use crate::record::json;
use crate::schema::{client_attributes, client_resources, clients, tombstones};
use diesel::prelude::*;
use oauth_core::client::Client;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::ClientId;
use oauth_core::secret::Digest;
use oauth_core::store::{ClientFilter, ClientStore, Created, Page, Replaced, Result};

impl ClientStore for Store {
    async fn client(&self, id: &ClientId) -> Result<Option<Client>> {
        let id = id.clone();
        self.read("read a client", move |connection, tenant| client(connection, tenant, &id)).await
    }

    async fn clients(&self, filter: &ClientFilter, page: &Page<ClientId>) -> Result<Vec<Client>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read("list clients", move |connection, tenant| list(connection, tenant, &filter, &page)).await
    }

    async fn create_client(&self, client: &Client) -> Result<Created> {
        let client = client.clone();
        self.write("create a client", move |connection, tenant| create(connection, tenant, &client)).await
    }

    async fn update_client(&self, client: &Client) -> Result<bool> {
        let client = client.clone();
        self.write("update a client", move |connection, tenant| update(connection, tenant, &client)).await
    }

    async fn replace_client(&self, read: &Client, changed: &Client) -> Result<Replaced> {
        let (read, changed) = (read.clone(), changed.clone());
        self.write("replace a client", move |connection, tenant| replace(connection, tenant, &read, &changed)).await
    }

    async fn delete_client(&self, id: &ClientId, _now: Timestamp) -> Result<bool> {
        let id = id.clone();
        self.write("delete a client", move |connection, tenant| delete(connection, tenant, &id)).await
    }

    async fn bury(&self, name: &Digest, _now: Timestamp, until: Timestamp) -> Result<()> {
        let name = *name;
        self.write("bury a name", move |connection, tenant| bury(connection, tenant, &name, until)).await
    }

    async fn is_buried(&self, name: &Digest, now: Timestamp) -> Result<bool> {
        let name = *name;
        self.read("look for a tombstone", move |connection, tenant| is_buried(connection, tenant, &name, now)).await
    }
}

fn client(connection: &mut Connection, tenant: i64, id: &ClientId) -> Outcome<Option<Client>> {
    let body = clients::table
        .filter(clients::tenant.eq(tenant))
        .filter(clients::client_id.eq(id.as_str()))
        .select(clients::body)
        .get_result::<String>(connection)
        .optional()?;
    body.map(|body| json(&body, "clients.body")).transpose()
}

fn list(
    connection: &mut Connection,
    tenant: i64,
    filter: &ClientFilter,
    page: &Page<ClientId>,
) -> Outcome<Vec<Client>> {
    let mut query = clients::table
        .filter(clients::tenant.eq(tenant))
        .filter(clients::client_id.is_not_null())
        .order(clients::client_id)
        .limit(page.limit.into())
        .select(clients::body)
        .into_boxed();
    if let Some(after) = &page.after {
        query = query.filter(clients::client_id.gt(after.as_str()));
    }
    if let Some(owner) = &filter.owner {
        query = query.filter(clients::owner.eq(owner.as_str()));
    }
    if !filter.resources.is_empty() {
        let spellings = filter.resources.iter().flat_map(|resource| [resource.normal(), resource.as_str()]);
        let servers = client_resources::table
            .filter(client_resources::tenant.eq(tenant))
            .filter(client_resources::resource.eq_any(spellings))
            .select(client_resources::client_ref);
        query = query.filter(clients::id.eq_any(servers));
    }
    for (name, value) in &filter.attributes {
        let holders = client_attributes::table
            .filter(client_attributes::tenant.eq(tenant))
            .filter(client_attributes::name.eq(name))
            .filter(client_attributes::value.eq(value))
            .select(client_attributes::client_ref);
        query = query.filter(clients::id.eq_any(holders));
    }
    let bodies: Vec<String> = query.load(connection)?;
    bodies.iter().map(|body| json(body, "clients.body")).collect()
}

fn bury(connection: &mut Connection, tenant: i64, name: &Digest, until: Timestamp) -> Outcome<()> {
    let until = until.as_unix_seconds();
    let named = || {
        tombstones::table
            .filter(tombstones::tenant.eq(tenant))
            .filter(tombstones::digest.eq(name.as_bytes().as_slice()))
    };
    let found: Option<i64> = named().select(tombstones::id).get_result(connection).optional()?;
    if found.is_some() {
        diesel::update(named()).set(tombstones::expires_at.eq(until)).execute(connection)?;
        return Ok(());
    }
    diesel::insert_into(tombstones::table)
        .values((
            tombstones::tenant.eq(tenant),
            tombstones::digest.eq(name.as_bytes().as_slice()),
            tombstones::expires_at.eq(until),
        ))
        .execute(connection)?;
    Ok(())
}

fn is_buried(connection: &mut Connection, tenant: i64, name: &Digest, now: Timestamp) -> Outcome<bool> {
    let found: Option<i64> = tombstones::table
        .filter(tombstones::tenant.eq(tenant))
        .filter(tombstones::digest.eq(name.as_bytes().as_slice()))
        .filter(tombstones::expires_at.gt(now.as_unix_seconds()))
        .select(tombstones::id)
        .get_result(connection)
        .optional()?;
    Ok(found.is_some())
}

fn create(connection: &mut Connection, tenant: i64, client: &Client) -> Outcome<Created> {
    if find_client(connection, tenant, &client.id)?.is_some() {
        return Ok(Created::Exists);
    }
    diesel::insert_into(clients::table)
        .values((
            clients::tenant.eq(tenant),
            clients::client_id.eq(client.id.as_str()),
            clients::owner.eq(client.owner.as_ref().map(|owner| owner.as_str())),
            clients::enabled.eq(client.enabled),
            clients::body.eq(serde_json::to_string(client)?),
        ))
        .execute(connection)?;
    let (row, _) = find_client(connection, tenant, &client.id)?.ok_or(Failure::Corrupt("clients.client_id"))?;
    save_lookups(connection, tenant, row, client)?;
    Ok(Created::Now)
}

fn update(connection: &mut Connection, tenant: i64, client: &Client) -> Outcome<bool> {
    let Some((row, _)) = find_client(connection, tenant, &client.id)? else {
        return Ok(false);
    };
    let updated = diesel::update(clients::table.find(row).filter(clients::client_id.is_not_null()))
        .set(changes(client)?)
        .execute(connection)?;
    only_one(updated)?;
    forget_lookups(connection, row)?;
    save_lookups(connection, tenant, row, client)?;
    Ok(true)
}

#[derive(AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
struct Changes<'a> {
    owner: Option<&'a str>,
    enabled: bool,
    body: String,
}

fn changes(client: &Client) -> Outcome<Changes<'_>> {
    let owner = client.owner.as_ref().map(|owner| owner.as_str());
    Ok(Changes { owner, enabled: client.enabled, body: serde_json::to_string(client)? })
}

fn replace(connection: &mut Connection, tenant: i64, read: &Client, changed: &Client) -> Outcome<Replaced> {
    if read.id != changed.id {
        return Err(Failure::Contradiction("the client would get another identifier"));
    }
    let found: Option<(i64, String)> = clients::table
        .filter(clients::tenant.eq(tenant))
        .filter(clients::client_id.eq(read.id.as_str()))
        .select((clients::id, clients::body))
        .get_result(connection)
        .optional()?;
    let Some((row, body)) = found else {
        return Ok(Replaced::Gone);
    };
    if json::<Client>(&body, "clients.body")? != *read {
        return Ok(Replaced::Changed);
    }
    // The very text that was compared, and no other, is replaced.
    let replaced = diesel::update(clients::table.find(row).filter(clients::body.eq(&body)))
        .set(changes(changed)?)
        .execute(connection)?;
    only_one(replaced)?;
    forget_lookups(connection, row)?;
    save_lookups(connection, tenant, row, changed)?;
    Ok(Replaced::Now)
}

/// Takes the client's name away and disables it: from here on everything under it is dead, however
/// much that is. The sweep clears it away in pieces, and the row at last.
fn delete(connection: &mut Connection, tenant: i64, id: &ClientId) -> Outcome<bool> {
    let Some((row, _)) = find_client(connection, tenant, id)? else {
        return Ok(false);
    };
    let deleted = diesel::update(clients::table.find(row).filter(clients::client_id.is_not_null()))
        .set((
            clients::client_id.eq(None::<String>),
            clients::owner.eq(None::<String>),
            clients::enabled.eq(false),
            clients::body.eq(""),
        ))
        .execute(connection)?;
    only_one(deleted)?;
    forget_lookups(connection, row)?;
    Ok(true)
}

fn save_lookups(connection: &mut Connection, tenant: i64, row: i64, client: &Client) -> Outcome<()> {
    for (name, value) in &client.attributes {
        diesel::insert_into(client_attributes::table)
            .values((
                client_attributes::tenant.eq(tenant),
                client_attributes::client_ref.eq(row),
                client_attributes::name.eq(name),
                client_attributes::value.eq(value),
            ))
            .execute(connection)?;
    }
    // The same resource may have been given twice.
    let resources: std::collections::BTreeSet<_> = client.resources.iter().collect();
    for resource in resources {
        diesel::insert_into(client_resources::table)
            .values((
                client_resources::tenant.eq(tenant),
                client_resources::client_ref.eq(row),
                client_resources::resource.eq(resource.normal()),
            ))
            .execute(connection)?;
    }
    Ok(())
}

fn forget_lookups(connection: &mut Connection, row: i64) -> Outcome<()> {
    diesel::delete(client_attributes::table.filter(client_attributes::client_ref.eq(row))).execute(connection)?;
    diesel::delete(client_resources::table.filter(client_resources::client_ref.eq(row))).execute(connection)?;
    Ok(())
}
