mod action;
mod acts;
mod bulk;
mod list;
mod secrets;
mod switch;
mod taken_back;

use crate::accounts::Accounts;
use crate::form::{ApplicationForm, Lifetime};
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::{Visitor, keyed};
use crate::span;
use action::Action;
use askama::Template;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::administration::Entered;
use oauth_core::client::{Client, Registered};
use oauth_core::error::Rejection;
use oauth_core::http::Parameters;
use oauth_core::identifier::{ClientId, Resource};
use oauth_core::secret::{ClientSecret, equal_in_constant_time};
use oauth_core::store::{ClientFilter, Page, Replaced, SessionStore, Store};

/// What forms are for that carry a version.
const EDIT: &str = "edit";
const DELETE: &str = "delete";

const FULL: &str = "you have registered as many applications as a person may here; delete one, or ask an administrator";
const DELETED: &str = "The application of this form was deleted. Look at it, and register it again as another one.";

type Answer = Result<Response<Bytes>, Rejection>;

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    pub(crate) async fn show_registration(&self, request: &Request<Bytes>) -> Answer {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        self.may_register(&visitor.person)?;
        let typed = self.typed(request, &visitor, "applications/register");
        let form = match &typed {
            Some(typed) => ApplicationForm::posted(&self.config, typed, visitor.person.administrator),
            None => ApplicationForm::empty(&self.config, visitor.person.administrator),
        };
        Ok(self.form_page(&visitor, Purpose::Register(&ClientId::generate()), &form, None))
    }

    /// Registers an application. Its identifier was chosen when the form was shown, so a form that
    /// is posted twice (a double click, a reload) does not register twice; it shows the secret again
    /// for some seconds only.
    pub(crate) async fn register_application(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        self.may_register(&visitor.person)?;
        let id = proven_id(&visitor, &posted)?;
        let most = self.config.applications_per_person;
        let full = self.has_applications(&visitor, most).await?;
        let form = ApplicationForm::posted(&self.config, &posted, visitor.person.administrator);
        let registered = form.registration(&self.config).and_then(|mut asked| {
            asked.owner = Some(visitor.person.subject.clone());
            if !visitor.person.administrator {
                asked.limit_to_ordinary(None, &self.config).map_err(|refused| refused.to_string())?;
            }
            asked.register(&self.config).map_err(|refused| refused.to_string())
        });
        let Registered { mut client, secret } = match registered {
            Ok(registered) => registered,
            Err(refused) => return Ok(self.form_page(&visitor, Purpose::Register(&id), &form, Some(&refused))),
        };
        client.id = id;
        // A form that is posted twice was counted the first time.
        if full && self.store.client(&client.id).await?.is_none() {
            return Ok(self.form_page(&visitor, Purpose::Register(&client.id), &form, Some(FULL)));
        }
        let secret = match secret {
            Some(_) => {
                let derived = secrets::derived(&visitor, &posted, &client.id, client.created_at)?;
                secrets::put_in_place(&mut client, &derived);
                Some(derived)
            }
            None => None,
        };
        if let Some(refused) = self.beyond(&visitor, &client, None).await? {
            return Ok(self.form_page(&visitor, Purpose::Register(&client.id), &form, Some(&refused)));
        }
        match self.acting(&visitor).register(&client).await? {
            Entered::Now => {}
            Entered::Exists => {
                let client = self.manageable(&visitor, &posted).await?;
                return Ok(self.answer_again(&visitor, &posted, &client));
            }
            Entered::Buried => return Ok(self.register_anew(&visitor, &form, DELETED)),
        }
        // Looked at once more now that it is stored: what came between the look before and the store. Of those
        // that come at the same time for the last place all may lose, and none gets a place too many.
        if let Some(refused) = self.beyond_now(&visitor, &client, most).await.transpose() {
            self.take_back(&visitor, client).await?;
            return Ok(self.register_anew(&visitor, &form, &refused?));
        }
        let may = self.still_acting(&visitor).await.and_then(|person| self.may_register(&person));
        if let Err(ended) = may {
            let taken = self.take_back(&visitor, client).await;
            self.stop_if_ended(&visitor).await?;
            taken?;
            return Err(ended);
        }
        Ok(match secret {
            Some(secret) => self.client_page(&visitor, &client, Some(&secret)),
            None => response::see_other(&self.client_location("applications/show", client.id.as_str())),
        })
    }

    /// Says why an application that was entered may not stay.
    async fn beyond_now(&self, visitor: &Visitor, client: &Client, most: u32) -> Result<Option<String>, Rejection> {
        Ok(match self.beyond(visitor, client, None).await? {
            None if self.has_applications(visitor, most.saturating_add(1)).await? => Some(FULL.to_owned()),
            refused => refused,
        })
    }

    /// Shows the form again for another application than the one it was for.
    fn register_anew(&self, visitor: &Visitor, form: &ApplicationForm, refused: &str) -> Response<Bytes> {
        self.form_page(visitor, Purpose::Register(&ClientId::generate()), form, Some(refused))
    }

    pub(crate) async fn show_application(&self, request: &Request<Bytes>) -> Answer {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        let client = self.manageable(&visitor, &self.query(request)?).await?;
        Ok(self.client_page(&visitor, &client, None))
    }

    pub(crate) async fn show_edit(&self, request: &Request<Bytes>) -> Answer {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        let client = self.manageable(&visitor, &self.query(request)?).await?;
        let form = match &self.typed(request, &visitor, "applications/edit") {
            Some(typed) => ApplicationForm::posted(&self.config, typed, visitor.person.administrator),
            None => ApplicationForm::of(&self.config, &client, visitor.person.administrator),
        };
        Ok(self.form_page(&visitor, Purpose::Edit(&client), &form, None))
    }

    pub(crate) async fn edit_application(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        let mut client = self.manageable(&visitor, &posted).await?;
        let before = client.clone();
        let form = ApplicationForm::posted(&self.config, &posted, visitor.person.administrator);
        let applied = form.registration(&self.config).and_then(|mut asked| {
            asked.attributes = client.attributes.clone();
            asked.owner = client.owner.clone();
            if !visitor.person.administrator {
                asked.limit_to_ordinary(Some(&before), &self.config).map_err(|refused| refused.to_string())?;
            }
            let applied = if visitor.person.administrator {
                asked.apply_as_administrator(&mut client, &self.config)
            } else {
                asked.apply(&mut client, &self.config)
            };
            applied.map_err(|refused| refused.to_string())
        });
        let refused = match applied {
            Ok(()) => self.beyond(&visitor, &client, Some(&before)).await?,
            Err(refused) => Some(refused),
        };
        if let Some(refused) = refused {
            return Ok(self.form_page(&visitor, Purpose::Edit(&before), &form, Some(&refused)));
        }
        if secrets::would_end(&before, &client) && posted.get("delete-secrets").is_none() {
            return Ok(self.form_page(&visitor, Purpose::DeleteSecrets(&before), &form, None));
        }
        if !is_as_shown(&visitor, &posted, EDIT, &before) || !self.save(&visitor, &before, &client).await? {
            let refused = "somebody else changed this application at the same moment; look at it and save again";
            return Ok(self.form_page(&visitor, Purpose::Edit(&before), &form, Some(refused)));
        }
        if let Some(refused) = self.beyond(&visitor, &client, Some(&before)).await.transpose() {
            self.undo(&visitor, &before, &client).await?;
            let now = self.store.client(&client.id).await?.ok_or(Rejection::ApplicationNotFound)?;
            return Ok(self.form_page(&visitor, Purpose::Edit(&now), &form, Some(&refused?)));
        }
        Ok(response::see_other(&self.client_location("applications/show", client.id.as_str())))
    }

    pub(crate) async fn show_delete(&self, request: &Request<Bytes>) -> Answer {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        let client = self.manageable(&visitor, &self.query(request)?).await?;
        may_delete(&visitor, &client)?;
        Ok(self.delete_page(&visitor, &client, None))
    }

    fn delete_page(&self, visitor: &Visitor, client: &Client, refused: Option<&str>) -> Response<Bytes> {
        let page = DeletePage {
            frame: self.frame("Delete application?", Some(visitor)),
            csrf: visitor.csrf_token(),
            version: version(visitor, DELETE, client),
            show: self.client_location("applications/show", client.id.as_str()),
            client,
            refused,
        };
        let status = if refused.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
        response::page(status, &page, Forms::StayHere)
    }

    /// Deletes an application, if it still is what the confirmation showed.
    pub(crate) async fn delete_application(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        let client = self.manageable(&visitor, &posted).await?;
        may_delete(&visitor, &client)?;
        let shown = is_as_shown(&visitor, &posted, DELETE, &client);
        let deleted = if shown { self.acting(&visitor).delete(&client).await? } else { Replaced::Changed };
        if deleted == Replaced::Changed {
            let Some(client) = self.store.client(&client.id).await? else { return Err(Rejection::ApplicationNotFound) };
            may_delete(&visitor, &client)?;
            let refused = "This application has changed since you saw it. Look at it, and confirm again.";
            return Ok(self.delete_page(&visitor, &client, Some(refused)));
        }
        Ok(response::see_other(&self.config.paths.link("applications")))
    }

    /// Tells whether a person has this many applications; those of an administrator are not counted.
    async fn has_applications(&self, visitor: &Visitor, number: u32) -> Result<bool, Rejection> {
        if visitor.person.administrator {
            return Ok(false);
        }
        let filter = ClientFilter { owner: Some(visitor.person.subject.clone()), ..ClientFilter::default() };
        let theirs = self.store.clients(&filter, &Page::first(number)).await?;
        Ok(theirs.len() >= usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// Finds the application that a page is about. What belongs to somebody else looks as if it were
    /// not there.
    async fn manageable(&self, visitor: &Visitor, parameters: &Parameters) -> Result<Client, Rejection> {
        let id = parameters.get("client_id").and_then(|id| ClientId::new(id).ok());
        let client = self.store.client(&id.ok_or(Rejection::ApplicationNotFound)?).await?;
        let person = &visitor.person;
        let manageable = |client: &Client| person.administrator || client.owner.as_ref() == Some(&person.subject);
        client.filter(manageable).ok_or(Rejection::ApplicationNotFound)
    }

    /// Refuses what an owner may not give an application, and an administrator may; what it has already
    /// stays.
    async fn beyond(
        &self,
        visitor: &Visitor,
        client: &Client,
        before: Option<&Client>,
    ) -> Result<Option<String>, Rejection> {
        if visitor.person.administrator {
            return Ok(None);
        }
        if let Some(refused) = self.lengthened(client, before) {
            return Ok(Some(refused));
        }
        self.claimed_by_others(visitor, client, before.map_or(&[], |before| &before.resources)).await
    }

    /// Refuses lifetimes that are longer than the server's: how long a stolen token is good is decided
    /// by whoever runs it.
    fn lengthened(&self, client: &Client, before: Option<&Client>) -> Option<String> {
        let longer = |which: &Lifetime| {
            let asked = which.of(&client.lifetimes);
            asked.is_some_and(|asked| which.is_longer(asked, &self.config))
                && asked != before.and_then(|before| which.of(&before.lifetimes))
        };
        let which = Lifetime::ALL.into_iter().find(longer)?;
        let most = which.usual(&self.config);
        Some(format!("{}: at most {most}, as for every application; ask an administrator for more", which.words()))
    }

    /// Rejects the identifiers of other clients' resources: introspection tells a client that is registered with one
    /// of every token that is meant for it.
    async fn claimed_by_others(
        &self,
        visitor: &Visitor,
        client: &Client,
        before: &[Resource],
    ) -> Result<Option<String>, Rejection> {
        let claimed: Vec<Resource> =
            client.resources.iter().filter(|resource| !before.contains(resource)).cloned().collect();
        let of_server = |resource: &&Resource| {
            self.config.resources.contains(resource) || self.config.default_audience.contains(resource)
        };
        let mut taken = claimed.iter().find(of_server).cloned();
        let (mut free, mut more) = (claimed.clone(), !claimed.is_empty());
        let (filter, mut page) =
            (ClientFilter { resources: claimed.clone(), ..ClientFilter::default() }, Page::first(50));
        // One page, unless the person has registered as many for these themselves.
        while more && taken.is_none() {
            let servers = self.store.clients(&filter, &page).await?;
            more = servers.len() >= 50;
            page.after = servers.last().map(|server| server.id.clone());
            for other in servers.iter().filter(|other| other.id != client.id) {
                free.retain(|resource| !other.resources.contains(resource));
                if other.owner.as_ref() != Some(&visitor.person.subject) {
                    taken = claimed.iter().find(|resource| other.resources.contains(resource)).cloned();
                }
            }
        }
        for resource in free {
            // Somebody gave it up: tokens for it may live, and would be shown to its next holder.
            if taken.is_none() && self.acting(visitor).is_resource_buried(&resource).await? {
                taken = Some(resource);
            }
        }
        Ok(taken.map(|resource| {
            format!("resources: {:?} belongs to somebody else; ask an administrator", resource.as_str())
        }))
    }

    fn client_page(&self, visitor: &Visitor, client: &Client, secret: Option<&ClientSecret>) -> Response<Bytes> {
        let location = |page| self.client_location(page, client.id.as_str());
        let page = ClientPage {
            frame: self.frame("Application", Some(visitor)),
            csrf: visitor.csrf_token(),
            proof: secrets::proof(visitor, client),
            nonce: secrets::nonce(),
            edit: location("applications/edit"),
            delete: location("applications/delete"),
            secret: secret.map(ClientSecret::expose),
            administrator: visitor.person.administrator,
            actions: Action::ALL,
            lifetimes: lifetimes(client),
            client,
        };
        response::page(StatusCode::OK, &page, Forms::StayHere)
    }

    fn form_page(
        &self,
        visitor: &Visitor,
        purpose: Purpose<'_>,
        form: &ApplicationForm,
        refused: Option<&str>,
    ) -> Response<Bytes> {
        let (title, id, edited) = match purpose {
            Purpose::Register(id) => ("Register an application", id, None),
            Purpose::Edit(client) | Purpose::DeleteSecrets(client) => {
                ("Change the application", &client.id, Some(client))
            }
        };
        let secrets = if let Purpose::DeleteSecrets(client) = purpose { client.secrets.len() } else { 0 };
        let page = FormPage {
            frame: self.frame(title, Some(visitor)),
            csrf: visitor.csrf_token(),
            client_id: id.as_str(),
            proof: edited.map_or_else(|| id_proof(visitor, id), |client| version(visitor, EDIT, client)),
            nonce: secrets::nonce(),
            registers: edited.is_none(),
            secrets,
            may_lapse: !visitor.person.administrator && edited.is_some_and(Client::is_vouched_for),
            offered: if visitor.person.administrator { self.config.scope() } else { self.config.registrable_scope() }
                .to_string(),
            lifetimes: Lifetime::ALL
                .into_iter()
                .zip(form.lifetimes.iter().map(String::as_str))
                .map(|(which, value)| (which, value, which.usual(&self.config)))
                .collect(),
            form,
            refused,
        };
        let status = if refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        response::page(status, &page, Forms::StayHere)
    }
}

/// Refuses to let an owner delete what is blocked: it would take the block back.
fn may_delete(visitor: &Visitor, client: &Client) -> Result<(), Rejection> {
    match client.blocked {
        Some(_) if !visitor.person.administrator => Err(Rejection::ApplicationBlocked),
        _ => Ok(()),
    }
}

/// What the form is for.
#[derive(Clone, Copy)]
enum Purpose<'a> {
    Register(&'a ClientId),
    Edit(&'a Client),
    /// To confirm that an edit deletes the secrets.
    DeleteSecrets(&'a Client),
}

/// Reads the identifier that we put into the form; nobody chooses one for themselves.
fn proven_id(visitor: &Visitor, posted: &Parameters) -> Result<ClientId, Rejection> {
    let id = posted.get("client_id").and_then(|id| ClientId::new(id).ok()).ok_or(Rejection::FormNotOurs)?;
    let proven = posted.get("proof").is_some_and(|given| equal_in_constant_time(given, &id_proof(visitor, &id)));
    if proven { Ok(id) } else { Err(Rejection::FormNotOurs) }
}

/// Stands for an application as it is now, in a form of this session: whatever was changed since the form
/// was shown gives another one.
///
/// It is good for one purpose: that of a form to edit deletes nothing.
fn version(visitor: &Visitor, purpose: &str, client: &Client) -> String {
    let content = serde_json::to_vec(&(purpose, client)).unwrap_or_default();
    keyed("oauth-pages version", &visitor.cookie, &content).to_base64url()
}

/// Tells whether a form is about an application as it is now.
fn is_as_shown(visitor: &Visitor, posted: &Parameters, purpose: &str, client: &Client) -> bool {
    let shown = posted.get("version").unwrap_or_default();
    equal_in_constant_time(shown, &version(visitor, purpose, client))
}

/// Lists the lifetimes that are set for an application.
fn lifetimes(client: &Client) -> Vec<(Lifetime, String)> {
    let set = |which: Lifetime| Some((which, span::words(which.of(&client.lifetimes)?)));
    Lifetime::ALL.into_iter().filter_map(set).collect()
}

fn id_proof(visitor: &Visitor, id: &ClientId) -> String {
    keyed("oauth-pages register", &visitor.cookie, id.as_str().as_bytes()).to_base64url()
}

#[derive(Template)]
#[template(path = "application.html")]
struct ClientPage<'a> {
    frame: Frame,
    csrf: String,
    proof: String,
    nonce: String,
    edit: String,
    delete: String,
    secret: Option<&'a str>,
    administrator: bool,
    actions: [Action; 8],
    lifetimes: Vec<(Lifetime, String)>,
    client: &'a Client,
}

#[derive(Template)]
#[template(path = "application_form.html")]
struct FormPage<'a> {
    frame: Frame,
    csrf: String,
    client_id: &'a str,
    proof: String,
    nonce: String,
    registers: bool,
    /// How many secrets the edit would delete, if that is to be confirmed.
    secrets: usize,
    /// Whether an edit may take away what an administrator gave.
    may_lapse: bool,
    offered: String,
    lifetimes: Vec<(Lifetime, &'a str, String)>,
    form: &'a ApplicationForm,
    refused: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "application_delete.html")]
struct DeletePage<'a> {
    frame: Frame,
    csrf: String,
    version: String,
    show: String,
    client: &'a Client,
    refused: Option<&'a str>,
}
