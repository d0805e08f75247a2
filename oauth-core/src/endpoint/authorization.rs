use super::answer::{Answer, is_printable};
use super::{CodeRequest, Endpoint, MetadataDocument, implicit};
use crate::client::{Client, GrantType};
use crate::config::Config;
use crate::error::Rejection;
use crate::event::Event;
use crate::grant::{ScopeQuestion, requested_resources, requested_scope};
use crate::http::Parameters;
use crate::identifier::{ClientId, GrantId, any_control, has_control};
use crate::installed::Installed;
use crate::owner::{Approval, AuthorizationRequest, Decided, Decision, ResourceOwner};
use crate::pkce::{CodeChallenge, S256};
use crate::redirect::RedirectTarget;
use crate::secret::AuthorizationCode;
use crate::server::{AuthorizationProvider, Server};
use crate::store::{self, Basis, ClientStore, Code, CodeStore, DECISION_LIFETIME, Grant, GrantStore, Marks, Saved};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};

/// The authorization endpoint (RFC 6749 §3.1): the code flow, and where the settings switch it on the
/// implicit one.
///
/// Client and redirect URI come first: until both are known every error is a page. Then the rest of
/// the request, whose errors are redirects; then the owner decides; then the code is issued.
#[derive(Clone, Copy, Debug, Default)]
pub struct Authorization;

#[async_trait::async_trait]
impl<P: AuthorizationProvider> Endpoint<P> for Authorization {
    fn path(&self, config: &Config) -> String {
        config.paths.authorization_path()
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::GET, Method::POST]
    }

    fn describe(&self, config: &Config, document: &mut MetadataDocument) {
        document.set("authorization_endpoint", config.url(&config.paths.authorization_path()));
        document.set("authorization_response_iss_parameter_supported", true);
        document.add("response_types_supported", ["code"]);
        document.add("response_modes_supported", ["query"]);
        document.add("code_challenge_methods_supported", [S256]);
        if config.insecure_implicit_grant {
            implicit::describe(document);
        }
    }

    async fn call(&self, installed: &Installed<P>, request: &Request<Bytes>) -> Response<Bytes> {
        let server = installed.server();
        for _ in 0..ROUNDS {
            let ask = match server.code_request(request).await {
                CodeRequest::Broken(page) => return page,
                CodeRequest::Invalid(redirect) => return redirect,
                CodeRequest::Pending(ask) => ask,
            };
            if let Concluded::Answered(answer) = decide(server, request, &ask).await {
                return answer;
            }
        }
        match server.code_request(request).await {
            CodeRequest::Broken(page) => page,
            CodeRequest::Invalid(redirect) => redirect,
            CodeRequest::Pending(ask) => {
                Answer::to(server.config(), request, &ask).error(Rejection::DecisionOvertaken, HeaderMap::new())
            }
        }
    }
}

/// How often a request is decided anew if what the decision rests on changed while it was saved.
const ROUNDS: usize = 3;

/// What became of a request on which something was decided.
pub(super) enum Concluded {
    /// It is answered.
    Answered(Response<Bytes>),
    /// What the decision rests on has changed: it has to be decided again.
    Changed,
}

/// What became of an approval.
pub(super) enum Issued {
    /// It is saved; these parameters say so to the client.
    Answer(Vec<(String, String)>),
    /// What it rests on has changed: nothing is saved.
    Changed,
}

/// Checks a request: broken as long as nobody knows to whom an answer may be sent, then invalid. What is wrong is
/// told to a known client, or to a person who is known to be signed in.
pub(super) async fn examine<P: AuthorizationProvider>(
    server: &Server<P>,
    request: &Request<Bytes>,
    (parameters, repeated): (Parameters, Option<Rejection>),
    is_signed_in: bool,
) -> CodeRequest {
    let (client, target) = match addressee(server, &parameters).await {
        Ok(addressee) => addressee,
        Err(rejection) => return CodeRequest::Broken(server.error_page(request, rejection).await),
    };
    if client.blocked.is_some() {
        return CodeRequest::Broken(server.blocked_page(request, &client).await);
    }
    let checked = match repeated {
        Some(rejection) => Err(rejection),
        None => check(server, &client, &target, &parameters).await,
    };
    match checked {
        Ok(ask) => CodeRequest::Pending(Box::new(ask)),
        Err(rejection) => {
            let answer = Answer::new(server.config(), request.method(), &client, &target, &parameters);
            let silent = parameters.get("prompt") == Some("none");
            let answer = if is_signed_in { answer } else { answer.only_to_known(server, request, silent).await };
            CodeRequest::Invalid(answer.error(rejection, HeaderMap::new()))
        }
    }
}

