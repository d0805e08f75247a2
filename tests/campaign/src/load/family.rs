use serde_json::Value;

/// What is known of whether something lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Alive,
    Dead,
    /// Its end was asked for, and nobody said whether it came.
    Unknown,
}

/// What is known of the use of something that can be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Fresh,
    /// It was presented, and nobody said what came of it.
    Maybe,
    Used,
}

pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) life: Life,
}

/// All that came of one approval, or of one request for a token of the client's own: what its owner was told,
/// and so what the provider has to stand by.
pub(crate) struct Family {
    pub(crate) code: Option<Code>,
    pub(crate) life: Life,
    pub(crate) refresh: Option<Refresh>,
    /// The refresh token before, with the answer that was given for it.
    pub(crate) retired: Option<(String, Value)>,
    pub(crate) access: Vec<Token>,
    pub(crate) touched: bool,
}

pub(crate) struct Code {
    pub(crate) text: String,
    pub(crate) verifier: String,
    pub(crate) state: Use,
}

pub(crate) struct Refresh {
    pub(crate) text: String,
    pub(crate) state: Use,
}

impl Family {
    pub(crate) fn of_code(text: String, verifier: String) -> Self {
        let code = Code { text, verifier, state: Use::Fresh };
        Self { code: Some(code), life: Life::Alive, refresh: None, retired: None, access: Vec::new(), touched: true }
    }

    pub(crate) fn of_client(token: String) -> Self {
        let access = vec![Token { text: token, life: Life::Alive }];
        Self { code: None, life: Life::Alive, refresh: None, retired: None, access, touched: true }
    }

    /// Gives what is known of a token, the grant that it stands under included.
    pub(crate) fn life_of(&self, token: usize) -> Life {
        match (self.life, self.access[token].life) {
            (Life::Dead, _) | (_, Life::Dead) => Life::Dead,
            (Life::Alive, Life::Alive) => Life::Alive,
            _ => Life::Unknown,
        }
    }

    /// The whole of it has ended.
    pub(crate) fn ends(&mut self) {
        self.life = Life::Dead;
    }

    /// The whole of it may have ended.
    pub(crate) fn may_have_ended(&mut self) {
        if self.life == Life::Alive {
            self.life = Life::Unknown;
        }
    }
}
