/// Hands every verb of every store trait to a macro, behind what else it is to have, so that a store which
/// stands in front of others writes each of its wrappers once, and cannot forget one. The traits must be in
/// scope there.
#[doc(hidden)]
#[macro_export]
macro_rules! every_store_verb {
    ($($then:ident)::+ $(, $($first:tt)*)?) => {
        $($then)::+! {
            $($($first)*)?
            ClientStore {
                fn client(id: &$crate::identifier::ClientId) -> Option<$crate::client::Client>;
                fn clients(filter: &$crate::store::ClientFilter, page: &$crate::store::Page<$crate::identifier::ClientId>) -> Vec<$crate::client::Client>;
                fn create_client(client: &$crate::client::Client) -> $crate::store::Created;
                fn update_client(client: &$crate::client::Client) -> bool;
                fn replace_client(read: &$crate::client::Client, changed: &$crate::client::Client) -> $crate::store::Replaced;
                fn delete_client(id: &$crate::identifier::ClientId, now: $crate::clock::Timestamp) -> bool;
                fn bury(name: &$crate::secret::Digest, now: $crate::clock::Timestamp, until: $crate::clock::Timestamp) -> ();
                fn is_buried(name: &$crate::secret::Digest, now: $crate::clock::Timestamp) -> bool;
            }
            GrantStore {
                fn grant(id: &$crate::identifier::GrantId) -> Option<$crate::store::Grant>;
                fn grants(filter: &$crate::store::GrantFilter, page: &$crate::store::Page<$crate::identifier::GrantId>, now: $crate::clock::Timestamp) -> Vec<$crate::store::Grant>;
                fn clients_of(subject: &$crate::identifier::Subject, page: &$crate::store::Page<$crate::identifier::ClientId>, now: $crate::clock::Timestamp) -> Vec<$crate::identifier::ClientId>;
                fn marks(subject: &$crate::identifier::Subject, client: &$crate::identifier::ClientId) -> $crate::store::Marks;
                fn revoke_grant(id: &$crate::identifier::GrantId, now: $crate::clock::Timestamp) -> bool;
                fn retire_grant(id: &$crate::identifier::GrantId, now: $crate::clock::Timestamp) -> bool;
                fn revoke_grants(filter: &$crate::store::GrantFilter, now: $crate::clock::Timestamp) -> u64;
            }
            CodeStore {
                fn save_code(grant: &$crate::store::Grant, code: &$crate::store::Code, basis: &$crate::store::Basis) -> $crate::store::Saved;
                fn code(digest: &$crate::secret::Digest) -> Option<$crate::store::StoredCode>;
                fn redeem(digest: &$crate::secret::Digest, issue: &$crate::store::Issue) -> $crate::store::Redeemed;
            }
            TokenStore {
                fn issue(issue: &$crate::store::Issue) -> $crate::store::Saved;
                fn access_token(digest: &$crate::secret::Digest, now: $crate::clock::Timestamp) -> Option<$crate::store::ActiveToken>;
                fn authorization(digest: &$crate::secret::Digest, now: $crate::clock::Timestamp) -> Option<$crate::resource::Authorization>;
                fn refresh_token(digest: &$crate::secret::Digest) -> Option<$crate::store::StoredRefresh>;
                fn rotate(digest: &$crate::secret::Digest, issue: &$crate::store::Issue, retry: &$crate::store::Retry) -> $crate::store::Rotated;
                fn revoke_access_token(digest: &$crate::secret::Digest, now: $crate::clock::Timestamp) -> bool;
            }
            AuditStore {
                fn keep_act(act: &$crate::administration::Act) -> bool;
                fn acts(page: &$crate::store::Page<u64>) -> Option<Vec<$crate::store::KeptAct>>;
            }
            Housekeeping {
                fn sweep(now: $crate::clock::Timestamp, limit: u32) -> $crate::store::Swept;
                fn overdue_since(now: $crate::clock::Timestamp) -> Option<$crate::clock::Timestamp>;
            }
            AccountStore {
                fn account(subject: &$crate::identifier::Subject) -> Option<$crate::store::Account>;
                fn account_named(username: &str) -> Option<$crate::store::Account>;
                fn accounts(page: &$crate::store::Page<String>) -> Vec<$crate::store::Account>;
                fn create_account(account: &$crate::store::Account) -> $crate::store::Created;
                fn replace_account(read: &$crate::store::Account, changed: &$crate::store::Account, now: $crate::clock::Timestamp) -> $crate::store::Replaced;
                fn rename_account(read: &$crate::store::Account, renamed: &$crate::store::Account, now: $crate::clock::Timestamp) -> $crate::store::Renamed;
                fn delete_account(subject: &$crate::identifier::Subject, now: $crate::clock::Timestamp) -> bool;
            }
            PendingRequestStore {
                fn save_pending(pending: &$crate::store::PendingRequest) -> ();
                fn take_pending(digest: &$crate::secret::Digest, subject: &$crate::identifier::Subject, now: $crate::clock::Timestamp) -> Option<$crate::store::PendingRequest>;
            }
            SessionStore {
                fn create_session(session: &$crate::store::Session) -> ();
                fn session(digest: &$crate::secret::Digest, now: $crate::clock::Timestamp) -> Option<$crate::store::Session>;
                fn end_session(digest: &$crate::secret::Digest) -> bool;
                fn end_sessions(subject: &$crate::identifier::Subject) -> u64;
                fn save_decision(decision: &$crate::store::PendingDecision) -> ();
                fn take_decision(session: &$crate::secret::Digest, request: &$crate::secret::Digest, now: $crate::clock::Timestamp) -> Option<$crate::store::PendingDecision>;
            }
        }
    };
}

/// Implements every store trait for an enum whose variants are stores: each verb is that of the one that is
/// there, the verb that is not awaited too.
#[doc(hidden)]
#[macro_export]
macro_rules! store_of_any {
    ($any:ident { $($(#[$attribute:meta])* $variant:ident),+ $(,)? }) => {
        $crate::every_store_verb!($crate::store_of_any, @traits $any [$($(#[$attribute])* $variant)+]);
    };
    (@traits $any:ident $variants:tt
     $($trait:ident { $(fn $verb:ident($($argument:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
        $(impl $crate::store::$trait for $any {
            $(async fn $verb(&self, $($argument: $type),*) -> $crate::store::Result<$outcome> {
                $crate::store_of_any!(@each self $variants store =>
                    $crate::store::$trait::$verb(store, $($argument),*).await)
            })*

            $crate::store_of_any!(@at_once $trait $variants);
        })*
    };
    (@at_once TokenStore $variants:tt) => {
        fn authorization_at_once(
            &self,
            digest: &$crate::secret::Digest,
            now: $crate::clock::Timestamp,
        ) -> Option<$crate::store::Result<Option<$crate::resource::Authorization>>> {
            $crate::store_of_any!(@each self $variants store =>
                $crate::store::TokenStore::authorization_at_once(store, digest, now))
        }
    };
    (@at_once Housekeeping $variants:tt) => {
        fn failures(&self) -> Option<std::sync::Arc<dyn $crate::store::FailureStore>> {
            $crate::store_of_any!(@each self $variants store => $crate::store::Housekeeping::failures(store))
        }
    };
    (@at_once $trait:ident $variants:tt) => {};
    (@each $self:ident [$($(#[$attribute:meta])* $variant:ident)+] $store:ident => $call:expr) => {
        match $self {
            $($(#[$attribute])* Self::$variant($store) => $call,)+
        }
    };
}