/// Finds to whom an answer may be sent at all; one that is blocked is never answered, but people are told.
async fn addressee<P: AuthorizationProvider>(
    server: &Server<P>,
    parameters: &Parameters,
) -> Result<(Client, RedirectTarget), Rejection> {
    let id = ClientId::new(parameters.require("client_id")?).map_err(|_| Rejection::UnknownClient)?;
    let client = server.store().client(&id).await?.ok_or(Rejection::UnknownClient)?;
    let (registered, asked) = (&client.redirect_uris, parameters.get("redirect_uri"));
    let target = RedirectTarget::resolve(registered, client.client_type, asked)?;
    if !client.enabled && client.blocked.is_none() {
        return Err(Rejection::DisabledClient);
    }
    Ok((client, target))
}

/// Checks the rest of the request, in the order in which a developer would want to hear of it.
async fn check<P: AuthorizationProvider>(
    server: &Server<P>,
    client: &Client,
    target: &RedirectTarget,
    parameters: &Parameters,
) -> Result<AuthorizationRequest, Rejection> {
    let config = server.config();
    if parameters.get("state").is_some_and(|state| !is_printable(state)) {
        return Err(Rejection::MalformedParameter("state"));
    }
    // RFC 6749 appendix A has no control characters anywhere, and not every store can keep them.
    for name in ["nonce", "login_hint"] {
        if parameters.get(name).is_some_and(has_control) {
            return Err(Rejection::MalformedParameter(name));
        }
    }
    let implicit = implicit::is_asked(config, parameters);
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) if implicit => {}
        Some(_) => return Err(Rejection::ResponseTypeUnsupported),
        None => return Err(Rejection::ResponseTypeMissing),
    }
    // A token in a query would be written into logs and histories (RFC 9700 §2.1.2).
    let mode = if implicit { "fragment" } else { "query" };
    if parameters.get("response_mode").is_some_and(|asked| asked != mode) {
        return Err(Rejection::ResponseModeUnsupported);
    }
    if parameters.get("request").or(parameters.get("request_uri")).is_some() {
        return Err(Rejection::RequestObjectUnsupported);
    }
    let grant_type = if implicit { GrantType::Implicit } else { GrantType::AuthorizationCode };
    if !client.may_use(grant_type) {
        return Err(Rejection::GrantNotAllowed);
    }
    let code_challenge = if implicit { None } else { code_challenge(client, parameters)? };
    let prompt: std::collections::BTreeSet<String> =
        parameters.get("prompt").into_iter().flat_map(str::split_whitespace).map(str::to_owned).collect();
    if prompt.contains("none") && prompt.len() > 1 {
        return Err(Rejection::PromptContradicts);
    }
    let max_age = match parameters.get("max_age") {
        None => None,
        Some(digits) if !digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(Rejection::MalformedParameter("max_age"));
        }
        // More than there are is as long as anything.
        Some(digits) => Some(digits.parse().unwrap_or(u64::MAX)),
    };
    let scope = requested_scope(config, client, ScopeQuestion { grant_type, parameters }).await?;
    let resources = requested_resources(server.store(), config, parameters).await?;
    Ok(AuthorizationRequest {
        client: client.clone(),
        target: target.clone(),
        words: scope.words(config),
        scope: scope.scope,
        implicit,
        names_resources: !resources.named.is_empty(),
        resources: resources.audience,
        code_challenge,
        nonce: parameters.get("nonce").map(str::to_owned),
        prompt,
        max_age,
        login_hint: parameters.get("login_hint").map(str::to_owned),
        state: parameters.get("state").map(str::to_owned),
        query: parameters.canonical_query(),
    })
}

