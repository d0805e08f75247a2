use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A query whose rows nobody changes before the commit, in the words that MySQL and MariaDB both know.
#[derive(QueryId)]
pub(super) struct Shared<Q>(pub(super) Q);

impl<Q: Query> Query for Shared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q: QueryFragment<Mysql>> QueryFragment<Mysql> for Shared<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mysql>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" LOCK IN SHARE MODE");
        Ok(())
    }
}

impl<Q, C> RunQueryDsl<C> for Shared<Q> {}
