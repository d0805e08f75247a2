//! The scripts: each runs as a whole or not at all, and nothing comes between its steps.

use redis::Script;
use std::sync::LazyLock;

macro_rules! scripts {
    ($($(#[$meta:meta])* $name:ident = $($file:literal)+;)*) => {
        $(
            $(#[$meta])*
            pub(crate) static $name: Source = Source(LazyLock::new(|| {
                const TEXT: &str = concat!($(include_str!(concat!("lua/", $file, ".lua"))),+);
                (TEXT, Script::new(TEXT))
            }));
        )*
    };
}

/// The text of a script, and the digest by which a server knows it.
pub(crate) struct Source(LazyLock<(&'static str, Script)>);

impl Source {
    pub(crate) fn text(&self) -> &'static str {
        self.0.0
    }

    pub(crate) fn hash(&self) -> &str {
        self.0.1.get_hash()
    }
}

scripts! {
    CHECK = "check";
    READ = "read";
    REDEEM = "common" "under" "redeem";
    ROTATE = "common" "under" "rotate";
    ISSUE_UNDER = "common" "under" "issue_under";
    ISSUE_ALONE = "common" "issue_alone";
    SAVE_CODE = "common" "save_code";
    REVOKE = "revoke";
    REMOVE = "common" "remove_grant" "remove";
    SWEEP = "common" "remove_grant" "sweep";
    RESERVE = "reserve";
    ENTER = "common" "enter";
    ENTER_ALL = "common" "enter_all";
    CREATE_CLIENT = "create_client";
    REPLACE_CLIENT = "replace_client";
    DELETE_CLIENT = "delete_client";
    RENEW_EPOCH = "renew_epoch";
    CREATE_SESSION = "common" "create_session";
    END_SESSION = "end_session";
    SAVE_DECISION = "common" "save_decision";
    TAKE_DECISION = "take_decision";
    SAVE_PENDING = "common" "save_pending";
    TAKE_PENDING = "take_pending";
    CREATE_ACCOUNT = "common" "create_account";
    BURY = "common" "bury";
    REPLACE_ACCOUNT = "replace_account";
    RENAME_ACCOUNT = "rename_account";
    DELETE_ACCOUNT = "delete_account";
    MOVE_MARK = "common" "move_mark";
    COUNT_FAILURES = "count_failures";
}
