/// A way to get tokens, by the request that commits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The person has pressed "allow": the browser comes back to the authorization endpoint.
    Consent,
    /// The authorization endpoint, for a consent that is remembered.
    Remembered,
    /// The authorization endpoint, for a trusted client.
    Trusted,
    /// A trusted client again, by the implicit grant.
    Implicit,
    /// A request in steps is accepted.
    Steps,
    /// The password grant.
    Password,
    /// A code is redeemed.
    Redeem,
    /// A refresh token is used.
    Refresh,
    /// Client credentials.
    Client,
}

/// A way to take them away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The person changes the password on its page.
    OwnPassword,
    /// An administrator sets another one by the command.
    SetPassword,
    /// By the command, as the next three.
    Disable,
    DisableAndEnable,
    DeleteAccount,
    Role,
    /// On the page of people.
    ApiAccess,
    /// The client revokes a refresh token.
    RevokeGrant,
    /// The person revokes an application on the page of connected ones.
    RevokeApplication,
    /// An application with its own users calls `revoke_grants`.
    RevokeOfPerson,
    /// On the page of an application, as the rest.
    DisableClient,
    BlockClient,
    DeleteClient,
    RetireSecret,
    Untrust,
}

/// What an end does to a decision that is committed meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing of it works, or nothing until the client is enabled again.
    Ends,
    /// It is committed before the end answers, or not at all.
    Withdraws,
}

impl Way {
    pub(super) const ALL: [Self; 9] = [
        Self::Consent,
        Self::Remembered,
        Self::Trusted,
        Self::Implicit,
        Self::Steps,
        Self::Password,
        Self::Redeem,
        Self::Refresh,
        Self::Client,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Consent => "code after consent",
            Self::Remembered => "remembered consent",
            Self::Trusted => "trusted client",
            Self::Implicit => "implicit grant",
            Self::Steps => "code request in steps",
            Self::Password => "password grant",
            Self::Redeem => "code redeemed",
            Self::Refresh => "refresh",
            Self::Client => "client credentials",
        }
    }
}

impl End {
    pub(super) const ALL: [Self; 15] = [
        Self::OwnPassword,
        Self::SetPassword,
        Self::Disable,
        Self::DisableAndEnable,
        Self::DeleteAccount,
        Self::Role,
        Self::ApiAccess,
        Self::RevokeGrant,
        Self::RevokeApplication,
        Self::RevokeOfPerson,
        Self::DisableClient,
        Self::BlockClient,
        Self::DeleteClient,
        Self::RetireSecret,
        Self::Untrust,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OwnPassword => "password changed by the person",
            Self::SetPassword => "password set by the command",
            Self::Disable => "account disabled",
            Self::DisableAndEnable => "account disabled, and enabled again",
            Self::DeleteAccount => "account deleted",
            Self::Role => "role withdrawn",
            Self::ApiAccess => "API access off",
            Self::RevokeGrant => "one grant revoked",
            Self::RevokeApplication => "application revoked by the person",
            Self::RevokeOfPerson => "all grants of the person revoked",
            Self::DisableClient => "client disabled",
            Self::BlockClient => "client blocked",
            Self::DeleteClient => "client deleted",
            Self::RetireSecret => "secret retired",
            Self::Untrust => "trust withdrawn",
        }
    }

    /// Says what it does to a way; `None` if it does not concern it, or if the same request may be decided again
    /// by itself right behind it, so that nobody could tell the two decisions apart.
    pub(super) fn effect(self, way: Way) -> Option<Effect> {
        use End::{
            BlockClient, DeleteClient, DisableAndEnable, DisableClient, RetireSecret, RevokeApplication, RevokeGrant,
            RevokeOfPerson, Role, Untrust,
        };
        use Way::{Client, Consent, Implicit, Password, Redeem, Refresh, Remembered, Steps, Trusted};
        match (way, self) {
            (_, DisableClient | BlockClient | DeleteClient) => Some(Effect::Ends),
            // Which came first of a token for the client itself and its secret shows nowhere.
            (Client, _) => None,
            (Password | Redeem | Refresh, RetireSecret) | (Remembered, RevokeGrant) => Some(Effect::Withdraws),
            (Trusted | Implicit, Untrust) | (Implicit, Role) => Some(Effect::Withdraws),
            // A role is asked for again when the code is redeemed.
            (Consent | Remembered | Trusted | Steps, Role) | (Refresh, RevokeGrant) => Some(Effect::Ends),
            (Consent | Remembered | Redeem | Refresh, RevokeApplication | RevokeOfPerson) => Some(Effect::Ends),
            // The same password is right again.
            (Password, DisableAndEnable) => None,
            (_, Untrust | RetireSecret | Role | RevokeGrant | RevokeApplication | RevokeOfPerson) => None,
            _ => Some(Effect::Ends),
        }
    }
}
