//! What is done to a request that no client should do.

use super::request::{Body, Request};
use oauth_tests::Numbers;

type Distort = fn(&mut Request, &mut Numbers);

/// Does one odd thing to a request, and notes which.
pub(super) fn distort(request: &mut Request, numbers: &mut Numbers) {
    const ALL: [(&str, Distort); 14] = [
        ("method", method),
        ("method", method),
        ("path", path),
        ("path", path),
        ("query", query),
        ("target form", target_form),
        ("header", header),
        ("header", header),
        ("repeated header", repeated_header),
        ("host", host),
        ("body", body),
        ("content type", content_type),
        ("_method", method_field),
        ("framing", framing),
    ];
    let (kind, distort) = numbers.pick(&ALL);
    distort(request, numbers);
    request.kinds.push(kind);
}

fn method(request: &mut Request, numbers: &mut Numbers) {
    const METHODS: [&str; 16] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "Post",
        "QUERY", "M-SEARCH", "BREW", "_",
    ];
    request.method = numbers.pick(&METHODS).to_owned();
}

fn path(request: &mut Request, numbers: &mut Numbers) {
    let path = request.path();
    let query = request.target[path.len()..].to_vec();
    let slash = path.rfind('/').unwrap_or(0);
    let (front, last) = path.split_at(slash);
    let letter = last.chars().nth(1).filter(char::is_ascii);
    let encoded = letter.map(|letter| format!("%{:02x}", u32::from(letter))).unwrap_or_default();
    let after = last.get(2..).unwrap_or_default();
    let changed = match numbers.below(20) {
        0 => format!("{path}/"),
        1 => format!("{path}//"),
        2 => format!("/{path}"),
        3 => format!("{front}/{last}"),
        4 => format!("{front}/.{last}"),
        5 => format!("{front}/x/..{last}"),
        6 => format!("{front}/%2e%2e{path}"),
        7 => format!("{front}/{encoded}{after}"),
        8 => format!("/%6f{}", path.get(2..).unwrap_or_default()),
        9 => path.to_uppercase(),
        10 => format!("{path};x=1"),
        11 => format!("{path}%2f"),
        12 => format!("{front}%2f{}", last.trim_start_matches('/')),
        13 => format!("{path}{}", numbers.pick(&["%00", "%zz", "%", "%ff", "%20", "%0d%0a"])),
        14 => {
            format!("{path}{}", numbers.pick(&["#part", "\\", "\"", "{x}", "|", "^", "`", "[", "<x>", "~!$&'()*+,=:@"]))
        }
        15 => format!("{path}{}", numbers.pick(&["\u{e9}", "/\u{1f511}"])),
        16 => format!("{path}/{}", "a".repeat(numbers.pick(&[300, 3_000]))),
        17 => format!("{path}/more"),
        18 => path.trim_start_matches('/').to_owned(),
        _ => format!("{path}\u{7f}"),
    };
    request.target = [changed.as_bytes(), &query].concat();
}

fn query(request: &mut Request, numbers: &mut Numbers) {
    const PIECES: [&str; 18] = [
        "",
        "?",
        "&",
        "=",
        "a",
        "a=b",
        "a=%zz",
        "a=%",
        "a=%ff",
        "a=%00",
        "a=\"b\"",
        "a={b}",
        "a=|",
        "a=b#c",
        "a=\\",
        "a=[b]",
        "a=\u{e9}",
        "scope=read",
    ];
    let glue: &[u8] = if request.target.contains(&b'?') { b"&" } else { b"?" };
    request.target.extend([glue, numbers.pick(&PIECES).as_bytes()].concat());
}

fn target_form(request: &mut Request, numbers: &mut Numbers) {
    let origin = match numbers.below(8) {
        0 | 1 => "http://127.0.0.1",
        2 => "http://evil.example",
        3 => "https://127.0.0.1:1",
        4 => "http://user:password@127.0.0.1",
        5 => "HTTP://127.0.0.1",
        6 => {
            request.target = b"*".to_vec();
            request.method = numbers.pick(&["OPTIONS", "OPTIONS", "GET"]).to_owned();
            return;
        }
        _ => {
            request.target = b"127.0.0.1:80".to_vec();
            request.method = numbers.pick(&["CONNECT", "GET"]).to_owned();
            return;
        }
    };
    request.target = [origin.as_bytes(), &request.target].concat();
}

