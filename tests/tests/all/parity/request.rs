//! A request as it goes over the wire, in parts that can be changed one by one.

/// A request before it is written out.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// What it was made as, and what was then done to it.
    pub(super) kinds: Vec<&'static str>,
    pub(super) method: String,
    pub(super) target: Vec<u8>,
    pub(super) version: &'static str,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Body,
    /// Sent behind it on the same connection.
    pub(super) next: Option<Box<Request>>,
}

/// How a body is sent.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// Not at all: no length either.
    None,
    /// With its length.
    Whole(Vec<u8>),
    /// In chunks of so many bytes.
    Chunked(Vec<u8>, usize),
}

impl Request {
    pub(super) fn new(kind: &'static str, method: &str, target: &str) -> Self {
        let headers = vec![("Host".to_owned(), b"127.0.0.1".to_vec())];
        let (method, target) = (method.to_owned(), target.as_bytes().to_vec());
        Self { kinds: vec![kind], method, target, version: "HTTP/1.1", headers, body: Body::None, next: None }
    }

    pub(super) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.add(name, value);
        self
    }

    pub(super) fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }

    pub(super) fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = self.header("Content-Type", "application/x-www-form-urlencoded");
        request.body = Body::Whole(body.into_bytes());
        request
    }

    /// Gives the values of a header.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_slice())
    }

    /// Gives the path of an origin-form target.
    pub(super) fn path(&self) -> String {
        let end = self.target.iter().position(|byte| *byte == b'?').unwrap_or(self.target.len());
        String::from_utf8_lossy(&self.target[..end]).into_owned()
    }

    pub(super) fn body(&self) -> &[u8] {
        match &self.body {
            Body::None => b"",
            Body::Whole(body) | Body::Chunked(body, _) => body,
        }
    }

    /// Gives the body, to be changed.
    pub(super) fn body_mut(&mut self) -> &mut Vec<u8> {
        if matches!(self.body, Body::None) {
            self.body = Body::Whole(Vec::new());
        }
        match &mut self.body {
            Body::Whole(body) | Body::Chunked(body, _) => body,
            Body::None => unreachable!("it was just made whole"),
        }
    }

    /// Writes it out, so that the server closes after the last answer.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.method.as_bytes(), b" ", &self.target, b" ", self.version.as_bytes(), b"\r\n"].concat();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if self.next.is_none() {
            bytes.extend(b"Connection: close\r\n");
        }
        match &self.body {
            Body::None => bytes.extend(b"\r\n"),
            Body::Whole(body) => {
                bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
                bytes.extend(body);
            }
            Body::Chunked(body, size) => {
                bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
                for chunk in body.chunks(*size) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n\r\n");
            }
        }
        bytes.extend(self.next.iter().flat_map(|next| next.bytes()));
        bytes
    }

    /// Gives it, or what is sent behind it.
    pub(super) fn at(&self, position: usize) -> Option<&Self> {
        if position == 0 { Some(self) } else { self.next.as_ref()?.at(position - 1) }
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.bytes()).into_owned();
        let shown: String = text.chars().take(1_500).collect();
        write!(f, "{}\n{}", self.kinds.join(", "), shown.replace('\r', "\\r"))
    }
}
