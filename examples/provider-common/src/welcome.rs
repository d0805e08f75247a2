//! What the server says when it listens: where to go next.

use crate::first_account::{ADMIN, FirstAccount};
use crate::output::{Answer, Format};
use oauth_core::config::Config;
use serde_json::json;

/// The program that `cargo run` starts if no package is named.
const DEFAULT: &str = "provider";

/// What a server says once it listens: where to go next.
pub struct Welcome {
    pub(crate) format: Format,
    pub(crate) config: Config,
    /// What the API requires.
    pub(crate) scope: String,
    /// How a command is called that has the data and the settings of this server.
    pub(crate) command: String,
    pub(crate) listening: String,
    pub(crate) database: String,
    pub(crate) account: FirstAccount,
}

impl Welcome {
    /// Says it, on standard output: as text, or as one JSON value.
    pub fn say(self) {
        self.format.answer(&self.answer());
    }

    fn answer(&self) -> Answer {
        let Self { config, scope, command, listening, database, account, .. } = self;
        let base = config.url(&config.paths.base);
        let applications = config.url(&config.paths.join("applications"));
        let metadata = config.metadata_url();
        let token = config.url(&config.paths.token_path());
        let issuer = config.issuer.as_str();
        let text = format!(
            "An OAuth 2.1 provider listens on {listening}; Ctrl-C ends it.

    sign in, sign out    {base}
    applications         {applications}
    metadata             {metadata}
    a protected API      {issuer}/api/profile and {issuer}/api/notes

A program that acts for itself gets a token like this, in another terminal:

    {command} application create --name Robot --confidential --grant client_credentials
    curl -u CLIENT_ID:CLIENT_SECRET -d grant_type=client_credentials -d 'scope={scope}' {token}
    curl -H 'Authorization: Bearer ACCESS_TOKEN' {issuer}/api/notes

An application that acts for people is registered on the page above, or like this; then point any
OAuth client at the issuer {issuer}

    {command} application create --name Notes --confidential --redirect-uri http://127.0.0.1:9000/callback
"
        );
        let mut json = json!({
            "issuer": issuer,
            "listening": listening,
            "database": database,
            "pages": base,
            "metadata": metadata,
            "api": format!("{issuer}/api"),
        });
        if let (FirstAccount::Generated(password), Some(members)) = (account, json.as_object_mut()) {
            members.insert("first_account".to_owned(), json!({ "username": ADMIN, "password": password.expose() }));
        }
        Answer { json, text }
    }
}

/// Writes how a program is called: through cargo in a checkout, by its name elsewhere.
pub(crate) fn called(program: &str) -> String {
    match program {
        program if std::env::var_os("CARGO").is_none() => program.to_owned(),
        DEFAULT => "cargo run -q --".to_owned(),
        program => format!("cargo run -q -p {program} --"),
    }
}

/// Says that an account was created, as text; to be said before anything else can fail.
pub(crate) fn first_account(account: &FirstAccount, database: &str) -> Option<String> {
    match account {
        FirstAccount::Present => None,
        FirstAccount::FromEnvironment => Some(format!(
            "Created the account {ADMIN} in {database}, with the password from PROVIDER_ADMIN_PASSWORD.\n"
        )),
        FirstAccount::Generated(password) => Some(format!(
            "Created the first account in {database}. Its password is shown this once:\n\n    \
             username  {ADMIN}\n    password  {}\n",
            password.expose()
        )),
    }
}