fn header(request: &mut Request, numbers: &mut Numbers) {
    const HEADERS: [(&str, &str); 44] = [
        ("Accept", "application/xml"),
        ("Accept", ""),
        ("Accept", "x"),
        ("Accept-Encoding", "gzip, br"),
        ("Accept-Language", "de"),
        ("Range", "bytes=0-1"),
        ("If-None-Match", "*"),
        ("If-Modified-Since", "Sat, 29 Oct 2050 19:43:31 GMT"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=203.0.113.9;host=evil.example"),
        ("X-Real-IP", "203.0.113.9"),
        ("Via", "1.1 x"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Access-Control-Request-Method", "POST"),
        ("Cookie", "a=b"),
        ("Cookie", ";;=;"),
        ("Cookie", "oauth-session-x=x; oauth-session-x=y"),
        ("Cookie", "\u{e9}=\u{e9}"),
        ("Upgrade", "websocket"),
        ("Upgrade", "h2c"),
        ("Content-Encoding", "gzip"),
        ("Content-Language", "x"),
        ("Expect", "100-continue"),
        ("Expect", "x"),
        ("Authorization", ""),
        ("Authorization", "Bearer"),
        ("Authorization", "Bearer \u{e9}"),
        ("Authorization", "Basic"),
        ("Authorization", "Basic %"),
        ("Authorization", "Basic YTpi, Bearer x"),
        ("Authorization", "Digest a=\"b\""),
        ("authorization", "BASIC YTpi"),
        ("X-Odd", "caf\u{e9}"),
        ("X-Odd", "a\tb"),
        ("X-Odd", ""),
        ("x_odd", "1"),
        ("X!#$%&'*+-.^`|~", "1"),
        ("TE", "trailers"),
        ("Trailer", "Authorization"),
        ("Max-Forwards", "0"),
    ];
    match numbers.below(40) {
        0 | 1 => request.add("X-Long", "x".repeat(numbers.pick(&[7_000, 15_000, 100_000]))),
        7 => (0..numbers.pick(&[50, 90, 110])).for_each(|_| request.add("X-Many", "x")),
        2 => {
            let name = numbers.pick(&["X-Odd", "Authorization", "Cookie", "Content-Type"]);
            request.add(name, b"\xff\xfe");
        }
        3 => request.add("X Odd", "a name with a space"),
        4 => request.add("X-Odd", "folded\r\n line"),
        5 => request.version = "HTTP/1.0",
        6 => request.version = "HTTP/1.2",
        _ => {
            let (name, value) = numbers.pick(&HEADERS);
            request.add(name, value);
        }
    }
}

/// Sends a header once more: the same, another value, or none.
fn repeated_header(request: &mut Request, numbers: &mut Numbers) {
    if request.headers.is_empty() {
        return;
    }
    let (name, value) = request.headers[numbers.below(request.headers.len())].clone();
    let value = match numbers.below(4) {
        0 => value,
        1 => Vec::new(),
        2 => value.to_ascii_uppercase(),
        _ => b"x".to_vec(),
    };
    let name = if numbers.one_in(2) { name.to_lowercase() } else { name };
    if numbers.one_in(2) {
        request.headers.insert(0, (name, value))
    } else {
        request.headers.push((name, value))
    };
}

fn host(request: &mut Request, numbers: &mut Numbers) {
    const HOSTS: [&str; 10] = [
        "",
        "evil.example",
        "127.0.0.1:99999",
        "a b",
        "http://127.0.0.1",
        "[::1]",
        "[::1",
        "user@127.0.0.1",
        "\u{e9}",
        "127.0.0.1/x",
    ];
    if !numbers.one_in(6) {
        request.remove("host");
    }
    if !numbers.one_in(6) {
        request.add("Host", numbers.pick(&HOSTS));
    }
}

fn body(request: &mut Request, numbers: &mut Numbers) {
    const PIECES: [&[u8]; 16] = [
        b"&",
        b"=",
        b"&grant_type=client_credentials",
        b"&token=x",
        b"&client_id=x",
        b"&p=%",
        b"&p=%zz",
        b"&p=%ff",
        b"&p=\xff",
        b"&p=%00",
        b"&p=+%2B",
        b"&scope=read",
        b"&resource=x&resource=y",
        b"&%63lient_id=x",
        b"\r\n",
        b"{}",
    ];
    let piece = numbers.pick(&PIECES);
    match numbers.below(8) {
        0 => request.body_mut().clear(),
        1 => request.body = Body::None,
        2 | 7 => {
            let length = numbers.pick(&[4_096, 4_097, 65_000, 65_536, 65_537, 70_000]);
            let missing = length - request.body().len().min(length);
            request.body_mut().extend(b"&p=".iter().copied().chain(std::iter::repeat_n(b'x', missing)));
            request.body_mut().truncate(length);
        }
        3 => request.body_mut().splice(0..0, piece.iter().copied()).for_each(drop),
        4 => {
            let length = request.body().len();
            request.body_mut().truncate(numbers.below(length + 1));
        }
        5 if !request.body().is_empty() => {
            let at = numbers.below(request.body().len());
            request.body_mut()[at] ^= 1 << numbers.below(8);
        }
        _ => request.body_mut().extend(piece),
    }
}

fn content_type(request: &mut Request, numbers: &mut Numbers) {
    const TYPES: [&str; 14] = [
        "",
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=b",
        "Application/X-WWW-Form-Urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "application/x-www-form-urlencoded;charset=\"",
        "nonsense",
        "application/x-www-form-urlencoded, text/plain",
        "application/x-www-form-urlencodedx",
        "a/b",
        "/",
        "application/x-www-form-urlencoded ; q",
        "\u{e9}/\u{e9}",
    ];
    if !numbers.one_in(4) {
        request.remove("content-type");
    }
    if !numbers.one_in(5) {
        request.add("Content-Type", numbers.pick(&TYPES));
    }
}

/// The field of a form by which some frameworks let a browser ask for another method. Without HEAD:
/// Rocket then promises an application's client a body, and ends the connection instead.
fn method_field(request: &mut Request, numbers: &mut Numbers) {
    let method =
        numbers.pick(&["get", "GET", "put", "PUT", "delete", "DELETE", "patch", "options", "trace", "POST", "x", ""]);
    let field = numbers.pick(&["_method=", "_method=", "_method=", "_METHOD=", "%5fmethod="]);
    let field = format!("{field}{method}");
    if request.body().is_empty() || request.values("content-type").next().is_none() {
        request.remove("content-type");
        request.add("Content-Type", "application/x-www-form-urlencoded");
    }
    if numbers.one_in(6) {
        request.method = numbers.pick(&["PUT", "DELETE", "PATCH"]).to_owned();
    }
    let body = request.body_mut();
    if numbers.one_in(5) {
        body.extend(format!("&{field}").bytes());
    } else {
        body.splice(0..0, format!("{field}&").bytes());
    }
}

/// Says the length of a body in another way, in two ways, or wrongly; or sends the request twice.
///
/// As many bytes are sent as are announced: how long a server waits for more is another test's.
fn framing(request: &mut Request, numbers: &mut Numbers) {
    let kind = numbers.below(10);
    if (4..=6).contains(&kind) && request.body().len() < 5 {
        *request.body_mut() = b"0\r\n\r\n".to_vec();
    }
    match kind {
        0..=3 => request.body = Body::Chunked(std::mem::take(request.body_mut()), numbers.pick(&[1, 7, 100, 20_000])),
        4 => request.add("Content-Length", "5"),
        5 => {
            let coding = numbers.pick(&["chunked", "identity", "gzip", "chunked, chunked", "xchunked"]);
            request.add("Transfer-Encoding", coding);
        }
        6 => {
            let length = numbers.pick(&["-1", "+5", "0x5", "5, 5", "99999999999999999999", "\u{e9}"]);
            request.add("Content-Length", length);
        }
        7 => {
            request.body = Body::Chunked(std::mem::take(request.body_mut()), 50);
            request.add("Content-Length", "3");
        }
        _ => request.next = Some(Box::new(request.clone())),
    }
}
