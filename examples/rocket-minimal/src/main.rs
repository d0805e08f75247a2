//! A complete OAuth 2.1 provider. Open http://127.0.0.1:8000/oauth, sign in, register an application.
use oauth_core::identifier::Subject;
use oauth_core::secret::Password;
use oauth_core::store::{MemoryStore, Result};
use oauth_pages::{Accounts, PagesProvider, Person};
use oauth_rocket::{Authorized, OAuth, scopes};

scopes! { Read = "read"; }

/// Your users: a table, a directory, or as here a list of one.
struct Users;

impl Accounts for Users {
    async fn sign_in(&self, username: &str, password: &Password) -> Result<Option<Person>> {
        let right = username == "ada" && *password == Password::new("lovelace");
        let subject = Subject::new("1").ok().filter(|_| right);
        Ok(subject.map(|subject| Person::new(subject, "ada")))
    }

    async fn person(&self, subject: &Subject) -> Result<Option<Person>> {
        Ok((subject.as_str() == "1").then(|| Person::new(subject.clone(), "ada")))
    }
}

#[rocket::get("/hello")]
fn hello(token: Authorized<Read>) -> String {
    format!("hello from {}", token.client_id)
}

#[rocket::launch]
fn rocket() -> _ {
    let oauth = OAuth::new(|config| PagesProvider::new(config, MemoryStore::new(), Users));
    rocket::build().attach(oauth).mount("/", rocket::routes![hello])
}
