//! The lists of promises: a new one is one line here.

/// Makes a `#[test]` of every promise of a [`Store`](crate::store::Store).
///
/// Takes an expression of a future that gives a fresh, empty store and what must outlive it; see
/// [`store::conformance`](crate::store::conformance).
#[macro_export]
macro_rules! store_conformance {
    ($fresh:expr) => {
        $crate::store_conformance!(@tests $fresh, store;
            clients::a_client_comes_back_as_it_was_saved,
            clients::a_client_is_created_once,
            clients::a_client_that_was_changed_is_not_replaced,
            clients::client_identifiers_compare_byte_for_byte,
            clients::clients_are_found_by_what_they_have,
            clients::a_replaced_client_is_found_by_what_it_has_now,
            clients::f_25_a_client_is_found_by_its_resource_in_any_spelling,
            clients::clients_are_listed_page_by_page,
            clients::f_13_clients_are_found_by_one_of_several_resources,
            clients::a_disabled_client_has_nothing_alive,
            clients::a_client_created_again_inherits_nothing,
            tombstones::f_04_a_tombstone_ends_to_the_second,
            tombstones::f_04_tombstones_are_swept_at_their_end,
            tombstones::f_04_one_name_is_buried_at_the_same_time,
            grants::revoke_grant_ends_everything_under_it,
            grants::an_unused_code_dies_with_its_grant,
            grants::revoke_grant_says_whether_it_was_live,
            grants::revoke_grants_ends_what_is_meant,
            grants::revoke_grants_of_a_client_ends_its_own_tokens,
            grants::grants_lists_only_what_is_live,
            grants::grants_are_listed_page_by_page,
            grants::f_09_a_retired_grant_ends_alone,
            ends::f_02_an_end_reaches_what_has_expired,
            grants::f_09_the_clients_of_a_person_are_listed_page_by_page,
            grants::grants_are_found_by_their_attributes,
            grants::subjects_compare_byte_for_byte,
            codes::a_code_comes_back_as_it_was_saved,
            codes::an_unknown_code_is_unknown,
            codes::save_code_needs_an_enabled_client,
            codes::save_code_overwrites_nothing,
            codes::redeem_is_single_use,
            codes::redeem_minds_the_end_of_the_code,
            codes::redeem_sets_the_times_of_the_grant,
            codes::redeem_checks_in_order,
            codes::redeem_is_all_or_nothing,
            tokens::a_token_without_a_grant_comes_back_as_it_was_saved,
            tokens::a_token_comes_back_with_its_grant,
            tokens::an_access_token_ends_to_the_second,
            tokens::an_access_token_ends_with_its_grant,
            tokens::issue_needs_a_live_client_and_grant,
            tokens::issue_overwrites_nothing,
            tokens::revoke_access_token_ends_that_token_only,
            refresh::rotate_retires_and_issues,
            refresh::an_unknown_refresh_token_is_unknown,
            refresh::a_refresh_token_ends_to_the_second,
            refresh::rotate_gives_a_lost_answer_again,
            refresh::the_window_ends_to_the_second,
            refresh::without_a_window_reuse_is_known_at_once,
            refresh::the_window_ends_with_the_use_of_the_successor,
            refresh::rotate_checks_in_order,
            refresh::rotate_is_all_or_nothing,
            refresh::a_retired_token_is_remembered_however_old,
            housekeeping::sweep_keeps_what_is_not_over,
            housekeeping::sweep_is_bounded_and_truthful,
            housekeeping::sweep_keeps_the_memory_of_used_codes,
            housekeeping::sweep_keeps_the_memory_of_retired_refresh_tokens,
            housekeeping::sweep_keeps_revoked_grants_until_their_end,
            housekeeping::sweep_removes_everything_in_the_end,
            housekeeping::sweep_minds_the_newest_end,
            housekeeping::sweeps_may_run_at_the_same_time,
            failures::f_08_failures_are_counted_for_all_processes,
            housekeeping::the_backlog_is_as_old_as_its_oldest_record,
            standing::a_decision_that_was_overtaken_is_not_saved,
            standing::an_end_overtakes_nobody_else,
            standing::a_suspension_is_no_end,
            standing::a_secret_that_is_gone_issues_nothing,
            standing::a_mark_outlives_every_decision,
            races::one_code_is_redeemed_once,
            races::one_refresh_token_is_rotated_once,
            races::one_refresh_token_is_rotated_once_without_a_window,
            races::nothing_lives_when_revoke_meets_redeem,
            races::nothing_lives_when_revoke_meets_rotate,
            races::nothing_lives_when_delete_meets_issue,
            races::one_client_is_created,
            races::one_change_of_a_client_wins,
            races::f_02_nothing_lives_when_an_end_meets_save_code,
            remembered::f_02_nothing_rests_on_a_consent_that_ends,
            dropped::client_verbs_are_all_or_nothing,
            dropped::code_verbs_are_all_or_nothing,
            dropped::token_verbs_are_all_or_nothing,
            dropped::grant_verbs_are_all_or_nothing,
            failing::an_authorization_that_failed_gives_no_code,
            failing::a_redemption_that_failed_is_whole_or_nothing,
            failing::a_refresh_that_failed_can_be_made_again,
            failing::a_revocation_that_failed_is_not_called_done,
            failing::what_cannot_be_asked_is_neither_dead_nor_issued,
        );
    };
    (@tests $fresh:expr, $any:ident; $($concept:ident :: $promise:ident),* $(,)?) => {
        $(
            #[test]
            fn $promise() {
                use $crate::store::conformance::{any, check_any, $concept};
                check_any($fresh, any::$any, $concept::$promise);
            }
        )*
    };
}

