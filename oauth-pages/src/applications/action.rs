//! What an administrator may do to several applications at once.

use oauth_core::client::Client;

/// A change that is the same for every application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Enable,
    Disable,
    Trust,
    Untrust,
    Sanction,
    Unsanction,
    Block,
    Unblock,
}

impl Action {
    pub(crate) const ALL: [Self; 8] = [
        Self::Enable,
        Self::Disable,
        Self::Trust,
        Self::Untrust,
        Self::Sanction,
        Self::Unsanction,
        Self::Block,
        Self::Unblock,
    ];

    /// Finds it by what a form sends.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Trust => "trust",
            Self::Untrust => "untrust",
            Self::Sanction => "sanction",
            Self::Unsanction => "unsanction",
            Self::Block => "block",
            Self::Unblock => "unblock",
        }
    }

    /// Names what it does.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Enable => "Switch on",
            Self::Disable => "Switch off",
            Self::Trust => "Trust",
            Self::Untrust => "Trust no longer",
            Self::Sanction => "Sanction",
            Self::Unsanction => "Sanction no longer",
            Self::Block => "Block",
            Self::Unblock => "Unblock",
        }
    }

    /// Tells whether it approves of an application as it is, or lets it work: what it is then matters.
    pub(crate) const fn approves(self) -> bool {
        matches!(self, Self::Enable | Self::Trust | Self::Sanction | Self::Unblock)
    }

    /// Says what changes.
    pub(crate) const fn effect(self) -> &'static str {
        match self {
            Self::Enable => "It is switched on: its tokens are valid again, unless they have expired.",
            Self::Disable => "It is switched off: nothing that was issued to it counts until it is on again.",
            Self::Trust => "People are no longer asked for their consent: what it asks for it gets.",
            Self::Untrust => {
                "People who have not allowed it themselves are asked for their consent from now on. What was issued to it stays valid."
            }
            Self::Sanction => "People see a badge that says that those who run this server vouch for it.",
            Self::Unsanction => "The badge is taken away.",
            Self::Block => "It is blocked: nothing that was issued to it counts, and its owner cannot switch it on.",
            Self::Unblock => "It is no longer blocked, and switched on.",
        }
    }

    /// Says why it changes nothing about an application; `None` where it does.
    pub(crate) fn idle(self, client: &Client) -> Option<&'static str> {
        let (is_so, why) = match self {
            Self::Enable if client.blocked.is_some() => (true, "It is blocked: unblock it."),
            Self::Enable => (client.enabled, "It is on already."),
            Self::Disable => (!client.enabled, "It is off already."),
            Self::Trust => (client.trusted, "It is trusted already."),
            Self::Untrust => (!client.trusted && !client.lapsed, "It is not trusted."),
            Self::Sanction => (client.sanctioned, "It is sanctioned already."),
            Self::Unsanction => (!client.sanctioned && !client.lapsed, "It is not sanctioned."),
            Self::Block => (client.blocked.is_some(), "It is blocked already."),
            Self::Unblock => (client.blocked.is_none(), "It is not blocked."),
        };
        is_so.then_some(why)
    }

    /// Changes an application; `reason` is told to whoever a blocked one sends here.
    pub(crate) fn apply(self, client: &mut Client, reason: &str) {
        // An administrator has looked at it.
        client.lapsed &= !matches!(self, Self::Trust | Self::Untrust | Self::Sanction | Self::Unsanction);
        match self {
            Self::Enable => client.enabled = true,
            Self::Disable => client.enabled = false,
            Self::Trust => client.trusted = true,
            Self::Untrust => client.trusted = false,
            Self::Sanction => client.sanctioned = true,
            Self::Unsanction => client.sanctioned = false,
            Self::Block => client.block(reason),
            Self::Unblock => client.unblock(),
        }
    }
}
