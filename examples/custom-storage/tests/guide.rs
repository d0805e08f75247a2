//! The guide shows what is compiled and tested here.

#[test]
fn the_guide_has_the_text_of_the_example() {
    let guide = include_str!("../../../docs/bring-your-own-storage.md");
    let store = include_str!("../src/lib.rs");
    let proof = include_str!("conformance.rs").replace("custom_storage", "my_store");
    let main = include_str!("../src/main.rs");
    let provider = &main[main.find("#[rocket::main]").unwrap()..];
    for (name, text) in [("the store", store), ("its proof", &proof), ("a provider on it", provider)] {
        assert!(guide.contains(&format!("```rust\n{text}```\n")), "the guide shows {name} as it is");
    }
}