/// S256 for every client, but for a confidential one that is registered to go without
/// (OAuth 2.1 §4.1.1, RFC 9700 §2.1.1).
fn code_challenge(client: &Client, parameters: &Parameters) -> Result<Option<CodeChallenge>, Rejection> {
    let may_go_without = client.is_confidential() && client.insecure_without_pkce;
    match (parameters.get("code_challenge"), parameters.get("code_challenge_method")) {
        (None, None) if may_go_without => Ok(None),
        (None, _) => Err(Rejection::CodeChallengeMissing),
        (Some(challenge), Some(S256)) => {
            CodeChallenge::parse(challenge).map(Some).ok_or(Rejection::CodeChallengeMalformed)
        }
        (Some(_), _) => Err(Rejection::CodeChallengeMethodUnsupported),
    }
}

/// Lets the owner decide, and answers.
async fn decide<P: AuthorizationProvider>(
    server: &Server<P>,
    request: &Request<Bytes>,
    ask: &AuthorizationRequest,
) -> Concluded {
    match server.owner().decide(request, ask).await {
        Ok(decided) => conclude(server, request, ask, decided).await,
        Err(error) => {
            let answer = Answer::to(server.config(), request, ask);
            let answer = answer.only_to_known(server, request, ask.forbids_interaction()).await;
            Concluded::Answered(answer.error(error.into(), HeaderMap::new()))
        }
    }
}

/// Answers a request on which something was decided.
pub(super) async fn conclude<P: AuthorizationProvider>(
    server: &Server<P>,
    request: &Request<Bytes>,
    ask: &AuthorizationRequest,
    Decided { decision, headers }: Decided,
) -> Concluded {
    let mut answer = Answer::to(server.config(), request, ask);
    if ask.forbids_interaction() && !matches!(decision, Decision::Allow(_)) {
        answer = answer.only_to_known(server, request, true).await;
    }
    Concluded::Answered(match decision {
        Decision::SignIn(_) if ask.forbids_interaction() => answer.error(Rejection::LoginRequired, headers),
        Decision::Consent(_) if ask.forbids_interaction() => answer.error(Rejection::ConsentRequired, headers),
        Decision::Interact(_) if ask.forbids_interaction() => answer.error(Rejection::InteractionRequired, headers),
        Decision::SignIn(page) | Decision::Consent(page) | Decision::Interact(page) => with_headers(page, headers),
        Decision::Deny(_) => answer.decided(false).error(Rejection::AccessDenied, headers),
        Decision::Allow(approval) if ask.is_short_of_sign_in(&approval, server.config().clock.now()) => {
            answer.error(Rejection::SignInRequired, headers)
        }
        Decision::Allow(approval) if approval.remembered && ask.asks_for_consent() => {
            answer.error(Rejection::ConsentRequired, headers)
        }
        Decision::Allow(mut approval) => {
            let answer = answer.decided(approval.remembered);
            let (rests_on, marks) = (std::mem::take(&mut approval.rests_on), approval.marks);
            let issued = match granted(server, ask, approval) {
                Ok(grant) => save(server, request, ask, &grant, (&rests_on, marks)).await,
                Err(rejection) => Err(rejection),
            };
            match issued {
                Ok(Issued::Answer(success)) => answer.success(&success, headers),
                Ok(Issued::Changed) => return Concluded::Changed,
                Err(rejection) => answer.error(rejection, headers),
            }
        }
    })
}

