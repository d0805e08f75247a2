//! What a verb that issues tokens has decided, once it has read what there is. Deciding changes nothing,
//! so that whatever is changed can be changed in one step: on a server, in one trip.

use crate::record::{AccessRow, RefreshRow};

/// What is to be done, and what to answer when it is.
pub(crate) enum Decided<T> {
    /// Nothing: it was refused, or is answered from what was read.
    Nothing(T),
    /// A grant is revoked, by its row, at a moment.
    Revoke { grant: i64, at: i64, said: T },
    /// Tokens are issued.
    Issue { issuance: Box<Issuance>, said: T },
}

/// Tokens under a grant that was found alive, and what goes with them: all of it or nothing.
pub(crate) struct Issuance {
    /// What they are issued for, which is then used up.
    pub(crate) consumed: Consumed,
    /// The text of the secret that authenticated the client: it must still stand in the client's body.
    #[cfg_attr(not(feature = "_server"), allow(dead_code, reason = "SQLite decides in the same transaction"))]
    pub(crate) secret: String,
    /// The row of the grant. It must still not be revoked.
    pub(crate) grant: i64,
    pub(crate) last_issued_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) access: AccessRow,
    pub(crate) refresh: Option<RefreshRow>,
}

/// What tokens are issued for, by its row.
pub(crate) enum Consumed {
    /// The grant alone.
    Nothing,
    /// A code. It must still not be used.
    Code { row: i64, at: i64 },
    /// A refresh token. It must still not be retired.
    Refresh {
        row: i64,
        at: i64,
        /// The sealed answer, and until when it may be given again.
        retry: Option<(Vec<u8>, i64)>,
        /// The token that was rotated away for this one: its answer is forgotten.
        predecessor: Option<i64>,
    },
}
