//! Why a request is refused, and how that is said.
//!
//! Inside, a [`Rejection`] says exactly why. Outside, the client gets the [`ErrorCode`] that the RFC
//! names for it, a description a developer can act on and a stable number. One table,
//! [`Rejection::entry`], connects the two, so that no endpoint chooses a code of its own. The texts
//! are fixed: nothing that was sent is ever repeated in them (RFC 6749 §4.1.2.1 restricts their
//! characters).

use std::fmt;

/// An error code on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidRequest,
    /// RFC 6749 §5.2.
    InvalidClient,
    /// RFC 6749 §5.2.
    InvalidGrant,
    /// RFC 6749 §4.1.2.1, §5.2.
    UnauthorizedClient,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidScope,
    /// RFC 6749 §4.1.2.1.
    AccessDenied,
    /// RFC 6749 §4.1.2.1.
    ServerError,
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable,
    /// RFC 8707 §2.
    InvalidTarget,
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired,
    /// OpenID Connect Core §3.1.2.6.
    ConsentRequired,
    /// OpenID Connect Core §3.1.2.6.
    InteractionRequired,
}

impl ErrorCode {
    /// Gives the code as it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidTarget => "invalid_target",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a rejection: its number, its code, what happened and how to fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Never changes its meaning; shown on pages and at the end of `error_uri`.
    pub number: u16,
    /// The code on the wire.
    pub code: ErrorCode,
    /// The HTTP status where the answer is not a redirect.
    pub status: u16,
    /// What is wrong, in a sentence.
    pub what: &'static str,
    /// What the developer or the person can do about it.
    pub fix: &'static str,
}

macro_rules! rejections {
    ($($(#[$meta:meta])* $number:literal $name:ident $(($parameter:ident))? $code:ident $status:literal $what:literal $fix:literal;)*) => {
        /// Why a request is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rejection {
            $(
                #[doc = concat!("Number ", stringify!($number), ": ", $what, ".")]
                $name $((rejections!(@type $parameter)))?,
            )*
        }

        impl Rejection {
            /// Gives its row of the table.
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$name $((rejections!(@ignore $parameter)))? => Entry {
                        number: $number, code: ErrorCode::$code, status: $status, what: $what, fix: $fix,
                    },)*
                }
            }

            /// Gives the parameter it is about, where there is one that is known here.
            pub const fn parameter(self) -> Option<&'static str> {
                match self {
                    $(Self::$name $((rejections!(@bind $parameter)))? => rejections!(@give $($parameter)?),)*
                }
            }
        }

        /// Every row of the table, in the order of the numbers: for a page that explains them.
        pub const TABLE: &[Entry] = &[
            $(Entry { number: $number, code: ErrorCode::$code, status: $status, what: $what, fix: $fix },)*
        ];
    };
    (@type $parameter:ident) => { &'static str };
    (@ignore $parameter:ident) => { _ };
    (@bind $parameter:ident) => { $parameter };
    (@give $parameter:ident) => { if $parameter.is_empty() { None } else { Some($parameter) } };
    (@give) => { None };
}

