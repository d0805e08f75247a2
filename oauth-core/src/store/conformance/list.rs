//! The lists of promises: a new one is one line here.

/// Makes a `#[test]` of every promise of a [`Store`](crate::store::Store).
///
/// Takes an expression of a future that gives a fresh, empty store and what must outlive it; see
/// [`store::conformance`](crate::store::conformance).
#[macro_export]
macro_rules! store_conformance {
    ($fresh:expr) => {
        $crate::store_conformance!(@tests $fresh;
            codes::a_code_comes_back_as_it_was_saved,
            codes::an_unknown_code_is_unknown,
            codes::save_code_needs_an_enabled_client,
            codes::save_code_overwrites_nothing,
            codes::redeem_is_single_use,
            codes::redeem_minds_the_end_of_the_code,
            codes::redeem_sets_the_times_of_the_grant,
            codes::redeem_checks_in_order,
            codes::redeem_is_all_or_nothing,
        );
    };
    (@tests $fresh:expr; $($concept:ident :: $promise:ident),* $(,)?) => {
        $(
            #[test]
            fn $promise() {
                $crate::store::conformance::check($fresh, $crate::store::conformance::$concept::$promise);
            }
        )*
    };
}

/// Makes a `#[test]` of every promise of a [`SessionStore`](crate::store::SessionStore); takes what
/// [`store_conformance!`] takes.
#[macro_export]
macro_rules! session_conformance {
    ($fresh:expr) => {
        $crate::store_conformance!(@tests $fresh;
        );
    };
}

/// Makes a `#[test]` of every promise of an [`AccountStore`](crate::store::AccountStore) that is also
/// a [`SessionStore`](crate::store::SessionStore) and a [`Store`](crate::store::Store); takes what
/// [`store_conformance!`] takes.
#[macro_export]
macro_rules! account_conformance {
    ($fresh:expr) => {
        $crate::store_conformance!(@tests $fresh;
        );
    };
}
