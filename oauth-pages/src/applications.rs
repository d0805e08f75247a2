mod action;
mod bulk;
mod list;
mod secrets;
mod switch;

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
use oauth_core::client::{Client, Registered};
use oauth_core::error::Rejection;
use oauth_core::event::Event;
use oauth_core::http::Parameters;
use oauth_core::identifier::{ClientId, Resource};
use oauth_core::secret::{ClientSecret, equal_in_constant_time};
use oauth_core::store::{ClientFilter, Created, Page, Replaced, SessionStore, Store};

type Answer = Result<Response<Bytes>, Rejection>;

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    pub(crate) async fn show_registration(&self, request: &Request<Bytes>) -> Answer {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        self.may_register(&visitor.person)?;
        let form = ApplicationForm::empty(&self.config);
        Ok(self.form_page(&visitor, Purpose::Register(&ClientId::generate()), &form, None))
    }

    /// Registers an application. Its identifier was chosen when the form was shown, so a form that
    /// is posted twice (a reload) neither registers twice nor shows the secret again.
    pub(crate) async fn register_application(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        self.may_register(&visitor.person)?;
        let id = proven_id(&visitor, &posted)?;
        let full = self.has_most_applications(&visitor).await?;
        let form = ApplicationForm::posted(&self.config, &posted);
        let registered = form.registration(&self.config).and_then(|mut asked| {
            asked.owner = Some(visitor.person.subject.clone());
            asked.register(&self.config).map_err(|refused| refused.to_string())
        });
        let Registered { mut client, secret } = match registered {
            Ok(registered) => registered,
            Err(refused) => return Ok(self.form_page(&visitor, Purpose::Register(&id), &form, Some(&refused))),
        };
        client.id = id;
        // A form that is posted twice was counted the first time.
        if full && self.store.client(&client.id).await?.is_none() {
            let refused =
                "you have registered as many applications as a person may here; delete one, or ask an administrator";
            return Ok(self.form_page(&visitor, Purpose::Register(&client.id), &form, Some(refused)));
        }
        if let Some(refused) = self.beyond(&visitor, &client, None).await? {
            return Ok(self.form_page(&visitor, Purpose::Register(&client.id), &form, Some(&refused)));
        }
        if self.store.create_client(&client).await? == Created::Exists {
            return Ok(response::see_other(&self.client_location("applications/show", client.id.as_str())));
        }
        self.config.events.record(&Event::ClientRegistered { client_id: client.id.clone() });
        Ok(match secret {
            Some(secret) => self.client_page(&visitor, &client, Some(&secret)),
            None => response::see_other(&self.client_location("applications/show", client.id.as_str())),
        })
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
        Ok(self.form_page(&visitor, Purpose::Edit(&client.id), &ApplicationForm::of(&self.config, &client), None))
    }

    pub(crate) async fn edit_application(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        let mut client = self.manageable(&visitor, &posted).await?;
        let before = client.clone();
        let form = ApplicationForm::posted(&self.config, &posted);
        let applied = form.registration(&self.config).and_then(|mut asked| {
            asked.attributes = client.attributes.clone();
            asked.apply(&mut client, &self.config).map_err(|refused| refused.to_string())
        });
        let refused = match applied {
            Ok(()) => self.beyond(&visitor, &client, Some(&before)).await?,
            Err(refused) => Some(refused),
        };
        if let Some(refused) = refused {
            return Ok(self.form_page(&visitor, Purpose::Edit(&client.id), &form, Some(&refused)));
        }
        if !self.save(&before, &client).await? {
            let refused = "somebody else changed this application at the same moment; look at it and save again";
            return Ok(self.form_page(&visitor, Purpose::Edit(&client.id), &form, Some(refused)));
        }
        Ok(response::see_other(&self.client_location("applications/show", client.id.as_str())))
    }

    pub(crate) async fn show_delete(&self, request: &Request<Bytes>) -> Answer {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        let client = self.manageable(&visitor, &self.query(request)?).await?;
        let page = DeletePage {
            frame: self.frame("Delete application?", Some(&visitor)),
            csrf: visitor.csrf_token(),
            show: self.client_location("applications/show", client.id.as_str()),
            client: &client,
        };
        Ok(response::page(StatusCode::OK, &page, Forms::StayHere))
    }

    pub(crate) async fn delete_application(&self, request: &Request<Bytes>) -> Answer {
        let (visitor, posted) = self.posted(request).await?;
        let client = self.manageable(&visitor, &posted).await?;
        if self.store.delete_client(&client.id, self.config.clock.now()).await? {
            self.config.events.record(&Event::ClientDeleted { client_id: client.id });
        }
        Ok(response::see_other(&self.config.paths.join("applications")))
    }

    /// Tells whether a person has registered as many applications as one may; administrators register any number.
    async fn has_most_applications(&self, visitor: &Visitor) -> Result<bool, Rejection> {
        if visitor.person.administrator {
            return Ok(false);
        }
        let most = self.config.applications_per_person;
        let filter = ClientFilter { owner: Some(visitor.person.subject.clone()), ..ClientFilter::default() };
        let theirs = self.store.clients(&filter, &Page::first(most)).await?;
        Ok(theirs.len() >= usize::try_from(most).unwrap_or(usize::MAX))
    }

    /// Saves a changed application, unless somebody else changed it since it was read.
    async fn save(&self, before: &Client, client: &Client) -> Result<bool, Rejection> {
        match self.store.replace_client(before, client).await? {
            Replaced::Now => {
                self.config.events.record(&Event::ClientChanged { client_id: client.id.clone() });
                Ok(true)
            }
            Replaced::Changed => Ok(false),
            Replaced::Gone => Err(Rejection::ApplicationNotFound),
        }
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

    /// Refuses the resource identifiers of others: introspection tells whoever is registered with one
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
        let (filter, mut page) =
            (ClientFilter { resources: claimed.clone(), ..ClientFilter::default() }, Page::first(50));
        let mut more = !claimed.is_empty();
        // One page, unless the person has registered as many for these themselves.
        while more && taken.is_none() {
            let servers = self.store.clients(&filter, &page).await?;
            more = servers.len() >= 50;
            page.after = servers.last().map(|server| server.id.clone());
            let mut others = servers.iter().filter(|other| other.owner.as_ref() != Some(&visitor.person.subject));
            taken =
                others.find_map(|other| claimed.iter().find(|resource| other.resources.contains(resource))).cloned();
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
            edit: location("applications/edit"),
            delete: location("applications/delete"),
            secret: secret.map(ClientSecret::expose),
            actions: visitor.person.administrator.then_some(Action::ALL).into_iter().flatten().collect(),
            lifetimes: Lifetime::ALL
                .into_iter()
                .filter_map(|which| Some((which, span::words(which.of(&client.lifetimes)?))))
                .collect(),
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
        let (title, id, registers) = match purpose {
            Purpose::Register(id) => ("Register an application", id, true),
            Purpose::Edit(id) => ("Change the application", id, false),
        };
        let page = FormPage {
            frame: self.frame(title, Some(visitor)),
            csrf: visitor.csrf_token(),
            client_id: id.as_str(),
            proof: id_proof(visitor, id),
            registers,
            offered: self.config.scopes.keys().map(String::as_str).collect::<Vec<_>>().join(" "),
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

/// What the form is for.
#[derive(Clone, Copy)]
enum Purpose<'a> {
    Register(&'a ClientId),
    Edit(&'a ClientId),
}

/// Reads the identifier that we put into the form; nobody chooses one for themselves.
fn proven_id(visitor: &Visitor, posted: &Parameters) -> Result<ClientId, Rejection> {
    let id = posted.get("client_id").and_then(|id| ClientId::new(id).ok()).ok_or(Rejection::FormNotOurs)?;
    let proven = posted.get("proof").is_some_and(|given| equal_in_constant_time(given, &id_proof(visitor, &id)));
    if proven { Ok(id) } else { Err(Rejection::FormNotOurs) }
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
    edit: String,
    delete: String,
    secret: Option<&'a str>,
    actions: Vec<Action>,
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
    registers: bool,
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
    show: String,
    client: &'a Client,
}