rejections! {
    // 1xxx: the form of the request
    1001 RepeatedParameter(parameter) InvalidRequest 400 "a parameter is sent more than once" "send each parameter once; only resource may be repeated";
    1002 MissingParameter(parameter) InvalidRequest 400 "a required parameter is missing or empty" "add the parameter to the request";
    1003 MalformedParameter(parameter) InvalidRequest 400 "a parameter has characters or a length that it must not have" "see the grammar of the parameter in RFC 6749 appendix A or RFC 7636";
    1004 BrokenEncoding InvalidRequest 400 "the parameters are not form-encoded UTF-8" "encode names and values as application/x-www-form-urlencoded in UTF-8";
    1005 TooManyParameters InvalidRequest 400 "there are too many parameters" "send at most 64 parameters";
    1006 ParameterTooLong InvalidRequest 400 "a parameter is too long" "shorten it; values of up to 4096 bytes are accepted";
    1007 NotAForm InvalidRequest 400 "the body is not a form" "send the parameters in the body with Content-Type: application/x-www-form-urlencoded, not as JSON or multipart";
    1008 BodyTooLarge InvalidRequest 413 "the body is too large" "send less than 64 KiB";
    1009 MethodNotAllowed InvalidRequest 405 "this address does not take this method" "see the Allow header of the answer";
    1010 NotFound InvalidRequest 404 "there is nothing at this address" "look the address up in the metadata under /.well-known/oauth-authorization-server";
    1011 BadRequestHead InvalidRequest 400 "a header of the request is malformed" "send each header once, as its specification says";

    // 2xxx: the client and its authentication
    2001 UnknownClient InvalidRequest 400 "no such application is registered here" "check the client_id, or register the application";
    2002 DisabledClient UnauthorizedClient 400 "this application is switched off" "ask the operator of this server";
    2003 ClientAuthenticationFailed InvalidClient 401 "the client could not be authenticated" "check client_id and client_secret; a confidential client sends both, by HTTP Basic or in the form";
    2004 TwoAuthenticationMethods InvalidRequest 400 "the client authenticates in more than one way" "send the credentials by HTTP Basic or in the form, not both";
    2005 ClientIdsDiffer InvalidRequest 400 "the client_id in the form is not the one in the Authorization header" "send one client_id";
    2006 MalformedBasic InvalidClient 401 "the Authorization header is not HTTP Basic with client_id:client_secret" "form-encode both, join them by a colon, encode in base64";
    2007 GrantNotAllowed UnauthorizedClient 400 "this application may not use this grant" "add the grant to the application's registration";
    2008 PublicClientCredentials UnauthorizedClient 400 "client_credentials is for confidential clients only" "register a confidential application";
    2009 Throttled TemporarilyUnavailable 429 "there were too many failed attempts" "wait as long as the Retry-After header says, and check the credentials";
    2010 CredentialsInUri InvalidRequest 400 "credentials are in the address" "send client_secret in the body or by HTTP Basic, never in the query";
    2011 BlockedClient UnauthorizedClient 403 "the operator of this server has blocked this application" "do not use it; its developer can ask the operator of this server";
    2012 PasswordNeedsClientSecret UnauthorizedClient 400 "the password grant is for confidential clients only here" "register a confidential application, or use the authorization code";

    // 3xxx: authorization requests
    3001 NoRedirectUriRegistered InvalidRequest 400 "this application has no redirect URI" "register the redirect URI of the application";
    3002 RedirectUriNotRegistered InvalidRequest 400 "this redirect URI is not registered for this application" "register it exactly as it is sent: every character counts, and only the port of 127.0.0.1 and [::1] is free, and that of localhost for a public application";
    3003 RedirectUriMissing InvalidRequest 400 "the application has several redirect URIs and the request names none" "send redirect_uri";
    3004 ResponseTypeMissing InvalidRequest 400 "response_type is missing" "send response_type=code";
    3005 ResponseTypeUnsupported UnsupportedResponseType 400 "this response_type is not offered" "send response_type=code";
    3006 CodeChallengeMissing InvalidRequest 400 "code_challenge is missing: this server requires PKCE" "send code_challenge and code_challenge_method=S256 (RFC 7636), and code_verifier at the token endpoint";
    3007 CodeChallengeMethodUnsupported InvalidRequest 400 "code_challenge_method must be S256" "send code_challenge_method=S256; plain is not offered";
    3008 CodeChallengeMalformed InvalidRequest 400 "code_challenge is not 43 base64url characters" "send the base64url encoded SHA-256 of the verifier, without padding";
    3009 AccessDenied AccessDenied 403 "the person refused" "ask again only when the person wants it";
    3010 LoginRequired LoginRequired 400 "nobody is signed in, and prompt=none forbids asking" "send the request without prompt=none";
    3011 ConsentRequired ConsentRequired 400 "the person has not consented, and prompt=none forbids asking" "send the request without prompt=none";
    3012 PromptContradicts InvalidRequest 400 "prompt=none stands with other values" "send none alone, or leave it out";
    3013 ResponseModeUnsupported InvalidRequest 400 "this response_mode is not offered" "leave response_mode out, or send response_mode=query";
    3014 ApprovalBeyondRequest ServerError 500 "more was approved than was asked" "tell the operator of this server: its consent page approves what the application did not ask for";
    3015 RequestObjectUnsupported InvalidRequest 400 "request and request_uri are not offered" "send the parameters themselves";
    3016 ApprovalMalformed ServerError 500 "what was approved holds control characters" "tell the operator of this server: its acr and attributes have line breaks or other control characters in them";
    3017 SignInRequired LoginRequired 400 "the person has to sign in for this request, and has not" "send them here with a browser, where they can sign in; without prompt=login and max_age they need not";
    3018 InteractionRequired InteractionRequired 400 "the person has something to do first, and prompt=none forbids asking" "send the request without prompt=none";
    3019 PendingUnknown InvalidRequest 400 "this was decided before, has waited too long, or waits for somebody else" "go back to the application, and start there again";

    // 4xxx: grants, tokens, scope and resources
    4001 GrantTypeUnsupported UnsupportedGrantType 400 "this grant_type is not offered" "use one of grant_types_supported in the metadata";
    4002 CodeUnknown InvalidGrant 400 "the code is unknown" "redeem the code that came to the redirect URI, unchanged";
    4003 CodeExpired InvalidGrant 400 "the code has expired, or was revoked" "redeem the code at once; start again with a new authorization request";
    4004 CodeUsed InvalidGrant 400 "the code was used before: what came of it is revoked" "redeem each code once; start again with a new authorization request";
    4005 CodeOfAnotherClient InvalidGrant 400 "the code was issued to another client" "redeem the code as the client that asked for it";
    4006 RedirectUriDiffers InvalidGrant 400 "redirect_uri is not the one the code was sent to" "send the same redirect_uri as in the authorization request";
    4007 RedirectUriRequired InvalidGrant 400 "redirect_uri is missing" "send the same redirect_uri as in the authorization request";
    4008 CodeVerifierMissing InvalidGrant 400 "code_verifier is missing" "send the verifier whose challenge was in the authorization request";
    4009 CodeVerifierWrong InvalidGrant 400 "code_verifier does not match the code_challenge" "send the verifier whose challenge was in the authorization request: 43 to 128 characters";
    4010 CodeVerifierUnexpected InvalidGrant 400 "code_verifier is sent, but the authorization request had no code_challenge" "send code_challenge in the authorization request";
    4011 RefreshTokenUnknown InvalidGrant 400 "the refresh token is unknown" "send the newest refresh token, unchanged";
    4012 RefreshTokenExpired InvalidGrant 400 "the refresh token has expired, or was revoked" "start again with a new authorization request";
    4013 RefreshTokenReused InvalidGrant 400 "the refresh token was used before: the whole family is revoked" "keep the newest refresh token only; start again with a new authorization request";
    4014 RefreshTokenOfAnotherClient InvalidGrant 400 "the refresh token was issued to another client" "refresh as the client that the token was issued to";
    4015 ScopeMalformed InvalidScope 400 "scope is not a list of scope tokens" "separate tokens by a space; quote and backslash are not allowed";
    4016 ScopeUnknown InvalidScope 400 "scope asks for what this server does not offer or this application may not have" "use scopes_supported of the metadata, and the scopes of the registration";
    4017 ScopeMissing InvalidScope 400 "scope is missing, and there is no default" "send scope";
    4018 ScopeBeyondGrant InvalidScope 400 "scope asks for more than was granted" "ask for a part of the granted scope, or start again with a new authorization request";
    4019 ResourceMalformed InvalidTarget 400 "resource is not an absolute URI without fragment" "send the resource server's identifier as it is registered";
    4020 ResourceUnknown InvalidTarget 400 "resource names a resource server that is not known here" "send the resource server's identifier as it is registered";
    4021 ResourceBeyondGrant InvalidTarget 400 "resource names a resource server that was not in the authorization request" "name it in the authorization request too";
    4022 SubjectInactive InvalidGrant 400 "the person's account is closed, or the person may no longer allow this" "start again with a new authorization request";
    4023 IssuingDenied AccessDenied 400 "this application may not have tokens for this now" "ask the operator of this server what it may have";
    4024 IssuingRefused InvalidGrant 400 "this server does not issue tokens for what was presented any more" "start again with a new authorization request";
    4025 PasswordWrong InvalidGrant 400 "the username or the password is wrong" "ask the person for both, and try again";
    4026 AudienceGone InvalidGrant 400 "the resource servers that were granted are not known here any more" "start again with a new authorization request";

    // 5xxx: the server
    5001 StoreUnavailable TemporarilyUnavailable 503 "the storage does not answer" "try again a little later";
    5002 Busy TemporarilyUnavailable 503 "the server has too much to do" "try again a little later";
    5003 DecisionOvertaken TemporarilyUnavailable 503 "what the decision rests on changed again and again while it was saved" "send the same request again";

    // 6xxx: pages
    6001 FormNotOurs InvalidRequest 403 "this form was not shown to you in this browser, or you have signed in or out since" "go back, reload the page and try again; cookies must be allowed";
    6002 SignInFailed AccessDenied 403 "the username or the password is wrong" "check both, and try again";
    6003 OldPasswordWrong AccessDenied 403 "the old password is wrong" "check it, and try again";
    6004 ApplicationNotFound InvalidRequest 404 "there is no such application, or it is somebody else's" "see the list of your applications";
    6005 ApplicationHasNoSecret InvalidRequest 400 "a public application has no secret" "make it a confidential one, if it can keep a secret";
    6006 ApplicationBlocked AccessDenied 403 "this application is blocked, and so it stays off" "ask the operator of this server; the application's page says why it is blocked";
    6007 AdministratorsOnly AccessDenied 403 "only an administrator may do this" "ask the operator of this server";
    6008 MayNotRegister AccessDenied 403 "your account may not register applications here" "ask the operator of this server, or somebody who may";
    6009 ApiAccessOff AccessDenied 403 "API access is switched off for your account" "ask the operator of this server";
    6010 AccountNotFound InvalidRequest 404 "there is no such account" "see the list of people";
    6011 PasswordOvertaken AccessDenied 409 "the password was changed while this form was under way" "sign in with the new password; if you did not change it, ask the operator of this server";
}

impl Rejection {
    /// Gives the code on the wire.
    pub const fn code(self) -> ErrorCode {
        self.entry().code
    }

    /// Gives what a developer reads in `error_description`: what is wrong and how to fix it.
    pub fn description(self) -> String {
        let Entry { what, fix, .. } = self.entry();
        match self.parameter() {
            Some(parameter) => format!("{parameter}: {what}. Fix: {fix}."),
            None => format!("{what}. Fix: {fix}."),
        }
    }

    /// Tells whether the same request may succeed later.
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::StoreUnavailable | Self::Busy | Self::DecisionOvertaken | Self::Throttled)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description())
    }
}

impl std::error::Error for Rejection {}
