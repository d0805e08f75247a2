//! Organisations, groups and roles of accounts that are kept in a store: attributes with a meaning.

use crate::accounts::Person;
use crate::stored_accounts::{API_ACCESS, OFF};
use oauth_core::identifier::Attributes;
use oauth_core::name::{composed, folded};
use oauth_core::secret::Digest;
use oauth_core::store::Account;
use std::collections::BTreeSet;

/// The attribute of an account that names the organisation it belongs to, for good.
pub const ORGANISATION: &str = "organisation";
/// The attribute of an account that lists its groups, separated by commas.
pub const GROUPS: &str = "groups";
/// The attribute of an account that lists its roles, separated by commas.
pub const ROLES: &str = "roles";

/// Writes the name under which an account is stored: an organisation's has its own in front, so that
/// two organisations may each have an `ada`. No organisation has a slash, so the first one parts them.
pub(crate) fn stored_name(organisation: Option<&str>, username: &str) -> String {
    match organisation {
        Some(organisation) => format!("{organisation}/{username}"),
        None => username.to_owned(),
    }
}

/// Tells whether an account belongs to an organisation, or to none if none is named: whatever its
/// name looks like, and in whatever spelling the organisation was typed.
pub(crate) fn belongs(account: &Account, organisation: Option<&str>) -> bool {
    account.attributes.get(ORGANISATION).map(|name| folded(name)) == organisation.map(folded)
}

/// Tells whether a person is still in the organisation that a grant was made for, if it names one.
pub(crate) fn is_member(person: &Person, grant: &Attributes) -> bool {
    grant.get(ORGANISATION).is_none_or(|named| person.organisation.as_ref() == Some(named))
}

impl From<Account> for Person {
    fn from(account: Account) -> Self {
        let list = |name| account.attributes.get(name).map(|text| listed(text)).unwrap_or_default();
        let organisation = account.attributes.get(ORGANISATION).cloned();
        let part = |name: &str, of: &str| Some(name.strip_prefix(of)?.strip_prefix('/')?.to_owned());
        let own = |name: &str| {
            let of = organisation.as_deref()?;
            // An organisation from before names were composed stands composed before a name that was given later.
            part(name, of).or_else(|| part(&composed(name), &composed(of)))
        };
        Self {
            credential: credential(&account, organisation.as_deref()),
            username: own(account.shown_name()).unwrap_or_else(|| account.shown_name().to_owned()),
            administrator: account.administrator,
            may_authorize: account.attributes.get(API_ACCESS).is_none_or(|access| access != OFF),
            groups: list(GROUPS),
            roles: list(ROLES),
            subject: account.subject.clone(),
            attributes: account.attributes.clone(),
            organisation,
        }
    }
}

/// Stands for password and organisation: a session ends with either.
fn credential(account: &Account, organisation: Option<&str>) -> Digest {
    let password = account.password.digest();
    match organisation {
        Some(organisation) => Digest::of(&format!("{}\n{organisation}", password.to_base64url())),
        None => password,
    }
}

fn listed(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
