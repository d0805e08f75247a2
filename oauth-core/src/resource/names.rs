use crate::scope::Scope;

/// Scope tokens or `acr` values: written in the program, or computed while it runs.
///
/// ```
/// use oauth_core::resource::Names;
/// const FIXED: Names = Names::fixed(&["read", "write"]);
/// let configured = Names::from(vec!["read".to_owned(), "write".to_owned()]);
/// assert_eq!(FIXED, configured);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Apart from those below, so that a constant can be made of them.
    pub(super) fixed: &'static [&'static str],
    computed: Vec<String>,
}

impl Names {
    /// Takes names that stand in the program.
    pub const fn fixed(names: &'static [&'static str]) -> Self {
        Self { fixed: names, computed: Vec::new() }
    }

    /// Walks them in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.fixed.iter().copied().chain(self.computed.iter().map(String::as_str))
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.computed.is_empty()
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Names {}

impl<T: Into<String>> FromIterator<T> for Names {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self { fixed: &[], computed: names.into_iter().map(Into::into).collect() }
    }
}

impl<T: Into<String>> From<Vec<T>> for Names {
    fn from(names: Vec<T>) -> Self {
        names.into_iter().collect()
    }
}

impl From<&Scope> for Names {
    fn from(scope: &Scope) -> Self {
        scope.iter().collect()
    }
}
