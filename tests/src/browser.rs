use crate::{Answer, Ask, Call, Form, PASSWORD};
use http::Method;
use oauth_core::config::Paths;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

/// A person with a browser that keeps cookies, fills in forms, and follows redirects only as long as
/// they stay on the server.
pub struct Browser {
    address: SocketAddr,
    host: String,
    paths: Paths,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What came of opening the authorization endpoint: a page that asks, or already an answer.
pub struct Asked<'b> {
    browser: &'b Browser,
    /// What the authorization endpoint answered first.
    pub answer: Answer,
}

impl Browser {
    /// Opens a browser on any server, in which nobody is signed in.
    pub fn new(address: SocketAddr, paths: Paths) -> Self {
        Self { address, host: address.to_string(), paths, cookies: Mutex::default() }
    }

    /// Types another host name into the address bar, such as `localhost`; the port stays.
    #[must_use]
    pub fn at_host(mut self, name: &str) -> Self {
        self.host = format!("{name}:{}", self.address.port());
        self
    }

    /// Opens a page, without following where it redirects to.
    pub async fn open(&self, target: &str) -> Answer {
        self.send(Call::new(self.address, Method::GET, target)).await
    }

    /// Opens a page and follows redirects on the server.
    pub async fn visit(&self, target: &str) -> Answer {
        let answer = self.open(target).await;
        self.follow(answer).await
    }

    /// Sends a form, without following.
    pub async fn post(&self, form: &Form) -> Answer {
        assert_eq!(form.method, "post", "{form:?}");
        // A page with `Referrer-Policy: no-referrer` makes browsers send this.
        let call = Call::new(self.address, Method::POST, &form.action).header("origin", "null");
        self.send(call.form(form.fields.iter().map(|(name, value)| (name, value)))).await
    }

    /// Sends a form and follows redirects on the server.
    pub async fn submit(&self, form: &Form) -> Answer {
        let answer = self.post(form).await;
        let answer = self.follow(answer).await;
        // A request that is too long for a link goes on by a page with one button.
        if answer.status == 200 && answer.text().contains("id=\"continue\"") {
            let onward = Form::with(&answer.text(), "continue").press("continue");
            return self.post(&onward).await;
        }
        answer
    }

    /// Signs in as a person whose password is [`PASSWORD`].
    pub async fn sign_in(&self, username: &str) -> Answer {
        let answer = self.try_to_sign_in(username, PASSWORD).await;
        assert!(answer.status.is_redirection(), "signing in as {username} {answer}");
        self.follow(answer).await
    }

    /// Fills in the form of the sign-in page, and gives the answer to it.
    pub async fn try_to_sign_in(&self, username: &str, password: &str) -> Answer {
        let page = self.open(&self.paths.join("sign-in")).await.expect(200);
        let form = Form::with(&page.text(), "sign-in").fill("username", username).fill("password", password);
        self.post(&form.press("sign-in")).await
    }

    /// Opens the authorization endpoint as a client sends one there.
    pub async fn authorize(&self, ask: &Ask) -> Asked<'_> {
        let answer = self.open(&format!("{}?{}", self.paths.authorization_path(), ask.query())).await;
        Asked { browser: self, answer }
    }

    /// Gives the cookies as they are sent now.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap().clone()
    }

    /// Gives the name and the value of the cookie that keeps a session; the name ends with a digest of the
    /// issuer.
    pub fn session(&self) -> Option<(String, String)> {
        self.cookie("oauth-session-")
    }

    /// Gives the name and the value of the first cookie whose name begins so.
    pub fn cookie(&self, begins: &str) -> Option<(String, String)> {
        self.cookies().into_iter().find(|(name, _)| name.trim_start_matches("__Host-").starts_with(begins))
    }

    /// Puts a cookie in, or another value in its place.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// Gives the request that opens a page, with the cookies as they are now, to be sent in other ways.
    pub fn get(&self, target: &str) -> Call {
        self.dressed(Call::new(self.address, Method::GET, target))
    }

    fn dressed(&self, mut call: Call) -> Call {
        let cookies: Vec<String> = self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            call = call.header("cookie", cookies.join("; "));
        }
        call.set_header("host", &self.host)
    }

    async fn send(&self, call: Call) -> Answer {
        let answer = self.dressed(call).await;
        for cookie in answer.header_values("set-cookie") {
            self.keep(cookie);
        }
        answer
    }

    fn keep(&self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a cookie has a name");
        let over = attributes.to_lowercase().contains("max-age=0");
        let mut cookies = self.cookies.lock().unwrap();
        if over {
            cookies.remove(name)
        } else {
            cookies.insert(name.to_owned(), value.to_owned())
        };
    }

    async fn follow(&self, mut answer: Answer) -> Answer {
        for _ in 0..5 {
            let Some(target) = answer.location().and_then(|location| self.target(location)) else { return answer };
            answer = self.open(&target).await;
        }
        panic!("redirected in a circle: {answer}");
    }

    /// Gives the path and query of a location on this server.
    fn target(&self, location: &str) -> Option<String> {
        if location.starts_with('/') && !location.starts_with("//") {
            return Some(location.to_owned());
        }
        let here = [format!("http://{}/", self.host), format!("http://{}/", self.address)];
        let rest = here.iter().find_map(|origin| location.strip_prefix(origin.as_str()))?;
        Some(format!("/{rest}"))
    }
}

impl Asked<'_> {
    /// Gives the form on the consent page; panics where there is none.
    pub fn form(&self) -> Form {
        Form::with(&self.answer.clone().expect(200).text(), "allow")
    }

    /// Presses "allow", and gives what the browser is sent on with.
    pub async fn allow(self) -> Answer {
        self.browser.submit(&self.form().press("allow")).await
    }

    /// Presses "deny", and gives what the browser is sent on with.
    pub async fn deny(self) -> Answer {
        self.browser.submit(&self.form().press("deny")).await
    }

    /// Allows where it is asked; where the consent is remembered, the answer is there already.
    pub async fn allow_if_asked(self) -> Answer {
        if self.answer.status.is_redirection() { self.answer } else { self.allow().await }
    }
}
