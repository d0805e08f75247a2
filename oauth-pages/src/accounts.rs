use crate::membership::stored_name;
use oauth_core::identifier::{Attributes, Subject};
use oauth_core::secret::{Digest, Password};
use oauth_core::store;
use oauth_core::store::Page;
use std::collections::BTreeSet;
use std::future::Future;

/// A person who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// The identifier that grants carry; never given to another person.
    pub subject: Subject,
    /// The name that pages show.
    pub username: String,
    /// Whether the person may manage the applications of others.
    pub administrator: bool,
    /// Stands for what the person signed in with. It changes when the password does, and a session
    /// that was opened with another one ends.
    pub credential: Digest,
    /// Whether clients may act for the person. Where they may not, the person can sign in and use the
    /// other pages, but every authorization request is refused, and no code or refresh token is worth
    /// anything; revoke their grants too, so that their access tokens end at once.
    pub may_authorize: bool,
    /// The organisation the person belongs to, where there are such: what they allow carries it.
    pub organisation: Option<String>,
    /// The groups they are in: who may register applications
    /// ([`Config::registering_groups`](oauth_core::config::Config::registering_groups)).
    pub groups: BTreeSet<String>,
    /// The roles they have: who may allow anything
    /// ([`Config::consenting_roles`](oauth_core::config::Config::consenting_roles)).
    pub roles: BTreeSet<String>,
    /// Free attributes, for the application's own use.
    pub attributes: Attributes,
}

impl Person {
    /// Names a person who is no administrator and whose credential never changes.
    ///
    /// ```
    /// # use oauth_core::{identifier::Subject, secret::Digest};
    /// # use oauth_pages::Person;
    /// let mut ada = Person::new(Subject::new("1")?, "ada");
    /// ada.credential = Digest::of("her password's hash");
    /// assert!(!ada.administrator);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(subject: Subject, username: impl Into<String>) -> Self {
        Self {
            subject,
            username: username.into(),
            administrator: false,
            credential: Digest::of(""),
            may_authorize: true,
            organisation: None,
            groups: BTreeSet::new(),
            roles: BTreeSet::new(),
            attributes: Attributes::new(),
        }
    }

    /// Gives the name that is one person's alone: behind their organisation's, where they have one.
    ///
    /// ```
    /// # use oauth_core::identifier::Subject;
    /// # use oauth_pages::Person;
    /// let mut ada = Person::new(Subject::new("1")?, "ada");
    /// assert_eq!(ada.full_name(), "ada");
    /// ada.organisation = Some("north-school".to_owned());
    /// assert_eq!(ada.full_name(), "north-school/ada");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn full_name(&self) -> String {
        stored_name(self.organisation.as_deref(), &self.username)
    }
}

/// What became of an attempt to change a password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordChange {
    /// The new password holds from now on. The person as this very change left them: the session that the
    /// pages open carries this [credential](Person::credential), never one that was read later.
    Changed(Box<Person>),
    /// The password was changed by somebody else since the old one was compared; nothing of this change holds.
    Overtaken,
    /// The old password is not the right one.
    WrongPassword,
    /// The new password is refused; the text says why and is shown on the page.
    Refused(String),
    /// Passwords are not changed here.
    Unsupported,
}

/// Knows the people: what an application with users of its own gives, and nothing more.
///
/// The pages around it count failed attempts, keep sessions and ask for consent. What cannot be
/// looked up just now is an error of the store; a wrong password is not.
///
/// ```
/// use oauth_core::identifier::Subject;
/// use oauth_core::secret::Password;
/// use oauth_core::store::Result;
/// use oauth_pages::{Accounts, Person};
///
/// struct OneUser;
///
/// impl Accounts for OneUser {
///     async fn sign_in(&self, username: &str, password: &Password) -> Result<Option<Person>> {
///         if username != "me" || *password != Password::new("correct horse") {
///             return Ok(None);
///         }
///         Ok(Subject::new("me").ok().map(|subject| Person::new(subject, "me")))
///     }
///
///     async fn person(&self, subject: &Subject) -> Result<Option<Person>> {
///         Ok((subject.as_str() == "me").then(|| Person::new(subject.clone(), "me")))
///     }
/// }
/// ```
pub trait Accounts: Send + Sync + 'static {
    /// Finds the person with this name and password; `None` where either is wrong or the account is
    /// disabled. An unknown name should cost as much time as a wrong password (RFC 6819 §5.1.4.2.3).
    ///
    /// Both come as they were typed. [`folded`](oauth_core::name::folded) names and
    /// [`prepared`](oauth_core::password::prepared) passwords are the same from every keyboard.
    ///
    /// # Errors
    /// The accounts cannot be reached.
    fn sign_in(
        &self,
        username: &str,
        password: &Password,
    ) -> impl Future<Output = store::Result<Option<Person>>> + Send;

    /// Finds a person who signed in before; `None` where the account is gone or disabled. Asked at
    /// every request with a session, and before a code or refresh token turns into tokens.
    ///
    /// # Errors
    /// The accounts cannot be reached.
    fn person(&self, subject: &Subject) -> impl Future<Output = store::Result<Option<Person>>> + Send;

    /// Finds the person with this name and password in an organisation, as [`sign_in`](Self::sign_in) does
    /// in none; nobody unless written. Asked only
    /// [where organisations are](oauth_core::config::Config::organisations) and one is named.
    ///
    /// # Errors
    /// The accounts cannot be reached.
    fn sign_in_at(
        &self,
        _organisation: &str,
        _username: &str,
        _password: &Password,
    ) -> impl Future<Output = store::Result<Option<Person>>> + Send {
        async { Ok(None) }
    }

    /// Finds a person by their [full name](Person::full_name), for an administrator who looks for what is
    /// theirs; `None` where there is nobody, or names are not looked up here.
    ///
    /// # Errors
    /// The accounts cannot be reached.
    fn person_named(&self, _username: &str) -> impl Future<Output = store::Result<Option<Person>>> + Send {
        async { Ok(None) }
    }

    /// Tells whether [`people`](Self::people) and [`switch_api_access`](Self::switch_api_access) are
    /// implemented; unless they are, the page is not offered.
    fn offers_people(&self) -> bool {
        false
    }

    /// Lists the people for an administrator, in the order of the bytes of their
    /// [full names](Person::full_name), or of what these are compared by
    /// ([`folded`](oauth_core::name::folded)).
    ///
    /// # Errors
    /// The accounts cannot be reached.
    fn people(&self, _page: &Page<String>) -> impl Future<Output = store::Result<Vec<Person>>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Says whether clients may act for a person ([`Person::may_authorize`]); `false` where there is no
    /// such person. Afterwards the pages end all grants of whom they may not act for.
    ///
    /// # Errors
    /// The accounts cannot be reached.
    fn switch_api_access(
        &self,
        _subject: &Subject,
        _allowed: bool,
    ) -> impl Future<Output = store::Result<bool>> + Send {
        async { Ok(false) }
    }

    /// Tells whether [`change_password`](Self::change_password) is implemented; unless it is, the
    /// page is not offered.
    fn offers_password_change(&self) -> bool {
        false
    }

    /// Changes a person's password, if the old one is right, and if the stored one is still the one that was
    /// compared: hashing takes its time, and a reset that came meanwhile must hold. Afterwards the pages end
    /// all sessions and grants of the person.
    ///
    /// # Errors
    /// The accounts cannot be reached.
    fn change_password(
        &self,
        _person: &Person,
        _old: &Password,
        _new: &Password,
    ) -> impl Future<Output = store::Result<PasswordChange>> + Send {
        async { Ok(PasswordChange::Unsupported) }
    }
}
