use crate::{App, Ask, Code, Server, Tokens};
use oauth_core::client::Client;
use oauth_core::identifier::{Attributes, GrantId, Subject};
use oauth_core::pkce::CodeChallenge;
use oauth_core::secret::AuthorizationCode;
use oauth_core::store::{
    self, Account, AccountStore as _, Basis, ClientStore as _, CodeStore as _, Grant, Replaced, Saved,
};

impl Server {
    /// Writes into the store that Ada allowed a request, and gives the code: what
    /// [`code_for`](Self::code_for) comes to without her browser, for tests that need many.
    pub async fn approved(&self, app: &App, ask: Ask) -> Code {
        let (grant, record, code) = self.approval(app, ask);
        self.save(&grant, &record).await;
        code
    }

    /// Saves an approval that was decided just now.
    pub async fn save(&self, grant: &Grant, record: &store::Code) {
        let basis = Basis::of(self.store(), grant).await.unwrap().unwrap();
        assert_eq!(self.store().save_code(grant, record, &basis).await.unwrap(), Saved::Now);
    }

    /// Replaces a client as it is stored now, whatever that is; `false` if there is none.
    pub async fn put_client(&self, client: &Client) -> bool {
        let Some(read) = self.store().client(&client.id).await.unwrap() else { return false };
        self.store().replace_client(&read, client).await.unwrap() == Replaced::Now
    }

    /// Changes an account as it is stored now; `false` if there is none.
    pub async fn change_account(&self, subject: &Subject, change: impl FnOnce(&mut Account)) -> bool {
        let Some(read) = self.store().account(subject).await.unwrap() else { return false };
        let mut changed = read.clone();
        change(&mut changed);
        self.store().replace_account(&read, &changed, self.now()).await.unwrap() == Replaced::Now
    }

    /// Makes the records of an approval, and the code that they are of, for any store.
    pub fn approval(&self, app: &App, ask: Ask) -> (Grant, store::Code, Code) {
        let (code, expires_at) = (AuthorizationCode::generate(), self.now().after(self.config().code_lifetime));
        let asked = |name: &str| ask.parameter(name).unwrap_or_default().to_owned();
        let grant = Grant {
            id: GrantId::generate(),
            client_id: app.client.id.clone(),
            subject: Subject::new("subject-ada").unwrap(),
            scope: asked("scope").parse().unwrap(),
            audience: ask.parameter("resource").map(|uri| uri.to_owned().try_into().unwrap()).into_iter().collect(),
            auth_time: None,
            acr: None,
            attributes: Attributes::new(),
            shown: None,
            created_at: self.now(),
            last_issued_at: None,
            expires_at,
            revoked_at: None,
        };
        let record = store::Code {
            digest: code.digest(),
            grant: grant.id,
            redirect_uri: asked("redirect_uri"),
            redirect_uri_sent: true,
            code_challenge: ask.parameter("code_challenge").and_then(CodeChallenge::parse),
            nonce: None,
            expires_at,
        };
        let (code, redirect_uri) = (code.expose().to_owned(), asked("redirect_uri"));
        (grant, record, Code { code, redirect_uri, verifier: ask.verifier })
    }

    /// Gives the tokens of a request that was [`approved`](Self::approved).
    pub async fn approved_tokens(&self, app: &App, scope: &str) -> Tokens {
        let code = self.approved(app, app.ask(scope)).await;
        self.redeem(app, &code).await.into()
    }
}
