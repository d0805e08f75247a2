use super::Connection;
use crate::error::Outcome;
use crate::schema::tenants;
use crate::tenant::Tenant;
use diesel::prelude::*;

/// Looks, before a verb that reads, whether the tenant's number is under another name. A tenant from before there
/// was a table, or one that wrote nothing yet, is under none.
pub(crate) fn look(connection: &mut Connection, tenant: &Tenant) -> Outcome<()> {
    if !tenant.is_seen() && tenant.compare(held(connection, tenant)?.as_deref())? {
        tenant.note_seen();
    }
    Ok(())
}

/// Enters, before a verb that writes, the tenant's name under its number. It is noted as seen by a verb that reads,
/// because this one may be rolled back.
pub(crate) fn enter(connection: &mut Connection, tenant: &Tenant) -> Outcome<()> {
    if tenant.is_seen() || tenant.compare(held(connection, tenant)?.as_deref())? {
        return Ok(());
    }
    let row = (tenants::number.eq(tenant.number()), tenants::name.eq(tenant.name()));
    diesel::insert_into(tenants::table).values(row).execute(connection)?;
    Ok(())
}

fn held(connection: &mut Connection, tenant: &Tenant) -> Outcome<Option<String>> {
    let row = tenants::table.filter(tenants::number.eq(tenant.number()));
    Ok(row.select(tenants::name).get_result(connection).optional()?)
}