/// Saves what was approved, if what it rests on is as it was.
///
/// The marks are read first, in an earlier request or here; then everything is looked at once more, then the store
/// compares client and marks in the step that commits. An end that came before the marks is seen by the look; one
/// that comes later has moved a mark, or finds the grant.
async fn save<P: AuthorizationProvider>(
    server: &Server<P>,
    request: &Request<Bytes>,
    ask: &AuthorizationRequest,
    grant: &Grant,
    (rests_on, marks): (&[GrantId], Option<Marks>),
) -> Result<Issued, Rejection> {
    let (store, clock) = (server.store(), &server.config().clock);
    let read_at = clock.now();
    let marks = match marks {
        Some(marks) => marks,
        None => store.marks(&grant.subject, &ask.client.id).await?,
    };
    let basis = Basis { client: ask.client.clone(), marks };
    let still = still_stands(server, request, grant, rests_on).await?;
    if !still || read_at.after(DECISION_LIFETIME).is_over(clock.now()) {
        return Ok(Issued::Changed);
    }
    if ask.implicit {
        implicit::issue(server, ask, grant, &basis).await
    } else {
        issue(server, ask, grant, &basis).await
    }
}

/// Makes the grant of what was approved.
fn granted<P: AuthorizationProvider>(
    server: &Server<P>,
    ask: &AuthorizationRequest,
    approval: Approval,
) -> Result<Grant, Rejection> {
    let config = server.config();
    if !approval.scope.is_subset(&ask.scope) {
        tracing::error!(client_id = %ask.client.id, "the resource owner's side approved more scope than was asked");
        return Err(Rejection::ApprovalBeyondRequest);
    }
    if approval.scope.is_empty() {
        return Err(Rejection::AccessDenied);
    }
    if approval.acr.as_deref().is_some_and(has_control) || any_control(&approval.attributes) {
        tracing::error!(client_id = %ask.client.id, "the resource owner's side approved with control characters");
        return Err(Rejection::ApprovalMalformed);
    }
    let now = config.clock.now();
    Ok(Grant {
        id: GrantId::generate(),
        client_id: ask.client.id.clone(),
        subject: approval.subject,
        scope: approval.scope,
        audience: if ask.names_resources { ask.resources.clone() } else { Vec::new() },
        auth_time: approval.auth_time,
        acr: approval.acr,
        attributes: approval.attributes,
        shown: approval.shown,
        created_at: now,
        last_issued_at: None,
        expires_at: now.after(ask.client.lifetimes.code.unwrap_or(config.code_lifetime)),
        revoked_at: None,
    })
}

/// Saves the grant with its code, in one step.
async fn issue<P: AuthorizationProvider>(
    server: &Server<P>,
    ask: &AuthorizationRequest,
    grant: &Grant,
    basis: &Basis,
) -> Result<Issued, Rejection> {
    let config = server.config();
    let secret = AuthorizationCode::of(&config.code_format);
    let code = Code {
        digest: secret.digest(),
        grant: grant.id,
        redirect_uri: ask.target.as_str().to_owned(),
        redirect_uri_sent: ask.target.was_sent(),
        code_challenge: ask.code_challenge.clone(),
        nonce: ask.nonce.clone(),
        expires_at: grant.expires_at,
    };
    match server.store().save_code(grant, &code, basis).await? {
        Saved::Now => {
            config.events.record(&Event::Approved {
                client_id: grant.client_id.clone(),
                subject: grant.subject.clone(),
                grant: grant.id,
            });
            Ok(Issued::Answer(vec![("code".to_owned(), secret.expose().to_owned())]))
        }
        Saved::Changed => Ok(Issued::Changed),
        Saved::Gone => Err(Rejection::DisabledClient),
    }
}

/// Tells whether what was decided still holds, and whether the grants live that a remembered consent was read
/// from: if one of them was revoked meanwhile, the consent is withdrawn.
async fn still_stands<P: AuthorizationProvider>(
    server: &Server<P>,
    request: &Request<Bytes>,
    grant: &Grant,
    rests_on: &[GrantId],
) -> store::Result<bool> {
    for id in rests_on {
        let earlier = server.store().grant(id).await?;
        if !earlier.is_some_and(|earlier| earlier.is_live(grant.created_at)) {
            return Ok(false);
        }
    }
    server.owner().still_holds(request, &grant.subject).await
}

pub(super) fn with_headers(mut page: Response<Bytes>, headers: HeaderMap) -> Response<Bytes> {
    let mut last = None;
    for (name, value) in headers {
        last = name.or(last);
        if let Some(name) = &last {
            page.headers_mut().append(name.clone(), value);
        }
    }
    page
}
