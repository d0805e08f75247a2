//! Just enough HTML to fill in a form as a person would.

use std::collections::{BTreeMap, BTreeSet};

/// A form as it stands on a page.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// How it is sent, in lower case.
    pub method: String,
    /// What is sent when nothing is changed, in the page's order.
    pub fields: Vec<(String, String)>,
    /// Its controls, buttons included, by their element id: name and value.
    pub controls: BTreeMap<String, (String, String)>,
    /// The names of which one value at most is sent.
    radios: BTreeSet<String>,
}

impl Form {
    /// Finds the forms of a page.
    pub fn all(html: &str) -> Vec<Self> {
        let mut forms: Vec<Self> = Vec::new();
        let mut inside = false;
        let mut area: Option<(String, usize)> = None;
        for tag in tags(html) {
            match tag.name.as_str() {
                "form" => {
                    inside = true;
                    let method = tag.get("method").unwrap_or_else(|| "get".to_owned()).to_lowercase();
                    let action = tag.get("action").unwrap_or_default();
                    forms.push(Self {
                        action,
                        method,
                        fields: Vec::new(),
                        controls: BTreeMap::new(),
                        radios: BTreeSet::new(),
                    });
                }
                "/form" => inside = false,
                "input" | "button" if inside => forms.last_mut().unwrap().control(&tag),
                "textarea" if inside => {
                    let name = tag.get("name").unwrap_or_default();
                    forms
                        .last_mut()
                        .unwrap()
                        .controls
                        .extend(tag.get("id").map(|id| (id, (name.clone(), String::new()))));
                    area = Some((name, tag.end));
                }
                "/textarea" => {
                    if let Some((name, from)) = area.take() {
                        forms
                            .last_mut()
                            .unwrap()
                            .fields
                            .push((name, decode(html[from..tag.start].trim_start_matches('\n'))));
                    }
                }
                _ => {}
            }
        }
        forms
    }

    /// Finds the form that has a control with this element id.
    #[track_caller]
    pub fn with(html: &str, id: &str) -> Self {
        let found = Self::all(html).into_iter().find(|form| form.controls.contains_key(id));
        found.unwrap_or_else(|| panic!("no form with #{id} in:\n{html}"))
    }

    fn control(&mut self, tag: &Tag<'_>) {
        let (name, value) = (tag.get("name").unwrap_or_default(), tag.get("value"));
        let kind = tag.get("type").unwrap_or_default().to_lowercase();
        let pressed = tag.name == "button" || matches!(kind.as_str(), "submit" | "button");
        let choice = matches!(kind.as_str(), "checkbox" | "radio");
        let value = value.unwrap_or_else(|| if choice { "on".to_owned() } else { String::new() });
        if let Some(id) = tag.get("id") {
            self.controls.insert(id, (name.clone(), value.clone()));
        }
        if kind == "radio" {
            self.radios.insert(name.clone());
        }
        if !name.is_empty() && !pressed && (!choice || tag.get("checked").is_some()) {
            self.fields.push((name, value));
        }
    }

    /// Types a text into the control with this element id.
    #[track_caller]
    pub fn fill(mut self, id: &str, text: &str) -> Self {
        let name = self.control_of(id).0;
        self.fields.retain(|(other, _)| *other != name);
        self.fields.push((name, text.to_owned()));
        self
    }

    /// Ticks the box, chooses the radio button or presses the button with this element id.
    #[track_caller]
    pub fn press(mut self, id: &str) -> Self {
        let control = self.control_of(id);
        if self.radios.contains(&control.0) {
            self.fields.retain(|(name, _)| *name != control.0);
        }
        if !control.0.is_empty() && !self.fields.contains(&control) {
            self.fields.push(control);
        }
        self
    }

    /// Unticks the box with this element id.
    #[track_caller]
    pub fn untick(mut self, id: &str) -> Self {
        let control = self.control_of(id);
        self.fields.retain(|field| *field != control);
        self
    }

    /// Sends another value for a field, as an attacker would.
    pub fn forge(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    #[track_caller]
    fn control_of(&self, id: &str) -> (String, String) {
        self.controls.get(id).unwrap_or_else(|| panic!("no #{id} in {self:?}")).clone()
    }
}

/// Gives the text of the element with this id, without the tags in it.
pub fn text_of(html: &str, id: &str) -> Option<String> {
    let tags = tags(html);
    let at = tags.iter().position(|tag| tag.get("id").as_deref() == Some(id))?;
    let opened = &tags[at];
    let closing = format!("/{}", opened.name);
    let closed = tags[at..].iter().find(|tag| tag.name == closing)?;
    let mut text = String::new();
    let mut from = opened.end;
    for tag in tags[at + 1..].iter().take_while(|tag| tag.start <= closed.start) {
        text.push_str(&html[from..tag.start]);
        from = tag.end;
    }
    Some(decode(text.trim()))
}

struct Tag<'a> {
    name: String,
    inside: &'a str,
    start: usize,
    end: usize,
}

impl Tag<'_> {
    fn get(&self, attribute: &str) -> Option<String> {
        let mut rest = self.inside;
        while !rest.trim_start().is_empty() {
            rest = rest.trim_start();
            let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let (value, after) = match after.strip_prefix('=') {
                Some(quoted) if quoted.starts_with('"') => quoted[1..].split_once('"').unwrap_or((&quoted[1..], "")),
                Some(bare) => bare.split_at(bare.find(char::is_whitespace).unwrap_or(bare.len())),
                None => ("", after),
            };
            if name.eq_ignore_ascii_case(attribute) {
                return Some(decode(value));
            }
            rest = after;
        }
        None
    }
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|offset| at + offset) {
        let mut quoted = false;
        let end = html[start..].find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let Some(end) = end.map(|offset| start + offset) else { break };
        let inside = html[start + 1..end].trim_end_matches('/');
        let length = inside.find(char::is_whitespace).unwrap_or(inside.len());
        tags.push(Tag { name: inside[..length].to_lowercase(), inside: &inside[length..], start, end: end + 1 });
        at = end + 1;
    }
    tags
}

fn decode(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#x22;", "\"")];
    let quotes = [("&#39;", "'"), ("&#x27;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&"), ("&amp;", "&")];
    named.iter().chain(&quotes).fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
