/// A piece of a long list: what comes after a key, in the order of the keys.
///
/// Keys never change, so a list that is read page by page shows each entry once although others are
/// added or removed meanwhile.
///
/// ```
/// use oauth_core::store::Page;
/// let first: Page<u32> = Page::first(50);
/// assert_eq!(first.after, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<K> {
    /// The key of the last entry of the page before; `None` for the first page.
    pub after: Option<K>,
    /// The most entries to return.
    pub limit: u32,
}

impl<K> Page<K> {
    /// Asks for the first entries.
    pub fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }

    /// Asks for what comes after an entry.
    pub fn after(key: K, limit: u32) -> Self {
        Self { after: Some(key), limit }
    }
}
