use crate::resource::tests::{authorization, now_or_never};
use crate::resource::{
    Access, Authorization, PresentedToken, ProtectedResource, Refusal, Requirement, ResourceProvider, ResourceRequest,
    StepUp,
};
use http::Method;

/// Answers without being awaited, where it says so.
struct AtOnce(bool);

impl ResourceProvider for AtOnce {
    type Authorization = Authorization;

    async fn validate_access_token(&self, token: &PresentedToken<'_>) -> Result<Authorization, Refusal> {
        if token.expose() == "good" { Ok(authorization("read")) } else { Err(Refusal::InvalidToken) }
    }

    fn validate_at_once(&self, token: &PresentedToken<'_>) -> Option<Result<Authorization, Refusal>> {
        self.0.then(|| now_or_never(self.validate_access_token(token)))
    }
}

#[test]
fn what_is_told_at_once_is_what_is_told() {
    let waits = ProtectedResource::new(AtOnce(false).map(|authorization| authorization));
    let at_once = ProtectedResource::new(AtOnce(true).map(|authorization| authorization));
    let (read, write) = (Requirement::all_of(&["read"]), Requirement::all_of(&["write"]));
    let recent = read.clone().with_step_up(StepUp::new().max_age(300));
    for access in [Access::from(read), Access::from(write), recent] {
        let fields: [&[&[u8]]; 5] =
            [&[], &[b"Bearer good"], &[b"Bearer bad"], &[b"Bearer b,d"], &[b"Bearer good", b"Bearer good"]];
        for authorization in fields {
            let request = ResourceRequest::of_fields(&Method::GET, authorization.iter().copied(), []);
            let told = now_or_never(waits.authorize(&request, &access));
            assert_eq!(at_once.authorize_at_once(&request, &access), Some(told), "{authorization:?}");
        }
        let request = ResourceRequest::of_fields(&Method::GET, [&b"Bearer good"[..]], []);
        assert_eq!(waits.authorize_at_once(&request, &access), None);
    }
}