/// Makes a `#[test]` of every promise of a [`SessionStore`](crate::store::SessionStore); takes what
/// [`store_conformance!`] takes.
#[macro_export]
macro_rules! session_conformance {
    ($fresh:expr) => {
        $crate::store_conformance!(@tests $fresh, sessions;
            sessions::a_session_ends_to_the_second,
            sessions::end_session_ends_that_session_only,
            sessions::end_sessions_ends_those_of_the_person,
            sessions::a_decision_is_taken_once,
            sessions::a_decision_ends_to_the_second,
            sessions::a_later_decision_replaces_an_earlier_one,
            sessions::sweep_removes_sessions_and_decisions,
            races::one_decision_is_taken_once,
            dropped::session_verbs_are_all_or_nothing,
        );
    };
}

/// Makes a `#[test]` of every promise of a [`PendingRequestStore`](crate::store::PendingRequestStore);
/// takes what [`store_conformance!`] takes.
#[macro_export]
macro_rules! pending_conformance {
    ($fresh:expr) => {
        $crate::store_conformance!(@tests $fresh, pending;
            pending::a_pending_request_is_taken_once,
            pending::a_pending_request_belongs_to_one_person,
            pending::a_pending_request_ends_to_the_second,
            pending::a_pending_request_overwrites_nothing,
            pending::sweep_removes_pending_requests,
            races::one_pending_request_is_taken_once,
            dropped::pending_verbs_are_all_or_nothing,
        );
    };
}

/// Makes a `#[test]` of every promise of an [`AccountStore`](crate::store::AccountStore) that is also
/// a [`SessionStore`](crate::store::SessionStore) and a [`Store`](crate::store::Store); takes what
/// [`store_conformance!`] takes.
#[macro_export]
macro_rules! account_conformance {
    ($fresh:expr) => {
        $crate::store_conformance!(@tests $fresh, accounts;
            accounts::an_account_comes_back_as_it_was_saved,
            accounts::an_account_is_created_once,
            accounts::usernames_compare_byte_for_byte,
            accounts::accounts_are_listed_page_by_page,
            accounts::what_ends_an_account_ends_its_sessions_and_grants,
            accounts::attributes_are_changed_one_by_one,
            accounts::enabling_an_account_revives_nothing,
            accounts::without_an_account_nothing_ends,
            accounts::f_03_an_account_that_was_changed_is_not_replaced,
            ends::f_02_an_end_of_an_account_reaches_what_has_expired,
            names::f_28_a_name_is_found_in_each_spelling,
            names::f_28_a_renamed_account_keeps_what_it_has,
            names::f_28_old_names_are_folded,
            names::f_28_a_password_hashed_anew_ends_nothing,
            standing::a_changed_account_overtakes_decisions,
            races::one_account_is_created,
            races::no_change_of_an_attribute_is_lost,
            races::nothing_lives_when_an_account_ends_and_rotate_meets_it,
            races::f_02_nothing_lives_when_an_account_ends_and_save_code_meets_it,
            dropped::account_verbs_are_all_or_nothing,
        );
    };
}

/// Makes a `#[test]` of everything that two tenants of one database are to each other; takes an
/// expression of a future that gives the stores of both, `(theirs, ours)`, and what must outlive them.
///
/// The stores are also an [`AccountStore`](crate::store::AccountStore), a
/// [`SessionStore`](crate::store::SessionStore) and a
/// [`PendingRequestStore`](crate::store::PendingRequestStore).
#[macro_export]
macro_rules! tenant_conformance {
    ($fresh:expr) => {
        $crate::store_conformance!(@tests $fresh, tenants;
            tenants::a_tenant_sees_nothing_of_another,
            tenants::a_tenant_ends_nothing_of_another,
            tenants::a_tenant_sweeps_its_own,
            tenants::people_belong_to_one_tenant,
            pending::a_pending_request_belongs_to_one_tenant,
            tombstones::f_04_a_tombstone_belongs_to_one_tenant,
        );
    };
}
