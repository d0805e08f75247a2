use super::{Connection, Store};
use crate::error::{Failure, Outcome};
use crate::record::json;
use crate::schema::audit;
use diesel::prelude::*;
use oauth_core::administration::Act;
use oauth_core::store::{AuditStore, KeptAct, Page, Result};

impl AuditStore for Store {
    async fn keep_act(&self, act: &Act) -> Result<bool> {
        let (at, body) = (act.at.as_unix_seconds(), serde_json::to_string(act).map_err(Failure::from));
        let body = body.map_err(|failure| failure.while_doing("write an act"))?;
        let keep = move |connection: &mut Connection, tenant| {
            diesel::insert_into(audit::table)
                .values((audit::tenant.eq(tenant), audit::at.eq(at), audit::body.eq(&body)))
                .execute(connection)?;
            Ok(true)
        };
        self.write_one("keep an act", keep).await
    }

    async fn acts(&self, page: &Page<u64>) -> Result<Option<Vec<KeptAct>>> {
        let page = page.clone();
        self.read("list acts", move |connection, tenant| acts(connection, tenant, &page).map(Some)).await
    }
}

fn acts(connection: &mut Connection, tenant: i64, page: &Page<u64>) -> Outcome<Vec<KeptAct>> {
    let before = page.after.map_or(i64::MAX, |after| i64::try_from(after).unwrap_or(i64::MAX));
    let rows: Vec<(i64, String)> = audit::table
        .filter(audit::tenant.eq(tenant))
        .filter(audit::id.lt(before))
        .order(audit::id.desc())
        .limit(page.limit.into())
        .select((audit::id, audit::body))
        .load(connection)?;
    let read = |(id, body): &(i64, String)| {
        let number = u64::try_from(*id).map_err(|_| Failure::Corrupt("audit.id"))?;
        Ok(KeptAct { number, act: json(body, "audit.body")? })
    };
    rows.iter().map(read).collect()
}
