use super::*;

#[test]
fn r_061_a_challenge_is_well_formed_whatever_stands_in_it() {
    let step_up = StepUp::new().max_age(1).computed_acr_values(vec!["a\"b", "c\r\nd"]);
    let challenge = Challenge {
        realm: "no\"tes\\\r\nSet-Cookie: a=b",
        scope: &["re\"ad", "wr\u{e9}ite"],
        step_up: Some(&step_up),
        resource_metadata: Some("https://api.example/\"x\""),
    };
    for refusal in [
        Refusal::NoToken,
        Refusal::InvalidRequest,
        Refusal::InvalidToken,
        Refusal::InsufficientScope,
        Refusal::InsufficientUserAuthentication,
    ] {
        let answer = refusal.answer(&challenge);
        let written = answer.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        let mut names = Vec::new();
        let attributes = written.strip_prefix("Bearer ").and_then(|rest| rest.strip_suffix('"')).unwrap();
        for attribute in attributes.split("\", ") {
            let (name, value) = attribute.split_once("=\"").unwrap();
            assert!(!value.contains(['"', '\\']) && value.is_ascii(), "{written}");
            assert!(!names.contains(&name), "{name} is repeated: {written}");
            names.push(name);
        }
    }
}
