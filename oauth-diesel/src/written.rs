use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{self, BigInt, Binary, Bool, HasSqlType, Nullable};
use diesel::{QueryResult, RunQueryDsl};

/// A statement, or a condition in one, that is written out, for the few that are told often and must not cost a trip more.
///
/// Diesel has a connection prepare each `UPDATE` anew, because what it sets may be other columns the
/// next time. Of one that is written out there is one text, which stays prepared.
pub(crate) struct Written<const N: usize>(pub(crate) [Word; N]);

/// A piece of a statement.
pub(crate) enum Word {
    Text(&'static str),
    Number(i64),
    #[cfg(feature = "_server")]
    Value(String),
    #[cfg(feature = "_postgres")]
    NumberOrNull(Option<i64>),
    #[cfg(feature = "_postgres")]
    BytesOrNull(Option<Vec<u8>>),
}

impl<const N: usize, DB> QueryFragment<DB> for Written<N>
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Binary> + HasSqlType<sql_types::Text>,
    i64: ToSql<BigInt, DB>,
    String: ToSql<sql_types::Text, DB>,
    Option<i64>: ToSql<Nullable<BigInt>, DB>,
    Option<Vec<u8>>: ToSql<Nullable<Binary>, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for word in &self.0 {
            match word {
                Word::Text(text) => out.push_sql(text),
                Word::Number(value) => out.push_bind_param::<BigInt, _>(value)?,
                #[cfg(feature = "_server")]
                Word::Value(value) => out.push_bind_param::<sql_types::Text, _>(value)?,
                #[cfg(feature = "_postgres")]
                Word::NumberOrNull(value) => out.push_bind_param::<Nullable<BigInt>, _>(value)?,
                #[cfg(feature = "_postgres")]
                Word::BytesOrNull(value) => out.push_bind_param::<Nullable<Binary>, _>(value)?,
            }
        }
        Ok(())
    }
}

// Its text tells it apart.
impl<const N: usize> QueryId for Written<N> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<const N: usize, C> RunQueryDsl<C> for Written<N> {}

// What stands in a condition names its tables itself.
impl<const N: usize> Expression for Written<N> {
    type SqlType = Bool;
}

impl<const N: usize> ValidGrouping<()> for Written<N> {
    type IsAggregate = is_aggregate::No;
}

impl<const N: usize, T> AppearsOnTable<T> for Written<N> {}

impl<const N: usize, T> SelectableExpression<T> for Written<N> {}
